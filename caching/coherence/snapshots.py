"""Whether the next read of this thread sees the latest committed state (rule 8: a value is as new as its snapshot)."""

from typing import Any

from django.db import Error

_IDLE, _AT_WORK, _OPEN = 0, 1, 2
"""The states of a session, as libpq numbers them: without a transaction, at work on a statement, between two of one."""


def driver_in_transaction(connection: Any, *, default: bool) -> bool:
    """Whether the driver itself says that a transaction is open; the default where it cannot be asked."""
    raw = connection.connection
    if raw is not None and connection.vendor == "sqlite":
        return bool(raw.in_transaction)
    if raw is not None and connection.vendor == "postgresql":
        return bool(raw.info.transaction_status) or _in_pipeline(raw)
    return default


def _in_pipeline(raw: Any) -> bool:
    """Whether the driver collects statements, which the server commits together; only psycopg 3 does."""
    return bool(getattr(getattr(raw, "pgconn", None), "pipeline_status", False))


def is_at_rest(connection: Any) -> bool:
    """Whether the database certainly runs nothing on this connection: what it was asked to do, it has done or not."""
    raw = connection.connection
    if raw is not None and connection.vendor == "postgresql":
        return not raw.closed and raw.info.transaction_status != _AT_WORK and not _in_pipeline(raw)
    return raw is not None and connection.vendor == "sqlite"


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
        return not watcher.in_transaction() or _reads_committed(watcher)
    return not watcher.in_transaction()


def _holds_the_write_lock(connection: Any) -> bool:
    """Whether the transaction took the write lock before its snapshot (BEGIN IMMEDIATE): nothing else can commit."""
    # Inside set_autocommit(False), atomic() does not BEGIN; its savepoint starts a deferred transaction.
    began = connection.in_atomic_block and connection.commit_on_exit
    return began and connection.transaction_mode in ("IMMEDIATE", "EXCLUSIVE")


def _reads_committed(watcher: Any) -> bool:
    """Whether each statement of the open transaction sees what was committed before it, however it was begun.

    The driver itself is asked: the default of the role or the server may differ from what Django assumes, and a
    function or another user of the driver may have set the level. No query is counted on the caller's connection, and
    SHOW takes no snapshot. What it says holds until the transaction ends, and only Django's own tell when they do.
    """
    driver = watcher.connection.connection
    # The driver begins a transaction with its first statement. During a COPY or a stream it takes no other, and would
    # wait for itself; after an error, none at all.
    if driver.info.transaction_status not in (_IDLE, _OPEN):
        return False
    if watcher.isolation is None or not watcher.connection.in_atomic_block:
        try:
            with watcher.connection.wrap_database_errors, driver.cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                watcher.isolation = cursor.fetchone()[0]
        except Error:
            return False  # the session has ended: whoever uses the connection next is told
    return watcher.isolation in ("read committed", "read uncommitted")
