"""Whether the schedule takes the assignment: its week, its department, its status, and what it has already."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.policy.dates import written
from scheduling.policy.findings import Breach
from scheduling.policy.records import Original, Planned
from scheduling.policy.situation import Situation
from scheduling.statuses import NOT_COUNTING, READ_ONLY


def editable_schedule(situation: Situation) -> Iterator[Breach]:
    """A published or archived schedule is neither entered nor left nor changed. What stays as it is, is no edit."""
    if not any(week.status in READ_ONLY for week in situation.schedules.values()):
        return
    for one in situation.everything:
        original = situation.original_of(one)
        if original is None:
            yield from _read_only(situation, one, [one.schedule])
        elif not _is_unchanged(one, original):
            yield from _read_only(situation, one, dict.fromkeys([one.schedule, original.schedule]))
    for one in situation.deleted:
        # As it is stored: its instance may have been changed before.
        if original := situation.original_of(one):
            yield from _read_only(situation, one, [original.schedule])


def _is_unchanged(one: Planned, original: Original) -> bool:
    return (one.employee, one.shift, one.date, one.status, one.schedule, one.details) == original[1:]


def _read_only(situation: Situation, one: Planned, schedules: Iterable[int]) -> Iterator[Breach]:
    for week in map(situation.schedules.__getitem__, schedules):
        if week.status in READ_ONLY:
            told = {
                "department": week.department_name,
                "monday": written(week.start),
                "status": Schedule.Status(week.status).label,
            }
            text = _("The schedule of %(department)s for the week of %(monday)s is %(status)s: it takes no changes.")
            yield Breach(one, "date", text % told)


def within_the_week(situation: Situation) -> Iterator[Breach]:
    for one in situation.everything:
        week = situation.schedules[one.schedule]
        if not week.start <= one.date <= week.end:
            told = {
                "person": situation.person(one),
                "date": written(one.date),
                "start": written(week.start),
                "end": written(week.end),
            }
            text = _("%(person)s: %(date)s is outside the schedule's week, %(start)s to %(end)s.")
            yield Breach(one, "date", text % told)


def active_department(situation: Situation) -> Iterator[Breach]:
    if all(week.department_active for week in situation.schedules.values()):
        return
    for one in situation.planned:
        week = situation.schedules[one.schedule]
        if not week.department_active:
            told = {"department": week.department_name, "person": situation.person(one), "date": written(one.date)}
            text = _("The department %(department)s is not active: %(person)s cannot work there on %(date)s.")
            yield Breach(one, "schedule", text % told)


def no_duplicates(situation: Situation) -> Iterator[Breach]:
    """The database refuses a second row of the same person, shift and date, also where one of them does not count."""
    given: dict[tuple[int, int, datetime.date], Planned] = {}
    for one in situation.everything:
        first = given.setdefault((one.employee, one.shift, one.date), one)
        if first is not one:
            yield _duplicate(situation, one, first.schedule, first.status, first)
    for rows in situation.stored.values():
        for _pk, employee, shift, date, status, schedule in rows:
            if (employee, shift, date) in given:
                yield _duplicate(situation, given[employee, shift, date], schedule, status)


def _duplicate(situation: Situation, one: Planned, schedule: int, status: str, other: Planned | None = None) -> Breach:
    told = {
        "person": situation.person(one),
        "shift": situation.shift(one),
        "date": written(one.date),
        "department": situation.department_of(schedule),
        "status": ScheduleAssignment.Status(status).label,
    }
    if status in NOT_COUNTING:
        text = _("%(person)s has %(shift)s on %(date)s in %(department)s already, %(status)s: change that one.")
    else:
        text = _("%(person)s has %(shift)s on %(date)s in %(department)s already.")
    return Breach(one, "shift", text % told, other=other)
