"""Refresh before expiry: who reads a value whose time is nearly over gets it, and another thread renews it."""

import asyncio
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import translation
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.reading import renewal, tiers
from scheduling.caches import EMPLOYEE, EMPLOYEE_BY_EMAIL, SCHEDULE_ASSIGNMENTS
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.factories import EmployeeFactory, ScheduleAssignmentFactory

pytestmark = pytest.mark.django_db(transaction=True)
TTL = 100.0
NEARLY, AFTER = 0.95 * TTL, 1.05 * TTL


@pytest.fixture(autouse=True)
def _ttl(settings: Settings, ticking: Clock) -> None:
    settings.CACHING = {**settings.CACHING, "TTL": {"default": TTL}, "REFRESH": {"general": "all", "employee": "all"}}


class Load:
    """A load that counts, and gives another value each time."""

    def __init__(self) -> None:
        self.threads: list[int] = []
        self.during: Callable[[], Any] = lambda: None

    def __call__(self) -> int:
        self.threads.append(threading.get_ident())
        number = len(self.threads)
        self.during()
        return number


def read(load: Callable[[], Any], **options: Any) -> Any:
    return cache_manager.get_or_load("general", "id:1", load, **options)


def settled() -> None:
    cache_manager.runtime.background.wait(10)


def counted(name: str, type_name: str = "general") -> int:
    return int(cache_manager.get_stats()["types"][type_name][name])


class ComputedTests:
    def test_the_first_reader_gets_the_held_value_and_another_thread_renews_it(self, ticking: Clock) -> None:
        load = Load()
        assert read(load) == 1
        ticking.now += NEARLY
        assert read(load) == 1
        settled()
        assert len(load.threads) == 2
        assert load.threads[1] != threading.get_ident()
        assert (read(load), counted("refreshed"), counted("misses")) == (2, 1, 1)
        ticking.now += 0.5 * TTL  # beyond the life of the first value
        assert read(load) == 2

    def test_before_that_nothing_is_renewed(self, ticking: Clock) -> None:
        load = Load()
        read(load)
        ticking.now += 0.75 * TTL
        read(load)
        settled()
        assert len(load.threads) == 1

    def test_of_many_readers_one_has_it_renewed(self, ticking: Clock) -> None:
        load, go = Load(), threading.Event()
        read(load)
        load.during = lambda: go.wait(10)
        ticking.now += NEARLY
        assert [read(load) for _ in range(50)] == [1] * 50
        go.set()
        settled()
        assert len(load.threads) == 2

    def test_what_nobody_reads_is_not_renewed(self, ticking: Clock) -> None:
        load = Load()
        read(load)
        ticking.now += AFTER
        settled()
        assert len(load.threads) == 1
        assert (read(load), counted("refreshed")) == (2, 0)

    def test_a_renewal_that_fails_harms_nobody(self, ticking: Clock, caplog: pytest.LogCaptureFixture) -> None:
        load = Load()
        read(load)

        def fail() -> None:
            raise RuntimeError("the database is away")

        load.during = fail
        ticking.now += NEARLY
        assert read(load) == 1
        settled()
        assert "the database is away" in caplog.text
        assert (read(load), counted("refreshed")) == (1, 0)
        load.during = lambda: None
        ticking.now += 0.1 * TTL
        assert read(load) == 3

    def test_it_runs_in_the_language_of_the_reader(self, ticking: Clock) -> None:
        with translation.override("de"):
            assert read(translation.get_language) == "de"
            ticking.now += NEARLY
            read(translation.get_language)
        settled()
        assert (read(translation.get_language), counted("refreshed")) == ("de", 1)

    def test_its_time_to_live_is_that_of_the_call(self, ticking: Clock) -> None:
        load = Load()
        read(load, ttl=10)
        ticking.now += 9.5
        read(load, ttl=10)
        settled()
        ticking.now += 9.5
        assert (read(load, ttl=10), counted("refreshed")) == (2, 1)

    def test_not_unless_the_settings_say_so(self, ticking: Clock, settings: Settings) -> None:
        """The thread of the reader may hold what the load depends on."""
        settings.CACHING = {**settings.CACHING, "REFRESH": {}}
        load = Load()
        read(load)
        ticking.now += NEARLY
        read(load)
        settled()
        assert len(load.threads) == 1


class RacesTests:
    """The two races of early refreshes: what is removed while a value is loaded must not come back with it."""

    def test_removed_during_a_load(self, ticking: Clock) -> None:
        load = Load()
        load.during = lambda: cache_manager.delete("general", "id:1")
        assert read(load) == 1
        load.during = lambda: None
        assert read(load) == 2

    def test_removed_during_an_early_refresh(self, ticking: Clock) -> None:
        load = Load()
        read(load)
        load.during = lambda: cache_manager.delete("general", "id:1")
        ticking.now += NEARLY
        assert read(load) == 1
        settled()
        load.during = lambda: None
        assert read(load) == 3

    def test_removed_by_a_tag_during_an_early_refresh(self, ticking: Clock) -> None:
        employee = EmployeeFactory(first_name="Amy")
        loads: list[str] = []

        def load() -> str:
            name = Employee.objects.values_list("first_name", flat=True).get(pk=employee.pk)
            if loads == ["Amy"]:
                # Between the query of the renewal and its end, another thread writes the row.
                Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
            loads.append(name)
            return name

        def name() -> str:
            found: str = cache_manager.get_or_load("employee", "name:1", load, depends_on=[Employee])
            return found

        assert name() == "Amy"
        ticking.now += NEARLY
        assert name() == "Amy"
        settled()
        assert loads == ["Amy", "Amy"]
        assert name() == "Zoe"

    def test_a_written_row_is_not_served_while_it_is_renewed(self, ticking: Clock) -> None:
        load, go, begun = Load(), threading.Event(), threading.Event()
        employee = EmployeeFactory()

        def wait() -> None:
            begun.set()
            go.wait(10)

        read(load, depends_on=[Employee])
        load.during = wait
        ticking.now += NEARLY
        assert read(load, depends_on=[Employee]) == 1
        begun.wait(10)
        employee.save()
        load.during = lambda: None
        assert read(load, depends_on=[Employee]) == 3
        go.set()
        settled()
        assert read(load, depends_on=[Employee]) == 3


class LookupTests:
    @pytest.mark.parametrize("many", [False, True])
    def test_a_row_is_renewed(self, ticking: Clock, django_assert_num_queries: Any, *, many: bool) -> None:
        employee = EmployeeFactory()
        get: Any = (
            (lambda: EMPLOYEE_BY_EMAIL.get_many([employee.email]))
            if many
            else (lambda: EMPLOYEE_BY_EMAIL.get(employee.email))
        )
        get()
        with django_assert_num_queries(0):  # on this connection
            ticking.now += NEARLY
            get()
            settled()
            ticking.now += NEARLY
            get()
            settled()
            ticking.now += 0.5 * TTL
            get()
        assert counted("refreshed", "employee") == 2

    def test_a_list_is_renewed(self, ticking: Clock, django_assert_num_queries: Any) -> None:
        assignment = ScheduleAssignmentFactory()
        assert SCHEDULE_ASSIGNMENTS.get(assignment.schedule_id) == [assignment]
        with django_assert_num_queries(0):
            ticking.now += NEARLY
            SCHEDULE_ASSIGNMENTS.get(assignment.schedule_id)
            settled()
            ticking.now += 0.5 * TTL
            assert SCHEDULE_ASSIGNMENTS.get(assignment.schedule_id) == [assignment]

    def test_not_where_the_settings_say_so(self, ticking: Clock, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "TTL": {"default": TTL}, "REFRESH": {EMPLOYEE.name: "none"}}
        employee = EmployeeFactory()
        EMPLOYEE_BY_EMAIL.get(employee.email)
        ticking.now += NEARLY
        EMPLOYEE_BY_EMAIL.get(employee.email)
        settled()
        ticking.now += 0.1 * TTL
        EMPLOYEE_BY_EMAIL.get(employee.email)
        assert (counted("refreshed", "employee"), counted("misses", "employee")) == (0, 2)

    def test_not_where_the_answer_depends_on_the_context(self, ticking: Clock, settings: Settings) -> None:
        settings.CACHING = {
            **settings.CACHING,
            "SCOPE": "tests.caching.reading.test_renewal.scope",
        }
        load = Load()
        read(load)
        ticking.now += NEARLY
        read(load)
        settled()
        assert len(load.threads) == 1


def scope() -> str:
    return "tenant"


class SharedTierTests:
    @pytest.mark.usefixtures("file_tier")
    def test_what_another_process_has_renewed_is_taken_over(
        self, ticking: Clock, manager: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tiers, "time", SimpleNamespace(time=ticking, monotonic=ticking))
        load = Load()
        read(load)
        assert manager.get_or_load("general", "id:1", load) == 1  # from the shared tier
        ticking.now += NEARLY
        read(load)
        settled()
        assert manager.get_or_load("general", "id:1", load) == 1
        manager.runtime.background.wait(10)
        assert manager.get_or_load("general", "id:1", load) == 2
        assert len(load.threads) == 2


class TaskTests:
    def test_an_awaitable_load_is_renewed_by_a_task(self, ticking: Clock) -> None:
        loads: list[asyncio.Task[Any] | None] = []

        async def load() -> int:
            loads.append(asyncio.current_task())
            return len(loads)

        async def main() -> list[int]:
            found = [await cache_manager.aget_or_load("general", "id:1", load)]
            ticking.now += NEARLY
            found.append(await cache_manager.aget_or_load("general", "id:1", load))
            await asyncio.gather(*renewal._tasks)
            found.append(await cache_manager.aget_or_load("general", "id:1", load))
            return found

        assert async_to_sync(main)() == [1, 1, 2]
        assert loads[0] is not loads[1]
        assert not renewal._tasks

    def test_a_task_that_fails_is_logged(self, ticking: Clock, caplog: pytest.LogCaptureFixture) -> None:
        async def load() -> int:
            if renewal._tasks:
                raise RuntimeError("the database is away")
            return 1

        async def main() -> int:
            await cache_manager.aget_or_load("general", "id:1", load)
            ticking.now += NEARLY
            found: int = await cache_manager.aget_or_load("general", "id:1", load)
            await asyncio.gather(*renewal._tasks, return_exceptions=True)
            return found

        assert async_to_sync(main)() == 1
        assert "the database is away" in caplog.text
