"""A schedule's way from draft to archived, one step at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.admin.models import CHANGE
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.planning import history, publishing
from scheduling.planning.proposals import Proposal
from scheduling.policy import Finding, check, errors, warnings

Status = Schedule.Status


@dataclass(frozen=True, kw_only=True)
class Step:
    name: str
    """Also of its permission ("publish_schedule") and of its page."""
    label: Promise
    before: frozenset[str]
    """The statuses from which it leads on."""
    after: str
    judged: bool = False
    """Whether the policy is asked first: its errors refuse the step, its warnings have to be confirmed."""

    @property
    def permission(self) -> str:
        return f"scheduling.{self.name}_schedule"


STEPS = {
    step.name: step
    for step in (
        Step(
            name="submit",
            label=_("Submit for approval"),
            before=frozenset({Status.DRAFT}),
            after=Status.PENDING,
            judged=True,
        ),
        Step(
            name="return",
            label=_("Return to draft"),
            before=frozenset({Status.PENDING, Status.APPROVED}),
            after=Status.DRAFT,
        ),
        Step(
            name="approve",
            label=_("Approve"),
            before=frozenset({Status.PENDING}),
            after=Status.APPROVED,
            judged=True,
        ),
        Step(
            name="publish",
            label=_("Publish"),
            before=frozenset({Status.APPROVED}),
            after=Status.PUBLISHED,
            judged=True,
        ),
        Step(
            name="archive",
            label=_("Archive"),
            before=frozenset({Status.PUBLISHED}),
            after=Status.ARCHIVED,
        ),
    )
}


def propose(step: Step, schedules: Sequence[Schedule]) -> Proposal:
    """Say what the step would do to the schedules: all of them, or none. A constant number of queries."""
    wrong = [_wrong_status(step, schedule) for schedule in schedules if schedule.status not in step.before]
    findings = _findings(step, schedules) if step.judged and not wrong else []
    told = {"count": len(schedules), "status": Status(step.after).label}
    return Proposal(
        summary=ngettext(
            "%(count)d schedule will be %(status)s.", "%(count)d schedules will be %(status)s.", len(schedules)
        )
        % told,
        done=ngettext(
            "%(count)d schedule is %(status)s now.", "%(count)d schedules are %(status)s now.", len(schedules)
        )
        % told,
        errors=[*wrong, *(finding.message for finding in errors(findings))],
        warnings=[finding.message for finding in warnings(findings)],
    )


def take(step: Step, schedules: Sequence[Schedule], user_id: int) -> None:
    """Take the step with schedules that it was proposed for, in the caller's transaction."""
    was = [schedule.status for schedule in schedules]
    Schedule.objects.filter(pk__in=[schedule.pk for schedule in schedules]).update(status=step.after)
    for schedule in schedules:
        schedule.status = step.after
    history.write(user_id, schedules, CHANGE, (_changed(status, step.after) for status in was))
    if step.after == Status.PUBLISHED:
        publishing.replace_and_tell(schedules, user_id)


def rows_of(schedules: Iterable[Schedule]) -> Sequence[ScheduleAssignment]:
    """Return the assignments with their people and shifts, by date. One query."""
    rows = ScheduleAssignment.objects.filter(schedule__in=[schedule.pk for schedule in schedules])
    return list(rows.select_related("employee", "shift").order_by("date", "shift__start_time", "pk"))


def _findings(step: Step, schedules: Sequence[Schedule]) -> list[Finding]:
    # What is replaced when it is published no longer stands beside what replaces it.
    replaced = rows_of(publishing.published_before(schedules)) if step.after == Status.PUBLISHED else []
    current = [row for row in replaced if not row.superseded]
    return check(rows_of(schedules), deleted=current, may_edit_published=True)


def _wrong_status(step: Step, schedule: Schedule) -> str:
    told = {"schedule": schedule, "status": Status(schedule.status).label, "step": step.label}
    return gettext("%(schedule)s is %(status)s: “%(step)s” does not lead on from there.") % told


def _changed(before: str, after: str) -> str:
    told = {"before": Status(before).label, "after": Status(after).label}
    return gettext("Changed from %(before)s to %(after)s.") % told
