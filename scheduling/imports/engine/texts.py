"""One cell to a text: what a person sees in it, and nothing that cannot be seen.

A spreadsheet changes what is typed into it: 00102 becomes the number 102, 3-1 a day in March, a long number one with an
exponent. Where a text is meant, such a cell is refused, because what was typed is lost.
"""

import datetime
import math
import re
import unicodedata
from typing import Any

from django.utils.translation import gettext as _

from scheduling.fields import normalise_email

# As long as a cell of a spreadsheet can be. Nothing longer is parsed.
MAX_CELL_LENGTH = 32_767
# A double holds every whole number up to here; of larger ones the last digits are made up.
MAX_EXACT = 10**15

_SPACES = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Blanks without a width, hyphens that are not shown, and marks of the direction, which come with pasted text.
_UNSEEN = "\u200b\u2060\ufeff\xad\u180e\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CLEANED = str.maketrans(
    {**dict.fromkeys(_SPACES, " "), **dict.fromkeys(_UNSEEN, None), **dict.fromkeys("\u2028\u2029", "\n")}
)
# Joiners mean something between letters of some scripts, and nothing at the ends.
_ENDS = " \t\r\n\x0b\x0c\u200c\u200d"
# Nobody types the controls from 0x80 on: they are letters and quotes of Windows-1252 that were read as Latin-1.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f]")
# What programs write in the place of a letter that they cannot read.
_LOST = "\ufffd"
_EXPONENT = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]\d{1,3}", re.ASCII | re.IGNORECASE)
# How spreadsheets show what was typed as a code such as 3-1: a day of a month, a month of a year, a whole date. Years
# of two digits are left: 01.02.03 is as good a number of a department.
_MONTHS = r"(?:Jan|Feb|Mar|Mär|Mrz|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez)"
_YEAR, _MONTH, _DAY = r"(?:19|20|21)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_DATE = re.compile(
    rf"\d{{1,2}}(?:-|\. ?){_MONTHS}(?:[-. ]{{1,2}}(?:{_YEAR}|\d\d))?|{_MONTHS}[- ](?:{_YEAR}|\d\d)"
    rf"|(?:{_YEAR}(?P<iso>[-/.]){_MONTH}(?P=iso){_DAY}"
    rf"|(?:{_DAY}(?P<day>[-/.]){_MONTH}(?P=day)|{_MONTH}(?P<month>[-/.]){_DAY}(?P=month)){_YEAR})"
    r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
# How programs mark a text for a spreadsheet. In CSV, these are read before.
_MARKED = re.compile(r"'[0-9]|=\"")
_WHOLE_WITH_DECIMALS = re.compile(r"([0-9]+)[.,]0+")


class Unreadable:
    """A cell of a spreadsheet without a value that could be stored: an error, or a formula that was never computed."""

    __slots__ = ("reason", "shown")

    def __init__(self, shown: str, reason: str) -> None:
        self.shown = shown
        self.reason = reason

    def __str__(self) -> str:
        return self.shown


class ShownNumber(float):
    """A number that its spreadsheet shows in another way, such as 102 as 00102."""

    format_code = ""
    said = ""
    """What the spreadsheet shows, if the file says it. An XLSX file has the format alone."""

    @property
    def shown(self) -> str:
        """What the spreadsheet shows, as far as it is said or the format is of zeros alone; else the number."""
        digits = written(float(self))
        return self.said or (digits.zfill(len(self.format_code)) if set(self.format_code) == {"0"} else digits)


def is_blank(cell: object) -> bool:
    """Whether a cell has no value."""
    if not isinstance(cell, str):
        return cell is None
    return not cell.strip() or (not cell.isascii() and not cell.translate(_CLEANED).strip(_ENDS))


def written(cell: Any) -> str:
    """Return what a cell says, for cells that may be of any type. A whole number has no ".0"; 30 hours are 30:00."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < MAX_EXACT else format(cell, ".15g")
    if isinstance(cell, datetime.timedelta):
        return _hours_written(cell)
    if not isinstance(cell, str):
        return str(cell)
    if not cell.isascii():
        cell = unicodedata.normalize("NFC", cell.translate(_CLEANED))
    return cell.strip(_ENDS)


def seen(cell: Any) -> str:
    """Return a cell as its spreadsheet shows it. What cannot be shown is spelled, such as \\x92."""
    if isinstance(cell, ShownNumber):
        return cell.shown
    if not isinstance(cell, str):
        return written(cell)
    if cell.isascii() and cell.isprintable():
        return cell
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", cell)


def _hours_written(duration: datetime.timedelta) -> str:
    minutes, seconds = divmod(round(abs(duration).total_seconds()), 60)
    sign = "-" if duration < datetime.timedelta() else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def text(cell: Any) -> str:
    """Return the text of a cell. Raises ValueError where a spreadsheet has made something else of a text."""
    if isinstance(cell, str):
        found = written(cell)
        if _LOST in found:
            raise ValueError(_("A letter was lost here before (%s). Write it again.") % _LOST)
        if _NOT_TEXT.search(found):
            raise ValueError(_("This has characters that cannot be shown. Write it again without them."))
        return found
    if isinstance(cell, bool):
        raise ValueError(_("The spreadsheet took this for yes or no. Format the column as text, and write it again."))
    if isinstance(cell, (int, float)):
        return _text_of_number(cell)
    raise ValueError(
        _("The spreadsheet has made a date or a time of this. Format the column as text, and write it again.")
        if isinstance(cell, (datetime.date, datetime.time, datetime.timedelta))
        else _("Write a text.")
    )


def _text_of_number(number: float) -> str:
    if not math.isfinite(number) or abs(number) >= MAX_EXACT:
        raise ValueError(
            _("The spreadsheet keeps 15 digits of a number. Format the column as text, and write all of its digits.")
        )
    if isinstance(number, ShownNumber):
        raise ValueError(
            _(
                "This is the number %(number)s, which the spreadsheet shows in another way (%(shown)s). Format the "
                "column as text, and write it as it is meant."
            )
            % {
                "number": written(float(number)),
                "shown": number.shown if number.said or number.is_integer() else number.format_code,
            }
        )
    return written(number)


def line(cell: Any) -> str:
    """Return a text of one line. A form takes no others, and a quote that is not closed makes several of one."""
    found = text(cell)
    if "\n" in found or "\r" in found:
        raise ValueError(_("This has several lines. Write it on one."))
    return found


def code(cell: Any) -> str:
    """Return a code or a number by which something is known, which has no value to compute with."""
    found = line(cell)
    if isinstance(cell, float) and not cell.is_integer():
        raise ValueError(
            _("The spreadsheet took this for a number and may have lost zeros. Format the column as text.")
        )
    if _EXPONENT.fullmatch(found[:64]):
        raise ValueError(
            _("A spreadsheet has shortened a long number to this. Format the column as text, and write all its digits.")
        )
    if _MARKED.match(found):
        raise ValueError(
            _("This begins with %(mark)s, by which programs mark a text for a spreadsheet. Write the text alone.")
            % {"mark": "'" if found[0] == "'" else '="'}
        )
    if _DATE.fullmatch(found[:64]):
        raise ValueError(
            _("A spreadsheet may have made a date of this. Format the column as text, and write it again.")
        )
    return found


def whole_with_decimals(value: str) -> str:
    """Return 102 for 102.0, as some programs write whole numbers; an empty text for anything else."""
    match = _WHOLE_WITH_DECIMALS.fullmatch(value[:64])
    return match[1] if match else ""


def number_with_decimals(value: str) -> str:
    """Return the sentence for such a number where a text is meant."""
    return _(
        "A program has made a number with decimals of this, which loses a + or zeros at its beginning. Write it as it "
        "is meant, such as %(whole)s."
    ) % {"whole": whole_with_decimals(value)}


def phone(cell: Any) -> str:
    """Return a phone number. One in a cell for numbers has lost the + or the 0 with which it began."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        raise ValueError(
            _(
                "The spreadsheet took this for a number, which loses a + or a 0 at its beginning. Format the column as "
                "text, and write it again."
            )
        )
    found = code(cell)
    if whole_with_decimals(found):
        raise ValueError(number_with_decimals(found))
    return found


def email(cell: Any) -> str:
    return normalise_email(text(cell).replace("\u200c", "").replace("\u200d", ""))
