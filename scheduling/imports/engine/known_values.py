"""What the values of a column can mean: the rows that it can name, and those that are spelled most like a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.db import models

from caching import BatchCache
from scheduling.imports.engine.columns import Column, Refused
from scheduling.imports.engine.references import MAX_CANDIDATES, Several
from scheduling.imports.engine.spelling import folded

MAX_NEAR = 5
ALIKE = 0.5
"""How alike a near match is, from 0 to 1. Less than for a guess in a sentence: the user sees several, and chooses."""
ACTIVE = ("active", "is_active")
NAMES = ("name", "code", "employee_number", "email")


@dataclass(frozen=True)
class KnownValue:
    """A row that a value can mean."""

    key: str
    """By what a file names it: the code of a department, the address or the number of an employee."""
    label: str
    names: tuple[str, ...]
    """Everything that it is called, as `folded` spells it."""


def known_values(column: Column) -> list[KnownValue]:
    """Return the rows that the cells of a column can name, without archived ones, by their labels. One query."""
    named_by = column.named_by
    if named_by is None:
        return []
    rows = [_known(row, named_by) for row in active_rows(named_by.model)[:MAX_CANDIDATES]]
    return sorted(rows, key=lambda known: folded(known.label))


def active_rows(model: type[models.Model]) -> models.QuerySet[Any]:
    """Return the rows of a model that are not archived."""
    fields = {one.name for one in model._meta.concrete_fields}
    return model._default_manager.order_by().filter(**{name: True for name in ACTIVE if name in fields})


def near_values(value: str, known: Sequence[KnownValue]) -> list[KnownValue]:
    """Return the rows that are called most like a value, the nearest first."""
    by_name: dict[str, KnownValue] = {name: one for one in reversed(known) for name in one.names}
    near = get_close_matches(folded(value), by_name, n=2 * MAX_NEAR, cutoff=ALIKE)
    return list(dict.fromkeys(by_name[name] for name in near))[:MAX_NEAR]


def missing_values(column: Column, keys: Iterable[str]) -> set[str]:
    """Return which of these texts name nothing that is there and not archived. Two queries at most."""
    keys = set(keys)
    pks = _named(column, keys)
    if not pks or column.named_by is None:
        return keys
    there = set(active_rows(column.named_by.model).filter(pk__in=set(pks.values())).values_list("pk", flat=True))
    return {key for key in keys if pks.get(key) not in there}


def named_values(column: Column, names: Iterable[str]) -> set[str]:
    """Return which of these texts name exactly one row, so that nothing has to be chosen for them."""
    return set(_named(column, set(names)))


def _named(column: Column, names: set[str]) -> dict[str, Any]:
    """Return the primary keys of the rows that these texts name, as an import looks them up."""
    named_by = column.named_by
    if named_by is None or not names:
        return {}
    if column.lookup is not None:
        batch = BatchCache(column.lookup)
        batch.fill(names)
        found = {name: pk for name in names if (pk := batch.get(name)) is not None}
    else:
        rows = named_by.model._default_manager.order_by().values_list(named_by.attname, "pk")
        by_name = {folded(name): pk for name, pk in rows[:MAX_CANDIDATES]}
        found = {name: by_name[folded(name)] for name in names if folded(name) in by_name}
    if column.fallback is not None and (rest := names - found.keys()):
        meant = column.fallback(rest)
        found.update((name, pk) for name, pk in meant.items() if not isinstance(pk, Several | Refused))
    return found


def _known(row: Any, named_by: models.Field[Any, Any]) -> KnownValue:
    key = getattr(row, named_by.attname) or row.address_or_number
    names = [str(value) for name in NAMES if (value := getattr(row, name, None))]
    label = str(row)
    if hasattr(row, "last_name"):
        names += [f"{row.first_name} {row.last_name}", f"{row.last_name}, {row.first_name}"]
        # Two people may have one name.
        label = f"{row} ({row.employee_number})"
    return KnownValue(key=str(key), label=label, names=tuple(dict.fromkeys(map(folded, names))))
