"""Whether what a connection reads next is the newest committed state."""

import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from caching.coherence.snapshots import driver_in_transaction, is_at_rest, reads_latest
from caching.coherence.watcher import takes_new_snapshots, watcher_of
from scheduling.models import Employee
from tests.caching.coherence.world import in_thread

pytestmark = pytest.mark.django_db(transaction=True)
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite only")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL only")


def latest() -> bool:
    return reads_latest(watcher_of(connection))


def latest_in_the_last_transaction() -> bool:
    """Ask inside a transaction, and end the session, which keeps its isolation."""
    try:
        with transaction.atomic():
            return latest()
    finally:
        connection.close()


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

    @on_postgresql
    def test_asks_once_in_a_block_and_anew_in_the_next(self) -> None:
        watcher = watcher_of(connection)
        with transaction.atomic():
            assert latest()
            assert watcher.isolation == "read committed"
            with transaction.atomic():
                pass
            assert watcher.isolation == "read committed"
        assert watcher.isolation is None

    @on_postgresql
    def test_not_in_a_transaction_whose_level_the_driver_was_told(self) -> None:
        from psycopg import IsolationLevel

        with transaction.atomic():
            assert latest()
        connection.connection.isolation_level = IsolationLevel.REPEATABLE_READ
        assert not latest_in_the_last_transaction()

    @on_postgresql
    def test_not_in_a_transaction_whose_level_a_function_has_set(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION pg_temp.keep() RETURNS text LANGUAGE sql AS "
                "$$ SELECT set_config('default_transaction_isolation', 'serializable', false) $$"
            )
            with transaction.atomic():
                assert latest()
            cursor.execute("SELECT pg_temp.keep()")
        assert not latest_in_the_last_transaction()

    @on_postgresql
    def test_not_during_a_copy_and_without_waiting_for_its_end(self) -> None:
        watcher, found = watcher_of(connection), list[bool]()
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy("COPY scheduling_skill (name) FROM STDIN"),
        ):
            # The driver would wait for itself for ever.
            asking = threading.Thread(target=lambda: found.append(reads_latest(watcher)), daemon=True)
            asking.start()
            asking.join(10)
            assert found == [False]

    @on_postgresql
    def test_not_in_a_session_that_has_ended(self) -> None:
        def end() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [session])

        with suppress(OperationalError), transaction.atomic():
            Employee.objects.count()
            session = connection.connection.info.backend_pid
            in_thread(end)
            assert not latest()
            assert not latest()
        connection.close()

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


class Raw(SimpleNamespace):
    """A connection of a driver, as far as it is asked for its state."""


def of_driver(vendor: str, **raw: Any) -> Any:
    return SimpleNamespace(vendor=vendor, connection=Raw(**raw) if raw else None)


def of_psycopg(status: int, *, pipeline: int = 0, closed: bool = False) -> Any:
    info, pgconn = SimpleNamespace(transaction_status=status), SimpleNamespace(pipeline_status=pipeline)
    return of_driver("postgresql", info=info, pgconn=pgconn, closed=closed)


class DriverInTransactionTests:
    def test_says_what_the_driver_says(self) -> None:
        assert not driver_in_transaction(of_psycopg(0), default=True)
        assert driver_in_transaction(of_psycopg(2), default=False)
        assert driver_in_transaction(of_driver("sqlite", in_transaction=True), default=False)

    def test_takes_a_pipeline_for_one_transaction(self) -> None:
        assert driver_in_transaction(of_psycopg(0, pipeline=1), default=False)

    def test_gives_the_default_where_nobody_can_be_asked(self) -> None:
        for default in (True, False):
            assert driver_in_transaction(of_driver("sqlite"), default=default) is default
            assert driver_in_transaction(of_driver("oracle", raw=1), default=default) is default


class IsAtRestTests:
    def test_on_postgresql_while_no_statement_is_under_way(self) -> None:
        assert is_at_rest(of_psycopg(0))
        assert not is_at_rest(of_psycopg(1))
        assert not is_at_rest(of_psycopg(0, pipeline=1))
        assert not is_at_rest(of_psycopg(0, closed=True))

    def test_on_sqlite_whenever_it_is_connected(self) -> None:
        assert is_at_rest(of_driver("sqlite", in_transaction=True))
        assert not is_at_rest(of_driver("sqlite"))

    def test_of_no_other_database_is_known(self) -> None:
        assert not is_at_rest(of_driver("mysql", raw=1))
