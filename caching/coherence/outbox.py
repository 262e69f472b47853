"""Invalidations that could not be delivered: rows of a table, written in the transaction that they speak of.

Whoever reaches the server of the generations next publishes what it finds there and deletes exactly that (the pattern
"transactional outbox", microservices.io). Every process looks every few seconds, in a thread and on a connection of
its own.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from ..exceptions import WriteRefused
from .redis_connections import FAULTS

logger = logging.getLogger("caching")

PROBE_SECONDS = 1.0
"""How often a server that could not be reached is tried again."""
FIRST_SECONDS = 2.0
"""How long the first read of a process waits for the first look at the outbox. It goes on without the cache then."""
_ROWS = 500
LOOK_FAULTS = (
    # RuntimeError: a test runner forbids database access.
    *(DatabaseError, InterfaceError, RuntimeError),
    # Settings that were changed, or a row that nobody of ours has written.
    *(ImproperlyConfigured, LookupError, ValueError, TypeError),
)
"""What a look may come to grief over. The thread goes on: without it the process would never come back."""


def leave(connection: BaseDatabaseWrapper, tags: Iterable[str]) -> None:
    """Write a row for the tags, in the transaction that the connection has open, if it has one.

    Past Django's cursor: no application counts or logs this statement. Raises WriteRefused if it cannot be written.
    """
    from ..models import PendingInvalidation

    table = connection.ops.quote_name(PendingInvalidation._meta.db_table)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    try:
        with connection.wrap_database_errors, closing(connection.create_cursor()) as cursor:
            cursor.execute(
                f"INSERT INTO {table} (tags, created_at) VALUES (%s, %s)",
                (json.dumps(sorted(tags)), now),
            )
    except DatabaseError as error:
        raise WriteRefused(
            f"The write was not committed: other processes could not be told, and the outbox in "
            f"{connection.alias!r} takes no row: {error}. Run manage.py migrate caching --database {connection.alias}."
        ) from error


def drain(publish: Callable[[Sequence[str]], None]) -> int:
    """Publish what the outbox of every database holds, delete exactly that, and return how many rows it was.

    Raises what ``publish`` raises, with every row that was not published still there.
    """
    from ..models import PendingInvalidation

    drained = 0
    for alias in connections:
        if not router.allow_migrate_model(alias, PendingInvalidation):
            continue
        rows = PendingInvalidation.objects.using(alias).order_by("pk")
        while found := dict(_rows(alias, rows.values_list("pk", "tags")[:_ROWS])):
            publish(sorted({tag for tags in found.values() for tag in json.loads(tags)}))
            rows.filter(pk__in=found).delete()
            drained += len(found)
    if drained:
        logger.warning("Published what %d rows of the outbox held.", drained)
    return drained


def _rows(alias: str, rows: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    try:
        return list(rows)
    except DatabaseError:
        if has_table(alias):
            raise
        # Not migrated, so nobody can have left anything.
        return []


def has_table(alias: str) -> bool:
    """Whether the database has an outbox, or is not meant to have one."""
    from ..models import PendingInvalidation

    if not router.allow_migrate_model(alias, PendingInvalidation):
        return True
    return PendingInvalidation._meta.db_table in connections[alias].introspection.table_names()


class Keeper:
    """A thread that looks at the outbox, and at the server, every few seconds.

    ``look`` raises one of FAULTS while the server cannot be reached.
    """

    def __init__(self, look: Callable[[], None], *, seconds: float) -> None:
        self._look, self._seconds = look, seconds or PROBE_SECONDS
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped: threading.Thread | None = None
        self._looked, self._wake = threading.Event(), threading.Event()

    def start(self) -> None:
        """Start the thread and wait for its first look, unless it runs already."""
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="caching-keeper", daemon=True)
            self._thread.start()
        self._looked.wait(FIRST_SECONDS)

    def is_this_thread(self) -> bool:
        return self._thread is threading.current_thread()

    def wake(self) -> None:
        """Let it look now."""
        self._wake.set()

    def stop(self) -> None:
        """Let the thread end."""
        self._thread, self._stopped = None, self._thread
        self._wake.set()

    def join(self) -> None:
        """Wait until a thread that was told to end has ended its last look."""
        if self._stopped is not None and self._stopped is not threading.current_thread():
            self._stopped.join(FIRST_SECONDS)

    def _run(self) -> None:
        while self.is_this_thread():
            seconds = self._look_once()
            self._looked.set()
            self._wake.wait(seconds)
            self._wake.clear()

    def _look_once(self) -> float:
        """Look; return in how many seconds to look again."""
        try:
            self._look()
        except FAULTS:
            return PROBE_SECONDS
        except LOOK_FAULTS as error:
            # Whoever stops it may have taken the settings away that it looks by.
            if self.is_this_thread():
                logger.warning("The outbox could not be looked at: %s: %s", type(error).__name__, error)
            return PROBE_SECONDS
        finally:
            connections.close_all()
        return self._seconds
