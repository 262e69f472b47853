"""Whether the schedule accepts the assignment: its week, its department, its status, and duplicates."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.policy.dates import written
from scheduling.policy.findings import Breach, Severity
from scheduling.policy.records import Original, Planned
from scheduling.policy.situation import Situation
from scheduling.statuses import NOT_COUNTING, READ_ONLY


def editable_schedule(situation: Situation) -> Iterator[Breach]:
    """Nothing is added to, removed from or changed in a published or archived schedule. An unchanged row is no edit."""
    if not any(week.status in READ_ONLY for week in situation.schedules.values()):
        return
    for assignment in situation.everything:
        original = situation.original_of(assignment)
        if original is None:
            yield from _read_only(situation, assignment, [assignment.schedule])
        elif not _is_unchanged(assignment, original):
            yield from _read_only(situation, assignment, dict.fromkeys([assignment.schedule, original.schedule]))
    for assignment in situation.deleted:
        # As it is stored: its instance may have been changed before.
        if original := situation.original_of(assignment):
            yield from _read_only(situation, assignment, [original.schedule])


def _is_unchanged(assignment: Planned, original: Original) -> bool:
    return (
        assignment.employee,
        assignment.shift,
        assignment.date,
        assignment.status,
        assignment.schedule,
        assignment.details,
    ) == original[1:]


def _read_only(situation: Situation, assignment: Planned, schedules: Iterable[int]) -> Iterator[Breach]:
    for week in map(situation.schedules.__getitem__, schedules):
        if week.status in READ_ONLY:
            texts = {
                "department": week.department_name,
                "monday": written(week.start),
                "status": Schedule.Status(week.status).label,
            }
            text = _("The schedule of %(department)s for the week of %(monday)s is %(status)s and cannot be changed.")
            yield Breach(assignment, "date", text % texts)


def within_the_week(situation: Situation) -> Iterator[Breach]:
    for assignment in situation.everything:
        week = situation.schedules[assignment.schedule]
        if not week.start <= assignment.date <= week.end:
            texts = {
                "person": situation.person(assignment),
                "date": written(assignment.date),
                "start": written(week.start),
                "end": written(week.end),
            }
            text = _("%(person)s: %(date)s is outside the schedule's week, %(start)s to %(end)s.")
            yield Breach(assignment, "date", text % texts)


def active_department(situation: Situation) -> Iterator[Breach]:
    if all(week.department_active for week in situation.schedules.values()):
        return
    for assignment in situation.planned:
        week = situation.schedules[assignment.schedule]
        if not week.department_active:
            texts = {
                "department": week.department_name,
                "person": situation.person(assignment),
                "date": written(assignment.date),
            }
            text = _("The department %(department)s is not active: %(person)s cannot work there on %(date)s.")
            yield Breach(assignment, "schedule", text % texts)


def shift_of_the_department(situation: Situation) -> Iterator[Breach]:
    """The shift is for all departments, for that of the schedule, or for one above it. To help out is allowed."""
    for assignment in situation.planned:
        shift, week = situation.shift(assignment), situation.schedules[assignment.schedule]
        if shift.department in (None, week.department) or shift.department in situation.line_of(week.department):
            continue
        texts = {
            "person": situation.person(assignment),
            "shift": shift,
            "date": written(assignment.date),
            "other": shift.department_name,
            "department": week.department_name,
        }
        text = _("%(shift)s, which %(person)s works on %(date)s in %(department)s, is a shift of %(other)s.")
        yield Breach(assignment, "shift", text % texts, Severity.WARNING)


def no_duplicates(situation: Situation) -> Iterator[Breach]:
    """The database refuses a second row of the same employee, shift and date, even if one of them does not count."""
    given: dict[tuple[int, int, datetime.date], Planned] = {}
    for assignment in situation.everything:
        first = given.setdefault((assignment.employee, assignment.shift, assignment.date), assignment)
        if first is not assignment:
            yield _duplicate(situation, assignment, first.schedule, first.status, first)
    for rows in situation.stored.values():
        for _pk, employee, shift, date, status, schedule in rows:
            if (employee, shift, date) in given:
                yield _duplicate(situation, given[employee, shift, date], schedule, status)


def _duplicate(
    situation: Situation, assignment: Planned, schedule: int, status: str, other: Planned | None = None
) -> Breach:
    texts = {
        "person": situation.person(assignment),
        "shift": situation.shift(assignment),
        "date": written(assignment.date),
        "department": situation.department_of(schedule),
        "status": ScheduleAssignment.Status(status).label,
    }
    if status in NOT_COUNTING:
        text = _(
            "%(person)s already has %(shift)s on %(date)s in %(department)s (%(status)s): change that one instead."
        )
    else:
        text = _("%(person)s already has %(shift)s on %(date)s in %(department)s.")
    return Breach(assignment, "shift", text % texts, other=other)
