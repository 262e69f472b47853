"""The counts as a table on a terminal. Requires the package rich."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from .repeated_selects import Shape
from .reports import Counts, invalidations, rate, rows

_COLUMNS = (
    "reads",
    "hit rate",
    "local",
    "shared",
    "misses",
    "in writes",
    "load",
    "invalidated",
    "evicted",
    "held",
    "TTL",
)


def as_table(report: Mapping[str, Any]) -> Table:
    """Return a table with one row per type and kind, and a footer with the totals."""
    table = Table(title=_scope(report), title_justify="left", box=SIMPLE_HEAD, show_footer=True)
    table.add_column("type", footer="total", no_wrap=True)
    for heading, total in zip(_COLUMNS, _cells(report), strict=True):
        table.add_column(heading, footer=total, justify="right", no_wrap=True)
    for name, kind, counts in rows(report):
        table.add_row(f"  {kind}" if kind else name, *_cells(counts), style="dim" if kind else None)
    return table


def table_of_shapes(shapes: Iterable[Shape]) -> Table:
    """Return what to cache next: queries without their values."""
    table = Table(title="What to cache next", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("query")
    for heading in ("times", "seconds", "mean"):
        table.add_column(heading, justify="right", no_wrap=True)
    for shape in shapes:
        mean = f"{shape.seconds / shape.count * 1000:.2f} ms"
        table.add_row(Text(shape.text), f"{shape.count:,}", f"{shape.seconds:.2f}", mean)
    return table


def _scope(report: Mapping[str, Any]) -> str:
    processes = report["processes"]
    living = "this process alone" if processes == 1 else f"{processes:,} processes of this host, this one among them"
    switched_off = "" if report["enabled"] else "; the cache is switched off"
    return f"Cache: {living}, and those that have ended{switched_off}"


def _cells(counts: Counts) -> tuple[str, ...]:
    return (
        f"{counts['total_requests']:,}",
        rate(counts),
        f"{counts['hits_local']:,}",
        f"{counts['hits_shared']:,}",
        f"{counts['misses']:,}",
        f"{counts['bypasses']:,}",
        f"{counts['load_seconds'] / counts['loads'] * 1000:.2f} ms" if counts["loads"] else "–",
        # Invalidations are counted per type, not per kind.
        f"{invalidations(counts):,}" if "entries" in counts else "",
        f"{sum(counts['evictions'].values()):,}",
        _held(counts),
        _ttl(counts),
    )


def _ttl(counts: Counts) -> str:
    """Return the time to live that is set and, if another was learned from the polls, that one."""
    base, learned = counts.get("ttl"), counts.get("learned_ttl")
    if not base:
        return ""
    return f"{base:g} s" if learned in (None, base) else f"{base:g} → {learned:.0f} s"


def _held(counts: Counts) -> str:
    """Return the number of entries and, for a type, the maximum per process; kinds share that of their type."""
    if "max_size" not in counts:
        return f"{counts['entries']:,}" if "entries" in counts else ""
    return f"{counts['entries']:,}" if counts["max_size"] is None else f"{counts['entries']:,}/{counts['max_size']:,}"
