"""The calendar of weeks: every week runs from Monday to Sunday.

Dates for forms, lists and schedules; numbers of weeks for the policy, which counts days as ordinals.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(days=7)
MONDAY_TO_SUNDAY = datetime.timedelta(days=6)
YEARS = range(1970, 2200)
"""The years in which weeks can be planned. Python has no week before that of 0001-01-01 and none after 9999-12-31."""


class DepartmentWeek(NamedTuple):
    """The week of one department. Each of its versions is a schedule."""

    department_id: int
    monday: datetime.date


def monday_of(date: datetime.date) -> datetime.date:
    """Return the Monday of the week that the date is in."""
    return date - datetime.timedelta(days=date.weekday())


def sunday_of(date: datetime.date) -> datetime.date:
    """Return the Sunday of the week that the date is in."""
    return monday_of(date) + MONDAY_TO_SUNDAY


def days_from(first: datetime.date, number: int = 7) -> list[datetime.date]:
    """Return that many days in a row, the first one included: a whole week for a Monday."""
    return [first + datetime.timedelta(days=offset) for offset in range(number)]


def week_number(ordinal: int) -> int:
    """Return the number of the week of a day, given as `date.toordinal()`: 0001-01-01, day 1, was a Monday."""
    return (ordinal - 1) // 7


def ordinals_of_week(number: int) -> range:
    """Return the ordinals of the seven days of a week."""
    return range(number * 7 + 1, number * 7 + 8)


def monday_of_week(number: int) -> datetime.date:
    """Return the Monday of the week with this number."""
    return datetime.date.fromordinal(number * 7 + 1)
