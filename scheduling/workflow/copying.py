"""The assignments of a week copied to the next one. What the policy refuses there is left out, with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.admin.models import ADDITION, CHANGE
from django.utils.translation import gettext, ngettext

from scheduling.calendar import WEEK, DepartmentWeek
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.policy import check, errors, warnings
from scheduling.workflow import history
from scheduling.workflow.proposals import Proposal
from scheduling.workflow.steps import rows_of


@dataclass(frozen=True, kw_only=True)
class Copy:
    """New assignments for the following weeks. Neither they nor some of their schedules are saved yet."""

    rows: Sequence[ScheduleAssignment]
    proposal: Proposal


def prepare(schedules: Sequence[Schedule]) -> Copy:
    """Make the copies and ask the policy about all of them together. Writes nothing."""
    next_weeks = _next_weeks(schedules)
    rows = [_moved(row, next_weeks[row.schedule_id]) for row in rows_of(schedules) if not row.is_called_off]
    wrong = errors(check(rows))
    refused = {id(finding.assignment) for finding in wrong}
    accepted = [row for row in rows if id(row) not in refused]
    # Ask once more without the refused rows: a warning may be about one of them.
    findings = check(accepted) if wrong else check(rows)
    return Copy(
        rows=accepted,
        proposal=Proposal(
            summary=_summary(len(accepted)),
            done=_done(len(accepted)),
            errors=[] if accepted else [gettext("There is nothing to copy.")],
            left_out=[finding.message for finding in wrong],
            warnings=[finding.message for finding in warnings(findings)],
        ),
    )


def carry_out(copy: Copy, user_id: int) -> None:
    """Save what was prepared, in the caller's transaction."""
    used = {id(row.schedule): row.schedule for row in copy.rows}
    new = [schedule for schedule in used.values() if schedule.pk is None]
    existing = [schedule for schedule in used.values() if schedule.pk is not None]
    for schedule in new:
        schedule.save()
    for row in copy.rows:
        row.schedule_id = row.schedule.pk
    ScheduleAssignment.objects.bulk_create(copy.rows)
    message = gettext("Copied from the previous week.")
    history.write(user_id, new, ADDITION, [message] * len(new))
    history.write(user_id, existing, CHANGE, [message] * len(existing))


def _next_weeks(schedules: Sequence[Schedule]) -> dict[int, Schedule]:
    """Return the schedule that follows each: the highest version of the next week, or an unsaved draft. One query."""
    stored = Schedule.objects.select_related("department").filter(
        department__in=[schedule.department_id for schedule in schedules],
        week_start__in=[schedule.week_start + WEEK for schedule in schedules],
    )
    by_week = {schedule.week: schedule for schedule in stored.order_by("version")}
    return {schedule.pk: _next_week(schedule, by_week) for schedule in schedules}


def _next_week(schedule: Schedule, by_week: dict[DepartmentWeek, Schedule]) -> Schedule:
    draft = Schedule(
        department=schedule.department, week_start=schedule.week_start + WEEK, week_end=schedule.week_end + WEEK
    )
    return by_week.setdefault(draft.week, draft)


def _moved(row: ScheduleAssignment, schedule: Schedule) -> ScheduleAssignment:
    return ScheduleAssignment(
        schedule=schedule,
        employee=row.employee,
        shift=row.shift,
        date=row.date + WEEK,
        priority=row.priority,
        notes=row.notes,
    )


def _summary(count: int) -> str:
    text = ngettext(
        "%(count)d assignment will be copied to the following week.",
        "%(count)d assignments will be copied to the following week.",
        count,
    )
    return text % {"count": count}


def _done(count: int) -> str:
    text = ngettext(
        "%(count)d assignment was copied to the following week.",
        "%(count)d assignments were copied to the following week.",
        count,
    )
    return text % {"count": count}
