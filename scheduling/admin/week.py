"""A schedule's week at a glance: its shifts by day, with who works them and how many are lacking."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext

from scheduling.admin.plan_forms import MOST_ROWS_OF_ALL_DAYS
from scheduling.models import Schedule, ScheduleAssignment, Shift
from scheduling.policy.times import with_times
from scheduling.statuses import NOT_COUNTING

MOST_NAMES = 4


def staffing_of(people: int, required: int, most: int | None) -> str:
    if people < required:
        return "under"
    return "over" if most is not None and people > most else "full"


def coverage(people: int, required: int, staffing: str) -> str:
    """Return "3 of 4" as lists show it, with the word for what the colour says."""
    words = {"under": pgettext("staffing", "under"), "over": pgettext("staffing", "over"), "full": ""}
    text = gettext("%(people)d of %(required)d") % {"people": people, "required": required}
    return format_html('<span class="staffing staffing-{}">{}</span>', staffing, f"{text} {words[staffing]}".strip())


class Days:
    """The days that a page can show, and which one it shows."""

    def __init__(self, days: Sequence[datetime.date], shown: datetime.date | None, rows: int) -> None:
        self.names = [(day, date_format(day, gettext("D j M")), day == shown) for day in days]
        self.all_are_shown = shown is None
        self.can_show_all = rows <= MOST_ROWS_OF_ALL_DAYS


@dataclass(frozen=True)
class Cell:
    """One shift on one day."""

    day: datetime.date
    people: Sequence[str]
    required: int
    staffing: str

    @property
    def names(self) -> Sequence[str]:
        return self.people[:MOST_NAMES]

    @property
    def more(self) -> int:
        return len(self.people) - len(self.names)

    @property
    def coverage(self) -> str:
        return coverage(len(self.people), self.required, self.staffing)


class Week:
    """The table: a row per shift that anybody works in the week, a column per day."""

    def __init__(self, days: Sequence[datetime.date], assignments: Iterable[ScheduleAssignment]) -> None:
        self.days = days
        self._slots: defaultdict[tuple[int, datetime.date], list[str]] = defaultdict(list)
        self._shifts: dict[int, Shift] = {}
        for assignment in assignments:
            if assignment.is_called_off:
                continue
            self._slots[assignment.shift_id, assignment.date].append(str(assignment.employee))
            self._shifts[assignment.shift_id] = assignment.shift

    @cached_property
    def rows(self) -> list[tuple[str, list[Cell | None]]]:
        shifts = sorted(self._shifts.values(), key=lambda shift: (shift.start_time, shift.name))
        return [(with_times(shift), [self._cell(shift, day) for day in self.days]) for shift in shifts]

    def _cell(self, shift: Shift, day: datetime.date) -> Cell | None:
        """Return None for a day on which nobody works the shift: whether somebody should, nobody has said."""
        people = self._slots.get((shift.pk, day))
        if people is None:
            return None
        staffing = staffing_of(len(people), shift.required_staff, shift.max_staff)
        return Cell(day, people, shift.required_staff, staffing)


def totals(schedules: Sequence[Schedule]) -> dict[int, str]:
    """Return the coverage of whole weeks by schedule: filled places of those required. One query."""
    rows = ScheduleAssignment.objects.filter(schedule__in=[schedule.pk for schedule in schedules]).order_by()
    slots = rows.exclude(status__in=NOT_COUNTING).values_list(
        "schedule", "shift", "date", "shift__required_staff", "shift__max_staff"
    )
    filled, required, states = Counter[int](), Counter[int](), defaultdict[int, set[str]](set)
    for schedule, _shift, _date, needed, most, people in slots.annotate(people=Count("pk")):
        filled[schedule] += min(people, needed)
        required[schedule] += needed
        states[schedule].add(staffing_of(people, needed, most))
    return {pk: coverage(filled[pk], required[pk], _worst(states[pk])) for pk in states}


def _worst(states: Any) -> str:
    return next((state for state in ("under", "over") if state in states), "full")
