"""Transactions: what is open is never stored, what is rolled back never was, what is committed is seen at once."""

# ruff: noqa: PT012  (what raises is the end of the transaction, so all of it stands inside the block)

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import path
from pytest_django.fixtures import Settings

from caching import cache_manager, invalidate
from caching.coherence.publishing import publisher
from scheduling.models import Employee, ScheduleAssignment, ShiftType, Skill
from tests.caching.coherence.world import in_thread
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftTypeFactory

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL, NEW_EMAIL = "amy@example.com", "new@example.com"
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite only")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL only")


class Stop(Exception):
    """Ends a transaction from inside."""


@pytest.fixture
def amy() -> Employee:
    """An employee whose first name is cached."""
    employee: Employee = EmployeeFactory(email=EMAIL, first_name="Amy")
    assert name() == "Amy"
    return employee


def name(email: str = EMAIL) -> str | None:
    """Read the first name that belongs to an address through the cache."""
    found = Employee.objects.get_by_email(email)
    return found and found.first_name


def others_read(email: str = EMAIL) -> str | None:
    """Read the same in another thread."""
    return in_thread(lambda: name(email))


def rename(to: str) -> None:
    Employee.objects.filter(email=EMAIL).update(first_name=to)


def rename_exactly(employee: Employee, to: str) -> None:
    Employee.objects.filter(pk=employee.pk).update(first_name=to)


def is_cached(read: Callable[[], Any] = name) -> bool:
    with CaptureQueriesContext(connection) as queries:
        read()
    return not queries.captured_queries


def execute(sql: str, params: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def sets() -> int:
    """Return how many values this process has stored."""
    return int(cache_manager.get_stats()["sets"])


@contextmanager
def autocommit_off() -> Iterator[None]:
    transaction.set_autocommit(False)
    yield
    transaction.commit()
    transaction.set_autocommit(True)


@contextmanager
def begin_by_hand() -> Iterator[None]:
    execute("BEGIN")
    yield
    execute("COMMIT")


def roll_back() -> None:
    """Undo what the open transaction has written, however it was begun."""
    if connection.in_atomic_block:
        transaction.set_rollback(True)
    elif connection.autocommit:
        execute("ROLLBACK")
        execute("BEGIN")
    else:
        transaction.rollback()


class AtomicTests:
    def test_reads_its_own_writes_while_others_read_what_is_committed(self, amy: Employee) -> None:
        with transaction.atomic():
            rename("Ann")
            assert name() == "Ann"
            assert others_read() == "Amy"
            assert name() == "Ann"
        assert name() == "Ann"
        assert others_read() == "Ann"

    def test_stores_nothing_once_it_has_written(self, amy: Employee) -> None:
        other = ShiftTypeFactory()
        with transaction.atomic():
            rename("Ann")
            before = sets()
            name()
            name("nobody@example.com")
            ShiftType.objects.active()
            cache_manager.set("general", "a:1", "of the transaction")
            cache_manager.get_or_load("general", "a:2", lambda: name())
            assert sets() == before
        other.delete()
        assert cache_manager.get("general", "a:1") is None
        assert cache_manager.get("general", "a:2") is None

    def test_leaves_nothing_behind_when_rolled_back(self, amy: Employee) -> None:
        with pytest.raises(Stop), transaction.atomic():
            rename("Ann")
            assert name() == "Ann"
            raise Stop
        assert name() == "Amy"
        assert others_read() == "Amy"

    @pytest.mark.parametrize("begin", [transaction.atomic, autocommit_off, begin_by_hand])
    def test_stores_nothing_that_a_rollback_may_undo_though_nobody_watches_it(
        self, begin: Callable[[], AbstractContextManager[Any]]
    ) -> None:
        def groups() -> int:
            return cache_manager.get_or_load("general", "groups:all", Group.objects.count)

        with begin():
            Group.objects.create(name="first")
            assert groups() == 1
            roll_back()
        assert groups() == 0
        with begin():
            Group.objects.create(name="second")
        assert groups() == 0, "cached, by no more than its time to live"
        assert is_cached(groups)

    def test_drops_nothing_when_rolled_back(self, amy: Employee) -> None:
        with pytest.raises(Stop), transaction.atomic():
            rename("Ann")
            raise Stop
        assert is_cached()

    def test_reads_what_is_true_after_the_rollback_of_a_savepoint(self, amy: Employee) -> None:
        with transaction.atomic():
            with pytest.raises(Stop), transaction.atomic():
                rename("Ann")
                assert name() == "Ann"
                raise Stop
            assert name() == "Amy"
            assert others_read() == "Amy"
        assert name() == "Amy"

    def test_publishes_what_a_rolled_back_savepoint_stands_between(self, amy: Employee) -> None:
        with transaction.atomic():
            rename("Ann")
            with pytest.raises(Stop), transaction.atomic():
                rename("Bea")
                raise Stop
            assert name() == "Ann"
        assert others_read() == "Ann"
        assert name() == "Ann"

    def test_publishes_with_the_outermost_of_several(self, amy: Employee) -> None:
        with transaction.atomic(), transaction.atomic():
            with transaction.atomic(savepoint=False):
                rename("Ann")
            assert others_read() == "Amy"
        assert others_read() == "Ann"

    def test_shows_nobody_what_an_inner_one_without_a_savepoint_has_failed_in(self, amy: Employee) -> None:
        with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
            rename("Ann")
            with suppress(Stop), transaction.atomic(savepoint=False):
                rename("Bea")
                raise Stop
            # Not from the cache either: the transaction is lost.
            name()
        assert others_read() == "Amy"
        assert name() == "Amy"

    def test_publishes_when_it_is_durable(self, amy: Employee) -> None:
        with transaction.atomic(durable=True):
            rename("Ann")
        assert others_read() == "Ann"
        assert name() == "Ann"

    def test_drops_nothing_of_other_rows(self, amy: Employee) -> None:
        bob = EmployeeFactory(email="bob@example.com")
        name("bob@example.com")
        with transaction.atomic():
            rename_exactly(amy, "Ann")
            assert is_cached(lambda: name("bob@example.com"))
        assert is_cached(lambda: name("bob@example.com"))
        assert bob.pk

    def test_caches_again_when_it_has_ended(self, amy: Employee) -> None:
        with transaction.atomic():
            rename("Ann")
        name()
        assert is_cached()

    def test_sees_a_raw_update_after_a_save_that_failed(self, amy: Employee) -> None:
        EmployeeFactory(email="bob@example.com")
        with transaction.atomic():
            amy.email = "bob@example.com"
            with pytest.raises(IntegrityError), transaction.atomic():
                amy.save()
            execute("UPDATE scheduling_employee SET first_name = 'Ann' WHERE id = %s", [amy.pk])
            assert name() == "Ann"
        assert name() == "Ann"
        assert others_read() == "Ann"

    def test_invalidates_by_call_now_and_again_at_commit(self, amy: Employee) -> None:
        with transaction.atomic():
            invalidate(Employee)
            assert others_read() == "Amy"
            # What others stored meanwhile is dropped by the second one.
        assert not is_cached()

    def test_drops_what_more_than_256_rows_are_written_in(self, amy: Employee) -> None:
        people = EmployeeFactory.create_batch(260, department=amy.department)
        with transaction.atomic():
            for person in people:
                rename_exactly(person, "Ann")
            rename_exactly(amy, "Ann")
            assert name() == "Ann"
        assert name() == "Ann"
        assert others_read() == "Ann"


def rename_to(request: HttpRequest, to: str) -> HttpResponse:
    """Rename, read it, and answer what others read meanwhile; fail if the name is to be Fail."""
    rename(to)
    assert name() == to
    if to == "Fail":
        raise Stop
    return HttpResponse(others_read())


def rename_and_stream(request: HttpRequest, to: str) -> StreamingHttpResponse:
    def content() -> Iterator[str]:
        yield f"{name()}, {others_read()}"
        rename(f"{to} again")
        yield f"; {name()}, {others_read()}"

    rename(to)
    return StreamingHttpResponse(content())


urlpatterns = [path("stream/<str:to>", rename_and_stream), path("<str:to>", rename_to)]


class AtomicRequestTests:
    @pytest.fixture(autouse=True)
    def _pages(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.ROOT_URLCONF = __name__
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)

    def test_is_published_with_its_response(self, amy: Employee, client: Client) -> None:
        assert client.get("/Ann").content == b"Amy"
        assert others_read() == "Ann"
        assert name() == "Ann"

    def test_that_fails_has_changed_nothing(self, amy: Employee, client: Client) -> None:
        with pytest.raises(Stop):
            client.get("/Fail")
        assert others_read() == "Amy"
        assert name() == "Amy"

    def test_streams_when_it_is_committed(self, amy: Employee, client: Client) -> None:
        # Django leaves the transaction before the first part is made.
        answer: Any = client.get("/stream/Ann")
        assert b"".join(answer.streaming_content) == b"Ann, Ann; Ann again, Ann again"
        assert others_read() == "Ann again"
        assert is_cached()


class AutocommitTests:
    def test_publishes_with_the_statement(self, amy: Employee) -> None:
        rename("Ann")
        assert others_read() == "Ann"
        assert name() == "Ann"

    def test_keeps_what_a_refused_statement_did_not_change(self, amy: Employee) -> None:
        EmployeeFactory(email="bob@example.com")
        with pytest.raises(IntegrityError):
            Employee.objects.filter(pk=amy.pk).update(email="bob@example.com")
        assert name() == "Amy"
        assert name() == "Amy"
        assert is_cached()

    def test_sees_the_rows_that_were_written_before_one_was_refused(self, amy: Employee) -> None:
        other = EmployeeFactory(email="bob@example.com")
        sql = 'UPDATE "scheduling_employee" SET "email" = %s WHERE "scheduling_employee"."id" = %s'
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.executemany(sql, [(NEW_EMAIL, amy.pk), (NEW_EMAIL, other.pk)])
        with CaptureQueriesContext(connection):
            written = Employee.objects.filter(email=NEW_EMAIL).exists()
        assert name(NEW_EMAIL) == ("Amy" if written else None)
        assert others_read(EMAIL) == (None if written else "Amy")

    def test_is_not_stuck_after_a_statement_that_failed(self, amy: Employee) -> None:
        with pytest.raises(DatabaseError):
            execute("UPDATE scheduling_employee SET no_such_column = 1")
        name()
        assert is_cached(), "nothing was written, so nothing need be pending"

    @on_sqlite
    def test_publishes_a_returning_statement_when_its_cursor_is_done(self, amy: Employee) -> None:
        # SQLite commits INSERT … RETURNING with its last row, so until then others must not store what they read.
        sql = f"INSERT INTO scheduling_skill (name, description) VALUES ('{NEW_EMAIL}', ''), ('b', '') RETURNING id"
        assert skills() == 0
        with connection.cursor() as cursor:
            cursor.execute(sql)
            assert in_thread(skills) == 0
            assert in_thread(skills) == 0
            cursor.fetchone()
            assert in_thread(skills) == 0
        assert in_thread(skills) == 2
        assert skills() == 2

    @on_sqlite
    def test_publishes_a_returning_statement_whose_rows_are_iterated(self, amy: Employee) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE scheduling_employee SET first_name = 'Ann' RETURNING first_name")
            assert list(cursor) == [("Ann",)]
            assert others_read() == "Ann"
            assert is_cached()
        assert name() == "Ann"

    @on_sqlite
    def test_publishes_a_write_that_waits_for_a_returning_statement_of_the_same_connection(self, amy: Employee) -> None:
        # SQLite commits both when the last of them is done: a loop over RETURNING rows with a save in its body.
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO scheduling_skill (name, description) VALUES ('a', ''), ('b', '') RETURNING id")
            cursor.fetchone()
            rename_exactly(amy, "Ann")
            during = others_read()
        assert during in ("Amy", "Ann")
        assert others_read() == "Ann"
        assert name() == "Ann"

    def test_of_a_cursor_that_is_dropped_half_read_is_published_in_the_end(self, amy: Employee) -> None:
        cursor = connection.cursor()
        cursor.execute("UPDATE scheduling_employee SET first_name = 'Ann' RETURNING id")
        cursor.fetchone()
        del cursor
        assert name() == "Ann"
        assert others_read() == "Ann"


def skills() -> int:
    return cache_manager.get_or_load("general", "skills:all", Skill.objects.count, depends_on=[Skill])


class CommitTests:
    def test_is_published_before_its_callbacks_run(self, amy: Employee) -> None:
        read: list[Any] = []

        def callback() -> None:
            read.extend([name(), others_read(), is_cached()])

        with transaction.atomic():
            rename("Ann")
            transaction.on_commit(callback)
        assert read == ["Ann", "Ann", True]

    def test_is_published_though_a_callback_raises(self, amy: Employee) -> None:
        def callback() -> None:
            raise Stop

        with pytest.raises(Stop), transaction.atomic():
            rename("Ann")
            transaction.on_commit(callback)
        assert name() == "Ann"
        assert others_read() == "Ann"
        name()
        assert is_cached()

    def test_publishes_what_a_callback_writes(self, amy: Employee) -> None:
        with transaction.atomic():
            rename("Ann")
            transaction.on_commit(lambda: rename("Bea"))
        assert name() == "Bea"
        assert others_read() == "Bea"

    def test_that_fails_has_written_nothing_that_is_served(self, amy: Employee) -> None:
        # The foreign key is checked by COMMIT itself.
        with pytest.raises(IntegrityError), transaction.atomic():
            rename("Ann")
            Employee.objects.filter(pk=amy.pk).update(department=999_999)
            assert name() == "Ann"
        assert name() == "Amy"
        assert others_read() == "Amy"

    def test_that_fails_leaves_the_connection_usable(self, amy: Employee) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Employee.objects.filter(pk=amy.pk).update(department=999_999)
        with transaction.atomic():
            rename("Ann")
        assert name() == "Ann"
        assert others_read() == "Ann"

    def test_that_is_refused_drops_nothing(self, amy: Employee) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Employee.objects.filter(pk=amy.pk).update(department=999_999)
        name()
        assert is_cached(), "the database has answered, and the answer was no"

    def test_whose_outcome_is_unknown_leaves_its_intent_to_expire(self, amy: Employee) -> None:
        row = f"scheduling.Employee#{amy.pk}"
        with pytest.raises(OperationalError), transaction.atomic():
            rename_exactly(amy, "Ann")
            if connection.vendor == "sqlite":
                # A COMMIT fails while a statement that writes is in progress.
                cursor = connection.cursor()
                cursor.execute(
                    "INSERT INTO scheduling_skill (name, description) VALUES ('a', ''), ('b', '') RETURNING id"
                )
            else:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_backend_pid()")
                    pid = cursor.fetchone()[0]
                in_thread(lambda: execute("SELECT pg_terminate_backend(%s)", [pid]))
        connection.close()
        assert publisher.store.read([row]) == (None,)
        assert name() == "Amy"
        assert not is_cached()
        assert others_read() == "Amy"

    def test_of_a_transaction_that_has_failed_before_changes_nothing(self, amy: Employee) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            rename("Ann")
            execute("SELECT no_such_column FROM scheduling_employee")
        assert name() == "Amy"
        assert others_read() == "Amy"
        with transaction.atomic():
            with pytest.raises(DatabaseError), transaction.atomic():
                execute("SELECT no_such_column FROM scheduling_employee")
            assert cache_manager.get("general", "a:1") is None
            assert name() == "Amy"


class ManualTransactionTests:
    """BEGIN, COMMIT and SAVEPOINT by hand, behind Django's back."""

    @pytest.mark.parametrize("commit", ["COMMIT", "end", "/* done */ COMMIT", "-- done\nCOMMIT"])
    def test_publishes_a_commit(self, amy: Employee, commit: str) -> None:
        execute("BEGIN")
        rename("Ann")
        assert name() == "Ann"
        assert others_read() == "Amy"
        assert others_read() == "Amy"
        execute(commit)
        assert others_read() == "Ann"
        assert name() == "Ann"
        name()
        assert is_cached()

    def test_forgets_a_rollback(self, amy: Employee) -> None:
        execute("BEGIN")
        rename("Ann")
        execute("ROLLBACK")
        assert name() == "Amy"
        assert others_read() == "Amy"
        name()
        assert is_cached()

    @on_sqlite
    @pytest.mark.parametrize("release", ["RELEASE a", "RELEASE SAVEPOINT a", "release savepoint a"])
    def test_publishes_the_release_of_the_outermost_savepoint(self, amy: Employee, release: str) -> None:
        # SQLite takes a SAVEPOINT outside of a transaction for a BEGIN.
        execute("SAVEPOINT a")
        rename("Ann")
        assert others_read() == "Amy"
        execute(release)
        assert others_read() == "Ann"
        assert name() == "Ann"

    def test_survives_a_savepoint_inside(self, amy: Employee) -> None:
        execute("BEGIN")
        rename("Ann")
        execute("SAVEPOINT a")
        rename("Bea")
        execute("ROLLBACK TO SAVEPOINT a")
        assert name() == "Ann"
        execute("RELEASE SAVEPOINT a")
        assert others_read() == "Amy"
        execute("COMMIT")
        assert others_read() == "Ann"
        assert name() == "Ann"

    def test_publishes_what_was_written_without_autocommit(self, amy: Employee) -> None:
        transaction.set_autocommit(False)
        try:
            rename("Ann")
            assert name() == "Ann"
            assert others_read() == "Amy"
            transaction.commit()
            assert others_read() == "Ann"
            rename("Bea")
            transaction.rollback()
            assert name() == "Ann"
            transaction.rollback()
        finally:
            transaction.set_autocommit(True)
        assert name() == "Ann"
        assert others_read() == "Ann"

    @on_sqlite
    def test_publishes_when_autocommit_is_switched_on_again(self, amy: Employee) -> None:
        transaction.set_autocommit(False)
        rename("Ann")
        transaction.set_autocommit(True)
        assert others_read() == "Ann"
        assert name() == "Ann"

    def test_publishes_atomic_without_autocommit(self, amy: Employee) -> None:
        transaction.set_autocommit(False)
        try:
            with transaction.atomic():
                rename("Ann")
            # On SQLite, the end of the outermost savepoint is a COMMIT.
            is_committed = connection.vendor == "sqlite"
            assert others_read() == ("Ann" if is_committed else "Amy")
            transaction.rollback()
            assert others_read() == name() == ("Ann" if is_committed else "Amy")
            with transaction.atomic():
                rename("Bea")
            transaction.commit()
            assert others_read() == "Bea"
        finally:
            transaction.rollback()
            transaction.set_autocommit(True)


class DriverTests:
    """Transactions that the driver ends by itself."""

    @pytest.mark.parametrize("end", ["read", "close", "rollback", "write"])
    def test_are_published_at_the_next_sign_of_life(self, end: str, amy: Employee) -> None:
        execute("BEGIN")
        rename("Ann")
        connection.connection.commit()
        if end == "read":
            assert Employee.objects.exists()
        elif end == "close":
            connection.close()
        elif end == "rollback":
            connection.rollback()
        else:
            EmployeeFactory()
        assert others_read() == "Ann"
        assert name() == "Ann"

    @on_postgresql
    def test_are_published_at_once_if_they_end_in_a_spelling_of_the_database(self, amy: Employee) -> None:
        execute("BEGIN")
        rename("Ann")
        execute("/* one /* in another */ */ COMMIT")
        assert others_read() == "Ann"

    @on_postgresql
    def test_of_a_pipeline_are_published_with_the_next_statement(self, amy: Employee) -> None:
        with connection.connection.pipeline():
            rename("Ann")
            assert others_read() == "Amy"
        assert name() == "Ann"
        assert others_read() == "Ann"


class CloseTests:
    def test_inside_atomic_rolls_back(self, amy: Employee) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            rename("Ann")
            connection.close()
            rename("Bea")
        assert name() == "Amy"
        assert others_read() == "Amy"
        name()
        assert is_cached()

    def test_inside_a_transaction_by_hand_rolls_back(self, amy: Employee) -> None:
        execute("BEGIN")
        rename("Ann")
        connection.close()
        assert name() == "Amy"
        assert others_read() == "Amy"

    def test_and_reopen_is_watched_once(self, amy: Employee) -> None:
        for _ in range(3):
            connection.close()
            rename("Ann")
        assert name() == "Ann"
        before = int(cache_manager.get_stats()["sets"])
        assert len([found for found in connection.execute_wrappers if "Watcher" in repr(found)]) == 1
        assert sets() == before


class SnapshotTests:
    """A load is stored only if its snapshot was taken after the generations were read."""

    def test_of_a_half_read_iterator_is_not_stored(self, amy: Employee) -> None:
        EmployeeFactory.create_batch(3)
        rows: Iterator[Any] = Employee.objects.iterator(chunk_size=1)
        next(rows)
        in_thread(lambda: rename("Ann"))
        name()
        rows.close()  # type: ignore[attr-defined]
        assert name() == "Ann"

    @on_sqlite
    def test_of_a_half_read_cursor_is_not_stored(self, amy: Employee) -> None:
        EmployeeFactory.create_batch(3)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee")
            cursor.fetchone()
            in_thread(lambda: rename("Ann"))
            assert name() == "Amy", "SQLite reads the snapshot that the cursor holds"
        assert name() == "Ann"

    def test_of_a_whole_iterator_is_stored(self, amy: Employee) -> None:
        assert list(Employee.objects.iterator(chunk_size=1))
        invalidate(Employee)
        name()
        assert is_cached()

    @on_sqlite
    def test_of_a_deferred_transaction_is_not_stored(self, amy: Employee, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections["default"], "transaction_mode", "DEFERRED")
        with transaction.atomic():
            Employee.objects.count()
            in_thread(lambda: rename("Ann"))
            assert name() == "Amy", "the snapshot is older"
        assert name() == "Ann"

    @on_sqlite
    def test_of_an_immediate_transaction_is_stored(self, amy: Employee) -> None:
        invalidate(Employee)
        assert connection.transaction_mode == "IMMEDIATE"  # type: ignore[attr-defined]
        with transaction.atomic():
            name()
            assert is_cached()
        assert is_cached()

    @on_sqlite
    def test_of_atomic_without_autocommit_is_not_stored(self, amy: Employee) -> None:
        # There Django begins nothing: its savepoint does, and that is deferred whatever transaction_mode says.
        transaction.set_autocommit(False)
        try:
            with transaction.atomic():
                Employee.objects.count()
                in_thread(lambda: rename("Ann"))
                name()
        finally:
            transaction.rollback()
            transaction.set_autocommit(True)
        assert name() == "Ann"

    @on_sqlite
    def test_of_a_transaction_by_hand_is_not_stored(self, amy: Employee) -> None:
        execute("BEGIN")
        Employee.objects.count()
        in_thread(lambda: rename("Ann"))
        name()
        execute("COMMIT")
        assert name() == "Ann"

    @on_postgresql
    def test_of_read_committed_is_stored(self, amy: Employee) -> None:
        invalidate(Employee)
        with transaction.atomic():
            Employee.objects.count()
            in_thread(lambda: rename("Ann"))
            assert name() == "Ann"
            assert is_cached()
        assert is_cached()

    @on_postgresql
    @pytest.mark.parametrize(
        "begin",
        [
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "set local transaction_isolation = 'repeatable read'",
            "/* why */ SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        ],
    )
    def test_of_a_transaction_that_changes_its_isolation_is_not_stored(self, amy: Employee, begin: str) -> None:
        with transaction.atomic():
            execute(begin)
            Employee.objects.count()
            in_thread(lambda: rename("Ann"))
            name()
        assert name() == "Ann"

    @on_postgresql
    @pytest.mark.parametrize(
        "begin", ["BEGIN ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION ISOLATION LEVEL SERIALIZABLE"]
    )
    def test_of_a_transaction_that_begins_by_hand_with_a_snapshot_is_not_stored(
        self, amy: Employee, begin: str
    ) -> None:
        execute(begin)
        Employee.objects.count()
        in_thread(lambda: rename("Ann"))
        name()
        execute("COMMIT")
        assert name() == "Ann"

    @on_postgresql
    def test_of_a_session_whose_default_was_changed_is_not_stored(self, amy: Employee) -> None:
        execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try:
            with transaction.atomic():
                Employee.objects.count()
                in_thread(lambda: rename("Ann"))
                name()
            assert name() == "Ann"
        finally:
            connection.close()

    @on_postgresql
    def test_of_a_session_that_a_pool_gives_out_again_as_it_was_left_is_not_stored(self, amy: Employee) -> None:
        execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        session = connection.connection
        # As a pool does at the end of a request and at the beginning of the next.
        connection.connection = None
        connection.close()
        connection.connection = session
        with transaction.atomic():
            Skill.objects.count()
            in_thread(lambda: rename("Ann"))
            assert name() == "Amy"
        connection.close()
        assert name() == "Ann"

    @on_postgresql
    def test_of_a_database_whose_default_is_repeatable_read_is_not_stored(self, amy: Employee) -> None:
        # The server's setting, or the role's; Django takes READ COMMITTED for granted.
        database = connection.ops.quote_name(connection.settings_dict["NAME"])
        execute(f"ALTER DATABASE {database} SET default_transaction_isolation = 'repeatable read'")
        connection.close()
        try:
            with transaction.atomic():
                Employee.objects.count()
                in_thread(lambda: rename("Ann"))
                name()
            assert name() == "Ann"
        finally:
            execute(f"ALTER DATABASE {database} RESET default_transaction_isolation")
            connection.close()


class LongTransactionTests:
    def test_blocks_no_reader_while_it_is_open(self, amy: Employee) -> None:
        with transaction.atomic():
            rename("Ann")
            in_thread(name)
            assert in_thread(is_cached), "an intent is there around COMMIT alone"


class SecondConnectionTests:
    """A connection that Django's handler does not know, and one that another thread holds."""

    def test_publishes_what_it_commits(self, amy: Employee) -> None:
        other = connections.create_connection("default")
        try:
            with other.cursor() as cursor:
                cursor.execute("UPDATE scheduling_employee SET first_name = 'Ann'")
            assert name() == "Ann"
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("UPDATE scheduling_employee SET first_name = 'Bea'")
            assert name() == "Ann"
            other.commit()
            assert name() == "Bea"
        finally:
            other.rollback()
            other.close()

    def test_may_have_an_alias_that_no_settings_know(self, amy: Employee) -> None:
        own = connections["default"].copy(alias="of its own")
        try:
            with own.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("UPDATE scheduling_employee SET first_name = 'Ann'")
                assert name() == "Amy"
                cursor.execute("COMMIT")
            assert name() == "Ann"
            assert others_read() == "Ann"
        finally:
            own.close()

    @on_postgresql
    def test_writes_of_two_open_transactions_are_kept_apart(self, amy: Employee) -> None:
        def write_in_a_transaction() -> None:
            with transaction.atomic():
                ShiftType.objects.create(name="Other")
                assert name() == "Amy"

        with transaction.atomic():
            rename("Ann")
            in_thread(write_in_a_transaction)
            assert name() == "Ann"
        assert name() == "Ann"


class TestCaseTests:
    """Django's TestCase runs all tests in a transaction that is rolled back: every read is right there too."""

    def test_is_always_right(self, amy: Employee, tmp_path: Path) -> None:
        class Case(TestCase):
            @classmethod
            def setUpTestData(cls) -> None:
                cls.bob = EmployeeFactory(email="bob@example.com", first_name="Bob")  # type: ignore[attr-defined]

            def test_one(self) -> None:
                assert name("bob@example.com") == "Bob"
                Employee.objects.filter(email="bob@example.com").update(first_name="Rob")
                assert name("bob@example.com") == "Rob"
                with self.captureOnCommitCallbacks(execute=True), transaction.atomic():
                    rename("Ann")
                assert name() == "Ann"

            def test_two(self) -> None:
                assert name("bob@example.com") == "Bob"
                assert name() == "Amy"

        import unittest

        outcome = unittest.TestLoader().loadTestsFromTestCase(Case).run(unittest.TestResult())  # type: ignore[func-returns-value]
        assert outcome is not None
        assert outcome.testsRun == 2
        assert not outcome.failures + outcome.errors, outcome
        assert name() == "Amy"
        assert name("bob@example.com") is None
        assert ScheduleAssignment.objects.count() == 0
        assert DepartmentFactory()
