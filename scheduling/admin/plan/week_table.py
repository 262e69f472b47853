"""A schedule's week at a glance: its shifts by day, with the people who work them and how many are missing."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import cached_property

from scheduling.admin.plan.staffing import coverage, staffing_of
from scheduling.models import ScheduleAssignment, Shift
from scheduling.policy.times import with_times

MAX_NAMES = 4
"""A cell names this many people and counts the others."""


@dataclass(frozen=True)
class Cell:
    """One shift on one day."""

    day: datetime.date
    people: Sequence[str]
    required: int
    staffing: str

    @property
    def names(self) -> Sequence[str]:
        return self.people[:MAX_NAMES]

    @property
    def more(self) -> int:
        return len(self.people) - len(self.names)

    @property
    def coverage(self) -> str:
        return coverage(len(self.people), self.required, self.staffing)


class WeekTable:
    """A row for each shift that anyone works in the week, and a column for each day."""

    def __init__(self, days: Sequence[datetime.date], assignments: Iterable[ScheduleAssignment]) -> None:
        self.days = days
        self._people: defaultdict[tuple[int, datetime.date], list[str]] = defaultdict(list)
        self._shifts: dict[int, Shift] = {}
        for assignment in assignments:
            if assignment.is_called_off:
                continue
            self._people[assignment.shift_id, assignment.date].append(str(assignment.employee))
            self._shifts[assignment.shift_id] = assignment.shift

    @cached_property
    def rows(self) -> list[tuple[str, list[Cell | None]]]:
        shifts = sorted(self._shifts.values(), key=lambda shift: (shift.start_time, shift.name))
        return [(with_times(shift), [self._cell(shift, day) for day in self.days]) for shift in shifts]

    def _cell(self, shift: Shift, day: datetime.date) -> Cell | None:
        """Return None for a day on which no one works the shift: nothing says whether it is needed on that day."""
        people = self._people.get((shift.pk, day))
        if people is None:
            return None
        staffing = staffing_of(len(people), shift.required_staff, shift.max_staff)
        return Cell(day, people, shift.required_staff, staffing)
