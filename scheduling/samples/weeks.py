"""The sample plan in other weeks. The committed files begin on FIRST_MONDAY; a demo wants a plan for the present week.

The files stay as they are: what was read from them is moved before it is imported. Everything that belongs to a week
moves by whole weeks. A hire date belongs to a person and stays, unless the person would begin after the plan does.
"""

import datetime
from collections.abc import Callable

from django.utils import timezone

from scheduling.imports.engine.tables import Table
from scheduling.samples.generate import FIRST_MONDAY

WEEKS = 2
"""How many weeks the plan has; the second one is planned for some departments only."""
PLAN = {"schedules": "week_start", "assignments": "date"}
"""The kinds of files that are about weeks, and the column with the date."""


def this_monday() -> datetime.date:
    """Return the Monday of the present week."""
    today = timezone.localdate()
    return today - datetime.timedelta(days=today.weekday())


def is_over(monday: datetime.date) -> bool:
    """Return whether all weeks of a plan that begins on this Monday have passed."""
    return monday + datetime.timedelta(weeks=WEEKS) <= this_monday()


def moved(kind: str, table: Table, monday: datetime.date) -> Table:
    """Return the table of a sample file as it is when the plan begins on this Monday."""
    if kind in PLAN:
        by = monday - FIRST_MONDAY
        return _with_dates(table, PLAN[kind], lambda date: date + by)
    if kind == "employees":
        return _with_dates(table, "hire_date", lambda date: min(date, monday))
    return table


def _with_dates(table: Table, column: str, change: Callable[[datetime.date], datetime.date]) -> Table:
    place = table.headers.index(column)
    rows = []
    for row in table:
        cells = list(row)
        cells[place] = change(datetime.date.fromisoformat(cells[place])).isoformat()
        rows.append(cells)
    return Table(*rows, headers=table.headers, numbers=table.row_numbers)
