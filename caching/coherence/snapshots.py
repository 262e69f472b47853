"""Whether the next read of this thread sees the latest committed state (rule 8: a value is as new as its snapshot)."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from weakref import WeakSet

from django.db.backends.sqlite3.base import SQLiteCursorWrapper


def reads_latest(watcher: Any) -> bool:
    """Whether the next statement on the watched connection sees everything that has been committed."""
    connection = watcher.connection
    if connection.connection is None:
        return True
    if connection.vendor == "sqlite":
        # A cursor that has not been read to its end holds its snapshot, even in autocommit.
        return not watcher.reading and (not watcher.in_transaction() or _holds_the_write_lock(connection))
    if connection.vendor == "postgresql":
        if connection.connection.info.parameter_status("in_hot_standby") == "on":
            return False
        return not watcher.in_transaction() or _reads_committed(connection)
    return not watcher.in_transaction()


def _holds_the_write_lock(connection: Any) -> bool:
    """Whether the transaction took the write lock before its snapshot (BEGIN IMMEDIATE): nothing else can commit."""
    # Inside set_autocommit(False), atomic() does not BEGIN; its savepoint starts a deferred transaction.
    began = connection.in_atomic_block and connection.commit_on_exit
    return began and connection.transaction_mode in ("IMMEDIATE", "EXCLUSIVE")


def _reads_committed(connection: Any) -> bool:
    # Ask the driver itself, once per connection: the default of the role or the server may differ from what Django
    # assumes. This way no query is counted on the caller's connection, and SHOW takes no snapshot.
    driver = connection.connection
    if driver.info.transaction_status.name == "INERROR":
        return False
    if getattr(driver, "caching_isolation", None) is None:
        driver.caching_isolation = driver.execute("SHOW transaction_isolation").fetchone()[0]
    return driver.caching_isolation in ("read committed", "read uncommitted")


def mistrust_isolation(connection: Any) -> None:
    """Treat the isolation of a session as unknown until it ends: a pool may pass it on to another thread unchanged."""
    if connection.vendor == "postgresql":
        connection.connection.caching_isolation = "changed by hand"


class CountedCursor(SQLiteCursorWrapper):
    """A cursor that is a member of ``reading`` while it may hold a snapshot."""

    # Class attributes rather than __init__: a cursor is created for every statement, and most are never read.
    reading: "WeakSet[CountedCursor]"
    on_finished: Callable[[], None] | None = None
    _is_read = False
    _ahead: Iterator[Any] | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        self._ahead = None
        result = SQLiteCursorWrapper.execute(self, query, params)
        if self.description is not None:
            self._is_read = True
            self.reading.add(self)
        return result

    def fetchone(self) -> Any:
        if self._ahead is not None:
            return next(self._ahead, None)
        row = super().fetchone()
        if row is None:
            self._finish()
        return row

    def fetchall(self) -> list[Any]:
        if self._ahead is not None:
            return list(self._ahead)
        rows = super().fetchall()
        self._finish()
        return rows

    def fetchmany(self, size: int | None = None) -> list[Any]:
        if self._ahead is not None:
            return list(islice(self._ahead, size or self.arraysize))
        return super().fetchmany(size or self.arraysize)

    def read_ahead(self) -> None:
        """Read all rows now; the fetch methods return them as if they were read on demand."""
        self._ahead = iter(self.fetchall())

    def close(self) -> None:
        SQLiteCursorWrapper.close(self)
        if self._is_read:
            self._finish()

    def _finish(self) -> None:
        self._is_read = False
        self.reading.discard(self)
        finished, self.on_finished = self.on_finished, None
        if finished is not None:
            finished()


def count_cursors(connection: Any, reading: "WeakSet[CountedCursor]") -> None:
    """Keep track, in ``reading``, of the cursors of a SQLite connection that are being read."""
    factory = type("CountedCursor", (CountedCursor,), {"reading": reading})

    def create_cursor(name: str | None = None) -> Any:
        return connection.connection.cursor(factory=factory)

    connection.create_cursor = create_cursor
