"""Equal values in many rows, such as a role or an hourly rate: all rows hold the same object."""

from datetime import date, time
from decimal import Decimal
from sys import getsizeof
from typing import Any

from django.db import models

from .columns import attnames

MAX_LENGTH = 64
"""Longer texts are not shared: what is shared stays in memory for ever."""
MAX_VALUES = 64
"""A column with more different values shares none: nearly every row has a value of its own."""

_columns: dict[type[models.Model], dict[str, dict[Any, Any]]] = {}
"""The known values of each column of a model, without those columns that have turned out to have too many."""
_rows: dict[type[models.Model], int] = {}
"""How many rows of a model have come by, about: threads may count at the same moment."""


def share(model: type[models.Model], fields: dict[str, Any]) -> dict[str, Any]:
    """Replace the values of a row by equal ones that another row of the model holds; return the same dict.

    Only values that nothing can tell apart: neither 1 and 1.0 nor 1.0 and 1.00.
    """
    if (columns := _columns.get(model)) is None:
        columns = _columns.setdefault(model, {name: {} for name in attnames(model)})
    _rows[model] = _rows.get(model, 0) + 1
    for name, known in tuple(columns.items()):
        value: Any = fields.get(name)
        kind = type(value)
        if kind is str:
            if len(value) > MAX_LENGTH:
                continue
            key: Any = value
        elif kind is int or kind is date:
            key = value
        elif kind is Decimal or (kind is time and not value.fold and value.tzinfo is None):
            key = kind, str(value)
        else:
            continue
        if (held := known.get(key)) is not None:
            fields[name] = held
        elif len(known) < MAX_VALUES:
            known[key] = value
        else:
            columns.pop(name, None)
    return fields


def own_values(model: type[models.Model], fields: dict[str, Any]) -> list[Any]:
    """Return the values of a row that no other row shares with it by ``share``, as far as that is known now.

    A column counts as shared if it has had half as many values as rows, or fewer.
    """
    shared = _shared_columns(model)
    return [
        value
        for name, value in fields.items()
        if name not in shared or (type(value) is str and len(value) > MAX_LENGTH)
    ]


def shared_bytes(model: type[models.Model]) -> int:
    """Return the bytes of what the rows of a model share, tables included, divided by the number of rows."""
    tables = tuple(_columns.get(model, {}).values())
    # Copies, here and below: another thread may add a value or give up a column meanwhile.
    values = [value for known in _shared_columns(model).values() for value in tuple(known.values())]
    return sum(map(getsizeof, (*tables, *values))) // max(_rows.get(model, 0), 1)


def _shared_columns(model: type[models.Model]) -> dict[str, dict[Any, Any]]:
    most = _rows.get(model, 0) // 2
    columns = tuple(_columns.get(model, {}).items())
    return {name: known for name, known in columns if known and len(known) <= most}
