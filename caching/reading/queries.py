"""Reading rows for the cache: in chunks that fit a query, without creating instances, joined to other rows."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from django.db import models
from django.db.models.query import ModelIterable
from django.db.models.sql.constants import MULTI

from ..coherence.columns import column_of
from ..values.columns import attnames
from ..values.construction import is_plain
from ..values.forms import Row
from .in_many import in_many

MAX_IN_ONE_QUERY = 10_000
_ITERATION = ("__iter__", "_fetch_all", "iterator")
_PLAIN_FIELDS = (
    *(models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.DecimalField),
    *(models.DateField, models.TimeField, models.DurationField, models.UUIDField, models.FloatField, models.ForeignKey),
)


def parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the values in chunks that fit into one query."""
    for start in range(0, len(values), MAX_IN_ONE_QUERY):
        yield values[start : start + MAX_IN_ONE_QUERY]


def join(rows: Sequence[Any], path: Sequence[str]) -> None:
    """Set the related instances of rows along a path of foreign keys; each related row is read once."""
    if not rows or not path:
        return
    field: Any = column_of(type(rows[0]), path[0])
    if field.remote_field.parent_link:
        return  # the row has the columns of its parent, and select_related leaves the parent out
    keys = {getattr(row, field.attname) for row in rows} - {None}
    joined = _by_key(field, keys, rows[0]._state.db)
    for row in rows:
        key = getattr(row, field.attname)
        if key is None:
            field.set_cached_value(row, None)  # as select_related does, and below
        elif (other := joined.get(key)) is not None:
            field.set_cached_value(row, other)
            if field.unique:
                field.remote_field.set_cached_value(other, row)
    join(list(joined.values()), path[1:])


def _by_key(field: Any, keys: Collection[Any], database: str | None) -> dict[Any, Any]:
    """Return the instances that a foreign key refers to, by the column that it refers to (``to_field``)."""
    target = field.target_field
    return {
        getattr(other, target.attname): other
        for part in parts(list(keys))
        for other in in_many(_joined(field, database), target, part)
    }


def _joined(field: Any, database: str | None) -> "models.QuerySet[Any]":
    """Return the rows that a foreign key may refer to as a join reads them: no manager leaves any out."""
    return models.QuerySet(field.related_model, using=database)


def frozen_rows(queryset: "models.QuerySet[Any]") -> list[Row] | None:
    """Run a query and return its rows in frozen form, in order. Without instances this takes a third of the time.

    Return None without a query if a column may hold mutable values.
    """
    model: Any = queryset.model
    names = list(attnames(model))
    if makes_its_own_rows(queryset) or not _has_all_columns(queryset) or not is_plain(model):
        return None
    if not all(map(_is_plain, model._meta.concrete_fields)):
        return None
    return [
        Row(model, queryset.db, dict(zip(names, values, strict=True)), (), ())
        for values in _converted_rows(queryset.values_list(*names))
    ]


def join_frozen(rows: Sequence[Row], field: Any) -> bool:
    """Give frozen rows the frozen rows that a foreign key refers to; return False if instances are needed for that."""
    if field.remote_field.parent_link:
        return True
    keys = {row.fields[field.attname] for row in rows} - {None}
    target = field.target_field
    by_key: dict[Any, Row] = {}
    database = rows[0].db if rows else None
    for part in parts(list(keys)):
        joined = frozen_rows(in_many(_joined(field, database), target, part))
        if joined is None:
            return False
        by_key |= {other.fields[target.attname]: other for other in joined}
    for row in rows:
        if (key := row.fields[field.attname]) is None or key in by_key:
            row.related += ((field.name, by_key.get(key)),)
    return True


def makes_its_own_rows(queryset: "models.QuerySet[Any]") -> bool:
    """Whether iterating over the query may give other instances than those that Django makes of its columns."""
    own = any(getattr(type(queryset), name) is not getattr(models.QuerySet, name) for name in _ITERATION)
    return own or queryset._iterable_class is not ModelIterable


def _has_all_columns(queryset: "models.QuerySet[Any]") -> bool:
    names, is_deferred = queryset.query.deferred_loading
    return not names and is_deferred


def _is_plain(field: "models.Field[Any, Any]") -> bool:
    """Whether the values that the field reads from the database are immutable."""
    return isinstance(field, _PLAIN_FIELDS) and not hasattr(field, "from_db_value")


def _converted_rows(queryset: "models.QuerySet[Any]") -> Iterable[tuple[Any, ...]]:
    """Return the rows of a ``values_list``, converting each distinct value of a column only once.

    On SQLite each date and decimal passes through several Python functions, and all rows of an import share a moment.
    """
    compiler = queryset.query.get_compiler(queryset.db)
    columns = list(zip(*chain.from_iterable(compiler.execute_sql(MULTI) or ()), strict=True))
    if not columns:
        return ()
    selected = [expression for expression, _, _ in compiler.select]
    for at, (converters, expression) in compiler.get_converters(selected).items():
        converted = {}
        for raw in set(columns[at]):
            value = raw
            for convert in converters:
                value = convert(value, expression, compiler.connection)
            converted[raw] = value
        columns[at] = tuple(converted[raw] for raw in columns[at])
    return zip(*columns, strict=True)
