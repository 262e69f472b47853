"""How long an import will take: by how long earlier ones took."""

from __future__ import annotations

from django.conf import settings

from scheduling.models import ImportRun

_RUNS = 5
# An import of a few rows takes as long as an import of none, and says nothing about rows per second.
_MIN_ROWS = 100
_COUNTS = ("new", "updated", "unchanged", "skipped", "refused")
Outcome = ImportRun.Outcome


def rows_of(run: ImportRun) -> int:
    """Return how many rows a run has, or will have according to its preview."""
    return sum(getattr(run, name) for name in _COUNTS)


def rows_per_second(kind: str) -> float:
    """Return the rows per second of the last imports of a kind; of the first one, IMPORT_ROWS_PER_SECOND. One query."""
    done = (*ImportRun.IN_PLACE, Outcome.UNDONE)
    runs = ImportRun.objects.filter(kind=kind, outcome__in=done, seconds__gt=0).order_by("-created_at")
    measured = [(sum(counts), seconds) for *counts, seconds in runs.values_list(*_COUNTS, "seconds")[: 4 * _RUNS]]
    large = [(rows, seconds) for rows, seconds in measured if rows >= _MIN_ROWS][:_RUNS]
    if not large:
        return float(settings.IMPORT_ROWS_PER_SECOND)
    return sum(rows for rows, _ in large) / sum(seconds for _, seconds in large)


def predicted_seconds(run: ImportRun) -> float:
    """Return how long the import of an upload will take, by what its preview has counted."""
    return rows_of(run) / rows_per_second(run.kind)


def is_long(run: ImportRun) -> bool:
    """Return whether an import would keep a request waiting for too long."""
    return predicted_seconds(run) > settings.IMPORT_SECONDS_IN_REQUEST
