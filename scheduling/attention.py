"""What of some weeks needs somebody: shifts that lack people, and what the policy finds in what is planned."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scheduling.calendar import WEEK
from scheduling.models import Schedule, ScheduleAssignment, Shift
from scheduling.policy import Planned, Severity, check_stored
from scheduling.statuses import NOT_COUNTING


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """A schedule with what is open in it. Counts alone: sentences would be of one language."""

    id: int
    department_id: int
    week_start: datetime.date
    version: int
    status: str
    open_shifts: int
    """Shifts on a day, each once, that have fewer people than they require."""
    missing_people: int
    """How many people these lack together."""
    errors: int
    warnings: int
    """What the policy finds besides."""

    @property
    def needs_attention(self) -> bool:
        return bool(self.open_shifts or self.errors or self.warnings)


def states(monday: datetime.date, weeks: int) -> list[ScheduleState]:
    """Return the state of each schedule of so many weeks from a Monday on, by week and department.

    Archived ones are left out. At most 12 queries, whatever the number of schedules.
    """
    within = Schedule.objects.filter(week_start__gte=monday, week_start__lt=monday + weeks * WEEK)
    schedules = list(within.exclude(status=Schedule.Status.ARCHIVED).order_by("week_start", "department", "version"))
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
    named = rows.values_list("pk", "employee", "shift", "date", "schedule", "status")
    return [Planned(position, *row, source=row[4]) for position, row in enumerate(named)]


def _missing_people(rows: Iterable[Planned], schedules: Mapping[int, Schedule]) -> defaultdict[int, list[int]]:
    """Return, by schedule, how many people each of its open shifts lacks.

    A shift is wanted on a day if anybody is or was planned for it: one whose only person has declined is open. The
    people of all versions of a week count together, as in the policy; the highest version is told.
    """
    people: Counter[tuple[int, int, datetime.date]] = Counter()
    homes: dict[tuple[int, int, datetime.date], int] = {}
    for row in rows:
        slot = schedules[row.schedule].department_id, row.shift, row.date
        homes[slot] = row.schedule
        people[slot] += row.status not in NOT_COUNTING
    required = dict(Shift.objects.order_by().values_list("pk", "required_staff")) if homes else {}
    missing: defaultdict[int, list[int]] = defaultdict(list)
    for slot, schedule in homes.items():
        if people[slot] < required[slot[1]]:
            missing[schedule].append(required[slot[1]] - people[slot])
    return missing


def _findings(rows: Sequence[Planned]) -> Counter[tuple[int, Severity]]:
    """Count by schedule and severity what the policy finds, without what is told as open shifts."""
    findings = check_stored(rows, but={"enough_staff"})
    return Counter((finding.assignment, finding.severity) for finding in findings)
