"""Fills the caches with the rows that were made last."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..keys import cache_type
from ..reading.manager import cache_manager
from ..reading.places import declared_lookups


@dataclass(frozen=True, slots=True)
class Warmed:
    """What was loaded by one look-up."""

    type: str
    kind: str
    loaded: int
    values: int
    """The rows that were looked for; what was held already is not loaded again."""


def warm_each(types: Iterable[str], limit: int | None, *, dry_run: bool = False) -> Iterator[Warmed]:
    """Load the newest rows by each look-up of the types; a type without look-ups yields nothing.

    At most ``limit`` rows each, and never more than the type has room for. Entries that are held stay.
    """
    for name in types:
        held = cache_manager.type_entries(cache_type(name))
        lookups = declared_lookups(held.name)
        room = held.max_size // max(len(lookups), 1)
        for kind, lookup in sorted(lookups.items()):
            values = lookup.newest_values(min(room, limit or room))
            yield Warmed(name, kind, 0 if dry_run else lookup.warm(values), len(values))


def warm(types: Iterable[str], limit: int | None, *, dry_run: bool = False) -> Iterator[str]:
    """Do the same as ``warm_each``, and yield a sentence for each look-up, and for each type without any."""
    for name in types:
        found = None
        for found in warm_each([name], limit, dry_run=dry_run):
            if dry_run:
                yield f"Would look for {found.values:,} values of {name} by {found.kind}."
            else:
                yield f"Loaded {found.loaded:,} of {found.values:,} values of {name} by {found.kind}."
        if found is None:
            yield f"Nothing to load for {name}: it has no look-ups."
