"""Everything that a check knows, arranged so that each function of the policy has little to do."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from django.utils import timezone

from scheduling.models import ScheduleAssignment
from scheduling.policy import loading
from scheduling.policy.clock import moments
from scheduling.policy.loading import Records
from scheduling.policy.records import Original, Person, Planned, Slot, Work, WorkShift
from scheduling.statuses import NOT_COUNTING

_by_employee = attrgetter("employee")
_by_start = itemgetter(0)


class Memo(dict[Any, Any]):
    """A dict that works out what it does not have."""

    def __init__(self, work_out: Callable[[Any], Any]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, key: Any) -> Any:
        value = self[key] = self._work_out(key)
        return value


class Situation:
    """What is planned, among what is stored. What few checks need is read when the first of them asks for it."""

    def __init__(self, planned: Sequence[Planned], deleted: Sequence[Planned], records: Records, using: str) -> None:
        self.using = using
        self.zone = timezone.get_default_timezone()
        self.originals, self.people, self.shifts = records.originals, records.people, records.shifts
        self.schedules, self.stored, self.rules = records.schedules, records.stored, records.rules
        self.everything = [self._with_status(one) for one in planned if self._still_refers(one)]
        self.planned = [one for one in self.everything if one.status not in NOT_COUNTING]
        replaced = {one.pk for one in planned}
        self.deleted = [one for one in deleted if self.original_of(one) is not None and one.pk not in replaced]
        # Many people work the same shift on the same day: worked out, and kept, once for all of them.
        self._work_at = Memo(self._work_out)

    def _still_refers(self, one: Planned) -> bool:
        """Whether nothing that it refers to was deleted meanwhile; otherwise the database will say so."""
        return one.employee in self.people and one.shift in self.shifts and one.schedule in self.schedules

    def _with_status(self, one: Planned) -> Planned:
        if one.status:
            return one
        original = self.original_of(one)
        return one._replace(status=original.status if original else ScheduleAssignment.Status.ASSIGNED)

    # -- time lines --------------------------------------------------------------------------------------------------

    @cached_property
    def works(self) -> dict[int, list[Work]]:
        """By employee, in order of start, what counts: the planned and the stored."""
        lines: dict[int, list[Work]] = {}
        for employee, mine in groupby(sorted(self.planned, key=_by_employee), key=_by_employee):
            line = [self.work_of(one) for one in mine]
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
        """By employee and day, how long the work is that is stored and counts."""
        found: defaultdict[tuple[int, int], int] = defaultdict(int)
        for employee, work in self.stored_works():
            found[employee, work.day] += work.seconds
        return found

    def stored_works(self) -> Iterator[tuple[int, Work]]:
        """Yield employee and work of what is stored and counts."""
        for employee, line in self.works.items():
            for work in line:
                if work.planned is None:
                    yield employee, work

    def work_of(self, one: Planned) -> Work:
        return self.times_of(one)._replace(planned=one)

    def times_of(self, one: Planned) -> Work:
        """Return what all who have this shift on this date share: a work that does not say whose it is."""
        return self._work_at[one.shift, one.date]

    def _work_out(self, key: tuple[int, datetime.date]) -> Work:
        number, date = key
        shift = self.shifts[number]
        start, end = moments(date, shift.start, shift.end, self.zone)
        return Work(start, end, max(0, end - start - 60 * shift.break_minutes), date.toordinal(), number, None)

    def schedule_of(self, employee: int, work: Work) -> int:
        """Return the schedule that a work is planned or stored in."""
        if work.planned is not None:
            return work.planned.schedule
        date = datetime.date.fromordinal(work.day)
        return next(row[5] for row in self.stored[employee] if (row[2], row[3]) == (work.shift, date))

    # -- staff -------------------------------------------------------------------------------------------------------

    def slot(self, one: Planned | Original) -> Slot:
        return self.schedules[one.schedule].department, one.shift, one.date

    @cached_property
    def staff(self) -> dict[Slot, int]:
        """How many people each slot has that the plan enters or leaves, without the planned and the deleted."""
        left = [self.slot(original) for original in self.originals.values() if original.counts]
        slots = {*map(self.slot, self.planned), *left}
        counted = loading.staff(slots, self.using) if slots else {}
        staff = {slot: counted.get(slot, 0) for slot in slots}
        for slot in left:
            staff[slot] -= 1
        return staff

    # -- what few checks need ----------------------------------------------------------------------------------------

    @cached_property
    def skills(self) -> dict[int, set[str]]:
        """The names of the skills of the people."""
        return loading.skills(self.people, self.using)

    def department_of(self, schedule: int) -> str:
        """Return the name of a schedule's department. The first one that only stored rows name costs a query."""
        if schedule not in self.schedules:
            named = {row[5] for rows in self.stored.values() for row in rows}
            self.schedules = {**self.schedules, **loading.schedules(named - self.schedules.keys(), self.using)}
        return self.schedules[schedule].department_name

    def department_name(self, department: int) -> str:
        """Return the name of a department that a schedule of the plan belongs to."""
        return next(week.department_name for week in self.schedules.values() if week.department == department)

    def original_of(self, one: Planned) -> Original | None:
        """Return the stored row that is replaced or deleted; None for a new assignment."""
        return self.originals.get(one.pk) if one.pk is not None else None

    def person(self, one: Planned | Original) -> Person:
        return self.people[one.employee]

    def shift(self, one: Planned | Original) -> WorkShift:
        return self.shifts[one.shift]
