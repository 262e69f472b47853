"""The counts as Prometheus reads them: a collector over the counts of the host, without counting again.

Labels hold cache types, kinds, causes and tiers; never a key, an address or an id. Names follow Micrometer's.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from .load_times import BOUNDS


def exposition(stats: Mapping[str, Any], state: Mapping[str, float], accept: str) -> tuple[bytes, str]:
    """Return the metrics in the format that the ``Accept`` header asks for, and its content type.

    ``stats`` is the result of ``get_stats(all_processes=True)``, ``state`` the gauges of this process by name.
    """
    registry = CollectorRegistry()
    registry.register(_Counts(stats, state))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Counts(Collector):
    def __init__(self, stats: Mapping[str, Any], state: Mapping[str, float]) -> None:
        self._types, self._errors, self._state = stats["types"], stats["errors"], state
        self._processes = stats["processes"]

    def describe(self) -> Iterable[Metric]:
        # Registering must not collect.
        return ()

    def collect(self) -> Iterator[Metric]:
        yield self._by_kind("cache_gets", "Reads, by result.", "result", {"hit": "hits", "miss": "misses"})
        yield self._by_kind("cache_hits", "Hits, by tier.", "tier", {"local": "hits_local", "shared": "hits_shared"})
        yield self._by_kind("cache_bypasses", "Reads inside a transaction that has written what they need.", "bypasses")
        yield self._by_kind("cache_puts", "Values stored.", "sets")
        yield self._by_kind("cache_waits", "Reads that waited for the load of another thread.", "waits")
        yield self._by_kind("cache_refusals", "Entries that were found and no longer true.", "refusals")
        yield self._by_kind("cache_verified", "Entries compared with the database.", "verified")
        yield self._by_kind("cache_found_stale", "Entries that differed from the database.", "found_stale")
        yield self._evictions()
        yield self._invalidations()
        yield self._load_times()
        yield self._by_type("cache_size", "Entries in all processes of the host.", "entries")
        yield self._by_type("cache_size_limit", "The maximum number of entries of one process.", "max_size")
        yield self._by_type("cache_bytes", "Estimated bytes of the entries in all processes of the host.", "bytes")
        errors = CounterMetricFamily("cache_errors", "Faults, by tier.", labels=["tier"])
        errors.add_metric(["shared"], self._errors)
        yield errors
        yield GaugeMetricFamily("cache_processes", "Processes of the host that are alive.", self._processes)
        for name, (value, documentation) in _described(self._state).items():
            yield GaugeMetricFamily(name, documentation, value)

    def _kinds(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for name, counts in self._types.items():
            for kind, counts_of_kind in counts["kinds"].items():
                yield name, kind, counts_of_kind

    def _by_kind(
        self, name: str, documentation: str, label: str, counters: Mapping[str, str] | None = None
    ) -> CounterMetricFamily:
        """Return a counter by cache and kind: of one count, or of several that ``label`` tells apart."""
        labels = ["cache", "kind", *([label] if counters else [])]
        family = CounterMetricFamily(name, documentation, labels=labels)
        for type_name, kind, counts in self._kinds():
            for value, counter in (counters or {"": label}).items():
                family.add_metric([type_name, kind, *([value] if counters else [])], counts[counter])
        return family

    def _by_type(self, name: str, documentation: str, gauge: str) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, documentation, labels=["cache"])
        for type_name, counts in self._types.items():
            if counts[gauge] is not None:
                family.add_metric([type_name], counts[gauge])
        return family

    def _evictions(self) -> CounterMetricFamily:
        family = CounterMetricFamily("cache_evictions", "Entries evicted, by cause.", labels=["cache", "cause"])
        for name, counts in self._types.items():
            for cause, number in counts["evictions"].items():
                family.add_metric([name, cause], number)
        return family

    def _invalidations(self) -> CounterMetricFamily:
        family = CounterMetricFamily("cache_invalidations", "Invalidations, by cause.", labels=["cache", "cause"])
        for name, counts in self._types.items():
            for cause, number in counts["invalidations"].items():
                family.add_metric([name, cause], number)
        return family

    def _load_times(self) -> HistogramMetricFamily:
        family = HistogramMetricFamily("cache_load_duration_seconds", "How long loads took.", labels=["cache", "kind"])
        for name, kind, counts in self._kinds():
            below, buckets = 0, []
            for bound, number in zip((*map(str, BOUNDS), "+Inf"), counts["load_times"].values(), strict=True):
                below += number
                buckets.append((bound, below))
            family.add_metric([name, kind], buckets, counts["load_seconds"])
        return family


def _described(state: Mapping[str, float]) -> dict[str, tuple[float, str]]:
    documentation = {
        "cache_enabled": "Whether the settings let the cache serve.",
        "cache_degraded": "Whether this process cannot reach the generations.",
        "cache_breaker_open": "Whether this process does not use the shared tier because of its faults.",
        "cache_outbox_size": "Invalidations that wait in the database.",
    }
    return {name: (value, documentation[name]) for name, value in state.items()}
