"""The counts as a dictionary for JSON, as lines of CSV, or as one line."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..keys import cache_type
from .drift import MIN_POLLS
from .load_times import quantile

SCHEMA_VERSION = 1
_QUANTILES = {"load_p50": 0.5, "load_p95": 0.95, "load_p99": 0.99}
_GAUGES = ("hit_rate", "kinds", "max_size", "ttl", "learned_ttl", *_QUANTILES)

Counts = Mapping[str, Any]
"""The counts of a type, of a kind, or of everything, as returned by ``CacheStats.as_dict``."""


def report(stats: Mapping[str, Any], types: Sequence[str] = ()) -> dict[str, Any]:
    """Return the result of ``get_stats`` for some types, by default all, with totals of these types only.

    Raises UnknownCacheType, which lists the known types.
    """
    named = [cache_type(name).name for name in types] or list(stats["types"])
    chosen = {name: stats["types"][name] for name in dict.fromkeys(named)}
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **{name: stats[name] for name in ("scope", "processes", "enabled")},
        **_total(chosen.values()),
        "cache_sizes": {name: counts["entries"] for name, counts in chosen.items()},
        "types": chosen,
    }


def _total(several: Iterable[Counts]) -> dict[str, Any]:
    total: dict[str, Any] = {"hits": 0, "misses": 0, "total_requests": 0, "entries": 0}
    for counts in several:
        for name, value in counts.items():
            if isinstance(value, Mapping) and name not in _GAUGES:
                total[name] = {cause: total.get(name, {}).get(cause, 0) + number for cause, number in value.items()}
            elif name not in _GAUGES:
                # Seconds are counted in nanoseconds.
                total[name] = round(total.get(name, 0) + value, 9)
    return {
        **total,
        **{name: quantile([*total["load_times"].values()], share) for name, share in _QUANTILES.items()},
        "hit_rate": total["hits"] / total["total_requests"] if total["total_requests"] else None,
    }


def rows(report: Mapping[str, Any]) -> Iterator[tuple[str, str, Counts]]:
    """Yield (type, kind, counts): each type, with an empty kind, before its kinds."""
    for name, counts in report["types"].items():
        yield name, "", counts
        for kind, counts_of_kind in counts["kinds"].items():
            yield name, kind, counts_of_kind


def learned(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each kind whose time to live was learned, with the polls from which it was."""
    for name, kind, counts in rows(report):
        if kind and counts["learned_ttl"] is not None and counts["polls"] >= MIN_POLLS:
            drifted = f"{counts['drifted']:,}" if counts["drifted"] else "none"
            yield (
                f"{name} by {kind}: {counts['ttl']:,.0f} s -> {counts['learned_ttl']:,.0f} s: "
                f"{counts['polls']:,} polls, {drifted} had changed"
            )


def as_line(report: Mapping[str, Any]) -> str:
    """Return the totals in one line."""
    read = report["total_requests"]
    reads = f"{read:,} reads, {rate(report)} from the cache" if read else "no reads yet"
    return (
        f"{report['generated_at']} {reads}, {report['entries']:,} entries held, "
        f"{invalidations(report):,} invalidations, {report['errors']:,} errors"
    )


def rate(counts: Counts) -> str:
    """Return the hit rate as a percentage, or "no reads yet"."""
    return "no reads yet" if counts["hit_rate"] is None else f"{counts['hit_rate']:.1%}"


def invalidations(counts: Counts) -> int:
    """Return the number of invalidations, over all causes."""
    return sum(counts["invalidations"].values())


def as_csv(report: Mapping[str, Any], *, header: bool = True) -> str:
    """Return one line per type and kind. An empty kind means the whole type, an empty hit rate no reads yet."""
    lines = [
        {"generated_at": report["generated_at"], "type": name, "kind": kind, **_flat(counts)}
        for name, kind, counts in rows(report)
    ]
    columns = dict.fromkeys(column for line in lines for column in line)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _flat(counts: Counts) -> dict[str, Any]:
    """Return the counts without nesting: ``invalidations: {save: 3}`` becomes ``invalidations_save: 3``."""
    flat: dict[str, Any] = {}
    for name, value in counts.items():
        if name in ("kinds", "load_times"):
            # A histogram is for programs, which read it as JSON or from /metrics.
            continue
        if isinstance(value, Mapping):
            flat |= {f"{name}_{part}": number for part, number in value.items()}
        else:
            flat[name] = value
    return flat
