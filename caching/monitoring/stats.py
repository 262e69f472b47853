"""The counters of each cache type and kind, and CacheStats, an immutable snapshot of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from . import drift, load_times
from .drift import Polls

CAUSES = ("save", "delete", "m2m", "bulk", "import", "pattern", "clear", "call", "safety_net", "expired")
COUNTERS = (
    *("hits_local", "hits_shared", "misses", "bypasses", "sets", "deletes", "errors"),
    *("loads", "load_ns", "waits", "refusals", "evicted_size", "evicted_expired", "entries"),
    *(f"invalidated_{cause}" for cause in CAUSES),
    *("warmed", "verified", "found_stale", "sampled", "sampled_bytes"),
    *load_times.COUNTERS,
    *drift.COUNTERS,
    *("refreshed", "refilled"),
)
HIT_LOCAL, HIT_SHARED, MISS, BYPASS, SET, DELETE, ERROR = range(7)
LOAD, LOAD_NS, WAIT, REFUSAL, EVICTED_SIZE, EVICTED_EXPIRED, ENTRIES = range(7, 14)
INVALIDATED = {cause: 14 + position for position, cause in enumerate(CAUSES)}
WARMED, VERIFIED, FOUND_STALE, SAMPLED, SAMPLED_BYTES = range(len(INVALIDATED) + 14, len(INVALIDATED) + 19)
LOADS_WITHIN = COUNTERS.index(load_times.COUNTERS[0])
REFRESHED, REFILLED = len(COUNTERS) - 2, len(COUNTERS) - 1


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
    def load_times(self) -> tuple[int, ...]:
        """The number of loads in each bucket of ``monitoring.load_times``."""
        return tuple(self[name] for name in load_times.COUNTERS)

    def load_quantile(self, share: float) -> float | None:
        """Return the seconds within which this share of the loads (0 to 1) ended; None before the first load."""
        return load_times.quantile(self.load_times, share)

    @property
    def saved_seconds(self) -> float:
        """The time that the hits would have taken as loads: their number times the mean time of a load."""
        return self.hits * self.load_seconds / self["loads"] if self["loads"] else 0.0

    @property
    def mean_bytes(self) -> float | None:
        """The estimated bytes of an entry, from the entries that were measured; None if none was."""
        return self["sampled_bytes"] / self["sampled"] if self["sampled"] else None

    @property
    def polls(self) -> Polls:
        """The loads that show whether what was held had changed although no generation had moved."""
        return Polls.of(self.counts)

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
            "load_p50": self.load_quantile(0.5),
            "load_p95": self.load_quantile(0.95),
            "load_p99": self.load_quantile(0.99),
            "load_times": dict(zip(load_times.COUNTERS, self.load_times, strict=True)),
            "saved_seconds": self.saved_seconds,
            "waits": self["waits"],
            "refusals": self["refusals"],
            "evictions": {"size": self["evicted_size"], "expired": self["evicted_expired"]},
            "invalidations": self.invalidations,
            "warmed": self["warmed"],
            "polls": self.polls.number,
            "drifted": self.polls.changes,
            "refreshed": self["refreshed"],
            "refilled": self["refilled"],
            "verified": self["verified"],
            "found_stale": self["found_stale"],
        }


def report(
    snapshot: Mapping[str, CacheStats],
    max_sizes: Mapping[str, int],
    ttl: Callable[[str, str], float | None],
    max_drift: float | None = None,
) -> dict[str, Any]:
    """Convert counts by "type/kind" to the form of ``get_stats``: the total, then by type, then by kind.

    ``ttl`` returns the time to live that is set for a kind. What the polls teach is added with ``max_drift``.
    """

    def described(name: str, kind: str, counted: CacheStats) -> dict[str, Any]:
        base = ttl(name, kind)
        learned = base if base is None or max_drift is None else counted.polls.ttl(base, max_drift)
        return {**counted.as_dict(), "ttl": base, "learned_ttl": learned}

    by_type: dict[str, dict[str, CacheStats]] = {name: {} for name in sorted(max_sizes)}
    for name, counted in sorted(snapshot.items()):
        type_name, _, kind = name.partition("/")
        by_type.setdefault(type_name, {})[kind] = counted
    types = {
        name: {
            **(total := sum(kinds.values(), CacheStats())).as_dict(),
            "entries": total["entries"],
            "saved_seconds": sum(counted.saved_seconds for counted in kinds.values()),
            "bytes": round(total["entries"] * (total.mean_bytes or 0)),
            "max_size": max_sizes.get(name),
            "ttl": ttl(name, ""),
            "kinds": {kind: described(name, kind, counted) for kind, counted in kinds.items() if kind},
        }
        for name, kinds in by_type.items()
    }
    return {
        **sum(snapshot.values(), CacheStats()).as_dict(),
        "saved_seconds": sum(described["saved_seconds"] for described in types.values()),
        "entries": sum(described["entries"] for described in types.values()),
        "bytes": sum(described["bytes"] for described in types.values()),
        "cache_sizes": {name: described["entries"] for name, described in types.items()},
        "types": types,
    }
