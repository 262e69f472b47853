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
from django.db import transaction
from pytest_django.fixtures import Settings

from caching import cache_manager, caching_disabled
from caching.reading.manager import CacheManager
from caching.reading.runtime import Runtime
from caching.reading.tiers import Entry
from scheduling.models import Employee
from tests.caching.clock import Clock
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


Serves = Callable[[Runtime, Entry], bool]


@pytest.fixture(params=["may_serve", "may_serve_each"])
def serves(request: pytest.FixtureRequest) -> Serves:
    """Each way to ask whether an entry may be served: they agree."""
    if request.param == "may_serve":
        return Runtime.may_serve
    return lambda runtime, entry: runtime.may_serve_each([entry])[0]


@pytest.fixture
def runtime(manager: CacheManager) -> Runtime:
    return manager.runtime


def entry_of(runtime: Runtime, *tags: str) -> Entry:
    """Return an entry that lives for ten seconds."""
    assert runtime.config.ENABLED
    stamp = runtime.generations.stamp(tags or ("general",))
    assert stamp is not None
    return Entry(42, stamp, runtime.clock() + 10)


class MayServeTests:
    def test_an_entry_that_nothing_speaks_against(self, runtime: Runtime, serves: Serves) -> None:
        assert serves(runtime, entry_of(runtime))

    def test_not_one_that_has_expired(self, runtime: Runtime, serves: Serves, clock: Clock) -> None:
        entry = entry_of(runtime)
        clock.tick(9.9)
        assert serves(runtime, entry)
        clock.tick(0.1)
        assert not serves(runtime, entry)

    def test_not_one_whose_stamp_is_broken(self, runtime: Runtime, serves: Serves) -> None:
        entry = entry_of(runtime, "general", "general/id")
        runtime.generations.publish(["general/id"])
        assert not serves(runtime, entry)

    def test_not_one_under_a_commit_in_progress(self, runtime: Runtime, serves: Serves) -> None:
        entry = entry_of(runtime)
        intent = runtime.generations.begin(["general"])
        assert not serves(runtime, entry)
        runtime.generations.end(intent)

    def test_none_inside_a_block_that_switches_caching_off(self, runtime: Runtime, serves: Serves) -> None:
        entry = entry_of(runtime)
        with caching_disabled():
            assert not serves(runtime, entry)
        assert serves(runtime, entry)

    def test_none_where_the_settings_disable_it(self, runtime: Runtime, serves: Serves) -> None:
        entry = entry_of(runtime)
        runtime.enabled = False
        assert not serves(runtime, entry)

    @committed
    def test_not_one_that_the_thread_itself_has_written(self, runtime: Runtime, serves: Serves) -> None:
        employee = EmployeeFactory()
        entry = entry_of(runtime, f"scheduling.Employee#{employee.pk}")
        with transaction.atomic():
            employee.save()
            assert not serves(runtime, entry)
            assert serves(runtime, entry_of(runtime))
            transaction.set_rollback(True)
        assert serves(runtime, entry)


class MayServeEachTests:
    def test_answers_for_each_entry_in_order(self, runtime: Runtime, clock: Clock) -> None:
        good, broken, old = entry_of(runtime, "a"), entry_of(runtime, "b"), entry_of(runtime, "c")
        runtime.generations.publish(["b"])
        old = Entry(old.value, old.stamp, clock())
        entries = [good, broken, old, good]
        answers = runtime.may_serve_each(entries)
        assert answers == [True, False, False, True]
        assert answers == [runtime.may_serve(entry) for entry in entries]

    def test_of_no_entries_is_empty(self, runtime: Runtime) -> None:
        assert runtime.may_serve_each([]) == []


class ReconfigureTests:
    def test_reads_the_settings_again_and_tells_whoever_asked_to_know(
        self, runtime: Runtime, settings: Settings
    ) -> None:
        told: list[bool] = []
        runtime.on_reconfigure.append(lambda: told.append(True))
        assert runtime.config.ENABLED
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        runtime.reconfigure()
        assert told[-1:] == [True]
        assert not runtime.config.ENABLED
        assert not runtime.is_serving

    def test_has_a_shared_tier_only_where_processes_share_the_alias(
        self, runtime: Runtime, file_tier: Path, settings: Settings
    ) -> None:
        runtime.reconfigure()
        assert runtime.config.SHARED_ALIAS == "files"
        assert runtime.shared is not None
        settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": None}
        runtime.reconfigure()
        assert runtime.config.SHARED_ALIAS is None
        assert runtime.shared is None


class CachingDisabledTests:
    def test_reads_load_and_nothing_is_stored(self) -> None:
        cache_manager.set("general", "id:1", "cached")
        with caching_disabled():
            assert cache_manager.get("general", "id:1") is None
            assert cache_manager.get_many("general", ["id:1"]) == {}
            assert cache_manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"
            cache_manager.set("general", "id:2", "not stored")
        assert cache_manager.get_many("general", ["id:1", "id:2"]) == {"id:1": "cached"}

    @committed
    def test_leaves_no_trace_in_the_counts(self) -> None:
        employee = EmployeeFactory()
        Employee.objects.get_by_id(employee.pk)
        before = cache_manager.get_stats()
        with caching_disabled():
            Employee.objects.get_by_id(employee.pk)
            Employee.objects.get_by_email(employee.email)
            cache_manager.get_or_load("general", "id:1", lambda: 1)
        after = cache_manager.get_stats()
        assert {**after, "types": None} == {**before, "types": None}

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
