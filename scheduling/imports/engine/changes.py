"""What a run has written, and what each row was before: compact, as it is stored with the run.

Values are kept column by column. A column in which all rows have the same value is one value, so a file of 1,000 new
rows takes a few kilobytes, and is packed in a fraction of the time in which it was imported.
"""

from __future__ import annotations

import datetime
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models

Rows = dict[Any, dict[str, Any]]
"""Values by attribute, by primary key."""


@dataclass
class Changes:
    """What one run has written to one model, and besides."""

    created: Rows = field(default_factory=dict)
    """The new rows as the run left them."""
    before: Rows = field(default_factory=dict)
    """The changed rows as they were."""
    after: Rows = field(default_factory=dict)
    """The changed rows as the run left them."""
    related: dict[str, dict[Any, tuple[list[Any], list[Any]]]] = field(default_factory=dict)
    """The keys that each row had and has in its many-to-many fields, by field and row. New rows had none."""
    besides: dict[str, Rows] = field(default_factory=dict)
    """New rows of other models as the run left them, by label: skills, types of shifts, drafts of schedules."""

    def __bool__(self) -> bool:
        return bool(self.created or self.before or self.besides)

    def only(self, pks: Iterable[Any], besides: Mapping[str, Iterable[Any]]) -> Changes:
        """Return what is about these rows alone."""
        kept = set(pks)

        def of(rows: Mapping[Any, Any]) -> dict[Any, Any]:
            return {pk: value for pk, value in rows.items() if pk in kept}

        return Changes(
            created=of(self.created),
            before=of(self.before),
            after=of(self.after),
            related={name: of(rows) for name, rows in self.related.items()},
            besides={label: {pk: self.besides[label][pk] for pk in pks} for label, pks in besides.items()},
        )


def tracked_fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the fields that show whether somebody has touched a row: all but the key and the moments of saving."""
    return [
        one
        for one in model._meta.concrete_fields
        if not one.primary_key and not getattr(one, "auto_now", False) and not getattr(one, "auto_now_add", False)
    ]


def values_of(rows: Sequence[Mapping[str, Any]], fields: Iterable[models.Field[Any, Any]]) -> dict[str, list[Any]]:
    """Return the values of rows as they are kept, by attribute."""
    return {one.attname: kept(one, [row[one.attname] for row in rows]) for one in fields}


def kept(one: models.Field[Any, Any], values: list[Any]) -> list[Any]:
    """Return values of a field as they are kept. Each distinct value is prepared once."""
    try:
        distinct = set(values)
    except TypeError:  # The parameters of rules are dicts, which cannot be hashed.
        return [_plain(one.get_prep_value(value), one) for value in values]
    prepared = {value: _plain(one.get_prep_value(value), one) for value in distinct}
    return [prepared[value] for value in values]


def _plain(value: Any, one: models.Field[Any, Any]) -> Any:
    """Return a value as JSON has it. Two values that a database stores alike are equal."""
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(one, models.DecimalField) and value is not None:
        # 40, 40.0 and 40.00 are one stored value.
        return f"{Decimal(value):.{one.decimal_places}f}"
    return value


def from_plain(value: Any, one: models.Field[Any, Any]) -> Any:
    """Return a value that was kept as an instance has it."""
    return value if isinstance(one, models.JSONField) else one.to_python(value)


# -- as bytes ---------------------------------------------------------------------------------------------------------


Columns = tuple[Sequence[Any], Mapping[str, Sequence[Any]]]
"""Primary keys, and the values of their rows by attribute."""


@dataclass(kw_only=True)
class Packing:
    """Changes on their way to bytes, as columns: to make rows of them would take longer than all the rest."""

    created: Columns
    before: Columns
    after: Columns
    related: dict[str, dict[Any, tuple[list[Any], list[Any]]]]
    besides: dict[str, Columns]

    def packed(self) -> bytes:
        content = {
            "created": _table(*self.created),
            "before": _table(*self.before),
            "after": _table(*self.after),
            "related": {name: [[pk, *both] for pk, both in rows.items()] for name, rows in self.related.items()},
            "besides": {label: _table(*columns) for label, columns in self.besides.items()},
        }
        packing = zlib.compressobj(1)
        return b"".join(packing.compress(part.encode()) for part in _json(content)) + packing.flush()


def _json(content: Any) -> Iterator[str]:
    """Yield the JSON of nested dicts, list by list. The text of a whole import would be as large as its file."""
    if not isinstance(content, dict):
        yield json.dumps(content, separators=(",", ":"))
        return
    for number, (name, value) in enumerate(content.items()):
        yield f"{',' if number else '{'}{json.dumps(name)}:"
        yield from _json(value)
    yield "}" if content else "{}"


def pack(changes: Changes) -> bytes:
    """Return changes as they are stored."""
    return Packing(
        created=_columns(changes.created),
        before=_columns(changes.before),
        after=_columns(changes.after),
        related=changes.related,
        besides={label: _columns(rows) for label, rows in changes.besides.items()},
    ).packed()


def unpack(data: bytes | memoryview) -> Changes:
    """Return the changes that `pack` was given. Empty for a run that has none."""
    if not data:
        return Changes()
    content = json.loads(zlib.decompress(bytes(data)))
    return Changes(
        created=_rows(content["created"]),
        before=_rows(content["before"]),
        after=_rows(content["after"]),
        related={
            name: {pk: (before, after) for pk, before, after in rows} for name, rows in content["related"].items()
        },
        besides={label: _rows(table) for label, table in content["besides"].items()},
    )


def _columns(rows: Rows) -> Columns:
    names = list(next(iter(rows.values()), ()))
    return list(rows), {name: [row[name] for row in rows.values()] for name in names}


def _table(pks: Sequence[Any], columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    same = {name: values[0] for name, values in columns.items() if values and values.count(values[0]) == len(values)}
    differ = {name: list(values) for name, values in columns.items() if name not in same}
    return {"pks": list(pks), "same": same, "differ": differ}


def _rows(table: Mapping[str, Any]) -> Rows:
    pks, same, differ = table["pks"], table["same"], table["differ"]
    names = list(differ)
    rows: Iterable[tuple[Any, ...]] = zip(*differ.values(), strict=True) if names else ((),) * len(pks)
    return {pk: {**same, **dict(zip(names, row, strict=True))} for pk, row in zip(pks, rows, strict=True)}
