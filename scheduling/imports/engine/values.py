"""Parsers: from a cell, as people and spreadsheets write it, to a value.

A parser raises ValueError with a sentence that says what to write instead. It takes text as well as what a spreadsheet
stores (numbers, dates, times), and is never called for a blank cell.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from django.utils.translation import gettext as _

from scheduling.fields import normalise_email
from scheduling.imports.engine.problems import FileError, did_you_mean, listed

Parser = Callable[[Any], Any]
DateOrder = Literal["dmy", "mdy"]

_YES = {"yes", "y", "true", "t", "1", "on", "x", "ja", "j", "active", "aktiv"}
_NO = {"no", "n", "false", "f", "0", "off", "nein", "inactive", "inaktiv"}

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: .*)?", re.ASCII)
_EITHER = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?: .*)?", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}", re.ASCII)
_TIME = re.compile(
    r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2})(?:\.\d+)?)?\s*(?:([ap])\.?(?:m\.?)?)?", re.ASCII | re.IGNORECASE
)
_NUMBER = re.compile(r"[+-]?\d[\d.,' ]*", re.ASCII)
_MONEY = re.compile(r"^(?:[$€£]|EUR|USD|GBP|CHF)\s*|\s*(?:[$€£]|EUR|USD|GBP|CHF)$", re.IGNORECASE)


def is_blank(cell: object) -> bool:
    """Whether a cell has no value."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text(cell: Any) -> str:
    """Return the text of a cell, without the ".0" that a spreadsheet adds when it takes an id for a number."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    # A no-break space, pasted from a web page, looks like a space but does not compare equal to one.
    return str(cell).replace("\xa0", " ").strip()


def email(cell: Any) -> str:
    return normalise_email(text(cell))


def boolean(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    word = text(cell).casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(_("Write yes or no."))


def integer(cell: Any) -> int:
    number = decimal(cell)
    if number != number.to_integral_value():
        raise ValueError(_("Write a whole number."))
    return int(number)


def decimal(cell: Any) -> Decimal:
    """Return the number. A comma may be the decimal sign; a number that can be read in two ways is refused."""
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        number = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
        if not number.is_finite():
            raise ValueError(_("Write a number."))
        return number
    digits = _MONEY.sub("", text(cell))
    if not _NUMBER.fullmatch(digits):
        raise ValueError(_("Write a number."))
    return _plain_decimal(digits.replace(" ", "").replace("'", ""))


def _plain_decimal(digits: str) -> Decimal:
    point = max(digits.rfind("."), digits.rfind(","))
    if point != -1:
        whole, fraction = digits[:point], digits[point + 1 :]
        only_one_comma = digits.count(",") == 1 and "." not in digits
        if only_one_comma and len(fraction) == 3:
            raise ValueError(
                _("This can be read as %(fraction)s or as %(whole)s. Write it without a comma.")
                % {"fraction": f"{whole}.{fraction}", "whole": f"{whole}{fraction}"}
            )
        digits = f"{whole.replace('.', '').replace(',', '')}.{fraction}"
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise ValueError(_("Write a number.")) from None


def time(cell: Any) -> datetime.time:
    """Return the time of day. 9:00, 09:00:00, 9:00 AM, 9a, 17.30 and 9 are all understood."""
    if isinstance(cell, datetime.datetime):
        return cell.time().replace(microsecond=0)
    if isinstance(cell, datetime.time):
        return cell.replace(microsecond=0)
    if isinstance(cell, datetime.timedelta):
        return _clock(*divmod(round(cell.total_seconds()), 3600))
    if isinstance(cell, float) and 0 <= cell < 1:  # a spreadsheet's fraction of a day
        return _clock(*divmod(round(cell * 86400), 3600))
    match = _TIME.fullmatch(text(cell))
    if match is None:
        raise ValueError(_("Write a time of day, such as 09:00."))
    hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
    half = (match[4] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(_("Write a time of day, such as 9:00 AM or 21:00."))
        hour = hour % 12 + (12 if half == "p" else 0)
    return _clock(hour, minute * 60 + second)


def _clock(hours: int, seconds: int) -> datetime.time:
    minutes, seconds = divmod(seconds, 60)
    try:
        return datetime.time(hours, minutes, seconds)
    except ValueError:
        raise ValueError(_("Write a time of day from 00:00 to 23:59.")) from None


def date(cell: Any) -> datetime.date:
    """Parse a date of a file without dates such as 11/05/2026. As the parser of a column, it means any date."""
    parsed: datetime.date = date_in(None)(cell)
    return parsed


def date_in(order: DateOrder | None) -> Parser:
    """Return a parser of dates. `order` is for dates such as 11/05/2026, and is None if the file has none of them."""

    def date(cell: Any) -> datetime.date:
        if isinstance(cell, datetime.datetime):
            return cell.date()
        if isinstance(cell, datetime.date):
            return cell
        written = text(cell)
        if match := _ISO.fullmatch(written):
            year, month, day = match.groups()
        elif match := _DAY_FIRST.fullmatch(written):
            day, month, year = match.groups()
        elif match := _EITHER.fullmatch(written):
            first, second, year = match.groups()
            month, day = (first, second) if order == "mdy" else (second, first)
        elif _SHORT_YEAR.fullmatch(written):
            raise ValueError(_("Write the year with four digits."))
        else:
            raise ValueError(_("Write a date, such as 2026-05-31."))
        try:
            return datetime.date(int(year), int(month), int(day))
        except ValueError:
            raise ValueError(_("There is no such day.")) from None

    return date


def date_order(cells: Iterable[Any], columns: Iterable[str]) -> DateOrder | None:
    """Decide for a whole file whether 11/05/2026 is in May or in November. None if the file has no such date.

    A part above 12 settles it. If no date has one, raise FileError, which asks: a wrong guess would go unnoticed.
    """
    pairs = {cell: _pair(cell) for cell in set(cells) if isinstance(cell, str)}
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
            % {"columns": where, "date": min(undecided)}
        )
    return None if not dates else "mdy" if month_first else "dmy"


def _pair(cell: str) -> tuple[int, int] | None:
    match = _EITHER.fullmatch(text(cell))
    return (int(match[1]), int(match[2])) if match else None


def choice(labels: Mapping[str, str]) -> Parser:
    """Return a parser that takes a stored value or its label, ignoring case and the kind of separator."""
    by_word = {_word(spelling): value for value, label in labels.items() for spelling in (str(label), value)}

    def parse_choice(cell: Any) -> str:
        written = text(cell)
        try:
            return by_word[_word(written)]
        except KeyError:
            allowed = listed((str(label) for label in labels.values()), _("or"))
            meant = did_you_mean(written, map(str, labels.values()))
            raise ValueError(_("Write %(allowed)s.") % {"allowed": allowed} + meant) from None

    return parse_choice


def _word(spelling: str) -> str:
    return re.sub(r"[\W_]+", " ", spelling.casefold()).strip()


# As in CSV, a name in quotes may contain separators, and quotes that are doubled.
_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=[|;,\n]|\Z)|([^|;,\n]*))(?:[|;,\n]|\Z)')
_TO_BE_QUOTED = re.compile(r'[|;,\n]|\A"')


def names(cell: Any) -> tuple[str, ...]:
    """Return the names in a cell, each once, in alphabetical order."""
    return tuple(sorted(split_names(cell)))


def split_names(cell: Any) -> list[str]:
    """Return the names in a cell, each once. They are separated by | or ; or a comma; see `joined` for quoting."""
    found = (match[1].replace('""', '"') if match[1] is not None else match[2] for match in _NAME.finditer(text(cell)))
    return list(dict.fromkeys(name.strip() for name in found if name.strip()))


def joined(names: Iterable[str]) -> str:
    """Return the cell from which `split_names` reads these names: First aid|"Beer, wine"."""
    return "|".join(_quoted(name) if _TO_BE_QUOTED.search(name) else name for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
