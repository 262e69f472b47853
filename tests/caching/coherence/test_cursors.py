"""What cursors read and write by themselves, below Django's hook around statements."""

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper, SQLiteCursorWrapper
from pytest_django import DjangoAssertNumQueries

from caching import cache_manager
from caching.coherence.cursors import _MAX_CLASSES, Counting
from caching.coherence.snapshots import reads_latest
from caching.coherence.watcher import watcher_of
from scheduling.models import Employee, Skill
from tests.caching.coherence.world import in_thread
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite only")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL only")


def latest() -> bool:
    return reads_latest(watcher_of(connection))


def skills() -> list[str]:
    """Read the names of all skills through the cache."""

    def load() -> list[str]:
        return sorted(Skill.objects.values_list("name", flat=True))

    return cache_manager.get_or_load("general", "skills:names", load, depends_on=[Skill])


@on_sqlite
class CountedCursorTests:
    """SQLite holds the snapshot of a cursor until its last row is read, in autocommit too."""

    @pytest.fixture(autouse=True)
    def _people(self) -> None:
        EmployeeFactory.create_batch(3)

    def test_holds_a_snapshot_until_its_rows_are_read(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee")
            assert not latest()
            for _ in range(3):
                assert cursor.fetchone() is not None
            assert not latest()
            assert cursor.fetchone() is None
            assert latest()

    def test_holds_none_once_all_rows_were_fetched(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee")
            assert len(cursor.fetchall()) == 3
            assert latest()

    def test_holds_none_once_it_is_closed(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee")
            cursor.fetchone()
        assert latest()

    def test_holds_none_for_a_statement_without_rows(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE scheduling_employee SET phone = '1'")
            assert latest()

    def test_gives_out_what_it_has_read_ahead_as_if_it_were_read_now(self) -> None:
        ids = list(Employee.objects.order_by("id").values_list("id", flat=True))
        sql = "SELECT id FROM scheduling_employee ORDER BY id"
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.cursor.read_ahead()
            assert latest()
            assert cursor.fetchone() == (ids[0],)
            assert cursor.fetchmany(1) == [(ids[1],)]
            assert cursor.fetchall() == [(ids[2],)]
            assert cursor.fetchone() is None
            cursor.execute(sql)
            assert cursor.fetchone() == (ids[0],)

    def test_holds_none_once_all_rows_were_iterated(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee")
            rows = iter(cursor)
            next(rows)
            assert not latest()
            assert len(list(rows)) == 2
            assert latest()

    def test_gives_out_what_it_has_read_ahead_to_who_iterates(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee ORDER BY id")
            rows = cursor.fetchall()
            cursor.execute("SELECT id FROM scheduling_employee ORDER BY id")
            cursor.cursor.read_ahead()
            assert list(cursor) == rows
            assert list(cursor) == []

    def test_says_once_when_it_is_finished(self) -> None:
        finished: list[bool] = []
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee")
            cursor.cursor.on_finished = lambda: finished.append(latest())
            cursor.fetchall()
            assert finished == [True]
        assert finished == [True]


class CountingWrapper:
    """What monitoring packages put around a cursor: it counts statements and passes everything on."""

    def __init__(self, cursor: Any) -> None:
        self.cursor, self.statements = cursor, 0

    def execute(self, query: str, params: Any = None) -> Any:
        self.statements += 1
        return self.cursor.execute(query, params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)


class SlottedWrapper:
    """One whose class cannot be replaced."""

    __slots__ = ("cursor",)

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)


class OwnCursor(SQLiteCursorWrapper):
    """A cursor class of a backend."""


@on_sqlite
class OwnCursorTests:
    """A backend may make its own cursors, and they stay what they are."""

    @pytest.fixture(params=[OwnCursor, CountingWrapper, SlottedWrapper])
    def own(self, request: pytest.FixtureRequest) -> Iterator[Any]:
        wrapper = request.param

        class Backend(DatabaseWrapper):
            def create_cursor(self, name: str | None = None) -> Any:
                if issubclass(wrapper, SQLiteCursorWrapper):
                    return self.connection.cursor(factory=wrapper)
                return wrapper(self.connection.cursor(factory=SQLiteCursorWrapper))

        EmployeeFactory.create_batch(3)
        backend = Backend(connection.settings_dict, alias="default")
        yield backend, wrapper
        backend.close()

    def test_is_still_one_of_the_backend(self, own: Any) -> None:
        backend, wrapper = own
        watcher_of(backend)
        with backend.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee WHERE id > %s", [0])
            assert isinstance(cursor.cursor, wrapper)
            assert getattr(cursor.cursor, "statements", 1) == 1
            assert len(cursor.fetchall()) == 3

    def test_of_a_class_made_for_each_cursor_leave_no_classes_behind(self) -> None:
        class Backend(DatabaseWrapper):
            def create_cursor(self, name: str | None = None) -> Any:
                return self.connection.cursor(factory=type("Once", (OwnCursor,), {}))

        backend = Backend(connection.settings_dict, alias="default")
        watcher_of(backend)
        for _ in range(3 * _MAX_CLASSES):
            with backend.cursor() as cursor:
                cursor.execute("SELECT 1")
                assert isinstance(cursor.cursor, Counting)
        backend.close()
        gc.collect()
        assert len(OwnCursor.__subclasses__()) <= _MAX_CLASSES + 1

    def test_holds_a_snapshot_until_its_rows_are_read(self, own: Any) -> None:
        backend, wrapper = own
        watcher = watcher_of(backend)
        with backend.cursor() as cursor:
            cursor.execute("SELECT id FROM scheduling_employee")
            cursor.fetchone()
            assert not reads_latest(watcher)
            cursor.fetchall()
            # Nobody knows of a cursor that cannot be counted, so nothing is stored beside it.
            assert reads_latest(watcher) is (wrapper is not SlottedWrapper)


class Stop(Exception):
    """Ends a block from inside."""


@on_sqlite
class ScriptTests:
    """A script commits what was written before it, and then each of its statements."""

    def run(self, script: str) -> None:
        with connection.cursor() as cursor:
            cursor.executescript(script)

    def test_is_published(self) -> None:
        assert skills() == []
        self.run("INSERT INTO scheduling_skill (name, description) VALUES ('a', '')")
        assert in_thread(skills) == skills() == ["a"]

    def test_publishes_what_was_written_before_it(self) -> None:
        assert skills() == []
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            Skill.objects.create(name="a")
            cursor.executescript("SELECT 1")
        assert in_thread(skills) == skills() == ["a"]

    def test_that_only_reads_drops_nothing(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        skills()
        self.run("SELECT 1")
        with django_assert_num_queries(0):
            skills()


@on_postgresql
class DriverTests:
    """psycopg copies, streams and calls procedures without Django's hook."""

    def copy(self, *names: str, then: Callable[[], None] = lambda: None) -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY scheduling_skill (name, description) FROM STDIN") as copy,
        ):
            for name in names:
                copy.write_row((name, ""))
            then()

    def stop(self) -> None:
        raise Stop

    def test_a_copy_is_published(self) -> None:
        assert skills() == []
        self.copy("a", "b")
        assert in_thread(skills) == skills() == ["a", "b"]

    def test_a_copy_that_fails_has_written_nothing(self) -> None:
        assert skills() == []
        with suppress(Stop):
            self.copy("a", then=self.stop)
        assert in_thread(skills) == skills() == []

    def test_a_copy_in_a_transaction_is_published_with_it(self) -> None:
        assert skills() == []
        with transaction.atomic():
            self.copy("a")
            assert skills() == ["a"]
            assert in_thread(skills) == []
        assert in_thread(skills) == skills() == ["a"]
        with suppress(Stop), transaction.atomic():
            self.copy("b")
            self.stop()
        assert skills() == ["a"]

    def test_a_stream_is_published(self) -> None:
        Skill.objects.create(name="a")
        assert skills() == ["a"]
        with connection.cursor() as cursor:
            assert list(cursor.stream("UPDATE scheduling_skill SET name = 'b' RETURNING name")) == [("b",)]
        assert in_thread(skills) == skills() == ["b"]

    def test_a_stream_that_reads_drops_nothing(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        skills()
        with connection.cursor() as cursor:
            assert list(cursor.stream("SELECT 1")) == [(1,)]
        with django_assert_num_queries(0):
            skills()

    def test_a_procedure_may_have_written_anything(self) -> None:
        Skill.objects.create(name="a")
        assert skills() == ["a"]
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION rename_skills(text) RETURNS int LANGUAGE sql AS "
                "$$ UPDATE scheduling_skill SET name = $1; SELECT 1 $$"
            )
            try:
                cursor.callproc("rename_skills", ["b"])
                assert cursor.fetchall() == [(1,)]
            finally:
                cursor.execute("DROP FUNCTION rename_skills")
        assert in_thread(skills) == skills() == ["b"]

    def test_a_cursor_is_one_of_the_backend_and_has_its_name(self) -> None:
        from django.db.backends.postgresql.base import Cursor

        with connection.cursor() as cursor:
            assert isinstance(cursor.cursor, Cursor)
            assert type(cursor.cursor).__name__ == "Cursor"
            assert connection.connection.cursor_factory is Cursor

    def test_whoever_takes_the_connection_away_says_himself_what_he_writes(self) -> None:
        connection.ensure_connection()
        driver, connection.connection = connection.connection, None
        try:
            with driver.cursor() as cursor, cursor.copy("COPY scheduling_skill (name) TO STDOUT") as copy:
                assert list(copy.rows()) == []
        finally:
            connection.connection = driver
