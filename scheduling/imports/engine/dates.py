"""One cell to a date. ISO and day.month.year first; what follows a date must be a time of day, and is checked.

The order of 11/05/2026 is decided once for a whole file: a part above 12 settles it, and otherwise the user is asked.
"""

import datetime
import functools
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone, translation
from django.utils.dates import MONTHS, MONTHS_3, MONTHS_AP, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import FileError, listed, shown
from scheduling.imports.engine.texts import text

DateOrder = Literal["dmy", "mdy"]
# Outside of these years there are only mistakes, and spreadsheets' zeros.
FIRST_YEAR, LAST_YEAR = 1910, 2199
# The longest way to write a date: Wednesday, 30th of September 2026, 23:59:12.000000 +01:00.
MAX_LENGTH = 64
# Years of two digits from here on belong to the last century, as in POSIX.
CENTURY_TURNS = 69

# No clock is further from UTC.
_FARTHEST_ZONE = datetime.timedelta(hours=14)

_CLOCK = re.compile(
    r"(?P<date>.+?)(?:(?P<iso>T)|,? +)(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?",
    re.ASCII | re.IGNORECASE,
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_COMPACT = re.compile(r"((?:19|2[01])\d\d)(\d\d)(\d\d)", re.ASCII)
_DOTS = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4}|\d{2})", re.ASCII)
_EITHER = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_DAY_MONTH_NAME = re.compile(r"(\d{1,2})(?:st|nd|rd|th|\.)?(?: of)?[ /-]*([^\W\d_]+)\.?,?[ /-]*(\d{4}|\d{2})")
_MONTH_NAME_DAY = re.compile(r"([^\W\d_]+)\.?[ /-]*(\d{1,2})(?:st|nd|rd|th)?,?[ /-]+(\d{4})")
_YEAR_MONTH_NAME = re.compile(r"(\d{4})[ /-]([^\W\d_]+)\.?[ /-](\d{1,2})")
_WEEKDAY = re.compile(r"([^\W\d_]+)(?:\.,|[.,])? +(.+)")
_ZONED = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)


def date(cell: Any) -> datetime.date:
    """Parse a date of a file without dates such as 11/05/2026. As the parser of a column, it means any date."""
    return _date(cell, None)


def date_in(order: DateOrder | None) -> Callable[[Any], datetime.date]:
    """Return a parser of dates. `order` is for dates such as 11/05/2026, and is None if the file has none of them."""
    return lambda cell: _date(cell, order)


def _date(cell: Any, order: DateOrder | None) -> datetime.date:
    if (moment := _moment_in(cell, order)) is not None:
        return _in_bounds(_day_of(moment))
    if isinstance(cell, datetime.date):
        return _in_bounds(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        raise ValueError(_("This is a number. Format the cell as a date, or write the date as 2026-05-31."))
    if not isinstance(cell, str) or len(said := text(cell)) > MAX_LENGTH:
        raise ValueError(_("Write a date, such as 2026-05-31."))
    return _in_bounds(_plain(said, order))


def clock_of(cell: Any, order: DateOrder | None) -> datetime.time | None:
    """Return the time of day that a cell says beside its date, here; None if it says none, or midnight, or no date."""
    try:
        if (moment := _moment_in(cell, order)) is None:
            return None
        moment = _rounded(moment)
        # What is almost midnight belongs to the next day: that is the day of which `date` has taken it to be.
        said = moment.time() if _day_of(moment) == moment.date() else datetime.time()
    except ValueError:
        return None
    return None if said == datetime.time() else said


def _moment_in(cell: Any, order: DateOrder | None) -> datetime.datetime | None:
    """Return the local time of a cell with a date and a time of day; None for any other."""
    if isinstance(cell, datetime.datetime):
        return cell
    if not isinstance(cell, str) or len(said := text(cell)) > MAX_LENGTH or (match := _CLOCK.fullmatch(said)) is None:
        return None
    return _moment(_plain(match["date"], order), match)


def _in_bounds(found: datetime.date) -> datetime.date:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        words = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise ValueError(_("Write a date with a year from %(first)d to %(last)d.") % words)
    return found


def _day_of(moment: datetime.datetime) -> datetime.date:
    """Return the day of a moment. Programs that lose seconds write a day as 23:59:12 of the day before."""
    moment = _rounded(moment)
    if (moment.hour, moment.minute) != (23, 59):
        return moment.date()
    # People, too, write 23:59 and 23:59:59, and mean the end of that day.
    if moment.second in (0, 59):
        raise ValueError(_("This is almost midnight: it may be this day or the next one. Write the date alone."))
    return moment.date() + datetime.timedelta(days=1)


def _rounded(moment: datetime.datetime) -> datetime.datetime:
    """Return the nearest second."""
    try:
        return (moment + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
    except OverflowError:
        raise ValueError(_("There is no such day.")) from None


def _moment(day: datetime.date, clock: "re.Match[str]") -> datetime.datetime:
    """Return the local time of a date that is followed by a time of day. With a zone, that may be on another day."""
    if (clock["zone"] or "").startswith("-") and not clock["iso"] and clock["second"] is None:
        raise ValueError(
            _("This may be a range of times or a time with its zone. Write the date alone, such as 2026-05-31.")
        )
    hour, minute, second = (int(part or 0) for part in clock.group("hour", "minute", "second"))
    if clock["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(_("Write a time of day, such as 9:00 AM or 21:00."))
        hour = hour % 12 + (12 if clock["half"].lower() == "p" else 0)
    fraction = int((clock["fraction"] or "0").ljust(6, "0")[:6])
    try:
        moment = datetime.datetime(day.year, day.month, day.day, hour, minute, second, fraction)
        if clock["zone"] is None:
            return moment
        here = moment.replace(tzinfo=_zone(clock["zone"])).astimezone(timezone.get_current_timezone())
    except (ValueError, OverflowError):
        raise ValueError(_("There is no such time of day. Write the date alone, such as 2026-05-31.")) from None
    return here.replace(tzinfo=None)


def _zone(name: str) -> datetime.timezone:
    if (match := _ZONED.fullmatch(name)) is None:
        return datetime.UTC
    offset = datetime.timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > _FARTHEST_ZONE:
        raise ValueError
    return datetime.timezone(-offset if match[1] == "-" else offset)


def _plain(said: str, order: DateOrder | None) -> datetime.date:
    """Return the date of a text without a time of day. A weekday before it must be that of the date."""
    weekday: int | None = None
    if (match := _WEEKDAY.fullmatch(said)) and (weekday := _weekdays().get(match[1].casefold())) is not None:
        said = match[2]
    found = _numeric(said, order) or _named(said)
    if found is None:
        raise ValueError(_("Write a date, such as 2026-05-31."))
    if weekday is not None and found.weekday() != weekday:
        raise ValueError(_("This day is another day of the week. Write the date alone, such as 2026-05-31."))
    return found


def _numeric(said: str, order: DateOrder | None) -> datetime.date | None:
    if match := _ISO.fullmatch(said):
        return _exact(match[1], match[3], match[4])
    if match := _COMPACT.fullmatch(said):
        return _exact(*match.groups())
    if match := _DOTS.fullmatch(said):
        return _exact(_year(match[3]), match[2], match[1])
    if match := _EITHER.fullmatch(said):
        first, separator, second, year = match.groups()
        if len(year) == 2 and (separator == "-" or order is None):
            raise ValueError(_("Write the year with four digits."))
        day, month = (second, first) if order == "mdy" else (first, second)
        return _exact(_year(year), month, day)
    return None


def _named(said: str) -> datetime.date | None:
    """Return the date of a text with the month in letters."""
    if match := _DAY_MONTH_NAME.fullmatch(said):
        day, name, year = match.groups()
    elif match := _MONTH_NAME_DAY.fullmatch(said):
        name, day, year = match.groups()
    elif match := _YEAR_MONTH_NAME.fullmatch(said):
        year, name, day = match.groups()
    else:
        return None
    month = _months().get(name.casefold())
    return None if month is None else _exact(_year(year), month, day)


def _year(digits: str) -> int:
    if len(digits) != 2:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= CENTURY_TURNS else 2000)


def _exact(year: str | int, month: str | int, day: str | int) -> datetime.date:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(_("There is no such day.")) from None


@functools.cache
def _months() -> dict[str, int]:
    """Return the number of a month by its names, long and short, in all languages of the project."""
    found = {"mrz": 3, "maerz": 3, "sept": 9, "jän": 1, "jänner": 1}
    for language, __ in settings.LANGUAGES:
        with translation.override(language):
            for names in (MONTHS, MONTHS_3, MONTHS_AP):
                found.update((str(name).casefold().rstrip("."), number) for number, name in names.items())
    return found


@functools.cache
def _weekdays() -> dict[str, int]:
    """Return the number of a weekday, from 0 for Monday, by its names in all languages of the project."""
    found: dict[str, int] = {}
    for language, __ in settings.LANGUAGES:
        with translation.override(language):
            for names in (WEEKDAYS, WEEKDAYS_ABBR):
                found.update((str(name).casefold().rstrip("."), number) for number, name in names.items())
            found.update((str(name).casefold()[:2], number) for number, name in WEEKDAYS.items())
    return found


def date_order(cells: Iterable[Any], columns: Iterable[str]) -> DateOrder | None:
    """Decide for a whole file whether 11/05/2026 is in May or in November. None if the file has no such date.

    A part above 12 settles it. If no date has one, raise FileError, which asks: a wrong guess would go unnoticed.
    """
    pairs = {cell: _pair(cell) for cell in set(cells) if isinstance(cell, str) and len(cell) <= MAX_LENGTH}
    dates = {cell: pair for cell, pair in pairs.items() if pair is not None}
    day_first = any(first > 12 >= second for first, second in dates.values())
    month_first = any(second > 12 >= first for first, second in dates.values())
    undecided = [cell for cell, (first, second) in dates.items() if first != second and max(first, second) <= 12]
    where = listed(columns)
    if day_first and month_first:
        raise FileError(
            _("Some of the dates in %(columns)s have the day first, others the month. Write all of them as 2026-05-31.")
            % {"columns": where}
        )
    if undecided and not day_first and not month_first:
        raise FileError(
            _(
                "The dates in %(columns)s, for example %(date)s, can be read with the day first or with the month "
                "first, and no date in the file settles it. Say which it is, or write them as 2026-05-31."
            )
            % {"columns": where, "date": shown(min(undecided))}
        )
    return None if not dates else "mdy" if month_first else "dmy"


def _pair(cell: str) -> tuple[int, int] | None:
    """Return the two parts of a date that may be the day or the month."""
    said = " ".join(cell.split())
    if (clock := _CLOCK.fullmatch(said)) is not None:
        said = clock["date"]
    if (weekday := _WEEKDAY.fullmatch(said)) is not None:
        said = weekday[2]
    match = _EITHER.fullmatch(said)
    return (int(match[1]), int(match[3])) if match else None
