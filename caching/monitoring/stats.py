"""The counters of each cache type and kind, and CacheStats, an immutable snapshot of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

CAUSES = ("save", "delete", "m2m", "bulk", "import", "pattern", "clear", "call", "safety_net", "expired")
COUNTERS = (
    *("hits_local", "hits_shared", "misses", "bypasses", "sets", "deletes", "errors"),
    *("loads", "load_ns", "waits", "refusals", "evicted_size", "evicted_expired", "entries"),
    *(f"invalidated_{cause}" for cause in CAUSES),
)
HIT_LOCAL, HIT_SHARED, MISS, BYPASS, SET, DELETE, ERROR = range(7)
LOAD, LOAD_NS, WAIT, REFUSAL, EVICTED_SIZE, EVICTED_EXPIRED, ENTRIES = range(7, 14)
INVALIDATED = {cause: 14 + position for position, cause in enumerate(CAUSES)}


@dataclass(frozen=True, kw_only=True)
class CacheStats:
    """An immutable snapshot of the counts of one kind, one type or everything."""

    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(dict.fromkeys(COUNTERS, 0)))

    def __getitem__(self, counter: str) -> int:
        return self.counts[counter]

    def __add__(self, other: "CacheStats") -> "CacheStats":
        return CacheStats(counts=MappingProxyType({name: self[name] + other[name] for name in COUNTERS}))

    @property
    def hits(self) -> int:
        return self["hits_local"] + self["hits_shared"]

    @property
    def misses(self) -> int:
        return self["misses"]

    @property
    def total_requests(self) -> int:
        """Hits plus misses. A read that must not use the cache (inside a write) is a bypass, counted separately."""
        return self.hits + self.misses

    @property
    def hit_rate(self) -> float | None:
        """From 0 to 1, or None before the first read."""
        return self.hits / self.total_requests if self.total_requests else None

    @property
    def load_seconds(self) -> float:
        return self["load_ns"] / 1e9

    @property
    def invalidations(self) -> dict[str, int]:
        """The number of invalidations that concerned this type, by cause."""
        return {cause: self[f"invalidated_{cause}"] for cause in CAUSES}

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as a plain dict, as used by ``get_stats`` and the command."""
        return {
            "hits": self.hits,
            "hits_local": self["hits_local"],
            "hits_shared": self["hits_shared"],
            "misses": self.misses,
            "hit_rate": self.hit_rate,
            "total_requests": self.total_requests,
            "bypasses": self["bypasses"],
            "sets": self["sets"],
            "deletes": self["deletes"],
            "errors": self["errors"],
            "loads": self["loads"],
            "load_seconds": self.load_seconds,
            "waits": self["waits"],
            "refusals": self["refusals"],
            "evictions": {"size": self["evicted_size"], "expired": self["evicted_expired"]},
            "invalidations": self.invalidations,
        }


def report(
    snapshot: Mapping[str, CacheStats],
    max_sizes: Mapping[str, int],
    ttl: Callable[[str, str], float | None],
) -> dict[str, Any]:
    """Convert counts by "type/kind" to the form of ``get_stats``: the total, then by type, then by kind."""
    by_type: dict[str, dict[str, CacheStats]] = {name: {} for name in sorted(max_sizes)}
    for name, counted in sorted(snapshot.items()):
        type_name, _, kind = name.partition("/")
        by_type.setdefault(type_name, {})[kind] = counted
    types = {
        name: {
            **(total := sum(kinds.values(), CacheStats())).as_dict(),
            "entries": total["entries"],
            "max_size": max_sizes.get(name),
            "ttl": ttl(name, ""),
            "kinds": {kind: {**counted.as_dict(), "ttl": ttl(name, kind)} for kind, counted in kinds.items() if kind},
        }
        for name, kinds in by_type.items()
    }
    return {
        **sum(snapshot.values(), CacheStats()).as_dict(),
        "cache_sizes": {name: described["entries"] for name, described in types.items()},
        "types": types,
    }
