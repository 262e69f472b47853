"""Everything that a check knows, arranged so that each function of the policy has little left to do."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from django.utils import timezone

from scheduling.department_tree import path_to_root
from scheduling.models import ScheduleAssignment
from scheduling.policy import loading
from scheduling.policy.clock import moments
from scheduling.policy.loading import Records
from scheduling.policy.records import Original, Person, Planned, Slot, Work, WorkShift
from scheduling.statuses import NOT_COUNTING

_by_employee = attrgetter("employee")
_by_start = itemgetter(0)


class Memo(dict[Any, Any]):
    """A dict that computes missing values."""

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: Any) -> Any:
        value = self[key] = self._compute(key)
        return value


class Situation:
    """What is planned, among what is stored. What only few functions need is read when the first one asks for it."""

    def __init__(self, planned: Sequence[Planned], deleted: Sequence[Planned], records: Records, using: str) -> None:
        self.using = using
        self.zone = timezone.get_default_timezone()
        self.originals, self.people, self.shifts = records.originals, records.people, records.shifts
        self.schedules, self.stored, self.rules = records.schedules, records.stored, records.rules
        self.everything = [self._with_status(assignment) for assignment in planned if self._still_refers(assignment)]
        self.planned = [assignment for assignment in self.everything if assignment.status not in NOT_COUNTING]
        replaced = {assignment.pk for assignment in planned}
        self.deleted = [
            assignment
            for assignment in deleted
            if self.original_of(assignment) is not None and assignment.pk not in replaced
        ]

    def _still_refers(self, assignment: Planned) -> bool:
        """Whether all that it refers to still exists. If not, the database will refuse the assignment."""
        return (
            assignment.employee in self.people
            and assignment.shift in self.shifts
            and assignment.schedule in self.schedules
        )

    def _with_status(self, assignment: Planned) -> Planned:
        if assignment.status:
            return assignment
        original = self.original_of(assignment)
        return assignment._replace(status=original.status if original else ScheduleAssignment.Status.ASSIGNED)

    # -- time lines --------------------------------------------------------------------------------------------------

    @cached_property
    def works(self) -> dict[int, list[Work]]:
        """By employee and in order of start, the assignments that count, planned and stored."""
        lines: dict[int, list[Work]] = {}
        for employee, mine in groupby(sorted(self.planned, key=_by_employee), key=_by_employee):
            line = [self.work_of(assignment) for assignment in mine]
            line += [
                self._work_at[shift, date]
                for _pk, _employee, shift, date, status, _schedule in self.stored[employee]
                if status not in NOT_COUNTING
            ]
            line.sort(key=_by_start)
            lines[employee] = line
        return lines

    @cached_property
    def stored_seconds(self) -> dict[tuple[int, int], int]:
        """By employee and day, the seconds of stored work that counts."""
        found: defaultdict[tuple[int, int], int] = defaultdict(int)
        for employee, work in self.stored_works():
            found[employee, work.day] += work.seconds
        return found

    def stored_works(self) -> Iterator[tuple[int, Work]]:
        """Yield the stored work that counts, with its employee."""
        for employee, line in self.works.items():
            for work in line:
                if work.planned is None:
                    yield employee, work

    @cached_property
    def _work_at(self) -> Memo:
        # Many people work the same shift on the same day, so its times are computed once for all of them. The function
        # knows no situation: in a circle of references, everything would outlive the check.
        return Memo(partial(_times, self.shifts, self.zone))

    def work_of(self, assignment: Planned) -> Work:
        return self.times_of(assignment)._replace(planned=assignment)

    def times_of(self, assignment: Planned) -> Work:
        """Return the times of the assignment, which everyone on this shift and date shares."""
        return self._work_at[assignment.shift, assignment.date]

    def schedule_of(self, employee: int, work: Work) -> int:
        """Return the schedule in which the work is planned or stored."""
        if work.planned is not None:
            return work.planned.schedule
        date = datetime.date.fromordinal(work.day)
        return next(row[5] for row in self.stored[employee] if (row[2], row[3]) == (work.shift, date))

    # -- staff -------------------------------------------------------------------------------------------------------

    def slot(self, assignment: Planned | Original) -> Slot:
        return self.schedules[assignment.schedule].department, assignment.shift, assignment.date

    @cached_property
    def staff(self) -> dict[Slot, int]:
        """The number of employees in each slot that the plan adds to or takes from, without its own assignments."""
        left = [self.slot(original) for original in self.originals.values() if original.counts]
        slots = {*map(self.slot, self.planned), *left}
        counted = loading.staff(slots, self.using) if slots else {}
        staff = {slot: counted.get(slot, 0) for slot in slots}
        for slot in left:
            staff[slot] -= 1
        return staff

    # -- what few functions need -------------------------------------------------------------------------------------

    @cached_property
    def skills(self) -> dict[int, set[str]]:
        """The names of the skills of each employee."""
        return loading.skills(self.people, self.using)

    @cached_property
    def _parents(self) -> Mapping[int, int | None]:
        return loading.parents(self.using)

    def line_of(self, department: int) -> Sequence[int]:
        """Return the department and those above it. The first call costs a query."""
        return path_to_root(department, self._parents.get)

    def department_of(self, schedule: int) -> str:
        """Return the name of a schedule's department. The first one that only stored rows name costs a query."""
        if schedule not in self.schedules:
            named = {row[5] for rows in self.stored.values() for row in rows}
            self.schedules = {**self.schedules, **loading.schedules(named - self.schedules.keys(), self.using)}
        return self.schedules[schedule].department_name

    def department_name(self, department: int) -> str:
        """Return the name of the department of one of the plan's schedules."""
        return next(week.department_name for week in self.schedules.values() if week.department == department)

    def original_of(self, assignment: Planned) -> Original | None:
        """Return the stored row that is changed or deleted; None for a new assignment."""
        return self.originals.get(assignment.pk) if assignment.pk is not None else None

    def person(self, assignment: Planned | Original) -> Person:
        return self.people[assignment.employee]

    def shift(self, assignment: Planned | Original) -> WorkShift:
        return self.shifts[assignment.shift]


def _times(shifts: Mapping[int, WorkShift], zone: datetime.tzinfo, key: tuple[int, datetime.date]) -> Work:
    number, date = key
    shift = shifts[number]
    start, end = moments(date, shift.start, shift.end, zone)
    return Work(start, end, max(0, end - start - 60 * shift.break_minutes), date.toordinal(), number, None)
