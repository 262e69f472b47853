"""What people are told about a run outside of a request, and what ends one whose process is dead.

What is told is never more than the signs say: a run is interrupted once nothing can make it imported any more. With
files, the lock of a dead process is free, and its transaction is gone with it. With rows, the process was silent, and
the lease is taken from it in the same statement that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import OperationalError, connections, router
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.imports.background import reports
from scheduling.imports.background.sign_files import FileSigns
from scheduling.imports.background.sign_rows import RowSigns, is_dead
from scheduling.imports.background.signs import BEAT_SECONDS, Seen, Signs
from scheduling.imports.background.speed import predicted_seconds, rows_of
from scheduling.imports.history import log_run
from scheduling.models import ImportRun

Outcome = ImportRun.Outcome
STEPS = {
    "": gettext_lazy("The import is starting."),
    reports.READING: gettext_lazy("The file is being read."),
    reports.CHECKING: gettext_lazy("The rows are being checked."),
    reports.WRITING: gettext_lazy("The rows are being written."),
    reports.RECORDING: gettext_lazy("All rows are written. The import is being completed."),
}
_LATE_SECONDS = 2 * BEAT_SECONDS
# How long a page waits for the one writer of SQLite.
_PATIENCE_MS = 100


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is, as its page says it."""

    step: str
    done: int
    total: int
    rate: float | None = None
    """Rows per second; None as long as none is written."""
    seconds_left: float | None = None
    """None if nothing is known that could tell it."""
    silent_seconds: float | None = None
    """Since when there was no sign of life, if that is longer than usual."""
    is_stopping: bool = False

    @property
    def percent(self) -> int:
        return int(100 * self.done / self.total) if self.total else 0


def signs_of(key: UUID) -> Signs:
    """Return the signs of a run, in rows or in files."""
    vendor = connections[router.db_for_write(ImportRun)].vendor
    return FileSigns(key) if vendor == "sqlite" else RowSigns(key)


def look(run: ImportRun) -> Progress | None:
    """Return how far a run is; None if it is not running. If its process is dead, the run ends, as interrupted."""
    if run.outcome != Outcome.RUNNING:
        return None
    if not run.lease:
        return Progress(step=_("The import waits for a process that has time for it."), done=0, total=rows_of(run))
    signs = signs_of(run.pk)
    seen = signs.look(run)
    if seen.alive:
        return _progress(run, seen)
    with _in_no_hurry(signs.using):
        try:
            if _end_dead(run, signs):
                signs.clear()
        except OperationalError:
            # Another import writes, or this one is at its COMMIT.
            if signs.is_shared:
                return _progress(run, seen)
    _read_again(run, signs)
    return _progress(run, seen) if run.outcome == Outcome.RUNNING else None


def _read_again(run: ImportRun, signs: Signs) -> None:
    """Take what the row says now. Without a process, what still says it is running is interrupted."""
    names = [field.attname for field in ImportRun._meta.concrete_fields if field.attname not in ("file", "changes")]
    for name, value in (ImportRun.objects.using(signs.using).filter(pk=run.pk).values(*names).first() or {}).items():
        setattr(run, name, value)
    if run.outcome == Outcome.RUNNING and not signs.is_shared and not signs.look(run).alive:
        run.outcome = Outcome.INTERRUPTED


def _progress(run: ImportRun, seen: Seen) -> Progress:
    said = seen.progress
    done, total, rate = said.get("done", 0), said.get("total") or rows_of(run), said.get("rate")
    is_late = seen.silent_seconds > _LATE_SECONDS
    return Progress(
        step=str(STEPS[said.get("step", "")]),
        done=done,
        total=total,
        rate=rate,
        # Of a process that may be dead nothing is promised.
        seconds_left=None if is_late or seen.is_stopping else _seconds_left(run, seen, done, total, rate),
        silent_seconds=seen.silent_seconds if is_late else None,
        is_stopping=seen.is_stopping,
    )


def _seconds_left(run: ImportRun, seen: Seen, done: int, total: int, rate: float | None) -> float | None:
    """Return by the rate of now how long it will take; before there is one, by that of earlier imports."""
    if seen.progress.get("step") == reports.RECORDING:
        return None
    if rate:
        return max(0.0, (total - done) / rate - seen.silent_seconds)
    left = predicted_seconds(run) - seen.progress.get("seconds", 0) - seen.silent_seconds
    # Slower than earlier ones: then they say nothing about the rest.
    return left if left > 0 else None


# -- the end of a run -------------------------------------------------------------------------------------------------


def end_run(key: UUID, outcome: Outcome, *, lease: str, **values: Any) -> bool:
    """End a run that has imported nothing and is held under this lease. False if that is not so."""
    runs = ImportRun.objects.filter(pk=key, outcome=Outcome.RUNNING, lease=lease)
    return bool(runs.update(**_nothing_imported(outcome), **values))


def _nothing_imported(outcome: Outcome) -> dict[str, Any]:
    """Return the values of a run that has imported nothing: what its preview has counted as new or changed is left."""
    left = F("skipped") + F("new") + F("updated")
    return {
        "outcome": outcome,
        "lease": "",
        "finished_at": timezone.now(),
        "skipped": left,
        "new": 0,
        "updated": 0,
    }


def _end_dead(run: ImportRun, signs: Signs) -> bool:
    held = ImportRun.objects.using(signs.using).filter(pk=run.pk, outcome=Outcome.RUNNING, lease=run.lease)
    if signs.is_shared:
        held = held.filter(is_dead())
    return bool(held.update(**_nothing_imported(Outcome.INTERRUPTED)))


def note_death(key: UUID, lease: str, log: str) -> None:
    """Keep what a process has printed that has ended with an error, and end its run if it has not done so itself."""
    if end_run(key, Outcome.INTERRUPTED, lease=lease, log=log):
        signs_of(key).clear()
    else:
        # Whoever looked at its page has ended it.
        ImportRun.objects.filter(pk=key, outcome=Outcome.INTERRUPTED, log="").update(log=log)


def end_dead_runs(kinds: Iterable[str]) -> None:
    """End the runs of these kinds whose process is dead. One query, and some more for each that is running."""
    for run in ImportRun.objects.filter(kind__in=kinds, outcome=Outcome.RUNNING).defer("file", "changes"):
        look(run)


def cancel(run: ImportRun, user: Any) -> bool:
    """Ask the process of a run to stop; a run that waits for a process ends at once. False if it has ended before."""
    if run.lease:
        return signs_of(run.pk).ask_to_stop(user)
    if not end_run(run.pk, Outcome.CANCELLED, lease="", cancelled_by=user):
        return False
    log_run(run, user.pk, _("Import cancelled."))
    return True


@contextmanager
def _in_no_hurry(using: str) -> Iterator[None]:
    """Let a statement on SQLite fail soon if another process writes, and not after the seconds that a form waits."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS:d}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before:d}")
