"""The cursors of a watched connection, below Django's own: they tell what Django's hook around statements does not see.

On SQLite, a cursor holds a snapshot until its rows are read. A script, a COPY, a stream and a stored procedure are run
by the driver's cursor itself.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache, partial
from itertools import islice
from typing import Any
from weakref import WeakSet, ref

from django.db import transaction
from django.db.backends.sqlite3.base import DatabaseWrapper, SQLiteCursorWrapper

from .causes import current_cause
from .control import ending
from .dirty import is_of_django
from .plans import UNWATCHED, plan_of
from .texts import text_of

_MAX_CLASSES = 64
"""The most classes of cursors that are remembered: a backend may make one for each connection or cursor."""


class Counting:
    """A cursor that is a member of ``reading`` while it may hold a snapshot."""

    # Class attributes rather than __init__: a cursor is created for every statement, and most are never read.
    reading: "WeakSet[Any]"
    watcher: Callable[[], Any]
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

    def __iter__(self) -> Iterator[Any]:
        if self._ahead is not None:
            yield from self._ahead
            return
        own = super().__iter__()  # type: ignore[misc]
        # The driver's cursor is its own iterator; a row is never None.
        yield from iter(super().__next__, None) if own is self else own  # type: ignore[misc]
        self._finish()

    def executescript(self, script: str) -> Any:
        """Run a script, which commits what was written before it, and then each of its statements."""
        return _run_script(self.watcher(), script, partial(super().executescript, script))  # type: ignore[misc]

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


def _run_script(watcher: Any, script: str, run: Callable[[], Any]) -> Any:
    plan = plan_of(script)
    if plan is not None and (tags := plan.tags(None, False, None)):
        watcher.mark(tags, current_cause(plan.cause))
    return ending(watcher, run)


class CountedCursor(Counting, SQLiteCursorWrapper):  # type: ignore[misc]
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

    def __iter__(self) -> Any:
        return self.__getattr__("__iter__")()  # type: ignore[attr-defined]

    def executescript(self, script: str) -> Any:
        return self.__getattr__("executescript")(script)  # type: ignore[attr-defined]

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


def count_cursors(watcher: Any) -> None:
    """Count the cursors of a SQLite connection that are being read, whatever class its backend gives them."""
    connection, reading = watcher.connection, watcher.reading
    told = {"reading": reading, "watcher": ref(watcher)}
    if getattr(connection.create_cursor, "__func__", None) is DatabaseWrapper.create_cursor:
        factory = type("CountedCursor", (CountedCursor,), told)
        connection.create_cursor = lambda name=None: connection.connection.cursor(factory=factory)
        return
    create = connection.create_cursor
    counted: dict[type, type] = {}

    def create_cursor(name: str | None = None) -> Any:
        cursor = create(name)
        if not isinstance(cursor, Counting) and not _counted(cursor, counted, told):
            # It may hold a snapshot at any time, and nobody can tell: from now on nothing is stored.
            connection.caching_uncounted = _Uncounted()
            reading.add(connection.caching_uncounted)
        return cursor

    connection.create_cursor = create_cursor


class _Uncounted:
    """Stands among the cursors that are being read for those that cannot be counted."""

    on_finished = None


def _counted(cursor: Any, classes: dict[type, type], told: dict[str, Any]) -> bool:
    """Let a cursor count, as an instance of a subclass of its own class; return whether that can be done."""
    own = type(cursor)
    try:
        if own not in classes:
            if len(classes) >= _MAX_CLASSES:
                classes.clear()
            classes[own] = type(own.__name__, (Counting, own, _Delegating), told)
        cursor.__class__ = classes[own]
    except TypeError:
        return False
    return type(cursor) is classes[own]


class _Telling:
    """A cursor of psycopg that tells what it writes by itself; Django's hook sees what it executes."""

    connection: Any

    @contextmanager
    def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with _told(self.connection, statement), super().copy(statement, *args, **kwargs) as copy:  # type: ignore[misc]
            yield copy

    def stream(self, query: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with _told(self.connection, query):
            yield from super().stream(query, *args, **kwargs)  # type: ignore[misc]

    def callproc(self, name: str, *args: Any, **kwargs: Any) -> Any:
        with _told(self.connection, "CALL"):
            return super().callproc(name, *args, **kwargs)  # type: ignore[misc]


@contextmanager
def _told(driver: Any, sql: Any) -> Iterator[None]:
    """Mark what the driver writes inside the block, and let a transaction publish it when it commits."""
    watcher = driver.caching_watcher()
    connection = None if watcher is None else watcher.connection
    if connection is None or connection.connection is not driver:
        # Whoever has taken the connection from Django says himself what he writes.
        yield
        return
    plan = plan_of(text_of(sql, connection))
    if plan is None or plan is UNWATCHED:
        if plan is UNWATCHED:
            watcher.note_unwatched()
        yield
        return
    is_ours = not watcher.in_transaction() and is_of_django(watcher)
    with transaction.atomic(using=watcher.alias) if is_ours else nullcontext():
        watcher.mark(plan.tags(None, False, None), current_cause(plan.cause))
        try:
            yield
        finally:
            watcher.settle()


@lru_cache(_MAX_CLASSES)
def _telling(own: type) -> type:
    return type(own.__name__, (_Telling, own), {})


def let_cursors_tell(watcher: Any) -> None:
    """Let the cursors of a psycopg connection tell what they write, whatever class the backend gives them.

    The connection keeps its ``cursor_factory``, which is the application's.
    """
    driver: Any = watcher.connection.connection
    own = getattr(driver, "cursor_factory", None)
    if isinstance(own, type) and hasattr(own, "copy") and hasattr(own, "stream"):
        # A pool gives the same connection several times.
        if not hasattr(driver, "caching_watcher"):
            driver.cursor = partial(_cursor, type(driver).cursor, ref(driver))
        driver.caching_watcher = ref(watcher)


def _cursor(make: Callable[..., Any], connected: Callable[[], Any], *args: Any, **kwargs: Any) -> Any:
    driver = connected()
    cursor = make(driver, *args, **kwargs)
    # A named cursor, which is of another class, only reads.
    if type(cursor) is driver.cursor_factory:
        # The instance of a class with slots cannot become one of a subclass.
        with suppress(TypeError):
            cursor.__class__ = _telling(type(cursor))  # type: ignore[arg-type]
    return cursor
