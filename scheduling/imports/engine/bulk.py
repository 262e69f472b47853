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
Columns = dict[str, list[Any]]
"""Values of rows by attribute, for every field of a model in its order."""
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


def columns_of_new(
    model: type[models.Model], given: Mapping[str, Sequence[Any]], same: Mapping[str, Any], positions: Sequence[int]
) -> Columns:
    """Return the values of new rows, one for each of these positions.

    `given` has values of all rows by attribute, `same` those that are the same for all of them.
    """
    columns: Columns = {}
    for field in model._meta.concrete_fields:
        if field.attname in given:
            values = given[field.attname]
            columns[field.attname] = [values[position] for position in positions]
        elif field.attname in same:
            columns[field.attname] = [same[field.attname]] * len(positions)
        else:
            columns[field.attname] = [field.get_default() for _ in positions]
    return columns


def columns_of(model: type[models.Model], rows: Sequence[models.Model]) -> Columns:
    """Return the values of rows."""
    return {field.attname: [getattr(row, field.attname) for row in rows] for field in model._meta.concrete_fields}


def instances(model: type[models.Model], columns: Columns) -> list[Any]:
    """Return unsaved instances with these values. Positional arguments take a third of the time of keywords."""
    return [model(*row) for row in zip(*columns.values(), strict=True)]


def create(
    model: type[models.Model], columns: Columns, using: str, progress: Progress
) -> tuple[list[Any], dict[int, Blame]]:
    """Insert rows. Returns their primary keys, and by position why the database refuses rows, which have no key.

    Columns that the saving of a row changes, such as the moment of its creation, are as they were saved afterwards.
    """
    pks = list(columns[str(model._meta.pk.attname)])
    if not pks:
        return pks, {}

    def write(batch: range) -> None:
        pks[batch.start : batch.stop] = _insert(model, columns, batch, connections[using])

    def write_one(position: int) -> None:
        row = model(*(values[position] for values in columns.values()))
        row.save(force_insert=True, using=using)
        pks[position] = row.pk

    return pks, _in_batches(model, len(pks), write, write_one, using, progress)


def _insert(model: type[models.Model], columns: Columns, batch: range, connection: BaseDatabaseWrapper) -> list[Any]:
    """Insert new rows of a model with one table, and return their primary keys.

    This is faster than `bulk_create`, because it works by column: it needs no instances, and a value that many rows
    share is prepared for the database once. The statement has the form of Django's own INSERT, so that the cache can
    tell from it which rows were inserted.
    """
    meta, quote = model._meta, connection.ops.quote_name
    fields = [field for field in meta.concrete_fields if not field.primary_key]
    prepared = [_prepared(field, columns, batch, connection) for field in fields]
    into = f"INSERT INTO {quote(meta.db_table)} ({', '.join(quote(str(field.column)) for field in fields)}) "
    returning = f" RETURNING {quote(str(meta.pk.column))}"
    pks: list[Any] = []
    with connection.cursor() as cursor:
        for values, parameters in _values(fields, prepared, connection):
            cursor.execute(into + values + returning, parameters)
            pks += [pk for (pk,) in cursor.fetchall()]
    if len(pks) != len(batch):
        raise IntegrityError(f"Of {len(batch)} rows {len(pks)} were inserted.")
    return pks


def _values(
    fields: Sequence[models.Field[Any, Any]], prepared: Sequence[list[Any]], connection: BaseDatabaseWrapper
) -> Iterator[tuple[str, list[Any]]]:
    """Yield the rows as statements take them, with their parameters: as arrays, or each value for itself."""
    if types := _types_of_arrays(fields, connection):
        yield f"SELECT * FROM UNNEST({', '.join(f'(%s)::{name}[]' for name in types)})", [*prepared]
        return
    rows = list(zip(*prepared, strict=True))
    rows_per_statement = (connection.features.max_query_params or _MAX_PARAMETERS) // len(fields)
    row_of_parameters = f"({', '.join(['%s'] * len(fields))})"
    for start in range(0, len(rows), rows_per_statement):
        part = rows[start : start + rows_per_statement]
        yield f"VALUES {', '.join([row_of_parameters] * len(part))}", [value for row in part for value in row]


def _types_of_arrays(fields: Sequence[models.Field[Any, Any]], connection: BaseDatabaseWrapper) -> list[str]:
    """Return the type of each column if the database takes a column as an array, as in Django's own bulk_create.

    PostgreSQL does, but for columns with types of their own, and its driver takes long for each single parameter.
    """
    known = connection.data_types if connection.vendor == "postgresql" else {}
    for field in fields:
        stored = field.target_field if isinstance(field, models.ForeignKey) else field
        has_own_form = hasattr(field, "get_placeholder") or hasattr(field, "get_placeholder_sql")
        if has_own_form or stored.get_internal_type() not in known:
            return []
    return [str(field.db_type(connection)).partition("(")[0] for field in fields]


def _prepared(
    field: models.Field[Any, Any], columns: Columns, batch: range, connection: BaseDatabaseWrapper
) -> list[Any]:
    """Return the values of a field as the database takes them. Each distinct value is prepared once."""
    column = columns[field.attname]
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        now = field.pre_save(field.model(), add=True)
        column[batch.start : batch.stop] = [now] * len(batch)
        return [field.get_db_prep_save(now, connection)] * len(batch)
    values = column[batch.start : batch.stop]
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
    model = type(rows[0])
    manager = model._default_manager.using(using)

    def write(batch: range) -> None:
        part = rows[batch.start : batch.stop]
        manager.bulk_create(part, update_conflicts=True, update_fields=fields, unique_fields=["pk"])

    def write_one(position: int) -> None:
        rows[position].save(force_update=True, update_fields=fields, using=using)

    return _in_batches(model, len(rows), write, write_one, using, progress)


def release(field: models.Field[Any, Any], pks: Iterable[Any], using: str) -> None:
    """Take a unique value away from rows that get another one in the same transaction: a third row gets it first.

    Where the field cannot be empty, they have a value in between that no row has.
    """
    taken = Concat(Value(f"~{uuid4().hex[:8]}~"), Cast("pk", models.CharField()))
    for chunk in chunks(pks):
        rows = field.model._default_manager.using(using).filter(pk__in=chunk)
        rows.update(**{field.name: None if field.null else taken})


def _in_batches(
    model: type[models.Model],
    size: int,
    write: Callable[[range], object],
    write_one: Callable[[int], object],
    using: str,
    progress: Progress,
) -> dict[int, Blame]:
    """Write rows batch by batch. Returns by position why the database refuses rows."""
    refused: dict[int, Blame] = {}
    for start in range(0, size, BATCH_ROWS):
        batch = range(start, min(start + BATCH_ROWS, size))
        try:
            with transaction.atomic(using), _one_statement_per_batch(using):
                write(batch)
        except (IntegrityError, DataError):
            for position in batch:
                if reason := _why_refused(model, position, write_one, using):
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


def _why_refused(
    model: type[models.Model], position: int, write_one: Callable[[int], object], using: str
) -> Blame | None:
    """Write one row in its own savepoint. Returns why the database refuses it, or None if it does not."""
    try:
        with transaction.atomic(using):
            write_one(position)
    except (IntegrityError, DataError) as error:
        return blame_of(error, model)
    return None
