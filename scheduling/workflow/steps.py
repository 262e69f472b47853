"""A schedule's way from draft to archived, one step at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.attention import OPEN_SHIFTS, open_shifts
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.policy import Finding, check, errors, warnings
from scheduling.workflow import history, publishing
from scheduling.workflow.proposals import Proposal

Status = Schedule.Status


@dataclass(frozen=True, kw_only=True)
class Step:
    name: str
    """Also part of the name of its permission ("publish_schedule") and of its page."""
    label: Promise
    refusal: Promise
    """The sentence about a schedule whose status does not allow the step."""
    before: frozenset[str]
    """The statuses in which a schedule can take the step."""
    after: str
    """The status that it then has."""
    checked: bool = False
    """Whether the policy is asked first: its errors prevent the step; its warnings and open shifts have to be
    confirmed."""

    @property
    def permission(self) -> str:
        return f"scheduling.{self.name}_schedule"


STEPS = {
    step.name: step
    for step in (
        Step(
            name="submit",
            label=_("Submit for approval"),
            refusal=_("A schedule with this status cannot be submitted for approval."),
            before=frozenset({Status.DRAFT}),
            after=Status.PENDING,
            checked=True,
        ),
        Step(
            name="return",
            label=_("Return to draft"),
            refusal=_("A schedule with this status cannot be returned to draft."),
            before=frozenset({Status.PENDING, Status.APPROVED}),
            after=Status.DRAFT,
        ),
        Step(
            name="approve",
            label=_("Approve"),
            refusal=_("A schedule with this status cannot be approved."),
            before=frozenset({Status.PENDING}),
            after=Status.APPROVED,
            checked=True,
        ),
        Step(
            name="publish",
            label=_("Publish"),
            refusal=_("A schedule with this status cannot be published."),
            before=frozenset({Status.APPROVED}),
            after=Status.PUBLISHED,
            checked=True,
        ),
        Step(
            name="archive",
            label=_("Archive"),
            refusal=_("A schedule with this status cannot be archived."),
            before=frozenset({Status.PUBLISHED}),
            after=Status.ARCHIVED,
        ),
    )
}


def propose(step: Step, schedules: Sequence[Schedule]) -> Proposal:
    """Say what the step would do to the schedules: all of them, or none. A constant number of queries."""
    refusals = [_refusal(step, schedule) for schedule in schedules if schedule.status not in step.before]
    asks = step.checked and not refusals
    findings = _findings(step, schedules) if asks else []
    lacking = open_shifts(schedule.pk for schedule in schedules) if asks else []
    numbers = {"count": len(schedules), "status": Status(step.after).label}
    return Proposal(
        summary=ngettext(
            "%(count)d schedule will be %(status)s.", "%(count)d schedules will be %(status)s.", len(schedules)
        )
        % numbers,
        done=ngettext(
            "%(count)d schedule is now %(status)s.", "%(count)d schedules are now %(status)s.", len(schedules)
        )
        % numbers,
        errors=[*refusals, *(finding.message for finding in errors(findings))],
        warnings=[*(finding.message for finding in warnings(findings)), *(shift.sentence for shift in lacking)],
    )


def take(step: Step, schedules: Sequence[Schedule], user_id: int) -> None:
    """Take the step with schedules that it was proposed for, in the caller's transaction."""
    statuses_before = [schedule.status for schedule in schedules]
    Schedule.objects.filter(pk__in=[schedule.pk for schedule in schedules]).update(status=step.after)
    for schedule in schedules:
        schedule.status = step.after
    history.write(user_id, schedules, CHANGE, (_changed(before, step.after) for before in statuses_before))
    if step.after == Status.PUBLISHED:
        publishing.replace_and_notify(schedules, user_id)


def rows_of(schedules: Iterable[Schedule]) -> Sequence[ScheduleAssignment]:
    """Return the assignments with their employees and shifts, by date. One query."""
    rows = ScheduleAssignment.objects.filter(schedule__in=[schedule.pk for schedule in schedules])
    return list(rows.select_related("employee", "shift").order_by("date", "shift__start_time", "pk"))


def _findings(step: Step, schedules: Sequence[Schedule]) -> list[Finding]:
    # A version that this publication replaces no longer counts beside the new one.
    replaced = rows_of(publishing.previously_published(schedules)) if step.after == Status.PUBLISHED else []
    current = [row for row in replaced if not row.superseded]
    findings = check(rows_of(schedules), deleted=current, may_edit_published=True)
    # The policy compares staff with a plan as it is entered. Here it is complete, and each open shift is named once.
    return [finding for finding in findings if finding.code != OPEN_SHIFTS]


def _refusal(step: Step, schedule: Schedule) -> str:
    texts = {"schedule": schedule, "status": Status(schedule.status).label, "reason": step.refusal}
    return gettext("%(schedule)s is %(status)s. %(reason)s") % texts


def _changed(before: str, after: str) -> str:
    texts = {"before": Status(before).label, "after": Status(after).label}
    return gettext("Changed from %(before)s to %(after)s.") % texts
