"""What needs attention in some weeks: shifts that lack employees, and what the policy finds in the assignments."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from scheduling import caches
from scheduling.calendar import WEEK
from scheduling.models import Schedule, ScheduleAssignment, Shift
from scheduling.policy import Planned, Severity, check_stored
from scheduling.statuses import NOT_COUNTING, ScheduleState


def schedule_states(monday: datetime.date, weeks: int = 2) -> Sequence[ScheduleState]:
    """Return what needs attention in each schedule of some weeks from a Monday on, by week and department. Cached."""
    return caches.schedule_states(monday, weeks, compute_states)


def compute_states(monday: datetime.date, weeks: int) -> list[ScheduleState]:
    """Compute what `schedule_states` returns. Leaves out archived schedules. At most 12 queries for any number."""
    of_weeks = Schedule.objects.filter(week_start__gte=monday, week_start__lt=monday + weeks * WEEK)
    schedules = list(of_weeks.exclude(status=Schedule.Status.ARCHIVED).order_by("week_start", "department", "version"))
    rows = _rows([schedule.pk for schedule in schedules])
    missing = _missing_people(rows, {schedule.pk: schedule for schedule in schedules})
    found = _findings(rows)
    return [
        ScheduleState(
            id=schedule.pk,
            department_id=schedule.department_id,
            week_start=schedule.week_start,
            version=schedule.version,
            status=schedule.status,
            open_shifts=len(missing[schedule.pk]),
            missing_people=sum(missing[schedule.pk]),
            errors=found[schedule.pk, Severity.ERROR],
            warnings=found[schedule.pk, Severity.WARNING],
        )
        for schedule in schedules
    ]


def _rows(schedules: Sequence[int]) -> list[Planned]:
    rows = ScheduleAssignment.objects.current().filter(schedule__in=schedules).order_by("schedule__version", "pk")
    values = rows.values_list("pk", "employee", "shift", "date", "schedule", "status")
    return [Planned(position, *row, source=row[4]) for position, row in enumerate(values)]


def _missing_people(rows: Iterable[Planned], schedules: Mapping[int, Schedule]) -> defaultdict[int, list[int]]:
    """Return, by schedule, how many employees each of its open shifts lacks.

    A shift is needed on a day if anybody is or was assigned to it: a shift whose only employee has declined is open.
    The employees of all versions of a week count together, as in the policy, and the highest version gets the result.
    """
    people: Counter[tuple[int, int, datetime.date]] = Counter()
    schedule_of: dict[tuple[int, int, datetime.date], int] = {}
    for row in rows:
        slot = schedules[row.schedule].department_id, row.shift, row.date
        schedule_of[slot] = row.schedule
        people[slot] += row.status not in NOT_COUNTING
    required = dict(Shift.objects.order_by().values_list("pk", "required_staff")) if schedule_of else {}
    missing: defaultdict[int, list[int]] = defaultdict(list)
    for slot, schedule in schedule_of.items():
        if people[slot] < required[slot[1]]:
            missing[schedule].append(required[slot[1]] - people[slot])
    return missing


def _findings(rows: Sequence[Planned]) -> Counter[tuple[int, Severity]]:
    """Count what the policy finds by schedule and severity, without what already counts as open shifts."""
    findings = check_stored(rows, but={"enough_staff"})
    return Counter((finding.assignment, finding.severity) for finding in findings)
