"""A small database with many versions, row locks and READ COMMITTED, and what it owes to a reader.

A statement sees what is committed when it runs, and what its own transaction has written. The connection is a fake;
the watcher on it is the real one, installed as on any connection of Django, and reads Django's own SQL.

``Database.owed`` is the oracle. A row is owed in the version of its last COMMIT to every read that starts after that
COMMIT. Excepted are a COMMIT that lands after its intent has expired, owed from ``end`` on, and the second after the
file of the generations was replaced, in which COMMITs are owed only when it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from enum import IntEnum
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.db import DatabaseError, IntegrityError, OperationalError

from caching.coherence.watcher import watcher_of

from .scheduler import Actor, Scheduler


class EmployeeRow(NamedTuple):
    id: int
    email: str
    first_name: str


class AssignmentRow(NamedTuple):
    id: int
    schedule_id: int
    employee_id: int
    notes: str


class OutboxRow(NamedTuple):
    id: int
    tags: tuple[str, ...]


class TransactionStatus(IntEnum):
    """What the driver says of its connection."""

    IDLE = 0
    INTRANS = 2


Row = EmployeeRow | AssignmentRow | OutboxRow
Key = tuple[str, int]
Written = Mapping[Key, Row | None]

EMPLOYEE, ASSIGNMENT, OUTBOX = "scheduling_employee", "scheduling_scheduleassignment", "caching_pendinginvalidation"
TABLE_OF: Mapping[type, str] = {EmployeeRow: EMPLOYEE, AssignmentRow: ASSIGNMENT, OutboxRow: OUTBOX}


def key_of(row: Row) -> Key:
    return TABLE_OF[type(row)], row.id


class Statement(NamedTuple):
    """A write: its text as Django's compilers make it, and what it does."""

    sql: str
    params: tuple[Any, ...]
    keys: tuple[Key, ...]
    """The rows that it locks."""
    change: Callable[[Key, Row | None], Row | None]
    fails: bool = False
    """Whether it reports an error after it has changed rows, as an executemany does whose second row is refused."""


def save(row: Row) -> Statement:
    """Return what ``save()`` of an instance executes: every column, whether it was changed or not."""
    table, columns = TABLE_OF[type(row)], row._fields[1:]
    assignments = ", ".join(f'"{column}" = %s' for column in columns)
    sql = f'UPDATE "{table}" SET {assignments} WHERE "{table}"."id" = %s'
    return Statement(sql, (*row[1:], row.id), (key_of(row),), lambda key, old: row)


def insert(row: Row) -> Statement:
    """Return what ``save()`` of a new instance executes; the database gives it the key."""
    table, columns = TABLE_OF[type(row)], row._fields[1:]
    names, values = ", ".join(f'"{column}"' for column in columns), ", ".join("%s" for _ in columns)
    sql = f'INSERT INTO "{table}" ({names}) VALUES ({values}) RETURNING "{table}"."id"'
    return Statement(sql, tuple(row[1:]), (key_of(row),), lambda key, old: row)


def delete(table: str, pk: int) -> Statement:
    sql = f'DELETE FROM "{table}" WHERE "{table}"."id" IN (%s)'
    return Statement(sql, (pk,), ((table, pk),), lambda key, old: None)


def rename_everybody(name: str, pks: Iterable[int]) -> Statement:
    """Return an ``update()`` whose rows only the database knows."""
    sql = f'UPDATE "{EMPLOYEE}" SET "first_name" = %s WHERE "{EMPLOYEE}"."is_active"'
    keys = tuple((EMPLOYEE, pk) for pk in pks)
    return Statement(sql, (name,), keys, lambda key, old: old and old._replace(first_name=f"{name}{key[1]}"))


class Database:
    """The committed rows, every version that they have had, and which of them is owed."""

    def __init__(self, scheduler: Scheduler, now: Callable[[], float]) -> None:
        self.scheduler, self._now = scheduler, now
        self.reset(())

    def reset(self, rows: Iterable[Row]) -> None:
        self.rows: dict[Key, Row] = {key_of(row): row for row in rows}
        self.versions: dict[Key, list[Row | None]] = {key: [row] for key, row in self.rows.items()}
        self.owed: dict[Key, int] = dict.fromkeys(self.rows, 0)
        self.locks: dict[Key, Connection] = {}
        self._late: dict[str, set[Key]] = {}
        self._excused_until = 0.0

    def commit(self, written: Written, by: Actor, intent_until: float | None) -> None:
        """Make rows visible; they are owed at once unless the intent of the COMMIT was over by then."""
        for key, row in written.items():
            self.versions.setdefault(key, [None]).append(row)
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        if intent_until is not None and self._now() >= intent_until:
            self._late.setdefault(by.name, set()).update(written)
        elif self._now() >= self._excused_until:
            self._owe(written)
        self._changed()

    def published(self, by: Actor) -> None:
        """Owe what an actor has committed late: its ``end`` has returned."""
        published = self._late.pop(by.name, ())
        if self._now() >= self._excused_until:
            self._owe(published)
        self._changed()

    def excuse_until(self, moment: float) -> None:
        self._excused_until = moment

    def clock_ticked(self) -> None:
        if self._excused_until and self._now() >= self._excused_until:
            self._owe(self.versions.keys() - set().union(*self._late.values()))
        self._changed()

    def _changed(self) -> None:
        """Tell the scheduler what the database has become."""
        versions = tuple((key, tuple(rows)) for key, rows in sorted(self.versions.items()))
        late = tuple((name, tuple(sorted(keys))) for name, keys in sorted(self._late.items()))
        self.scheduler.set_to("database", hash((versions, tuple(sorted(self.owed.items())), late)))

    def _owe(self, keys: Iterable[Key]) -> None:
        self.owed.update({key: len(self.versions[key]) - 1 for key in keys})

    def disconnected(self, connections: Iterable[Connection]) -> None:
        """Roll back what a killed process has left open: the server sees that it is gone."""
        for connection in connections:
            connection.discard()


class _Shown:
    """A cursor of the driver that answers SHOW transaction_isolation."""

    def __init__(self, isolation: str) -> None:
        self.isolation = isolation

    def execute(self, statement: str) -> None:
        assert statement == "SHOW transaction_isolation"

    def fetchone(self) -> tuple[str]:
        return (self.isolation,)

    def close(self) -> None:
        """End, as every cursor must."""


class Connection:
    """What the watcher sees of a connection of Django, and of its driver."""

    vendor, alias = "postgresql", "default"
    closed_in_transaction = False
    isolation_level = None
    wrap_database_errors = nullcontext()

    def __init__(self, database: Database, actor: Actor, isolation: str = "read committed") -> None:
        self.database, self.actor = database, actor
        self.execute_wrappers: list[Callable[..., Any]] = []
        self.in_atomic_block, self.autocommit = False, True
        self.commit_on_exit = True
        self.intent_until: float | None = None
        self.isolation = isolation
        self.connection = SimpleNamespace(
            cursor=lambda: closing(_Shown(isolation)),
            info=SimpleNamespace(transaction_status=TransactionStatus.IDLE, parameter_status=lambda name: "off"),
        )
        self.written: dict[Key, Row | None] = {}
        self._snapshot: dict[Key, Row] | None = None
        self._hooks: list[Callable[[], None]] = []
        self._answer_is_lost = self.is_lost = False
        self.watcher = watcher_of(self)  # type: ignore[arg-type]

    @property
    def sees_a_snapshot(self) -> bool:
        """Whether its transaction reads what was committed when it began."""
        return self._snapshot is not None

    # -- statements ---------------------------------------------------------------------------------------------------

    def execute(self, statement: Statement) -> None:
        """Run a write through the wrappers, as a cursor of Django does."""
        self._through_wrappers(partial(self._write, statement), statement.sql, statement.params)

    def select(self, table: str, wanted: Callable[[Row], bool]) -> list[Row]:
        """Return the rows that a query finds, in the order of their keys."""
        return self._through_wrappers(partial(self._read, table, wanted), f'SELECT "id" FROM "{table}"', ())

    def _through_wrappers(self, run: Callable[[], Any], sql: str, params: Any) -> Any:
        call: Callable[..., Any] = lambda sql, params, many, context: run()  # noqa: E731
        for wrapper in reversed(self.execute_wrappers):
            call = partial(wrapper, call)
        return call(sql, params, False, {"connection": self, "cursor": SimpleNamespace(cursor=self.database)})

    def _read(self, table: str, wanted: Callable[[Row], bool]) -> list[Row]:
        self.database.scheduler.step("load")
        self._open_transaction()
        committed = self.database.rows if self._snapshot is None else self._snapshot
        visible = {**committed, **self.written}
        found = [row for key, row in sorted(visible.items()) if key[0] == table and row is not None and wanted(row)]
        self.database.scheduler.observed(tuple(found))
        return found

    def _write(self, statement: Statement) -> None:
        database, mine = self.database, statement.keys
        database.scheduler.step(
            f"statement {statement.sql.split()[0]} {mine}",
            when=lambda: all(database.locks.get(key, self) is self for key in mine),
            waits=True,
        )
        self._open_transaction()
        visible = {**database.rows, **self.written}
        self.written |= {key: statement.change(key, visible.get(key)) for key in mine}
        database.locks.update(dict.fromkeys(mine, self))
        if self.autocommit:
            self._make_permanent()
        if statement.fails:
            raise Refused

    def _open_transaction(self) -> None:
        if not self.autocommit and not self.connection.info.transaction_status:
            self.connection.info.transaction_status = TransactionStatus.INTRANS
            if self.isolation != "read committed":
                self._snapshot = dict(self.database.rows)
                self.database.scheduler.observed(tuple(self._snapshot.values()))

    # -- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Do what the outermost ``atomic()`` does, in its order."""
        self.in_atomic_block, self.autocommit = True, False
        try:
            yield
            self.in_atomic_block = False
            self.commit()
        except DatabaseError:
            self.in_atomic_block = False
            self.rollback()
            raise
        finally:
            self.in_atomic_block, self.autocommit = False, True
        for hook in self._hooks:
            hook()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Roll back what the block has written if it raises Refused, which ends here."""
        before = dict(self.written)
        try:
            yield
        except Refused:
            undo = partial(setattr, self, "written", before)
            self._through_wrappers(undo, 'ROLLBACK TO SAVEPOINT "s1"', None)

    def on_commit(self, hook: Callable[[], None]) -> None:
        self._hooks.append(hook)

    def commit(self) -> None:
        scheduler = self.database.scheduler
        if self._answer_is_lost:
            scheduler.step("COMMIT is sent, its answer lost")
            self.is_lost = True
            raise AnswerLost
        scheduler.step("COMMIT", waits=True)
        self._make_permanent()

    def lose_the_answer(self) -> None:
        """Let the next COMMIT be done by the server some time after the client has given up."""
        self._answer_is_lost = True

    def land(self) -> None:
        """Do, as the server, the COMMIT whose answer was lost."""
        self._make_permanent()

    def rollback(self) -> None:
        self.database.scheduler.step("ROLLBACK", changes=["world"])
        if not self._answer_is_lost:
            self.discard()

    def close(self) -> None: ...

    def set_autocommit(self, autocommit: bool) -> None:
        self.autocommit = autocommit

    def _make_permanent(self) -> None:
        self.database.commit(self.written, self.actor, self.intent_until)
        self.discard()

    def discard(self) -> None:
        self.database.locks = {key: owner for key, owner in self.database.locks.items() if owner is not self}
        self.written, self._snapshot = {}, None
        self.connection.info.transaction_status = TransactionStatus.IDLE


class Refused(IntegrityError):
    """The database has refused a statement, or the application gives up."""


class AnswerLost(OperationalError):
    """The connection broke while a COMMIT was on its way."""
