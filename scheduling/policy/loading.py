"""The queries of a check. Their number does not depend on the number of assignments."""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Count, Q

from caching import InMany
from scheduling.calendar import DAY, WEEK
from scheduling.models import Department, Employee, Rule, Schedule, ScheduleAssignment, Shift
from scheduling.policy.records import Original, Person, Planned, ScheduleRecord, Slot, Stored, Window, WorkShift
from scheduling.policy.rulebook import RuleBook

DETAILS = ("priority", "notes")
"""The fields of an assignment besides its employee, shift, date, schedule and status."""

DEFAULT_MAX_DAYS = 6
"""The maximum number of days in a row where no rule sets one."""

_SHORTEST_WINDOW = WEEK.days
"""How many days before and after an assignment may matter: those of the same week, and of the longest possible rest."""
_NARROW = 5 * WEEK.days
"""Windows that together span at most this many days are read as one range of dates."""
_MAX_PARTS = 50


@dataclass(frozen=True, kw_only=True)
class Records:
    """What has been read before the first function of the policy is called."""

    originals: Mapping[int, Original]
    """The stored rows of the assignments that are changed or deleted, by primary key."""
    people: Mapping[int, Person]
    stored: Mapping[int, Sequence[Stored]]
    """By employee, the stored assignments around the planned ones, without those that are changed or deleted."""
    shifts: Mapping[int, WorkShift]
    schedules: Mapping[int, ScheduleRecord]
    """The schedules of the planned assignments and of the originals."""
    rules: RuleBook


def read(
    planned: Sequence[Planned],
    deleted: Sequence[Planned],
    rules: Iterable[Rule],
    unsaved_schedules: Mapping[int, ScheduleRecord],
    using: str,
) -> Records:
    """Read what concerns the planned and the deleted. Four queries, one for changes, one for rules of departments."""
    changed = {assignment.pk for assignment in (*planned, *deleted) if assignment.pk is not None}
    before = originals(changed, using) if changed else {}
    book = RuleBook(rules, lambda: parents(using))
    stored = _around(planned, book, using)
    if changed:
        stored = {employee: [row for row in rows if row[0] not in changed] for employee, rows in stored.items()}
    return _facts(planned, before, stored, unsaved_schedules, book, using)


def read_stored(rows: Sequence[Planned], rules: Iterable[Rule], using: str) -> Records:
    """Read what concerns all current rows of some schedules as they are stored. The rows are not read again."""
    before = {
        assignment.pk: Original(
            assignment.pk,
            assignment.employee,
            assignment.shift,
            assignment.date,
            assignment.status,
            assignment.schedule,
            (),
        )
        for assignment in rows
        if assignment.pk is not None
    }
    book = RuleBook(rules, lambda: parents(using))
    stored = _around(rows, book, using, without={assignment.schedule for assignment in rows})
    return _facts(rows, before, stored, {}, book, using)


def _facts(
    planned: Iterable[Planned],
    before: Mapping[int, Original],
    stored: Mapping[int, Sequence[Stored]],
    unsaved_schedules: Mapping[int, ScheduleRecord],
    book: RuleBook,
    using: str,
) -> Records:
    named: list[Planned | Original] = [*planned, *before.values()]
    shifts_stored = (row[2] for rows in stored.values() for row in rows)
    return Records(
        originals=before,
        people=people({assignment.employee for assignment in named}, using),
        stored=stored,
        shifts=shifts({*(assignment.shift for assignment in named), *shifts_stored}, using),
        schedules={
            **schedules({assignment.schedule for assignment in named} - unsaved_schedules.keys(), using),
            **unsaved_schedules,
        },
        rules=book,
    )


def _around(
    planned: Iterable[Planned], rules: RuleBook, using: str, without: Collection[int] = ()
) -> dict[int, list[Stored]]:
    """Return by employee what is stored around the planned assignments, except in the schedules `without`."""
    days = max(_SHORTEST_WINDOW, int(rules.largest(Rule.Kind.CONSECUTIVE_DAYS, "max_days", DEFAULT_MAX_DAYS)))
    around = datetime.timedelta(days=days)
    windows: dict[int, Window] = {}
    for assignment in planned:
        first, last = windows.get(assignment.employee, (assignment.date + around, assignment.date - around))
        windows[assignment.employee] = min(first, assignment.date - around), max(last, assignment.date + around)
    found: dict[int, list[Stored]] = {employee: [] for employee in windows}
    for row in assignments(windows, using, without) if windows else ():
        first, last = windows[row[1]]
        if first <= row[3] <= last:
            found[row[1]].append(row)
    return found


def people(keys: Collection[int], using: str) -> dict[int, Person]:
    rows = Employee.objects.using(using).order_by().filter(InMany("pk", keys))
    names = ("pk", "first_name", "last_name", "is_active", "hire_date", "end_date", "max_hours_per_week", "department")
    # Limits are compared with hours as floats, and rules have theirs from JSON.
    return {row[0]: Person._make((*row[:6], float(row[6]), row[7])) for row in rows.values_list(*names)}


def skills(people: Collection[int], using: str) -> dict[int, set[str]]:
    """Return the names of the skills of people."""
    pairs = Employee.skills.through._default_manager.using(using).order_by().filter(InMany("employee", people))
    found: defaultdict[int, set[str]] = defaultdict(set)
    for employee, name in pairs.values_list("employee", "skill__name"):
        found[employee].add(name)
    return found


def shifts(keys: Collection[int], using: str) -> dict[int, WorkShift]:
    """Return the shifts with the skills that they require. One query: its outer join has a row for each skill."""
    names = (
        *("pk", "name", "shift_type__name", "start_time", "end_time", "break_minutes"),
        *("required_staff", "max_staff", "active", "department", "department__name", "required_skills__name"),
    )
    found: dict[int, WorkShift] = {}
    required: defaultdict[int, set[str]] = defaultdict(set)
    for *row, skill in Shift.objects.using(using).order_by().filter(InMany("pk", keys)).values_list(*names):
        found[row[0]] = WorkShift._make((*row, frozenset()))
        if skill is not None:
            required[row[0]].add(skill)
    for pk, names_of_skills in required.items():
        found[pk] = found[pk]._replace(skills=frozenset(names_of_skills))
    return found


def schedules(keys: Collection[int], using: str) -> dict[int, ScheduleRecord]:
    rows = Schedule.objects.using(using).order_by().filter(InMany("pk", keys))
    names = ("pk", "department", "department__name", "department__active", "week_start", "week_end", "status")
    return {row[0]: ScheduleRecord._make(row) for row in rows.values_list(*names)}


def originals(keys: Collection[int], using: str) -> dict[int, Original]:
    rows = ScheduleAssignment.objects.using(using).order_by().filter(InMany("pk", keys))
    names = ("pk", "employee", "shift", "date", "status", "schedule", *DETAILS)
    return {row[0]: Original._make((*row[:6], row[6:])) for row in rows.values_list(*names)}


def assignments(windows: Mapping[int, Window], using: str, without: Collection[int] = ()) -> Iterator[Stored]:
    """Yield the assignments in the windows of employees, whatever their status, and some of those around them.

    Leaves out the schedules `without`.
    """
    rows = ScheduleAssignment.objects.using(using).current().order_by().filter(_inside(windows))
    if without:
        rows = rows.exclude(InMany("schedule", without))
    yield from rows.values_list("pk", "employee", "shift", "date", "status", "schedule")


def _inside(windows: Mapping[int, Window]) -> Q:
    """Return the condition for the rows in the windows.

    The windows of an import usually lie side by side, so one range of dates covers them. Where they are spread over
    months, that range would fetch everything these employees have, so each part of the time gets its own condition
    with its own employees.
    """
    earliest, latest = min(first for first, _ in windows.values()), max(last for _, last in windows.values())
    days = (latest - earliest).days
    if days <= _NARROW:
        return Q(InMany("employee", windows), date__range=(earliest, latest))
    parts = _by_part(windows, earliest, max(WEEK.days, math.ceil(days / _MAX_PARTS)))
    return reduce(or_, (Q(InMany("employee", own), date__range=dates) for dates, own in parts.items()))


def _by_part(windows: Mapping[int, Window], start: datetime.date, days: int) -> dict[Window, list[int]]:
    """Divide the time from a date on into parts of some days. Return the employees whose windows meet each part."""
    parts: defaultdict[int, list[int]] = defaultdict(list)
    for employee, (first, last) in windows.items():
        for number in range((first - start).days // days, (last - start).days // days + 1):
            parts[number].append(employee)
    length = datetime.timedelta(days=days)
    return {(start + number * length, start + (number + 1) * length - DAY): own for number, own in parts.items()}


def staff(slots: Collection[Slot], using: str) -> dict[Slot, int]:
    """Count the employees of all slots that have their department, shift and date from these slots."""
    departments, shifts, dates = (set(part) for part in zip(*slots, strict=True))
    rows = ScheduleAssignment.objects.using(using).counting().order_by().filter(date__in=dates)
    rows = rows.filter(InMany("shift", shifts), InMany("schedule__department", departments))
    counted = rows.values_list("schedule__department", "shift", "date").annotate(people=Count("pk"))
    return {(department, shift, date): people for department, shift, date, people in counted}


def parents(using: str) -> dict[int, int | None]:
    """Return the department above each department."""
    return dict(Department.objects.using(using).order_by().values_list("pk", "parent"))
