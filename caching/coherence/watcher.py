"""The watcher of one database connection: it marks what a statement writes as dirty and publishes it around COMMIT.

A transaction that has written reads its own writes and stores nothing. Its tags get an intent before the COMMIT and a
new generation after it, before any ``on_commit`` callback runs. In autocommit the statement itself is the commit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from weakref import WeakSet, ref

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ..exceptions import WriteRefused
from ..stores.generations import Intent
from . import control, outbox, reads
from .causes import current_cause
from .cursors import after_the_last_write, count_cursors, let_cursors_tell
from .dirty import dirty_watchers, is_of_django, rolled_back
from .plans import CONTROL, ISOLATION, UNWATCHED, Announced, plan_of
from .publishing import publisher
from .refusals import was_refused
from .snapshots import driver_in_transaction, is_at_rest, reads_latest
from .tags import DirtyTags
from .texts import text_of


def in_transaction() -> bool:
    """Whether this thread has an open transaction, and so may hold locks."""
    return any(watcher_of(connection).in_transaction() for connection in connections.all(initialized_only=True))


def takes_new_snapshots() -> bool:
    """Whether the next statement on every connection of this thread sees everything that has been committed."""
    return all(reads_latest(watcher_of(connection)) for connection in connections.all(initialized_only=True))


class ConnectionWatcher:
    """Tracks what one connection has written since its transaction began."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.alias = connection.alias
        self.dirty = DirtyTags()
        self.published: set[str] = set()
        """The tags that the last autocommit statement published; a signal that follows need not publish them again."""
        self.reading: WeakSet[Any] = WeakSet()
        self.isolation: str | None = None
        """The isolation level of the open transaction, once the database was asked for it."""
        self._causes: set[str] = set()
        self._announced: Announced | None = None
        self._reference = ref(self, dirty_watchers.discard)

    def in_transaction(self) -> bool:
        """Whether a transaction is open, including one begun by hand without Django's knowledge."""
        connection = self.connection
        if connection.connection is None:
            # Until a connection is opened, Django reports autocommit as off.
            return connection.in_atomic_block
        return (
            connection.in_atomic_block or not connection.autocommit or driver_in_transaction(connection, default=False)
        )

    def execute(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Run one statement: the wrapper that Django calls around every execute and executemany."""
        text = sql if sql.__class__ is str else text_of(sql, self.connection)
        plan = plan_of(text)
        if plan is UNWATCHED:
            self.note_unwatched()
        elif self.dirty:
            self.settle()
        if plan is None or plan is UNWATCHED:
            if self.published:
                self.published = set()  # a later signal is not about that statement
            if plan is None:
                return reads.run(text, execute, sql, params, many, context)
            result = execute(sql, params, many, context)
            self.settle()  # it may have been a COMMIT in a spelling of the database's own
            return result
        if plan.may_change_isolation:
            self.isolation = None
            if plan is ISOLATION:
                return execute(sql, params, many, context)
        if many:
            # The parameters may be an iterator, and the statement needs them too.
            params = list(params)
        statement = partial(execute, sql, params, many, context)
        if plan is CONTROL:
            return control.run(self, text, params, statement, context["cursor"].cursor)
        self.mark(plan.tags(params, many, self._announced), current_cause(plan.cause))
        if self.in_transaction():
            return self.around(statement) if plan.may_commit else statement()
        return self.autocommitted(statement, context["cursor"].cursor, alone=plan.takes_no_transaction)

    def autocommitted(self, statement: Callable[[], Any], cursor: Any, *, alone: bool) -> Any:
        """Run a statement in autocommit, where it is its own COMMIT; ``alone`` if it takes no transaction."""
        alone = alone or not is_of_django(self)
        if publisher.keeps_a_record and not alone:
            return self._recorded(statement, cursor)
        try:
            intent = publisher.begin(self.dirty)
            if alone:
                self._record(intent)
        except WriteRefused:
            self.forget()
            raise
        undelivered = intent is not None and intent.undelivered
        if undelivered and not alone:
            return self._recorded(statement, cursor)
        try:
            result = statement()
        except (OperationalError, InterfaceError) as error:
            if was_refused(error):
                publisher.withdraw(intent)
            # Otherwise it is unknown whether the database executed it, and the intent is left to expire.
            self.forget()
            raise
        except DatabaseError:
            publisher.withdraw(intent)
            self.forget()
            raise
        except BaseException as error:
            # Of another wrapper, before or after the statement, or of a parameter: it has run by now, or never will.
            if isinstance(error, Exception) and is_at_rest(self.connection) and not undelivered:
                self._finish_with(cursor, intent)
            else:
                self.forget()
            raise
        self._finish_with(cursor, intent)
        if undelivered:
            # The row that was left before may have been published before the statement had committed.
            outbox.leave(self.connection, self.published)
            publisher.repeat(self.published)
        return result

    def _recorded(self, statement: Callable[[], Any], cursor: Any) -> Any:
        """Run a statement in its own transaction, together with the row that it leaves in the outbox."""
        published, causes = self.dirty, self._causes
        # Nothing may be dirty while the transaction begins: BEGIN is a statement too, and commits nothing.
        self.forget()
        with transaction.atomic(using=self.alias):
            for cause in causes:
                self.mark(published, cause)
            result = statement()
            if cursor in self.reading:
                # SQLite does not commit while rows of INSERT … RETURNING are waiting to be read.
                cursor.read_ahead()
        self.published = published
        return result

    def _finish_with(self, cursor: Any, intent: Intent | None) -> None:
        """Publish as soon as the statement has committed."""
        if cursor in self.reading:
            # SQLite commits INSERT … RETURNING only once its rows have been read or its cursor is closed.
            cursor.on_finished = partial(after_the_last_write, self.reading, partial(self._finish, intent))
        else:
            after_the_last_write(self.reading, partial(self._finish, intent))

    def around(self, statement: Callable[[], Any]) -> Any:
        """Run a statement of an open transaction that may contain a COMMIT."""
        intent = publisher.begin(self.dirty)
        self._record(intent)
        result = statement()
        # A ROLLBACK publishes too: too much invalidation is safe.
        self._finish(intent, default=True)
        return result

    def _finish(self, intent: Intent | None, *, default: bool = False) -> None:
        """Publish if the statement was a COMMIT; keep the dirty tags if the transaction is still open."""
        if driver_in_transaction(self.connection, default=default):
            publisher.withdraw(intent)
            return
        if publisher.end(intent, self.dirty, self._causes):
            outbox.leave(self.connection, self.dirty)
        published = self.dirty
        self.forget()
        self.published = published

    def mark(self, tags: set[str], cause: str) -> None:
        """Mark the tags as dirty until the transaction has ended and they have been published."""
        self.dirty.add_all(tags)
        self._causes.add(cause)
        dirty_watchers.add(self._reference)

    def note_unwatched(self) -> None:
        """Note a write that nobody watches: what the transaction reads after it may be rolled back."""
        if self.in_transaction():
            dirty_watchers.add(self._reference)

    def settle(self) -> None:
        """Publish what a transaction has written that the driver has ended, of which nobody knows how."""
        if self.dirty and not self.in_transaction():
            written = self.dirty
            self.forget()
            if publisher.publish(written, "safety_net"):
                outbox.leave(self.connection, written)

    def forget(self) -> None:
        """Clear what is dirty: the transaction was published or rolled back, or its outcome is unknown."""
        self.dirty, self.published, self._causes = DirtyTags(), set(), set()
        dirty_watchers.discard(self._reference)

    @contextmanager
    def announcing(self, announced: Announced) -> Iterator[None]:
        """Announce the new values that the statements inside the block write."""
        before, self._announced = self._announced, announced
        try:
            yield
        finally:
            self._announced = before

    def discarding(self, statement: Callable[[], Any]) -> Any:
        """Run a statement after which, if it has ended the transaction, nothing of it is dirty any more."""
        try:
            return statement()
        finally:
            if not self.in_transaction():
                self._discard()

    def commit(self, commit: Callable[[], None]) -> None:
        """Commit under an intent. If that fails, the outcome is unknown and the intent is left to expire."""
        self.isolation = None
        if not self.dirty:
            commit()
            return self.forget()
        intent = publisher.begin(self.dirty)
        self._record(intent)
        try:
            commit()
        except IntegrityError:
            # A deferred constraint failed, so the database has certainly not committed.
            publisher.withdraw(intent)
            raise
        if publisher.end(intent, self.dirty, self._causes):
            outbox.leave(self.connection, self.dirty)
            commit()
        self.forget()

    def _record(self, intent: Intent | None) -> None:
        """Leave the dirty tags in the outbox, within the transaction that is about to commit, if that is needed."""
        if intent is not None and (intent.undelivered or publisher.keeps_a_record):
            if intent.undelivered or outbox.is_there(self.connection):
                outbox.leave(self.connection, self.dirty)
            if intent.undelivered:
                publisher.left_behind(self.dirty)

    def rollback(self, rollback: Callable[[], None]) -> None:
        """Roll back. Nothing that was dirty has been stored or published."""
        self.isolation = None
        self.settle()
        try:
            rollback()
        finally:
            self._discard()

    def _discard(self) -> None:
        """Forget writes that are gone, and prevent reads that saw them from being stored."""
        if self._reference in dirty_watchers:
            rolled_back()
        self.forget()

    def close(self, close: Callable[[], None]) -> None:
        """Close the connection, which rolls back. Django does not close a connection to an in-memory database."""
        self.isolation = None
        self.settle()
        try:
            close()
        finally:
            if self.connection.connection is None or self.connection.closed_in_transaction:
                self._discard()

    def set_autocommit(self, change: Callable[..., None], autocommit: bool, *args: Any, **kwargs: Any) -> None:
        """Switch autocommit. On SQLite, switching it on commits, so it is treated like a COMMIT."""
        self.isolation = None
        if autocommit and self._reference in dirty_watchers:
            return self.commit(partial(change, autocommit, *args, **kwargs))
        return change(autocommit, *args, **kwargs)


def watcher_of(connection: BaseDatabaseWrapper) -> ConnectionWatcher:
    """Return the watcher of a connection, installing it at the first call; it survives closing and reopening."""
    watcher = getattr(connection, "caching_watcher", None)
    if watcher is None:
        watcher = connection.caching_watcher = ConnectionWatcher(connection)  # type: ignore[attr-defined]
        # Insert it in front: Django's execute_wrapper() removes the last wrapper when its block ends.
        connection.execute_wrappers.insert(0, watcher.execute)
        for name in ("commit", "rollback", "close", "set_autocommit"):
            setattr(connection, name, partial(getattr(watcher, name), getattr(connection, name)))
        if connection.vendor == "sqlite":
            count_cursors(watcher)
    return watcher


def install(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Watch a connection: the receiver of ``connection_created``."""
    watcher = watcher_of(connection)
    if connection.vendor == "postgresql":
        let_cursors_tell(watcher)
