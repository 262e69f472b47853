"""Fills the caches with the rows that were made last."""

from collections.abc import Iterable, Iterator

from ..keys import cache_type
from ..reading.manager import cache_manager
from ..reading.places import declared_lookups


def warm(types: Iterable[str], limit: int | None, *, dry_run: bool = False) -> Iterator[str]:
    """Load the newest rows by each look-up of the types, and yield a sentence for each of them.

    At most ``limit`` rows each, and never more than the type has room for. Entries that are held stay.
    """
    for name in types:
        held = cache_manager.type_entries(cache_type(name))
        lookups = declared_lookups(held.name)
        room = held.max_size // max(len(lookups), 1)
        for kind, lookup in sorted(lookups.items()):
            most = min(room, limit or room)
            values = lookup.newest_values(most)
            if dry_run:
                yield f"Would look for {len(values):,} values of {name} by {kind}."
            else:
                yield f"Loaded {lookup.warm(values):,} of {len(values):,} values of {name} by {kind}."
        if not lookups:
            yield f"Nothing to load for {name}: it has no look-ups."
