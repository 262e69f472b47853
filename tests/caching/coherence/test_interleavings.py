"""Two readers and two writers in orders that are forced: one test or more for each rule of coherence."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from caching import cache_manager, invalidate
from caching.coherence.publishing import publisher
from caching.stores.generations import Intent
from caching.stores.shared_memory import SharedMemoryGenerations
from scheduling.models import Department, Employee, Schedule, ScheduleAssignment, Shift, ShiftType
from tests.caching.coherence.world import EMAIL, NEW_EMAIL, World, in_thread, plain, read_all, truth
from tests.factories import EmployeeFactory, ScheduleAssignmentFactory
from tests.processes import Child

pytestmark = pytest.mark.django_db(transaction=True)

WAIT_SECONDS = 30


@pytest.fixture
def world() -> World:
    return World.made()


def first_name(email: str = EMAIL) -> str | None:
    found = Employee.objects.get_by_email(email)
    return found and found.first_name


def is_cached(read: Callable[[], Any] = first_name) -> bool:
    with CaptureQueriesContext(connection) as queries:
        read()
    return not queries.captured_queries


@contextmanager
def around_a_query(
    *, before: Callable[[], Any] | None = None, after: Callable[[], Any] | None = None
) -> Iterator[None]:
    """Let something happen right before or right after the first query of this thread inside the block."""
    happened = False

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal happened
        if happened:
            return execute(sql, params, many, context)
        happened = True
        if before:
            before()
        found = execute(sql, params, many, context)
        if after:
            after()
        return found

    with connection.execute_wrapper(wrapper):
        yield


# -- rules 1 and 2: a write at any moment of a load ------------------------------------------------------------------


def phone(world: World) -> None:
    Employee.objects.filter(pk=world.amy.pk).update(phone="1")


def rename_a_joined_row(world: World) -> None:
    Shift.objects.filter(pk=world.night.pk).update(code="N")


def move_between_groups(world: World) -> None:
    ScheduleAssignment.objects.filter(pk=world.assignment.pk).update(schedule=world.other_week)


def swap_between_groups(world: World) -> None:
    with transaction.atomic():
        ScheduleAssignment.objects.filter(pk=world.assignment.pk).update(schedule=world.other_week)
        ScheduleAssignment.objects.filter(pk=world.other_assignment.pk).update(schedule=world.week)


def add_to_a_group(world: World) -> None:
    ScheduleAssignmentFactory(schedule=world.week, employee=world.bob, shift=world.night)


def take_from_a_group(world: World) -> None:
    world.assignment.delete()


def email_changes_hands(world: World) -> None:
    with transaction.atomic():
        Employee.objects.filter(pk=world.amy.pk).update(email="amy.adams@example.com")
        Employee.objects.filter(pk=world.bob.pk).update(email=EMAIL)


def email_is_given_up_and_taken(world: World) -> None:
    Employee.objects.filter(pk=world.amy.pk).update(email=NEW_EMAIL)


def insert_who_was_looked_for(world: World) -> None:
    EmployeeFactory(email=NEW_EMAIL, department=world.bar)


def write_unknown_rows(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE scheduling_employee SET first_name = 'Ann'")


def rename_a_department(world: World) -> None:
    Department.objects.filter(pk=world.bar.pk).update(name="Lounge")


def delete_everything(world: World) -> None:
    Schedule.objects.all().delete()
    ShiftType.objects.update(active=False)


WRITES = [
    phone,
    rename_a_joined_row,
    move_between_groups,
    swap_between_groups,
    add_to_a_group,
    take_from_a_group,
    email_changes_hands,
    email_is_given_up_and_taken,
    insert_who_was_looked_for,
    write_unknown_rows,
    rename_a_department,
    delete_everything,
]
READS = ["amy", "bob", "nobody", "week", "other_week", "hierarchy", "types", "skills_of_amy"]


class LoadTests:
    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("write", WRITES)
    @pytest.mark.parametrize("name", READS)
    def test_that_a_write_crosses_is_not_served_again(
        self, world: World, name: str, write: Callable[[World], None], moment: str
    ) -> None:
        read = world.reads()[name]
        with around_a_query(**{moment: lambda: in_thread(lambda: write(world))}):
            read()
        expected = truth({name: read})[name]
        assert read() == expected
        assert in_thread(read) == expected
        assert is_cached(read)

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("write", WRITES)
    def test_of_many_that_a_write_crosses_is_not_served_again(
        self, world: World, write: Callable[[World], None], moment: str
    ) -> None:
        def read() -> Any:
            emails = [EMAIL, "bob@example.com", NEW_EMAIL]
            return {email: plain(row) for email, row in Employee.objects.get_many_by_email(emails).items()}

        with around_a_query(**{moment: lambda: in_thread(lambda: write(world))}):
            read()
        assert read() == truth({"read": read})["read"]

    def test_that_returns_an_old_value_in_the_end_is_not_stored(self, world: World) -> None:
        def load() -> str:
            found = Employee.objects.get(pk=world.amy.pk).first_name
            in_thread(lambda: Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann"))
            return found

        def read(load: Callable[[], str]) -> str:
            return cache_manager.get_or_load("general", "name:1", load, depends_on=[world.amy])

        assert read(load) == "Amy"
        assert read(lambda: Employee.objects.get(pk=world.amy.pk).first_name) == "Ann"

    def test_of_rows_that_nobody_has_named_is_guarded_too(self, world: World) -> None:
        # The value tells only after the load which rows it contains; their tags are read when the write is over.
        def load() -> list[Employee]:
            found = list(Employee.objects.filter(department__in=[world.kitchen.pk]))
            in_thread(lambda: Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann"))
            return found

        def read(load: Callable[[], list[Employee]]) -> list[str]:
            return [row.first_name for row in cache_manager.get_or_load("employee", "kitchen:1", load)]

        assert read(load) == ["Amy"]
        assert read(lambda: list(Employee.objects.filter(department=world.kitchen))) == ["Ann"]

    def test_between_get_and_set_is_not_stored(self, world: World) -> None:
        assert cache_manager.get("employee", "set:1") is None
        row = Employee.objects.get(pk=world.amy.pk)
        in_thread(lambda: Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann"))
        cache_manager.set("employee", "set:1", row)
        assert cache_manager.get("employee", "set:1") is None


class SingleFlightTests:
    def test_gives_who_waits_nothing_that_is_older_than_its_own_call(self, world: World) -> None:
        loading, written = threading.Event(), threading.Event()

        def slow() -> str:
            found = Employee.objects.get(pk=world.amy.pk).first_name
            loading.set()
            assert written.wait(WAIT_SECONDS)
            return found

        def read(load: Callable[[], str]) -> str:
            return cache_manager.get_or_load("general", "name:1", load, depends_on=[world.amy])

        with ThreadPoolExecutor(2) as executor:
            leader = executor.submit(in_thread, lambda: read(slow))
            assert loading.wait(WAIT_SECONDS)
            Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann")
            joiner = executor.submit(in_thread, lambda: read(lambda: Employee.objects.get(pk=world.amy.pk).first_name))
            written.set()
            assert leader.result(WAIT_SECONDS) == "Amy"
            assert joiner.result(WAIT_SECONDS) == "Ann"
        assert read(lambda: "never") == "Ann"


# -- rules 4 and 5: intents around COMMIT ----------------------------------------------------------------------------


class Gate:
    """A place where a thread stops until it is let through."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.open.wait(WAIT_SECONDS)


class GatedGenerations(SharedMemoryGenerations):
    """The real store; a thread that has a gate stops there after ``begin``, or before ``end``."""

    gates = threading.local()

    def begin(self, tags: Iterable[str]) -> Intent:
        intent = super().begin(tags)
        self._stop_at("after begin")
        return intent

    def end(self, intent: Intent) -> None:
        self._stop_at("before end")
        super().end(intent)

    def _stop_at(self, place: str) -> None:
        gate = getattr(self.gates, "all", {}).get(place)
        if gate is not None:
            gate()


@contextmanager
def stopped(place: str, write: Callable[[], Any]) -> Iterator[None]:
    """Run a write in another thread, stopped at a place while the block runs and finished after it."""
    gate = Gate()

    def run() -> None:
        GatedGenerations.gates.all = {place: gate}
        write()

    with ThreadPoolExecutor(1) as executor:
        writing = executor.submit(in_thread, run)
        assert gate.reached.wait(WAIT_SECONDS)
        try:
            yield
        finally:
            gate.open.set()
        writing.result(WAIT_SECONDS)


@pytest.fixture
def gated(directory: Path) -> None:
    publisher.use(GatedGenerations(directory))
    cache_manager.reconfigure()


@pytest.mark.usefixtures("gated")
class IntentTests:
    @pytest.fixture(params=["autocommit", "atomic"])
    def rename(self, request: pytest.FixtureRequest, world: World) -> Callable[[], None]:
        def rename() -> None:
            Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann")

        def rename_in_a_transaction() -> None:
            with transaction.atomic():
                rename()

        return rename if request.param == "autocommit" else rename_in_a_transaction

    def test_between_begin_and_commit_nobody_stores(self, world: World, rename: Callable[[], None]) -> None:
        assert first_name() == "Amy"
        with stopped("after begin", rename):
            assert first_name() == "Amy"
            assert not is_cached()
            assert not in_thread(lambda: is_cached(lambda: world.reads()["week"]()))
        assert first_name() == "Ann"
        assert is_cached()

    def test_between_commit_and_end_nobody_serves(self, world: World, rename: Callable[[], None]) -> None:
        assert first_name() == "Amy"
        with stopped("before end", rename):
            assert first_name() == "Ann"
            assert not is_cached()
        assert first_name() == "Ann"

    def test_a_load_that_begins_under_an_intent_and_ends_after_it_is_not_stored(
        self, world: World, rename: Callable[[], None]
    ) -> None:
        reading, read = Gate(), threading.Event()

        def load() -> str:
            reading()
            read.set()
            return "of a load that began under an intent"

        def get(load: Callable[[], str]) -> str:
            return cache_manager.get_or_load("general", "name:1", load, depends_on=[world.amy])

        with ThreadPoolExecutor(1) as executor:
            with stopped("after begin", rename):
                loading = executor.submit(in_thread, lambda: get(load))
                assert reading.reached.wait(WAIT_SECONDS)
            reading.open.set()
            loading.result(WAIT_SECONDS)
        assert get(lambda: "new") == "new"

    def test_a_load_that_was_there_before_the_intent_is_not_stored_under_it(
        self, world: World, rename: Callable[[], None]
    ) -> None:
        def get(load: Callable[[], str]) -> str:
            return cache_manager.get_or_load("general", "name:1", load, depends_on=[world.amy])

        reading = Gate()

        def load() -> str:
            found = Employee.objects.get(pk=world.amy.pk).first_name
            reading()
            return found

        with ThreadPoolExecutor(1) as executor:
            loading = executor.submit(in_thread, lambda: get(load))
            assert reading.reached.wait(WAIT_SECONDS)
            with stopped("before end", rename):
                reading.open.set()
                assert loading.result(WAIT_SECONDS) == "Amy"
                assert get(lambda: "new") == "new"
        assert get(lambda: "newer") == "newer"

    def test_the_end_of_one_writer_leaves_the_intent_of_another(self, world: World, rename: Callable[[], None]) -> None:
        first_name()
        with stopped("before end", rename):
            Employee.objects.filter(pk=world.amy.pk).update(first_name="Bea")
            assert first_name() == "Bea"
            assert not is_cached()
        assert first_name() == "Bea"
        assert is_cached()

    def test_an_invalidation_by_call_leaves_the_intent_of_a_writer(
        self, world: World, rename: Callable[[], None]
    ) -> None:
        first_name()
        with stopped("after begin", rename):
            invalidate(world.amy)
            assert first_name() == "Amy"
            assert not is_cached()
        assert first_name() == "Ann"

    def test_a_negative_answer_under_the_intent_of_an_insert_is_not_stored(self, world: World) -> None:
        assert first_name(NEW_EMAIL) is None
        with stopped("after begin", lambda: EmployeeFactory(email=NEW_EMAIL, department=world.bar)):
            assert first_name(NEW_EMAIL) is None
        assert first_name(NEW_EMAIL) == "Amy"


# -- rule 3: dirty first ---------------------------------------------------------------------------------------------


class DirtyTests:
    @pytest.mark.parametrize("atomic", [False, True])
    def test_what_is_written_is_read_by_its_writer_at_once(self, world: World, atomic: bool) -> None:
        read: list[str | None] = []

        def looking(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if sql.startswith("UPDATE"):
                read.append(first_name())
                found = execute(sql, params, many, context)
                read.append(first_name())
                return found
            return execute(sql, params, many, context)

        def write() -> None:
            with connection.execute_wrapper(looking):
                Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann")

        first_name()
        if atomic:
            with transaction.atomic():
                write()
        else:
            write()
        assert read == ["Amy", "Ann"]
        assert first_name() == "Ann"

    def test_what_is_read_between_two_writes_of_a_transaction_is_not_kept(self, world: World) -> None:
        with transaction.atomic():
            Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann")
            assert read_all(world.reads()) == truth(world.reads())
            Employee.objects.filter(pk=world.amy.pk).update(first_name="Bea")
            assert read_all(world.reads()) == truth(world.reads())
        assert first_name() == "Bea"
        assert in_thread(first_name) == "Bea"

    def test_a_cache_that_another_thread_fills_is_not_read_by_the_writer(self, world: World) -> None:
        with transaction.atomic():
            Employee.objects.filter(pk=world.amy.pk).update(email="amy.adams@example.com")
            assert in_thread(first_name) == "Amy"
            assert first_name() is None
            assert first_name("amy.adams@example.com") == "Amy"
            assert in_thread(lambda: first_name("amy.adams@example.com")) is None
        assert first_name() is None
        assert first_name("amy.adams@example.com") == "Amy"


# -- two processes ---------------------------------------------------------------------------------------------------


class TwoProcessesTests:
    @pytest.fixture
    def other(self, child: Child) -> Child:
        child.run("from scheduling.models import *")
        return child

    def lists(self, world: World) -> tuple[list[int], list[int]]:
        week, other_week = (
            [row.pk for row in ScheduleAssignment.objects.for_schedule(schedule.pk)]
            for schedule in (world.week, world.other_week)
        )
        return week, other_week

    def test_a_blind_save_over_anothers_change_moves_the_row_back(self, world: World, other: Child) -> None:
        stale = ScheduleAssignment.objects.get(pk=world.assignment.pk)
        weeks = [world.week.pk, world.other_week.pk]
        both = f"[[row.pk for row in ScheduleAssignment.objects.for_schedule(pk)] for pk in {weeks}]"
        other.run(f"ScheduleAssignment.objects.filter(pk={stale.pk}).update(schedule={world.other_week.pk})")
        assert other.run(both) == [[], [stale.pk, world.other_assignment.pk]]
        assert self.lists(world) == ([], [stale.pk, world.other_assignment.pk])

        # The instance still has the old week: nobody could tell from it that the row leaves the other list.
        stale.notes = "blind"
        stale.save()

        assert other.run(both) == [[stale.pk], [world.other_assignment.pk]]
        assert self.lists(world) == ([stale.pk], [world.other_assignment.pk])

    def test_an_entry_is_checked_on_every_read(self, world: World, other: Child) -> None:
        for number in range(5):
            assert first_name() == ("Amy" if number == 0 else f"Ann {number - 1}")
            assert is_cached()
            other.run(f"Employee.objects.filter(email={EMAIL!r}).update(first_name='Ann {number}')")
            assert first_name() == f"Ann {number}"

    def test_an_email_that_changes_hands_is_found_with_its_new_owner(self, world: World, other: Child) -> None:
        ask = f"Employee.objects.get_by_email({EMAIL!r}).pk"
        assert other.run(ask) == world.amy.pk
        email_changes_hands(world)
        assert other.run(ask) == world.bob.pk
        found = Employee.objects.get_by_email(EMAIL)
        assert found is not None
        assert found.pk == world.bob.pk

    def test_a_row_that_was_looked_for_in_vain_is_found_when_it_is_there(self, world: World, other: Child) -> None:
        ask = f"Employee.objects.get_by_email({NEW_EMAIL!r}) is None"
        assert other.run(ask)
        insert_who_was_looked_for(world)
        assert not other.run(ask)

    def test_a_rollback_shows_nobody_anything(self, world: World, other: Child) -> None:
        ask = f"Employee.objects.get_by_email({EMAIL!r}).first_name"
        with transaction.atomic():
            Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann")
            assert other.run(ask) == "Amy"
            transaction.set_rollback(True)
        assert other.run(ask) == "Amy"
        assert first_name() == "Amy"
