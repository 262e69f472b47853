"""Many rows read and written at once. A batch that fails is repeated row by row, to find the row to blame."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import django
from django.db import DataError, IntegrityError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Value
from django.db.models.functions import Cast, Concat

from scheduling.models.constraints import Blame, blame_of

BATCH_ROWS = 1000
_MAX_PARAMETERS = 30_000
"""Of one statement, where the database reports no limit. PostgreSQL counts parameters in 16 bits."""
_CHUNK_VALUES = 10_000

_SHARED = (str, datetime.date)
Write = Callable[[Sequence[models.Model]], object]
Progress = Callable[[int], object]
"""Called with the number of rows done since the last call."""


def chunks(values: Iterable[Any], size: int = _CHUNK_VALUES) -> Iterator[list[Any]]:
    """Split values into lists that are short enough for an IN of SQL."""
    ordered = list(values)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def with_shared_values(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield rows of the database, in which from the ten thousandth on equal texts and dates are one object.

    That takes time, and halves the memory of a hundred thousand: their days and their statuses are few.
    """
    known: dict[Any, Any] = {}
    for number, row in enumerate(rows):
        if number < _CHUNK_VALUES:
            yield row
        else:
            yield tuple([known.setdefault(value, value) if type(value) in _SHARED else value for value in row])


def instances(
    model: type[models.Model],
    given: Mapping[str, Sequence[Any]],
    same: Mapping[str, Any],
    positions: Sequence[int],
) -> list[Any]:
    """Return unsaved instances of the rows at these positions.

    `given` has values of all rows by attribute, `same` those that are the same for all of them. The model gets
    positional arguments, column by column, which takes a third of the time of keywords.
    """
    columns: list[list[Any]] = []
    for field in model._meta.concrete_fields:
        if field.attname in given:
            values = given[field.attname]
            columns.append([values[position] for position in positions])
        elif field.attname in same:
            columns.append([same[field.attname]] * len(positions))
        else:
            columns.append([field.get_default() for _ in positions])
    return [model(*row) for row in zip(*columns, strict=True)]


def create(rows: Sequence[models.Model], using: str, progress: Progress) -> dict[int, Blame]:
    """Insert the rows, which get their primary keys. Returns by position why the database refuses rows."""
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
    """Insert new rows of a model with one table, and set their primary keys and the time of insertion.

    This does what `bulk_create` does in a third of the time, because it works by column: a value that many rows share
    is prepared for the database once. The statement has the form of Django's own INSERT, so that the cache can tell
    from it which rows were inserted.
    """
    meta, quote = rows[0]._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    columns = [_prepared(field, rows, connection) for field in fields]
    values = list(zip(*columns, strict=True))
    into = f"INSERT INTO {quote(meta.db_table)} ({', '.join(quote(str(field.column)) for field in fields)}) VALUES "
    returning = f" RETURNING {quote(str(meta.pk.column))}"
    row_of_parameters = f"({', '.join(['%s'] * len(fields))})"
    rows_per_statement = (connection.features.max_query_params or _MAX_PARAMETERS) // len(fields)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), rows_per_statement):
            end = start + rows_per_statement
            part = values[start:end]
            parameters = ", ".join([row_of_parameters] * len(part))
            cursor.execute(into + parameters + returning, [value for row in part for value in row])
            for row, (pk,) in zip(rows[start:end], cursor.fetchall(), strict=True):
                row.pk = pk
                row._state.adding, row._state.db = False, connection.alias


def _prepared(
    field: models.Field[Any, Any], rows: Sequence[models.Model], connection: BaseDatabaseWrapper
) -> list[Any]:
    """Return the values of a field as the database takes them. Each distinct value is prepared once."""
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        now = field.pre_save(rows[0], add=True)
        for row in rows:
            setattr(row, field.attname, now)
        return [field.get_db_prep_save(now, connection)] * len(rows)
    values = [field.pre_save(row, add=True) for row in rows]
    try:
        distinct = set(values)
    except TypeError:
        # JSON fields have lists and dicts, which cannot be hashed.
        return [field.get_db_prep_save(value, connection) for value in values]
    prepared = {value: field.get_db_prep_save(value, connection) for value in distinct}
    return [prepared[value] for value in values]


def update(rows: Sequence[models.Model], fields: Sequence[str], using: str, progress: Progress) -> dict[int, Blame]:
    """Update these fields of the rows. Returns by position why the database refuses rows.

    INSERT … ON CONFLICT is about ten times as fast as `bulk_update`, which makes a CASE for each field and row. So the
    instances must be complete, and the caller must have locked the rows: one that is deleted meanwhile would come back.
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


def release(field: models.Field[Any, Any], pks: Iterable[Any], using: str) -> None:
    """Take a unique value away from rows that get another one in the same transaction: a third row gets it first.

    Where the field cannot be empty, they have a value in between that no row has.
    """
    taken = Concat(Value(f"~{uuid4().hex[:8]}~"), Cast("pk", models.CharField()))
    for chunk in chunks(pks):
        rows = field.model._default_manager.using(using).filter(pk__in=chunk)
        rows.update(**{field.name: None if field.null else taken})


def _in_batches(
    rows: Sequence[models.Model], write: Write, write_one: Callable[[Any], object], using: str, progress: Progress
) -> dict[int, Blame]:
    """Write the rows batch by batch. Returns by position why the database refuses rows."""
    refused: dict[int, Blame] = {}
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
    """Let SQLite take as many parameters as it was built for.

    Django 5.2 assumes the limit of 2019, which was 999. Django 6.1 asks the connection, as is done here.
    """
    connection = connections[using]
    if connection.vendor != "sqlite" or django.VERSION >= (6, 1):
        yield
        return
    features: Any = connection.features
    features.max_query_params = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    try:
        yield
    finally:
        # This deletes the attribute of the connection; the one of the class is visible again.
        del features.max_query_params


def _why_refused(row: models.Model, write_one: Callable[[Any], object], using: str) -> Blame | None:
    """Write one row in its own savepoint. Returns why the database refuses it, or None if it does not."""
    try:
        with transaction.atomic(using):
            write_one(row)
    except (IntegrityError, DataError) as error:
        return blame_of(error, type(row))
    return None
