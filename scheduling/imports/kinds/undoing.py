"""The undo of each kind of import: what else needs a row, and what would break the policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from scheduling.imports.engine.undo import Undo
from scheduling.models import Rule, Schedule, ScheduleAssignment
from scheduling.models.rules import NAMED
from scheduling.policy import check
from scheduling.statuses import READ_ONLY
from scheduling.workflow.locks import lock_schedules_of


class KindUndo(Undo):
    """Leaves rows that rules name in their parameters."""

    def named(self, model: type[models.Model], rows: Iterable[Any]) -> dict[Any, str]:
        parameter = next((name for name, named in NAMED.items() if named is model), None)
        rows = list(rows)
        if parameter is None or not rows:
            return {}
        names: dict[str, str] = {}
        for rule, parameters in Rule.objects.using(self.using).order_by().values_list("name", "parameters"):
            names.update(dict.fromkeys(parameters.get(parameter, ()), rule))
        text = _("The rule '%(rule)s' names it.")
        return {row.pk: text % {"rule": names[row.name]} for row in rows if row.name in names}


class AssignmentUndo(KindUndo):
    """Leaves assignments of schedules that are published or archived by now, and those that the policy refuses."""

    def lock(self) -> None:
        lock_schedules_of([*self.changes.created, *self.changes.before])

    def refused(self, restored: Sequence[Any], deleted: Sequence[Any]) -> dict[Any, str]:
        for assignment in restored:
            assignment.checked_elsewhere = True
        if not restored:
            # Nothing is refused to go, except from a plan that is published.
            schedules = Schedule.objects.using(self.using).filter(status__in=READ_ONLY).order_by()
            among = {assignment.schedule_id for assignment in deleted}
            closed = set(schedules.filter(pk__in=among).values_list("pk", flat=True))
            deleted = [assignment for assignment in deleted if assignment.schedule_id in closed]
        reasons: dict[Any, str] = {}
        for finding in check(restored, deleted=deleted, using=self.using):
            if finding.is_error:
                reasons.setdefault(finding.assignment.pk, finding.message)
        return reasons


def undo_of(kind: type[models.Model]) -> type[Undo]:
    """Return what undoes an import of rows of this model."""
    return AssignmentUndo if kind is ScheduleAssignment else KindUndo
