"""A week once more, seven days later. What does not fit there is left out, with the policy's reasons."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.admin.models import ADDITION, CHANGE
from django.utils.translation import gettext, ngettext

from scheduling.calendar import WEEK
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.planning import history
from scheduling.planning.proposals import Proposal
from scheduling.planning.steps import rows_of
from scheduling.policy import check, errors, warnings


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What the next weeks get: new assignments, in schedules of which some are not saved yet either."""

    rows: Sequence[ScheduleAssignment]
    proposal: Proposal


def prepare(schedules: Sequence[Schedule]) -> Copy:
    """Work out the copies and ask the policy about all of them together. Writes nothing."""
    next_weeks = _next_weeks(schedules)
    rows = [_moved(row, next_weeks[row.schedule_id]) for row in rows_of(schedules) if not row.is_called_off]
    wrong = errors(check(rows))
    refused = {id(finding.assignment) for finding in wrong}
    fitting = [row for row in rows if id(row) not in refused]
    # Once more without them: a warning may be about a row that is left out.
    findings = check(fitting) if wrong else check(rows)
    return Copy(
        rows=fitting,
        proposal=Proposal(
            summary=_summary(len(fitting)),
            done=_done(len(fitting)),
            errors=[] if fitting else [gettext("There is nothing to copy.")],
            left_out=[finding.message for finding in wrong],
            warnings=[finding.message for finding in warnings(findings)],
        ),
    )


def carry_out(copy: Copy, user_id: int) -> None:
    """Save what was prepared, in the caller's transaction."""
    used = {id(row.schedule): row.schedule for row in copy.rows}
    new = [schedule for schedule in used.values() if schedule.pk is None]
    old = [schedule for schedule in used.values() if schedule.pk is not None]
    for schedule in new:
        schedule.save()
    for row in copy.rows:
        row.schedule_id = row.schedule.pk
    ScheduleAssignment.objects.bulk_create(copy.rows)
    told = gettext("Copied from the week before.")
    history.write(user_id, new, ADDITION, [told] * len(new))
    history.write(user_id, old, CHANGE, [told] * len(old))


def _next_weeks(schedules: Sequence[Schedule]) -> dict[int, Schedule]:
    """Return the schedule of the week after each: the highest version, or a draft that is not saved. One query."""
    stored = Schedule.objects.select_related("department").filter(
        department__in=[one.department_id for one in schedules],
        week_start__in=[one.week_start + WEEK for one in schedules],
    )
    by_week = {(one.department_id, one.week_start): one for one in stored.order_by("version")}
    return {one.pk: _next_week(one, by_week) for one in schedules}


def _next_week(schedule: Schedule, by_week: dict[tuple[int, datetime.date], Schedule]) -> Schedule:
    monday = schedule.week_start + WEEK
    draft = Schedule(department=schedule.department, week_start=monday, week_end=schedule.week_end + WEEK)
    return by_week.setdefault((schedule.department_id, monday), draft)


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
        "%(count)d assignment will be copied, seven days later.",
        "%(count)d assignments will be copied, seven days later.",
        count,
    )
    return text % {"count": count}


def _done(count: int) -> str:
    text = ngettext(
        "%(count)d assignment was copied, seven days later.",
        "%(count)d assignments were copied, seven days later.",
        count,
    )
    return text % {"count": count}
