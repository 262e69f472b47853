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
    counts: bool = True
    """False in a version that a newer one has replaced: its record is shown, and nobody has to act on it."""

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
    """A row for each shift that anyone works in the week or that is open, and a column for each day."""

    def __init__(self, days: Sequence[datetime.date], assignments: Iterable[ScheduleAssignment]) -> None:
        self.days = days
        self._people: defaultdict[tuple[int, datetime.date], list[str]] = defaultdict(list)
        self._counting: set[tuple[int, datetime.date]] = set()
        self._shifts: dict[int, Shift] = {}
        for assignment in assignments:
            slot = assignment.shift_id, assignment.date
            if not assignment.superseded:
                self._counting.add(slot)
            if not assignment.is_called_off:
                self._people[slot].append(str(assignment.employee))
            elif assignment.shift.required_staff and not assignment.superseded:
                # All of its people may have declined or been cancelled: then it is open.
                self._people.setdefault(slot, [])
            else:
                continue
            self._shifts[assignment.shift_id] = assignment.shift

    @cached_property
    def rows(self) -> list[tuple[str, list[Cell | None]]]:
        shifts = sorted(self._shifts.values(), key=lambda shift: (shift.start_time, shift.name))
        return [(with_times(shift), [self._cell(shift, day) for day in self.days]) for shift in shifts]

    @cached_property
    def open_shifts(self) -> int:
        """How many of its shifts, counted once per day, have fewer people than they require."""
        cells = (cell for _shift, cells in self.rows for cell in cells if cell)
        return sum(cell.staffing == "under" for cell in cells if cell.counts)

    def _cell(self, shift: Shift, day: datetime.date) -> Cell | None:
        """Return None for a day to which no one was assigned: nothing says whether the shift is needed on that day."""
        people = self._people.get((shift.pk, day))
        if people is None:
            return None
        staffing = staffing_of(len(people), shift.required_staff, shift.max_staff)
        return Cell(day, people, shift.required_staff, staffing, (shift.pk, day) in self._counting)
