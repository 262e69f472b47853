"""Reading rows for the cache: in chunks that fit a query, without creating instances, joined to other rows."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from django.db import models
from django.db.models.sql.constants import MULTI

from ..coherence.columns import column_of
from ..values.columns import attnames
from ..values.forms import Row

MAX_IN_ONE_QUERY = 10_000
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
    field = column_of(type(rows[0]), path[0])
    keys = {getattr(row, field.attname) for row in rows}
    related: Any = field.related_model
    # Use the base manager, because a join does not filter as a default manager may do.
    joined = related._base_manager.in_bulk(keys - {None})
    for row in rows:
        if (key := getattr(row, field.attname)) in joined:
            setattr(row, field.name, joined[key])
    join(list(joined.values()), path[1:])


def frozen_rows(queryset: "models.QuerySet[Any]") -> list[Row] | None:
    """Run a query and return its rows in frozen form, in order. Without instances this takes a third of the time.

    Return None without a query if a column may hold mutable values.
    """
    model: Any = queryset.model
    names = list(attnames(model))
    if not all(map(_is_plain, model._meta.concrete_fields)):
        return None
    return [
        Row(model, queryset.db, dict(zip(names, values, strict=True)), (), ())
        for values in _converted_rows(queryset.values_list(*names))
    ]


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
