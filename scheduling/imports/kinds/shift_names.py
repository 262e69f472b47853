"""Which shift a row means: by its name, by its code, or by its times and the department in which it is worked."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.department_tree import path_to_root
from scheduling.imports.engine import values
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.problems import listed, shown
from scheduling.imports.engine.references import Several
from scheduling.imports.engine.sheet import Sheet
from scheduling.imports.engine.spelling import folded
from scheduling.models import Department, Shift
from scheduling.policy.times import with_times

TIME_COLUMNS = (
    Column(
        name="start_time",
        label=gettext_lazy("start"),
        aliases=("start", "time_from", "timefrom", "from", "in", "shift_start"),
        parse=values.time,
        stored=False,
        exported=False,
    ),
    Column(
        name="end_time",
        label=gettext_lazy("end"),
        aliases=("end", "time_to", "timeto", "to", "out", "shift_end"),
        parse=values.time,
        stored=False,
        exported=False,
    ),
)
"""The columns besides the name by which a file can say which shift is meant."""
INSTEAD_OF_NAME = ("start_time",)

DepartmentOf = Callable[[int], int | None]
"""Returns the department in which the row at a position is worked, or None if it is not known."""


def shifts_by_code_or_name(cells: Iterable[Any]) -> dict[Any, Any]:
    """Return the primary keys of shifts by code, or by a name in another spelling.

    Where several shifts are meant, return them as `Several`. Cells that mean no shift are left out.
    """
    shifts = Shift.objects.list_all()
    found: dict[Any, Any] = {}
    for cell in cells:
        meant = [shift for shift in shifts if folded(cell) in (folded(shift.name), folded(shift.code))]
        if len(meant) == 1:
            found[cell] = meant[0].pk
        elif meant:
            found[cell] = Several((shift.pk for shift in meant), _several(shown(cell), meant))
    return found


def settle_shifts(sheet: Sheet, column: str, department_of: DepartmentOf) -> None:
    """Fill a column with the primary keys of the shifts that the rows mean. The names are resolved as far as possible.

    What a row says of the times of a shift has to be true of it.
    """
    shifts = sheet.values.get(column) or [None] * sheet.size
    sheet.values[column] = shifts
    if column not in sheet.columns:
        sheet.stands_for[column] = "start_time"
    starts, ends = (sheet.values.get(name) or [None] * sheet.size for name in ("start_time", "end_time"))
    has_times = "start_time" in sheet.values or "end_time" in sheet.values
    if not (has_times or column in sheet.undecided or None in shifts):
        return
    known = _Shifts()
    for position in sheet.sound:
        start, end = starts[position], ends[position]
        reason = ""
        if shifts[position] is None:
            if start is None or end is None:
                reason = _("Name the shift, or write its start and its end.")
            else:
                shifts[position], reason = known.at(start, end, department_of(position))
        elif isinstance(shifts[position], Several):
            shifts[position], reason = known.one_of(shifts[position], department_of(position))
        if not reason and shifts[position] is not None:
            reason = known.contradiction(shifts[position], start, end)
        if reason:
            sheet.refuse(position, column, reason)


class _Shifts:
    """All shifts, by their primary keys, and which of them a department works."""

    def __init__(self) -> None:
        self._shifts = {shift.pk: shift for shift in Shift.objects.list_all()}
        tree = Department.objects.tree()
        self._parents = {node.id: node.parent_id for node in tree}
        self._names = {node.id: node.name for node in tree}

    def at(self, start: datetime.time, end: datetime.time, department: int | None) -> tuple[int | None, str]:
        """Return the shift with these times that the department works, or None and why there is not exactly one."""
        times = [shift for shift in self._shifts.values() if (shift.start_time, shift.end_time) == (start, end)]
        found = self._worked_in(department, times)
        found = [shift for shift in found if shift.active] or found
        if len(found) == 1:
            return found[0].pk, ""
        text = f"{start:%H:%M}–{end:%H:%M}"
        if found:
            return None, _several(text, found)
        where = self._names.get(department or 0, "")
        if not where:
            return None, _("No shift has the times %(times)s. Name the shift.") % {"times": text}
        texts = {"times": text, "department": where}
        return None, _("No shift of %(department)s has the times %(times)s. Name the shift.") % texts

    def one_of(self, several: Several, department: int | None) -> tuple[int | None, str]:
        """Return the one of several shifts that the department works, or None and why there is not exactly one."""
        meant = [self._shifts[pk] for pk in several.pks if pk in self._shifts]
        found = self._worked_in(department, meant)
        return (found[0].pk, "") if len(found) == 1 else (None, several.reason)

    def contradiction(self, pk: int, start: datetime.time | None, end: datetime.time | None) -> str:
        """Return the sentence about times that are not those of the shift, or an empty text."""
        shift = self._shifts.get(pk)
        if shift is None or (start or shift.start_time, end or shift.end_time) == (shift.start_time, shift.end_time):
            return ""
        written_times = " ".join(f"{time:%H:%M}" for time in (start, end) if time is not None)
        texts = {"shift": with_times(shift), "times": written_times}
        return _("The shift is %(shift)s, and the row says %(times)s. Correct one of them.") % texts

    def _worked_in(self, department: int | None, shifts: Sequence[Shift]) -> list[Shift]:
        """Keep the shifts of all departments, of this one, and of those above it."""
        if department is None:
            return list(shifts)
        line = path_to_root(department, self._parents.get)
        return [shift for shift in shifts if shift.department_id is None or shift.department_id in line]


def _several(cell: str, shifts: Iterable[Shift]) -> str:
    names = listed((with_times(shift) for shift in shifts), _("or"))
    return _("'%(cell)s' may be %(shifts)s. Write the name of the shift.") % {"cell": cell, "shifts": names}
