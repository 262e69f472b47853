"""Signs of a run in its row, for PostgreSQL: any host sees them. Moments are those of the clock of the database."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from scheduling.imports.background.signs import SILENT_SECONDS, Heard, Seen, Signs
from scheduling.models import ImportRun

Outcome = ImportRun.Outcome
SILENCE = datetime.timedelta(seconds=SILENT_SECONDS)


def is_dead() -> Q:
    """Return the condition for runs that say they are running and have shown no sign of life for too long."""
    return Q(outcome=Outcome.RUNNING, heartbeat_at__lt=Now() - SILENCE) & ~Q(lease="")


class RowSigns(Signs):
    """The row is updated outside of the transaction of the import, by a connection of its own."""

    is_shared = True

    def take(self, lease: str, handed: int | None = None) -> bool:
        # The UPDATE that writes the lease into the row decides who holds it.
        return True

    def inherited(self) -> tuple[int, ...]:
        return ()

    def give_up(self) -> None:
        """Do nothing: nobody holds the run but who knows the lease."""

    def beat(self, lease: str, progress: Mapping[str, Any]) -> Heard:
        mine = self._row.filter(outcome=Outcome.RUNNING, lease=lease)
        if not mine.update(heartbeat_at=Now(), progress=progress):
            return Heard(is_holder=False)
        return Heard(is_holder=True, stopped_by=self._row.values_list("cancelled_by_id", flat=True).first())

    def vouch(self, lease: str) -> bool:
        silent = self._row.filter(outcome=Outcome.RUNNING, lease=lease, progress={})
        return bool(silent.update(heartbeat_at=Now()))

    def look(self, run: ImportRun) -> Seen:
        silence = ExpressionWrapper(Now() - F("heartbeat_at"), output_field=DurationField())
        found = self._row.annotate(silence=silence).values_list("silence", "progress", "cancelled_by").first()
        if found is None or found[0] is None:
            return Seen(alive=False)
        seconds, progress, stopped_by = max(0.0, found[0].total_seconds()), found[1], found[2]
        return Seen(
            alive=seconds <= SILENT_SECONDS,
            silent_seconds=seconds,
            progress=progress,
            is_stopping=stopped_by is not None,
        )

    def clear(self) -> int | None:
        """Do nothing: the row is the run."""
        return None

    def ask_to_stop(self, user: Any) -> bool:
        return bool(self._row.filter(outcome=Outcome.RUNNING).update(cancelled_by=user))
