"""Whether the next read of this thread sees the latest committed state (rule 8: a value is as new as its snapshot)."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from weakref import WeakSet

from django.db.backends.sqlite3.base import DatabaseWrapper, SQLiteCursorWrapper


def driver_in_transaction(connection: Any, *, default: bool) -> bool:
    """Whether the driver itself says that a transaction is open; the default where it cannot be asked."""
    raw = connection.connection
    if raw is not None and connection.vendor == "sqlite":
        return bool(raw.in_transaction)
    if raw is not None and connection.vendor == "postgresql":
        return bool(raw.info.transaction_status)
    return default


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


class Counting:
    """A cursor that is a member of ``reading`` while it may hold a snapshot."""

    # Class attributes rather than __init__: a cursor is created for every statement, and most are never read.
    reading: "WeakSet[Any]"
    on_finished: Callable[[], None] | None = None
    _is_read = False
    _ahead: Iterator[Any] | None = None

    description: Any
    arraysize: int

    def execute(self, query: str, params: Any = None) -> Any:
        self._ahead = None
        result = super().execute(query, params)  # type: ignore[misc]
        if self.description is not None:
            self._is_read = True
            self.reading.add(self)
        return result

    def fetchone(self) -> Any:
        if self._ahead is not None:
            return next(self._ahead, None)
        row = super().fetchone()  # type: ignore[misc]
        if row is None:
            self._finish()
        return row

    def fetchall(self) -> list[Any]:
        if self._ahead is not None:
            return list(self._ahead)
        rows: list[Any] = super().fetchall()  # type: ignore[misc]
        self._finish()
        return rows

    def fetchmany(self, size: int | None = None) -> list[Any]:
        if self._ahead is not None:
            return list(islice(self._ahead, size or self.arraysize))
        rows: list[Any] = super().fetchmany(size or self.arraysize)  # type: ignore[misc]
        return rows

    def read_ahead(self) -> None:
        """Read all rows now; the fetch methods return them as if they were read on demand."""
        self._ahead = iter(self.fetchall())

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        if self._is_read:
            self._finish()

    def _finish(self) -> None:
        self._is_read = False
        self.reading.discard(self)
        finished, self.on_finished = self.on_finished, None
        if finished is not None:
            finished()


class CountedCursor(Counting, SQLiteCursorWrapper):
    """The cursor of Django's own backend, counted."""


class _Delegating:
    """What a cursor does that passes on to another one whatever it does not have itself."""

    def execute(self, query: str, params: Any = None) -> Any:
        return self.__getattr__("execute")(query, params)  # type: ignore[attr-defined]

    def fetchone(self) -> Any:
        return self.__getattr__("fetchone")()  # type: ignore[attr-defined]

    def fetchall(self) -> Any:
        return self.__getattr__("fetchall")()  # type: ignore[attr-defined]

    def fetchmany(self, size: int) -> Any:
        return self.__getattr__("fetchmany")(size)  # type: ignore[attr-defined]

    def close(self) -> None:
        self.__getattr__("close")()  # type: ignore[attr-defined]


def after_the_last_write(reading: "WeakSet[Any]", then: Callable[[], None]) -> None:
    """Call ``then`` when the last writing cursor is done: only then does SQLite commit what the others wrote."""
    writing = next((cursor for cursor in reading if cursor.on_finished is not None), None)
    if writing is None:
        then()
        return
    before = writing.on_finished

    def finish_both() -> None:
        if before is not None:
            before()
        after_the_last_write(reading, then)

    writing.on_finished = finish_both


def count_cursors(connection: Any, reading: "WeakSet[Any]") -> None:
    """Count the cursors of a SQLite connection that are being read, whatever class its backend gives them."""
    if getattr(connection.create_cursor, "__func__", None) is DatabaseWrapper.create_cursor:
        factory = type("CountedCursor", (CountedCursor,), {"reading": reading})
        connection.create_cursor = lambda name=None: connection.connection.cursor(factory=factory)
        return
    create = connection.create_cursor
    counted: dict[type, type] = {}

    def create_cursor(name: str | None = None) -> Any:
        cursor = create(name)
        if not isinstance(cursor, Counting) and not _counted(cursor, counted, reading):
            # It may hold a snapshot at any time, and nobody can tell: from now on nothing is stored.
            connection.caching_uncounted = _Uncounted()
            reading.add(connection.caching_uncounted)
        return cursor

    connection.create_cursor = create_cursor


class _Uncounted:
    """Stands among the cursors that are being read for those that cannot be counted."""

    on_finished = None


def _counted(cursor: Any, classes: dict[type, type], reading: "WeakSet[Any]") -> bool:
    """Let a cursor count, as an instance of a subclass of its own class; return whether that can be done."""
    own = type(cursor)
    try:
        if own not in classes:
            classes[own] = type(own.__name__, (Counting, own, _Delegating), {"reading": reading})
        cursor.__class__ = classes[own]
    except TypeError:
        return False
    return type(cursor) is classes[own]
