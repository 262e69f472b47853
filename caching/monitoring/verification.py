"""Compares what the cache holds with the database.

An entry is compared only if it may be served before its row is read and may still be served after it. Then no write has
been published in between, so an entry that differs is stale: somebody has written past Django. A write in between is no
finding. What has no look-up, such as the value of a cached function, cannot be loaded from its key and is only counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Any

from ..coherence.publishing import publisher
from ..keys import cache_type, known_types
from ..reading.entries import Kind
from ..reading.manager import cache_manager
from ..reading.places import declared_lookups
from ..reading.tiers import Entry
from ..values.encoding import encode
from . import stats
from .repeated_selects import not_noted

_BATCH = 200
_CONFIDENCE = 3
"""With 0 of n found, the share is below 3/n at 95 % (the "rule of three"; Hanley and Lippman-Hand, JAMA 1983)."""


@dataclass
class Verified:
    """What a comparison found; the numbers of several processes and tiers add up."""

    verified: int = 0
    changed: int = 0
    """Entries that a write invalidated while they were compared."""
    without_lookup: int = 0
    """Entries that cannot be loaded from their key."""
    stale: list[dict[str, str]] = field(default_factory=list)
    """Type, key and tier of each entry that differs."""

    def add(self, other: "Verified") -> None:
        self.verified += other.verified
        self.changed += other.changed
        self.without_lookup += other.without_lookup
        self.stale += other.stale

    @property
    def bound(self) -> float | None:
        """The share of stale entries is below this at 95 %, if none was found; None if nothing was compared."""
        return _CONFIDENCE / self.verified if self.verified and not self.stale else None


@not_noted()
def verify_local(types: Iterable[str], sample: int | None, *, repair: bool) -> Verified:
    """Compare entries of the local tier of this process: of each kind at most ``sample``, by default all."""
    found = Verified()
    for kind, lookup in _kinds(types):
        with kind.entries.lock:
            prefix = f"{kind.name}:"
            held = [(key, entry) for key, entry in kind.entries.entries.items() if key.startswith(prefix)]
        if sample is not None and len(held) > sample:
            held = SystemRandom().sample(held, sample)
        found.add(_compare(kind, lookup, dict(held), "local", repair=repair))
    return found


@not_noted()
def verify_shared(types: Iterable[str], sample: int, *, repair: bool) -> Verified:
    """Compare what the shared tier holds of the rows that were made last: of each kind at most ``sample``.

    Nobody can list the shared tier: its names are digests.
    """
    found = Verified()
    tier = cache_manager.runtime.opened().shared
    if tier is None or publisher.store.is_degraded:
        return found
    for kind, lookup in _kinds(types):
        place = kind.place()
        if lookup is None or place is None:
            continue
        keys = [lookup.key(value) for value in map(lookup.normalise, lookup.newest_values(sample)) if value is not None]
        within = dict.fromkeys(keys, (kind.declared_as, place))
        entries = tier.get_entries(kind.entries.declared, keys, cache_manager.runtime.clock(), within)
        found.add(_compare(kind, lookup, entries, "shared", repair=repair))
    return found


def _kinds(types: Iterable[str]) -> Iterator[tuple[Kind, Any]]:
    for name in types or known_types():
        lookups = declared_lookups(cache_type(name).name)
        held = cache_manager.type_entries(name)
        for kind in {*held.kinds, *lookups}:
            yield cache_manager.kind(name, kind), lookups.get(kind)


def _compare(kind: Kind, lookup: Any, held: Mapping[str, Entry], tier: str, *, repair: bool) -> Verified:
    if lookup is None:
        return Verified(without_lookup=len(held))
    if kind.place() != "":
        # Its rows are those of a scope or database that only its readers know.
        return Verified(without_lookup=len(held))
    found = Verified()
    values = {key: value for key in held if (value := lookup.value_of(key)) is not None}
    found.without_lookup = len(held) - len(values)
    keys = list(values)
    for start in range(0, len(keys), _BATCH):
        batch = {key: values[key] for key in keys[start : start + _BATCH]}
        found.add(_compare_batch(kind, lookup, batch, held, tier))
    kind.count(stats.VERIFIED, found.verified)
    kind.count(stats.FOUND_STALE, len(found.stale))
    if repair:
        for stale in found.stale:
            cache_manager.delete(kind.entries.declared, stale["key"])
    return found


def _compare_batch(kind: Kind, lookup: Any, batch: Mapping[str, Any], held: Mapping[str, Entry], tier: str) -> Verified:
    found = Verified()
    serving = _served(batch, held)
    true = lookup.from_database({key: batch[key] for key in serving})
    still = _served(serving, held)
    found.changed = len(serving) - len(still)
    found.verified = len(still)
    found.stale = [
        {"type": kind.entries.name, "key": key, "tier": tier}
        for key in still
        if encode(held[key].value) != encode(true[key])
    ]
    return found


def _served(keys: Iterable[str], held: Mapping[str, Entry]) -> list[str]:
    listed: Sequence[str] = list(keys)
    serves = cache_manager.runtime.may_serve_each([held[key] for key in listed])
    return [key for key, serving in zip(listed, serves, strict=True) if serving]
