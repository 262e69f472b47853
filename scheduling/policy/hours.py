"""Who works when and how long: overlaps, rest, hours, days in a row.

Hours are elapsed hours: a night on which the clocks change has one more or one fewer. Breaks do not count as work.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from scheduling.calendar import monday_of_week, ordinals_of_week, week_number
from scheduling.models import Rule
from scheduling.policy.dates import written
from scheduling.policy.findings import Breach, Severity
from scheduling.policy.loading import DEFAULT_MAX_DAYS
from scheduling.policy.records import Person, Planned, Work
from scheduling.policy.rulebook import Limit
from scheduling.policy.situation import Situation

DEFAULT_REST = Limit(10, Severity.WARNING)
DEFAULT_DAYS = Limit(DEFAULT_MAX_DAYS, Severity.WARNING)
HOUR = 3600


def no_overlapping_shifts(situation: Situation) -> Iterator[Breach]:
    """An employee works one shift at a time, across all departments and schedules, also after midnight."""
    for line in situation.works.values():
        for index, (work, following) in enumerate(pairwise(line)):
            # They are in order of start: if the next one does not overlap, no later one does.
            if following.start < work.end:
                yield from _overlaps(situation, line, index)


def _overlaps(situation: Situation, line: list[Work], index: int) -> Iterator[Breach]:
    work = line[index]
    for other in line[index + 1 :]:
        if other.start >= work.end:
            return
        assignment, against = _later_given(work, other)
        # The same shift on the same day is a duplicate, which `no_duplicates` reports.
        if assignment is None or (work.shift, work.day) == (other.shift, other.day):
            continue
        texts = {"person": situation.person(assignment), **_about(situation, assignment.employee, against)}
        text = _("%(person)s works %(shift)s on %(date)s in %(department)s at the same time.")
        yield Breach(assignment, "shift", text % texts, other=against.planned)


def _later_given(work: Work, other: Work) -> tuple[Planned | None, Work]:
    """Return the assignment that a finding about two belongs to, and the other work.

    It is the planned one, or the later given of two planned ones. None if both are stored.
    """
    if work.planned is None or (other.planned is not None and other.planned.position > work.planned.position):
        return other.planned, work
    return work.planned, other


def _about(situation: Situation, employee: int, work: Work) -> dict[str, Any]:
    return {
        "shift": situation.shifts[work.shift],
        "date": written(datetime.date.fromordinal(work.day)),
        "department": situation.department_of(situation.schedule_of(employee, work)),
    }


def enough_rest(situation: Situation) -> Iterator[Breach]:
    """There are 10 hours between two shifts, or as many as a rule asks for on the day of the later shift."""
    most = situation.rules.largest(Rule.Kind.REST_PERIOD, "min_hours", DEFAULT_REST.value) * HOUR
    for line in situation.works.values():
        for work, following in _neighbours(line):
            rest = following.start - work.end
            if 0 <= rest < most:
                yield from _short_rest(situation, work, following, rest)


def _neighbours(line: list[Work]) -> Iterator[tuple[Work, Work]]:
    """Yield each work after the first, with the work before it that ends last."""
    last = line[0]
    for work in line[1:]:
        yield last, work
        if work.end > last.end:
            last = work


def _short_rest(situation: Situation, work: Work, following: Work, rest: int) -> Iterator[Breach]:
    assignment, other = _later_given(work, following)
    if assignment is None:
        return
    person, date = situation.person(assignment), datetime.date.fromordinal(following.day)
    limits = situation.rules.limits(Rule.Kind.REST_PERIOD, "min_hours", person, date, DEFAULT_REST)
    limit = next((limit for limit in limits if rest < limit.value * HOUR), None)
    if limit is not None:
        after = _(
            "%(person)s rests %(rest)s h after %(shift)s on %(date)s in %(department)s; the minimum is %(least)s h"
        )
        before = _(
            "%(person)s rests %(rest)s h before %(shift)s on %(date)s in %(department)s; the minimum is %(least)s h"
        )
        texts = {
            "person": person,
            "rest": in_hours(rest / HOUR),
            "least": f"{limit.value:g}",
            **_about(situation, assignment.employee, other),
        }
        text = (after if other is work else before) % texts
        yield Breach(assignment, "shift", text + limit.because, limit.severity, other.planned)


def hours_per_week(situation: Situation) -> Iterator[Breach]:
    """Weekly hours stay within the contract, the overtime allowed on top of it, and the workload rules."""
    days = situation.stored_seconds
    # Only workload rules can set a limit below the contract, because overtime comes on top. Most people are below both,
    # and need no look at their rules.
    least = situation.rules.smallest(Rule.Kind.WORKLOAD, "max_hours_per_week", math.inf)
    weeks: dict[tuple[int, int], int] = {}
    for assignment in situation.planned:
        work, person = situation.times_of(assignment), situation.person(assignment)
        week = week_number(work.day)
        key = (assignment.employee, week)
        if key not in weeks:
            weeks[key] = sum(days.get((assignment.employee, day), 0) for day in ordinals_of_week(week))
        weeks[key] += work.seconds
        hours = weeks[key] / HOUR
        if hours <= min(person.max_hours_per_week, least):
            continue
        limit = first_below(_weekly_limits(situation, person, assignment.date), hours)
        if limit is not None:
            texts = {
                "person": person,
                "hours": in_hours(hours),
                "monday": written(monday_of_week(week)),
                "most": f"{limit.value:g}",
            }
            text = _(
                "With this shift, %(person)s works %(hours)s h in the week of %(monday)s; the maximum is %(most)s h"
            )
            yield Breach(assignment, "shift", text % texts + limit.because, limit.severity)


def _weekly_limits(situation: Situation, person: Person, date: datetime.date) -> Sequence[Limit]:
    """Return the limits that apply together, strict ones first."""
    contract = Limit(person.max_hours_per_week, Severity.WARNING)
    if situation.rules.kinds.isdisjoint((Rule.Kind.OVERTIME, Rule.Kind.WORKLOAD)):
        return [contract]
    overtime = situation.rules.limits(Rule.Kind.OVERTIME, "max_overtime_hours_per_week", person, date)
    allowed = [limit._replace(value=contract.value + limit.value) for limit in overtime] or [contract]
    workload = situation.rules.limits(Rule.Kind.WORKLOAD, "max_hours_per_week", person, date)
    return sorted([*allowed, *workload], key=lambda limit: (limit.severity is not Severity.ERROR, limit.value))


def hours_per_day(situation: Situation) -> Iterator[Breach]:
    """Daily hours stay within the workload rules, if there are any. A shift over midnight belongs to its first day."""
    if "max_hours_per_day" not in situation.rules.parameters:
        return
    days = Counter(situation.stored_seconds)
    for assignment in situation.planned:
        work, person = situation.times_of(assignment), situation.person(assignment)
        days[assignment.employee, work.day] += work.seconds
        hours = days[assignment.employee, work.day] / HOUR
        limits = situation.rules.limits(Rule.Kind.WORKLOAD, "max_hours_per_day", person, assignment.date)
        limit = first_below(limits, hours)
        if limit is not None:
            texts = {
                "person": person,
                "hours": in_hours(hours),
                "date": written(assignment.date),
                "most": f"{limit.value:g}",
            }
            text = _("With this shift, %(person)s works %(hours)s h on %(date)s; the maximum is %(most)s h")
            yield Breach(assignment, "shift", text % texts + limit.because, limit.severity)


def shifts_per_week(situation: Situation) -> Iterator[Breach]:
    """The number of shifts per week stays within the workload rules, if there are any."""
    if "max_shifts_per_week" not in situation.rules.parameters:
        return
    weeks = Counter((employee, week_number(work.day)) for employee, work in situation.stored_works())
    for assignment in situation.planned:
        person, week = situation.person(assignment), week_number(assignment.date.toordinal())
        weeks[assignment.employee, week] += 1
        shifts = weeks[assignment.employee, week]
        limits = situation.rules.limits(Rule.Kind.WORKLOAD, "max_shifts_per_week", person, assignment.date)
        limit = first_below(limits, shifts)
        if limit is not None:
            texts = {
                "person": person,
                "shifts": shifts,
                "monday": written(monday_of_week(week)),
                "most": f"{limit.value:g}",
            }
            text = _(
                "With this shift, %(person)s has %(shifts)d shifts in the week of %(monday)s; the maximum is %(most)s"
            )
            yield Breach(assignment, "shift", text % texts + limit.because, limit.severity)


def days_in_a_row(situation: Situation) -> Iterator[Breach]:
    """An employee works at most 6 days in a row, or as many as a rule allows.

    Each assignment is counted together with the stored ones and those given before it.
    """
    days = set(situation.stored_seconds)
    for assignment in situation.planned:
        day = assignment.date.toordinal()
        days.add((assignment.employee, day))
        row = _row_around(assignment.employee, day, days)
        # No limit is below one day, and many employees work a single day between two days off.
        if row > 1:
            person = situation.person(assignment)
            limits = situation.rules.limits(
                Rule.Kind.CONSECUTIVE_DAYS, "max_days", person, assignment.date, DEFAULT_DAYS
            )
            limit = first_below(limits, row)
            if limit is not None:
                texts = {"person": person, "date": written(assignment.date), "most": f"{limit.value:g}"}
                text = _("With %(date)s, %(person)s works more than %(most)s days in a row")
                yield Breach(assignment, "date", text % texts + limit.because, limit.severity)


def _row_around(employee: int, day: int, days: set[tuple[int, int]]) -> int:
    """Return the number of days in a row that include this day."""
    first = last = day
    while (employee, first - 1) in days:
        first -= 1
    while (employee, last + 1) in days:
        last += 1
    return last - first + 1


def first_below(limits: Iterable[Limit], value: float) -> Limit | None:
    """Return the first limit that the value exceeds. Strict limits come first."""
    return next((limit for limit in limits if value > limit.value), None)


def in_hours(hours: float) -> str:
    """Return hours with at most two decimals, rounded down so that they never seem to reach a limit."""
    return f"{math.floor(hours * 100 + 1e-6) / 100:g}"
