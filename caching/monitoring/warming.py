"""Fills the caches with what is worth it: what the application has declared, then the rows that were made last."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet

from ..keys import CacheType, cache_type
from ..reading.manager import cache_manager
from ..reading.places import declared_lookups
from . import stats

_rows: dict[str, Callable[[], QuerySet[Any]]] = {}
"""By model: its rows that are worth it."""
_reads: dict[tuple[str, str], Callable[[], Any]] = {}
"""By type and kind: a computed read that is worth it."""


def worth_warming(label: str, rows: Callable[[], "QuerySet[Any]"]) -> None:
    """Declare which rows of a model are worth loading before anybody asks for them, by each look-up of the model.

    ``rows`` returns a queryset that is neither sliced nor distinct: the newest come first, as far as there is room.
    """
    _rows[label] = rows


def worth_reading(type_name: str | CacheType, kind: str, read: Callable[[], Any]) -> None:
    """Declare that a computed read of one key is worth it; ``read`` reads it through the cache."""
    _reads[cache_type(type_name).name, kind] = read


@dataclass(frozen=True, slots=True)
class Warmed:
    """What was loaded by one look-up, or by one computed read."""

    type: str
    kind: str
    loaded: int
    values: int
    """The values that were looked for; what was held already is not loaded again."""


def warm_each(types: Iterable[str], limit: int | None, *, dry_run: bool = False) -> Iterator[Warmed]:
    """Load what is worth it by each look-up and computed read of the types; a type without any yields nothing.

    At most ``limit`` rows of each look-up, and never more than the type has room for. Entries that are held stay. The
    number of queries does not depend on the number of rows.
    """
    for name in types:
        held = cache_manager.type_entries(cache_type(name))
        reads = {kind: read for (type_name, kind), read in _reads.items() if type_name == held.name}
        for kind, read in sorted(reads.items()):
            yield Warmed(name, kind, 0 if dry_run else _loads_of(held.name, kind, read), 1)
        lookups = declared_lookups(held.name)
        room = max(held.max_size - len(reads), 0) // max(len(lookups), 1)
        for kind, lookup in sorted(lookups.items()):
            values = _worth_of(lookup, min(room, limit or room))
            yield Warmed(name, kind, 0 if dry_run else lookup.warm(values), len(values))


def warm(types: Iterable[str], limit: int | None, *, dry_run: bool = False) -> Iterator[str]:
    """Do the same as ``warm_each``, and yield a sentence for each, and for each type without any."""
    for name in types:
        found = None
        for found in warm_each([name], limit, dry_run=dry_run):
            if dry_run:
                yield f"Would look for {found.values:,} values of {name} by {found.kind}."
            else:
                yield f"Loaded {found.loaded:,} of {found.values:,} values of {name} by {found.kind}."
        if found is None:
            yield f"Nothing to load for {name}: it has no look-ups."


def _loads_of(type_name: str, kind: str, read: Callable[[], Any]) -> int:
    """Read a computed value; return whether that was a load, as a number."""
    counted = cache_manager.kind(type_name, kind)
    before = counted.view[counted.row + stats.LOAD]
    read()
    loaded = int(counted.view[counted.row + stats.LOAD] > before)
    counted.count(stats.WARMED, loaded)
    return loaded


def _worth_of(lookup: Any, most: int) -> list[Any]:
    """Return the values of a look-up that are worth it, at most so many."""
    values: dict[Any, None] = {}
    if (rows := _rows.get(lookup.model._meta.label)) is not None:
        by_value = rows().order_by().values_list(lookup.field.attname).annotate(newest=Max("pk"))
        values = dict.fromkeys(value for value, _ in by_value.order_by("-newest")[:most] if value is not None)
    if len(values) < most:
        values |= dict.fromkeys(lookup.newest_values(most))
    return list(values)[:most]
