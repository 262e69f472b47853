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
_ENDS = " \t\r\n\x0b\x0c\x85\u200c\u200d"
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EXPONENT = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]\d{1,3}", re.ASCII | re.IGNORECASE)
# How spreadsheets show a day of a month, and a month of a year, that was typed as a code such as 3-1.
_MONTHS = r"(?:Jan|Feb|Mar|Mär|Mrz|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez)"
_DAY_OF_MONTH = re.compile(rf"\d{{1,2}}(?:-|\. ?){_MONTHS}|{_MONTHS}[- ]\d{{2}}", re.ASCII)
_ERRORS = frozenset(
    {
        *("#N/A", "#NV", "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#DIV/0!", "#NAME?", "#NUM!", "#ZAHL!", "#NULL!"),
        *("#SPILL!", "#ÜBERLAUF!", "#CALC!", "#KALK!", "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!"),
        *("#GETTING_DATA", "Err:501", "Err:502", "Err:503", "Err:504", "Err:508", "Err:511", "Err:522"),
    }
)


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

    @property
    def shown(self) -> str:
        """What the spreadsheet shows, as far as the format is of zeros alone; else the number."""
        digits = written(float(self))
        return digits.zfill(len(self.format_code)) if set(self.format_code) == {"0"} else digits


def is_error(cell: object) -> bool:
    """Whether a cell is the text that a spreadsheet shows in place of a value it cannot compute."""
    return isinstance(cell, str) and cell.startswith(("#", "Err:")) and cell.strip() in _ERRORS


def is_blank(cell: object) -> bool:
    """Whether a cell has no value."""
    if not isinstance(cell, str):
        return cell is None
    return not cell.strip() or (not cell.isascii() and not cell.translate(_CLEANED).strip(_ENDS))


def written(cell: Any) -> str:
    """Return what a cell says, for cells that may be of any type. A whole number has no ".0"."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell)) if abs(cell) < MAX_EXACT else repr(cell)
    if not isinstance(cell, str):
        return str(cell)
    if not cell.isascii():
        cell = unicodedata.normalize("NFC", cell.translate(_CLEANED))
    return cell.strip(_ENDS)


def text(cell: Any) -> str:
    """Return the text of a cell. Raises ValueError where a spreadsheet has made something else of a text."""
    if isinstance(cell, str):
        found = written(cell)
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
            % {"number": written(float(number)), "shown": number.shown if number.is_integer() else number.format_code}
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
    if _DAY_OF_MONTH.fullmatch(found[:64]):
        raise ValueError(
            _("A spreadsheet may have made a date of this. Format the column as text, and write it again.")
        )
    return found


def phone(cell: Any) -> str:
    """Return a phone number. One in a cell for numbers has lost the + or the 0 with which it began."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        raise ValueError(
            _(
                "The spreadsheet took this for a number, which loses a + or a 0 at its beginning. Format the column as "
                "text, and write it again."
            )
        )
    return code(cell)


def email(cell: Any) -> str:
    return normalise_email(text(cell).replace("\u200c", "").replace("\u200d", ""))
