"""Whether what a connection reads next is the newest committed state."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper, SQLiteCursorWrapper

from caching.coherence.snapshots import reads_latest
from caching.coherence.watcher import takes_new_snapshots, watcher_of
from scheduling.models import Employee
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite only")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL only")


def latest() -> bool:
    return reads_latest(watcher_of(connection))


class ReadsLatestTests:
    def test_in_autocommit(self) -> None:
        assert latest()
        Employee.objects.count()
        assert latest()

    def test_on_a_connection_that_is_not_open(self) -> None:
        connection.close()
        assert latest()
        assert connection.connection is None

    @on_postgresql
    def test_not_in_a_transaction_that_keeps_its_snapshot(self) -> None:
        with transaction.atomic():
            assert latest()
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            assert not latest()

    @on_sqlite
    def test_in_a_transaction_that_has_the_write_lock_from_its_beginning(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Connecting sets the mode anew.
        connection.ensure_connection()
        for mode, expected in ((None, False), ("DEFERRED", False), ("IMMEDIATE", True), ("EXCLUSIVE", True)):
            monkeypatch.setattr(connections["default"], "transaction_mode", mode)
            with transaction.atomic():
                assert latest() is expected

    @on_sqlite
    def test_is_asked_of_every_connection_of_the_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert takes_new_snapshots()
        with transaction.atomic():
            assert takes_new_snapshots() is latest()
        monkeypatch.setattr(connections["default"], "transaction_mode", None)
        with transaction.atomic():
            assert not takes_new_snapshots()


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
