"""Who works when, and for how long: overlaps, rest, hours, days in a row.

Hours are those that elapse: a night on which the clocks change has one more or one less. Breaks are not work.
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
    """One person works one shift at a time, in all departments and schedules, over midnight too."""
    for line in situation.works.values():
        for index, (work, following) in enumerate(pairwise(line)):
            # In order of start: if the next one does not overlap, none of the later ones does.
            if following.start < work.end:
                yield from _overlaps(situation, line, index)


def _overlaps(situation: Situation, line: list[Work], index: int) -> Iterator[Breach]:
    work = line[index]
    for other in line[index + 1 :]:
        if other.start >= work.end:
            return
        one, against = _later_given(work, other)
        # The same shift on the same day is a duplicate, which is told already.
        if one is None or (work.shift, work.day) == (other.shift, other.day):
            continue
        told = {"person": situation.person(one), **_about(situation, one.employee, against)}
        text = _("%(person)s works %(shift)s on %(date)s in %(department)s at the same time.")
        yield Breach(one, "shift", text % told, other=against.planned)


def _later_given(work: Work, other: Work) -> tuple[Planned | None, Work]:
    """Return the planned one of two, the one given later if both are, and the other; None if both are stored."""
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
    """Between two shifts there are 10 hours, or those of a rule in effect on the day of the later one."""
    most = situation.rules.most(Rule.Kind.REST_PERIOD, "min_hours", DEFAULT_REST.value) * HOUR
    for line in situation.works.values():
        for work, following in _neighbours(line):
            rest = following.start - work.end
            if 0 <= rest < most:
                yield from _short_rest(situation, work, following, rest)


def _neighbours(line: list[Work]) -> Iterator[tuple[Work, Work]]:
    """Yield each work with the one before it that ends last."""
    last = line[0]
    for work in line[1:]:
        yield last, work
        if work.end > last.end:
            last = work


def _short_rest(situation: Situation, work: Work, following: Work, rest: int) -> Iterator[Breach]:
    one, other = _later_given(work, following)
    if one is None:
        return
    person, date = situation.person(one), datetime.date.fromordinal(following.day)
    limits = situation.rules.limits(Rule.Kind.REST_PERIOD, "min_hours", person, date, DEFAULT_REST)
    limit = next((limit for limit in limits if rest < limit.value * HOUR), None)
    if limit is not None:
        after = _("%(person)s rests %(rest)s h after %(shift)s on %(date)s in %(department)s: %(least)s h at least")
        before = _("%(person)s rests %(rest)s h before %(shift)s on %(date)s in %(department)s: %(least)s h at least")
        told = {
            "person": person,
            "rest": in_hours(rest / HOUR),
            "least": f"{limit.value:g}",
            **_about(situation, one.employee, other),
        }
        text = (after if other is work else before) % told
        yield Breach(one, "shift", text + limit.because, limit.severity, other.planned)


def hours_per_week(situation: Situation) -> Iterator[Breach]:
    """Within the contract and the overtime that is allowed on top of it, and within the rules of workload."""
    days = situation.stored_seconds
    # No limit is lower than the contract but those of workload: overtime comes on top. Most people are below both.
    least = situation.rules.least(Rule.Kind.WORKLOAD, "max_hours_per_week", math.inf)
    weeks: dict[tuple[int, int], int] = {}
    for one in situation.planned:
        work, person = situation.times_of(one), situation.person(one)
        week = week_number(work.day)
        key = (one.employee, week)
        if key not in weeks:
            weeks[key] = sum(days.get((one.employee, day), 0) for day in ordinals_of_week(week))
        weeks[key] += work.seconds
        hours = weeks[key] / HOUR
        if hours <= min(person.max_hours_per_week, least):
            continue
        limit = first_below(_weekly_limits(situation, person, one.date), hours)
        if limit is not None:
            told = {
                "person": person,
                "hours": in_hours(hours),
                "monday": written(monday_of_week(week)),
                "most": f"{limit.value:g}",
            }
            text = _("With this shift %(person)s works %(hours)s h in the week of %(monday)s: %(most)s h at most")
            yield Breach(one, "shift", text % told + limit.because, limit.severity)


def _weekly_limits(situation: Situation, person: Person, date: datetime.date) -> Sequence[Limit]:
    """Return the limits that apply together, the strict ones first."""
    contract = Limit(person.max_hours_per_week, Severity.WARNING)
    if situation.rules.kinds.isdisjoint((Rule.Kind.OVERTIME, Rule.Kind.WORKLOAD)):
        return [contract]
    overtime = situation.rules.limits(Rule.Kind.OVERTIME, "max_overtime_hours_per_week", person, date)
    allowed = [limit._replace(value=contract.value + limit.value) for limit in overtime] or [contract]
    workload = situation.rules.limits(Rule.Kind.WORKLOAD, "max_hours_per_week", person, date)
    return sorted([*allowed, *workload], key=lambda limit: (limit.severity is not Severity.ERROR, limit.value))


def hours_per_day(situation: Situation) -> Iterator[Breach]:
    """As rules of workload say; there is no limit without one. A shift over midnight belongs to its first day."""
    if "max_hours_per_day" not in situation.rules.parameters:
        return
    days = Counter(situation.stored_seconds)
    for one in situation.planned:
        work, person = situation.times_of(one), situation.person(one)
        days[one.employee, work.day] += work.seconds
        hours = days[one.employee, work.day] / HOUR
        limits = situation.rules.limits(Rule.Kind.WORKLOAD, "max_hours_per_day", person, one.date)
        limit = first_below(limits, hours)
        if limit is not None:
            told = {"person": person, "hours": in_hours(hours), "date": written(one.date), "most": f"{limit.value:g}"}
            text = _("With this shift %(person)s works %(hours)s h on %(date)s: %(most)s h at most")
            yield Breach(one, "shift", text % told + limit.because, limit.severity)


def shifts_per_week(situation: Situation) -> Iterator[Breach]:
    """As rules of workload say; there is no limit without one."""
    if "max_shifts_per_week" not in situation.rules.parameters:
        return
    weeks = Counter((employee, week_number(work.day)) for employee, work in situation.stored_works())
    for one in situation.planned:
        person, week = situation.person(one), week_number(one.date.toordinal())
        weeks[one.employee, week] += 1
        shifts = weeks[one.employee, week]
        limits = situation.rules.limits(Rule.Kind.WORKLOAD, "max_shifts_per_week", person, one.date)
        limit = first_below(limits, shifts)
        if limit is not None:
            told = {
                "person": person,
                "shifts": shifts,
                "monday": written(monday_of_week(week)),
                "most": f"{limit.value:g}",
            }
            text = _("With this one %(person)s has %(shifts)d shifts in the week of %(monday)s: %(most)s at most")
            yield Breach(one, "shift", text % told + limit.because, limit.severity)


def days_in_a_row(situation: Situation) -> Iterator[Breach]:
    """At most 6, or those of a rule. Each assignment is counted with the stored ones and those given before it."""
    days = set(situation.stored_seconds)
    for one in situation.planned:
        day = one.date.toordinal()
        days.add((one.employee, day))
        row = _row_around(one.employee, day, days)
        # No limit is less than a day, and many work a day between two free ones.
        if row > 1:
            person = situation.person(one)
            limits = situation.rules.limits(Rule.Kind.CONSECUTIVE_DAYS, "max_days", person, one.date, DEFAULT_DAYS)
            limit = first_below(limits, row)
            if limit is not None:
                told = {"person": person, "date": written(one.date), "most": f"{limit.value:g}"}
                text = _("With %(date)s %(person)s works more than %(most)s days in a row")
                yield Breach(one, "date", text % told + limit.because, limit.severity)


def _row_around(employee: int, day: int, days: set[tuple[int, int]]) -> int:
    """Return how many days without a gap there are, this one among them."""
    first = last = day
    while (employee, first - 1) in days:
        first -= 1
    while (employee, last + 1) in days:
        last += 1
    return last - first + 1


def first_below(limits: Iterable[Limit], value: float) -> Limit | None:
    """Return the first limit that the value exceeds, the strict ones being first."""
    return next((limit for limit in limits if value > limit.value), None)


def in_hours(hours: float) -> str:
    """Return hours with at most two decimals, not rounded up to a limit that they do not reach."""
    return f"{math.floor(hours * 100 + 1e-6) / 100:g}"
