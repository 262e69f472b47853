"""What needs attention: shifts that lack employees, and what the policy finds in the assignments as they are stored."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scheduling import caches
from scheduling.calendar import WEEK
from scheduling.models import Employee, Schedule, ScheduleAssignment
from scheduling.policy import Finding, Planned, Severity, check_stored
from scheduling.policy.dates import written
from scheduling.policy.times import named
from scheduling.statuses import PersonFindings, ScheduleFindings, ScheduleState

OPEN_SHIFTS = "enough_staff"
"""The function of the policy that finds open shifts one person at a time. Here they are counted as shifts instead."""
MAX_SENTENCES = 50
"""How many sentences about a schedule are kept; the others are counted."""


class About(NamedTuple):
    """Whom a finding is about, and in which schedule."""

    schedule: int
    employee: int


class OpenShift(NamedTuple):
    """A shift on a day that lacks employees, in one schedule."""

    schedule: int
    shift: str
    """With its times."""
    date: datetime.date
    department: str
    people: int
    required: int

    @property
    def sentence(self) -> str:
        texts = {**self._asdict(), "date": written(self.date)}
        return _("%(shift)s on %(date)s in %(department)s has %(people)d of %(required)d required people.") % texts


def open_shifts(schedules: Iterable[int]) -> list[OpenShift]:
    """Return the open shifts of some schedules, by date and start. One query."""
    rows = ScheduleAssignment.objects.filter(schedule__in=list(schedules)).open_shifts()
    names = ("shift__name", "shift__start_time", "shift__end_time", "schedule__department__name")
    found = rows.values_list("schedule", "date", *names, "people", "required")
    return [
        OpenShift(schedule, named(name, start, end), date, department, people, required)
        for schedule, date, name, start, end, department, people, required in found.order_by(
            "date", "shift__start_time", "shift__name", "schedule"
        )
    ]


def schedule_states(monday: datetime.date, weeks: int = 2) -> Sequence[ScheduleState]:
    """Return what needs attention in each schedule of some weeks from a Monday on, by week and department. Cached."""
    return caches.schedule_states(monday, weeks, compute_states)


def compute_states(monday: datetime.date, weeks: int) -> list[ScheduleState]:
    """Compute what `schedule_states` returns. Leaves out archived schedules. At most 12 queries for any number."""
    of_weeks = Schedule.objects.filter(week_start__gte=monday, week_start__lt=monday + weeks * WEEK)
    schedules = list(of_weeks.exclude(status=Schedule.Status.ARCHIVED).order_by("week_start", "department", "version"))
    keys = [schedule.pk for schedule in schedules]
    missing = _missing_people(keys)
    found = Counter((finding.assignment.schedule, finding.severity) for finding in _findings(keys))
    return [
        ScheduleState(
            id=schedule.pk,
            department_id=schedule.department_id,
            week_start=schedule.week_start,
            version=schedule.version,
            status=schedule.status,
            open_shifts=len(missing.get(schedule.pk, ())),
            missing_people=sum(missing.get(schedule.pk, ())),
            errors=found[schedule.pk, Severity.ERROR],
            warnings=found[schedule.pk, Severity.WARNING],
        )
        for schedule in schedules
    ]


def schedule_findings(schedule_id: int) -> ScheduleFindings:
    """Return what the policy finds in one schedule as it is stored, in the present language. Cached."""
    return caches.schedule_findings(schedule_id, get_language() or "", compute_findings)


def compute_findings(schedule_id: int) -> ScheduleFindings:
    """Compute what `schedule_findings` returns, in the present language. At most 10 queries."""
    findings = sorted(_findings([schedule_id]), key=lambda finding: not finding.is_error)
    of_severity = Counter(finding.severity for finding in findings)
    lacking = open_shifts([schedule_id])
    return ScheduleFindings(
        errors=of_severity[Severity.ERROR],
        warnings=of_severity[Severity.WARNING],
        open_shifts=[shift.sentence for shift in lacking[:MAX_SENTENCES]],
        more_open_shifts=max(0, len(lacking) - MAX_SENTENCES),
        people=_by_person(findings[:MAX_SENTENCES]),
        more=max(0, len(findings) - MAX_SENTENCES),
    )


def _missing_people(schedules: Sequence[int]) -> defaultdict[int, list[int]]:
    """Return, by schedule, how many employees each of its open shifts lacks. One query."""
    missing: defaultdict[int, list[int]] = defaultdict(list)
    rows = ScheduleAssignment.objects.filter(schedule__in=schedules).open_shifts()
    for schedule, people, required in rows.values_list("schedule", "people", "required"):
        missing[schedule].append(required - people)
    return missing


def _findings(schedules: Sequence[int]) -> list[Finding]:
    """Return what the policy finds in the current assignments of some schedules, without open shifts.

    The assignment of each finding is a tuple of the schedule and the employee.
    """
    rows = ScheduleAssignment.objects.current().filter(schedule__in=schedules).order_by("schedule__version", "pk")
    values = rows.values_list("pk", "employee", "shift", "date", "schedule", "status")
    planned = [Planned(position, *row, source=About(row[4], row[1])) for position, row in enumerate(values)]
    return check_stored(planned, but={OPEN_SHIFTS})


def _by_person(findings: Sequence[Finding]) -> list[PersonFindings]:
    """Group sentences by employee, by name. A sentence that is said of several days says how many. One query."""
    by_employee: defaultdict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for finding in findings:
        by_employee[finding.assignment.employee][finding.severity.value, finding.message] += 1
    people = Employee.objects.filter(pk__in=by_employee).order_by("last_name", "first_name", "pk")
    return [
        PersonFindings(
            name=person.full_name,
            sentences=[(*about, times) for about, times in by_employee[person.pk].items()],
        )
        for person in people.only("first_name", "last_name")
    ]
