"""Whether a value may be served: by the settings, the caller, its stamp and what its own thread has written."""

import asyncio
import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from caching import (
    cache_manager,
    caching_disabled,
)
from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.processes import Child

committed = pytest.mark.django_db(transaction=True)


def counting(value: Any) -> Callable[[], Any]:
    """Return a load function that knows how often it was called."""

    def load() -> Any:
        load.calls += 1  # type: ignore[attr-defined]
        return value() if callable(value) else value

    load.calls = 0  # type: ignore[attr-defined]
    return load


class CachingDisabledTests:
    def test_reads_load_and_nothing_is_stored(self) -> None:
        cache_manager.set("general", "id:1", "cached")
        with caching_disabled():
            assert cache_manager.get("general", "id:1") is None
            assert cache_manager.get_many("general", ["id:1"]) == {}
            assert cache_manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"
            cache_manager.set("general", "id:2", "not stored")
        assert cache_manager.get_many("general", ["id:1", "id:2"]) == {"id:1": "cached"}

    def test_blocks_nest(self) -> None:
        cache_manager.set("general", "id:1", "cached")
        with caching_disabled():
            with caching_disabled():
                pass
            assert cache_manager.get("general", "id:1") is None
        assert cache_manager.get("general", "id:1") == "cached"

    def test_ends_with_an_error(self) -> None:
        cache_manager.set("general", "id:1", "cached")
        with pytest.raises(ZeroDivisionError), caching_disabled():
            raise ZeroDivisionError
        assert cache_manager.get("general", "id:1") == "cached"

    def test_other_threads_go_on_caching(self) -> None:
        cache_manager.set("general", "id:1", "cached")
        found: list[Any] = []
        with caching_disabled():
            thread = threading.Thread(target=lambda: found.append(cache_manager.get("general", "id:1")))
            thread.start()
            thread.join()
        assert found == ["cached"]

    def test_tasks_started_inside_inherit_it_and_others_do_not(self) -> None:
        cache_manager.set("general", "id:1", "cached")

        async def read() -> Any:
            return await cache_manager.aget("general", "id:1")

        async def disabled() -> tuple[Any, Any]:
            with caching_disabled():
                return await asyncio.create_task(read()), await sync_to_async(cache_manager.get)("general", "id:1")

        async def main() -> list[Any]:
            return await asyncio.gather(disabled(), read())

        assert async_to_sync(main)() == [(None, None), "cached"]

    @committed
    def test_writes_inside_still_publish(self) -> None:
        employee = EmployeeFactory(first_name="Amy")
        load = functools.partial(Employee.objects.get, pk=employee.pk)
        cache_manager.get_or_load("employee", "row:1", load)
        with caching_disabled():
            Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
        assert cache_manager.get_or_load("employee", "row:1", load).first_name == "Zoe"

    def test_what_was_invalidated_inside_is_gone_afterwards(self) -> None:
        cache_manager.set("general", "id:1", "cached")
        with caching_disabled():
            cache_manager.delete("general", "id:1")
        assert cache_manager.get("general", "id:1") is None


class DisabledBySettingsTests:
    @pytest.fixture
    def _disabled(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "ENABLED": False}

    @pytest.mark.usefixtures("_disabled")
    def test_every_read_loads(self) -> None:
        load = counting("loaded")
        for _ in range(2):
            assert cache_manager.get_or_load("general", "id:1", load) == "loaded"
            cache_manager.set("general", "id:1", "stored")
            assert cache_manager.get("general", "id:1") is None
        assert load.calls == 2  # type: ignore[attr-defined]
        counted = cache_manager.get_stats()
        assert counted["enabled"] is False
        assert counted["total_requests"] == 0
        assert counted["hit_rate"] is None

    @committed
    @pytest.mark.usefixtures("transactional_db")
    def test_a_process_with_caching_disabled_still_publishes(self) -> None:
        employee = EmployeeFactory(email="amy@example.com", first_name="Amy")
        assert Employee.objects.get_by_email("amy@example.com").first_name == "Amy"  # type: ignore[union-attr]
        other = Child(Path(django_settings.CACHING["DIRECTORY"]), CACHE_ENABLED="0")
        try:
            other.run("from scheduling.models import Employee; from caching import cache_manager")
            assert other.run("cache_manager.get_stats()['enabled']") is False
            other.run(f"Employee.objects.filter(pk={employee.pk}).update(first_name='Zoe')")
        finally:
            other.stop()
        assert Employee.objects.get_by_email("amy@example.com").first_name == "Zoe"  # type: ignore[union-attr]
