"""The days that a page of assignments can show, and the one that it shows."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from scheduling.calendar import days_from
from scheduling.models import Schedule

MAX_ROWS_OF_ALL_DAYS = 60
"""A page with more rows than this shows one day at a time."""


def week_of(schedule: Schedule) -> list[datetime.date]:
    """Return the seven days of the schedule, Monday first."""
    return days_from(schedule.week_start)


def next_seven_days() -> list[datetime.date]:
    """Return today and the six days after it."""
    return days_from(timezone.localdate())


def day_name(day: datetime.date) -> str:
    """Return the name of a day in few characters: "Mon 30 Nov"."""
    return date_format(day, gettext("D j M"))


def day_to_show(text: str, days: Sequence[datetime.date], rows: int, today: datetime.date) -> datetime.date | None:
    """Return the day that the address asks for; None stands for all days.

    Without one: all days if they have few rows, otherwise today or, if today is not among them, the first day.
    """
    requested = next((day for day in days if day.isoformat() == text), None)
    if requested or rows <= MAX_ROWS_OF_ALL_DAYS:
        return requested
    return today if today in days else days[0]


def day_lookup(day: datetime.date | None) -> dict[str, object]:
    """Return the lookup that filters the list of assignments by a day; none for all days."""
    return {"date__exact": day} if day else {}


class DayTabs:
    """The links to the days of a page."""

    def __init__(self, days: Sequence[datetime.date], shown: datetime.date | None, rows: int) -> None:
        self.names = [(day, day_name(day), day == shown) for day in days]
        self.all_are_shown = shown is None
        self.can_show_all = rows <= MAX_ROWS_OF_ALL_DAYS
