"""Assignments that are called off, and that count again. Either may break or mend what the policy asks for."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.models import ScheduleAssignment
from scheduling.planning import history, notices
from scheduling.planning.proposals import Proposal
from scheduling.policy import check, errors, warnings
from scheduling.statuses import NOT_COUNTING

Status = ScheduleAssignment.Status


@dataclass(frozen=True, kw_only=True)
class Turn:
    name: str
    label: Promise
    before: frozenset[str]
    after: str

    @property
    def permission(self) -> str:
        return f"scheduling.{self.name}_scheduleassignment"


TURNS = {
    turn.name: turn
    for turn in (
        Turn(
            name="cancel",
            label=_("Cancel"),
            before=frozenset(Status.values) - {Status.CANCELLED},
            after=Status.CANCELLED,
        ),
        Turn(name="reactivate", label=_("Reactivate"), before=frozenset(NOT_COUNTING), after=Status.ASSIGNED),
    )
}


@dataclass(frozen=True, kw_only=True)
class Turned:
    changes: Sequence[notices.Change]
    proposal: Proposal


def prepare(turn: Turn, rows: Sequence[ScheduleAssignment], may_edit_published: bool) -> Turned:
    """Ask the policy about the rows as they would be; writes nothing. They know employee, shift and schedule."""
    pairs = [(row, _with_status(row, turn.after)) for row in rows if row.status in turn.before and not row.superseded]
    wrong = errors(check([after for _, after in pairs], may_edit_published=may_edit_published))
    refused = {id(finding.assignment) for finding in wrong}
    changes = [notices.Change(before, after) for before, after in pairs if id(after) not in refused]
    findings = check([change.after for change in changes if change.after], may_edit_published=may_edit_published)
    told = {"count": len(changes), "status": Status(turn.after).label}
    return Turned(
        changes=changes,
        proposal=Proposal(
            summary=ngettext(
                "%(count)d assignment will be %(status)s.", "%(count)d assignments will be %(status)s.", len(changes)
            )
            % told,
            done=ngettext(
                "%(count)d assignment is %(status)s now.", "%(count)d assignments are %(status)s now.", len(changes)
            )
            % told,
            errors=[] if changes else [gettext("None of the selected assignments can be changed so.")],
            left_out=[finding.message for finding in wrong],
            warnings=[finding.message for finding in warnings(findings)],
        ),
    )


def carry_out(turned: Turned, user_id: int) -> None:
    """Save what was prepared, in the caller's transaction, and tell those whose published shifts it concerns."""
    rows = [change.after for change in turned.changes if change.after is not None]
    for status in {row.status for row in rows}:
        keys = [row.pk for row in rows if row.status == status]
        ScheduleAssignment.objects.filter(pk__in=keys).update(status=status, updated_at=timezone.now())
    messages = [gettext("Changed to %(status)s.") % {"status": Status(row.status).label} for row in rows]
    history.write(user_id, rows, CHANGE, messages)
    notices.send(notices.of_changes(turned.changes))


def _with_status(row: ScheduleAssignment, status: str) -> ScheduleAssignment:
    turned = copy(row)
    turned.status = status
    return turned
