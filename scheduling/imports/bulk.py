"""Rows into the database in batches; a batch that fails is repeated row by row, to name the row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import django
from django.db import DataError, IntegrityError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from scheduling.models.constraints import reason_of

BATCH_ROWS = 1000
_MOST_PARAMETERS = 30_000
"""Of one statement, where the database names no limit; PostgreSQL counts them in 16 bits."""

Write = Callable[[Sequence[models.Model]], object]
Progress = Callable[[int], object]
"""Is told how many rows more are done."""


def create(rows: Sequence[models.Model], using: str, progress: Progress) -> dict[int, str]:
    """Insert the rows; return the reasons of those refused by position. The others have their primary key."""
    if not rows:
        return {}
    return _in_batches(
        rows,
        lambda batch: _insert(batch, connections[using]),
        lambda row: row.save(force_insert=True, using=using),
        using,
        progress,
    )


def _insert(rows: Sequence[models.Model], connection: BaseDatabaseWrapper) -> None:
    """Insert new rows of a model with one table, and give them their primary keys and the moment of the insertion.

    Does what `bulk_create` does in a third of the time, because it works by column: a value that many rows share is
    prepared for the database once. The statement has the form of Django's own, so the cache reads its rows from it.
    """
    meta, quote = rows[0]._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns = [_prepared(field, rows, connection) for field in fields]
    values = list(zip(*columns, strict=True))
    into = f"INSERT INTO {quote(meta.db_table)} ({', '.join(quote(str(field.column)) for field in fields)}) VALUES "
    returning = f" RETURNING {quote(str(meta.pk.column))}"
    one = f"({', '.join(['%s'] * len(fields))})"
    most = (connection.features.max_query_params or _MOST_PARAMETERS) // len(fields)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), most):
            part = values[start : start + most]
            cursor.execute(into + ", ".join([one] * len(part)) + returning, [value for row in part for value in row])
            for row, (pk,) in zip(rows[start : start + most], cursor.fetchall(), strict=True):
                row.pk = pk
                row._state.adding, row._state.db = False, connection.alias


def _prepared(
    field: models.Field[Any, Any], rows: Sequence[models.Model], connection: BaseDatabaseWrapper
) -> list[Any]:
    """Return the column as the database takes it; each distinct value is prepared once."""
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        now = field.pre_save(rows[0], add=True)
        for row in rows:
            setattr(row, field.attname, now)
        return [field.get_db_prep_save(now, connection)] * len(rows)
    values = [field.pre_save(row, add=True) for row in rows]
    try:
        distinct = set(values)
    except TypeError:
        # Lists and dicts, as JSON has them.
        return [field.get_db_prep_save(value, connection) for value in values]
    prepared = {value: field.get_db_prep_save(value, connection) for value in distinct}
    return [prepared[value] for value in values]


def update(rows: Sequence[models.Model], fields: Sequence[str], using: str, progress: Progress) -> dict[int, str]:
    """Update these fields of the rows, which must be complete; return the reasons of those refused by position.

    By INSERT … ON CONFLICT, about ten times as fast as the CASE per field and row of `bulk_update`. The caller has
    locked the rows, or a row that somebody deletes meanwhile would come back.
    """
    if not rows or not fields:
        return {}
    manager = type(rows[0])._default_manager.using(using)
    return _in_batches(
        rows,
        lambda batch: manager.bulk_create(batch, update_conflicts=True, update_fields=fields, unique_fields=["pk"]),
        lambda row: row.save(force_update=True, update_fields=fields, using=using),
        using,
        progress,
    )


def _in_batches(
    rows: Sequence[models.Model], write: Write, write_one: Callable[[Any], object], using: str, progress: Progress
) -> dict[int, str]:
    refused: dict[int, str] = {}
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        try:
            with transaction.atomic(using), _one_statement_per_batch(using):
                write(batch)
        except (IntegrityError, DataError):
            for position, row in enumerate(batch, start):
                if reason := _why_refused(row, write_one, using):
                    refused[position] = reason
        progress(len(batch))
    return refused


@contextmanager
def _one_statement_per_batch(using: str) -> Iterator[None]:
    """Let SQLite take as many parameters as it was built for. Django 5.2 assumes the 999 of 2019; 6.1 asks, as here."""
    connection = connections[using]
    if connection.vendor != "sqlite" or django.VERSION >= (6, 1):
        yield
        return
    features: Any = connection.features
    features.max_query_params = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    try:
        yield
    finally:
        # Of this connection alone: beneath it is the value of the class again.
        del features.max_query_params


def _why_refused(row: models.Model, write_one: Callable[[Any], object], using: str) -> str:
    """Write one row in a savepoint of its own; return why the database refuses it, or nothing if it does not."""
    try:
        with transaction.atomic(using):
            write_one(row)
    except (IntegrityError, DataError) as error:
        return reason_of(error, type(row))
    return ""
