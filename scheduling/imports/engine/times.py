"""One cell to a time of day."""

import datetime
import re
from typing import Any

from django.utils.translation import gettext as _

from scheduling.imports.engine.texts import written

MAX_LENGTH = 32
# A spreadsheet shows a whole day as a date of its first years.
_EARLIEST_YEARS = 1904
_DAY = 86_400

_TIME = re.compile(
    r"(\d{1,2})(?:([:.h])(\d{2})(?:[:.](\d{2})(?:[.,]\d{1,9})?)?)? ?(?:([ap])\.?(?:m\.?)?|uhr|h)?",
    re.ASCII | re.IGNORECASE,
)
_FOUR_DIGITS = re.compile(r"([01]\d|2[0-4])([0-5]\d)", re.ASCII)
# After a point, these are quarters of an hour to those who count in decimals, and minutes to others.
_QUARTERS = frozenset({"25", "50", "75"})


def time(cell: Any) -> datetime.time:
    """Return the time of day, to the nearest second.

    9:00, 09:00:00, 9:00 AM, 9a, 17.30, 17h30, 0830, 9 Uhr and 9 are all understood. 24:00 is the end of the day.
    """
    if isinstance(cell, (datetime.date, datetime.time, datetime.timedelta)):
        return _clock(_seconds(cell))
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _clock(_hours_of_number(cell) * 3600)
    said = written(cell)
    if match := _FOUR_DIGITS.fullmatch(said[:MAX_LENGTH]):
        return _clock(int(match[1]) * 3600 + int(match[2]) * 60)
    match = _TIME.fullmatch(said) if len(said) <= MAX_LENGTH else None
    if match is None:
        raise ValueError(_("Write a time of day, such as 09:00."))
    return _clock(_seconds_written(match))


def _seconds_written(match: "re.Match[str]") -> int:
    hour, minute, second = (int(part or 0) for part in match.group(1, 3, 4))
    if match[2] == "." and match[4] is None and match[3] in _QUARTERS:
        raise _decimal()
    if minute > 59 or second > 59:
        raise ValueError(_("Write a time of day from 00:00 to 24:00."))
    half = (match[5] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(_("Write a time of day, such as 9:00 AM or 21:00."))
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 3600 + minute * 60 + second


def _seconds(cell: datetime.date | datetime.time | datetime.timedelta) -> float:
    """Return how long after midnight a cell with a date, a time or a duration is."""
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    if isinstance(cell, datetime.date) and not isinstance(cell, datetime.datetime):
        if cell.year <= _EARLIEST_YEARS:
            return _DAY
        raise ValueError(_("This is a date. Write a time of day, such as 09:00."))
    return cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6


def _hours_of_number(number: float) -> int:
    """Return a whole number of hours. 0.5 and 8.25 can be read in two ways, and 1 can be a whole day."""
    if not float(number).is_integer():
        raise _decimal()
    if not (number == 0 or 2 <= number <= 24):
        raise ValueError(_("This is a number. Format the cell as a time, or write the time as 09:00."))
    return int(number)


def _decimal() -> ValueError:
    return ValueError(_("This can be hours with decimals or hours and minutes. Write the time as 09:00."))


def _clock(seconds: float) -> datetime.time:
    whole = round(seconds)
    if not 0 <= whole <= _DAY:
        raise ValueError(_("Write a time of day from 00:00 to 24:00."))
    minutes, second = divmod(whole % _DAY, 60)
    return datetime.time(minutes // 60, minutes % 60, second)
