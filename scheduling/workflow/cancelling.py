"""Assignments that are cancelled, and that count again. Either may violate the policy, or satisfy it again."""

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
from scheduling.policy import check, errors, warnings
from scheduling.statuses import NOT_COUNTING
from scheduling.workflow import history
from scheduling.workflow.messages import Change, notify_of_changes
from scheduling.workflow.proposals import Proposal

Status = ScheduleAssignment.Status


@dataclass(frozen=True, kw_only=True)
class Action:
    name: str
    """Also part of the name of its permission: "cancel_scheduleassignment"."""
    label: Promise
    before: frozenset[str]
    """The statuses that it changes."""
    after: str
    """The status that it sets."""

    @property
    def permission(self) -> str:
        return f"scheduling.{self.name}_scheduleassignment"


ACTIONS = {
    action.name: action
    for action in (
        Action(
            name="cancel",
            label=_("Cancel"),
            before=frozenset(Status.values) - {Status.CANCELLED},
            after=Status.CANCELLED,
        ),
        Action(name="reactivate", label=_("Reactivate"), before=frozenset(NOT_COUNTING), after=Status.ASSIGNED),
    )
}


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The assignments that the policy lets change. Nothing is saved yet."""

    changes: Sequence[Change]
    proposal: Proposal


def prepare(action: Action, rows: Sequence[ScheduleAssignment], may_edit_published: bool) -> Prepared:
    """Ask the policy about the rows as they would be. Writes nothing.

    The rows come with their employees, shifts and schedules.
    """
    pairs = [
        (row, _with_status(row, action.after)) for row in rows if row.status in action.before and not row.superseded
    ]
    wrong = errors(check([after for _before, after in pairs], may_edit_published=may_edit_published))
    refused = {id(finding.assignment) for finding in wrong}
    changes = [Change(before, after) for before, after in pairs if id(after) not in refused]
    findings = check([change.after for change in changes if change.after], may_edit_published=may_edit_published)
    numbers = {"count": len(changes), "status": Status(action.after).label}
    return Prepared(
        changes=changes,
        proposal=Proposal(
            summary=ngettext(
                "%(count)d assignment will be %(status)s.", "%(count)d assignments will be %(status)s.", len(changes)
            )
            % numbers,
            done=ngettext(
                "%(count)d assignment is now %(status)s.", "%(count)d assignments are now %(status)s.", len(changes)
            )
            % numbers,
            errors=[] if changes else [gettext("None of the selected assignments can be changed this way.")],
            left_out=[finding.message for finding in wrong],
            warnings=[finding.message for finding in warnings(findings)],
        ),
    )


def carry_out(prepared: Prepared, user_id: int) -> None:
    """Save what was prepared, in the caller's transaction, and tell everyone whose published shifts it changes."""
    rows = [change.after for change in prepared.changes if change.after is not None]
    for status in {row.status for row in rows}:
        keys = [row.pk for row in rows if row.status == status]
        ScheduleAssignment.objects.filter(pk__in=keys).update(status=status, updated_at=timezone.now())
    messages = [gettext("Changed to %(status)s.") % {"status": Status(row.status).label} for row in rows]
    history.write(user_id, rows, CHANGE, messages)
    notify_of_changes(prepared.changes)


def _with_status(row: ScheduleAssignment, status: str) -> ScheduleAssignment:
    changed = copy(row)
    changed.status = status
    return changed
