"""Foreign keys: the natural keys that a file has, such as e-mail addresses, to primary keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from caching import BatchCache, CachedLookup
from scheduling.imports.engine.chosen_values import ChosenValues, ToBeMade
from scheduling.imports.engine.columns import Column, Refused
from scheduling.imports.engine.problems import did_you_mean, shown
from scheduling.imports.engine.sheet import Sheet

# Suggesting what was meant compares each unknown value with every known one, so both numbers are limited.
MAX_SUGGESTIONS = 20
MAX_CANDIDATES = 5_000


class Several:
    """What a value becomes that may mean several rows. Other cells may decide which; if not, it is refused."""

    __slots__ = ("pks", "reason")

    def __init__(self, pks: Iterable[int], reason: str) -> None:
        self.pks = tuple(pks)
        self.reason = reason


def resolve_references(sheet: Sheet, chosen: ChosenValues | None = None) -> Counter[str]:
    """Replace the natural keys of every foreign key column by primary keys; refuse rows whose key is unknown.

    A key that is unknown and `chosen` to be made becomes a `ToBeMade`. Returns how many look-ups each tier of the cache
    answered.
    """
    chosen = chosen or ChosenValues()
    lookups: Counter[str] = Counter()
    for column in sheet.columns.values():
        if column.lookup is not None:
            lookups.update(_resolve_column(sheet, column, column.lookup, chosen))
    return lookups


def _resolve_column(sheet: Sheet, column: Column, lookup: CachedLookup, chosen: ChosenValues) -> Mapping[str, int]:
    named = sheet.values[column.name]
    batch = BatchCache(lookup)
    batch.fill(named)
    pks = batch.get_all(named)
    unknown = [position for position, pk in enumerate(pks) if pk is None and named[position] is not None]
    refused: dict[int, str] = {}
    if unknown and column.fallback is not None:
        found = column.fallback({named[position] for position in unknown})
        for position in unknown:
            meant = found.get(named[position])
            if isinstance(meant, Refused):
                refused[position] = meant.reason
            else:
                pks[position] = meant
        if any(isinstance(meant, Several) for meant in found.values()):
            sheet.undecided.add(column.name)
        unknown = [position for position in unknown if pks[position] is None and position not in refused]
    sheet.values[column.name] = pks
    for position, reason in refused.items():
        sheet.note_unknown(position, column.name, named[position])
        sheet.refuse(position, column.name, reason)
    for position in unknown:
        sheet.note_unknown(position, column.name, named[position])
    if column.make_new is not None and chosen.new.get(column.name) and chosen.may_add(lookup.model):
        for position in unknown:
            if chosen.wants_new(column.name, named[position]):
                pks[position] = ToBeMade(named[position])
        unknown = [position for position in unknown if pks[position] is None]
    if unknown:
        _refuse_unknown(sheet, column.name, lookup, {position: named[position] for position in unknown})
    return batch.lookups


def refuse_undecided(sheet: Sheet) -> None:
    """Refuse the rows with a value that still may mean several rows."""
    for column in sheet.undecided:
        values = sheet.values[column]
        for position, value in enumerate(values):
            if isinstance(value, Several):
                values[position] = None
                sheet.note_unknown(position, column, sheet.cell(position, column))
                sheet.refuse(position, column, value.reason)
    sheet.undecided.clear()


def _refuse_unknown(sheet: Sheet, column: str, lookup: CachedLookup, unknown: dict[int, Any]) -> None:
    """Refuse the rows at these positions, whose keys nobody has."""
    model, field = lookup.model, lookup.field
    known = list(model._default_manager.values_list(field.name, flat=True)[:MAX_CANDIDATES])
    suggestions = {value: did_you_mean(str(value), known) for value in _first_distinct(list(unknown.values()))}
    for position, value in unknown.items():
        sheet.refuse(position, column, unknown_value(field, value) + suggestions.get(value, ""))


def unknown_value(field: Any, value: Any) -> str:
    """Return the sentence about a value of a model's field that no row has."""
    words = {"model": field.model._meta.verbose_name, "field": field.verbose_name, "value": shown(value)}
    return _("No %(model)s has the %(field)s '%(value)s'.") % words


def _first_distinct(values: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(values))[:MAX_SUGGESTIONS]
