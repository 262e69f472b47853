"""Invalidations that could not be delivered: rows of a table, written in the same transaction as the data.

The next process that reaches the server of generations publishes the rows that it finds and deletes exactly those (the
pattern "transactional outbox", microservices.io). Every process checks every few seconds, in its own thread and on its
own connection.
"""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from django.db import DatabaseError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from ..exceptions import WriteRefused

logger = logging.getLogger("caching")

_ROWS = 500
_seen: set[tuple[str, str]] = set()
"""The databases, by alias and name, whose outbox this process has found. Those without one are asked again."""


def leave(connection: BaseDatabaseWrapper, tags: Iterable[str]) -> None:
    """Write a row for the tags, in the open transaction of the connection if there is one.

    This bypasses Django's cursor wrappers, so that applications neither count nor log the statement. Raises
    WriteRefused if the row cannot be written.
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
            "The write was not committed: other processes could not be notified, and the outbox in "
            f"{connection.alias!r} cannot be written: {error}. "
            f"Run manage.py migrate caching --database {connection.alias}."
        ) from error


def is_there(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database has an outbox; before the first migrate there is none. Asked past Django's cursor."""
    from ..models import PendingInvalidation

    database = (connection.alias, str(connection.settings_dict["NAME"]))
    if database not in _seen:
        with connection.wrap_database_errors, closing(connection.create_cursor()) as cursor:
            names = {table.name for table in connection.introspection.get_table_list(cursor)}
        if PendingInvalidation._meta.db_table not in names:
            logger.warning(
                "The database %r has no outbox yet: the write was published, and no record of it was kept. "
                "Run manage.py migrate caching --database %s.",
                *(connection.alias, connection.alias),
            )
            return False
        _seen.add(database)
    return True


def drain(publish: Callable[[Sequence[str]], None]) -> int:
    """Publish the rows in the outbox of every database, delete exactly those, and return their number.

    Propagates the errors of ``publish``; rows that were not published stay in the table.
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
        logger.warning("Published %d rows of the outbox.", drained)
    return drained


def _rows(alias: str, rows: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    try:
        return list(rows)
    except DatabaseError:
        if has_table(alias):
            raise
        # The table has not been migrated, so nothing can have been left in it.
        return []


def has_table(alias: str) -> bool:
    """Whether the database has an outbox table, or is not supposed to have one."""
    from ..models import PendingInvalidation

    if not router.allow_migrate_model(alias, PendingInvalidation):
        return True
    return PendingInvalidation._meta.db_table in connections[alias].introspection.table_names()
