"""What a file says of when a rule applies. No rule loses a limit because a header is not known."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _

from scheduling.imports.engine import values
from scheduling.imports.engine.headers import normalise
from scheduling.imports.engine.problems import listed
from scheduling.imports.engine.report import HEADER_OF_REASONS
from scheduling.imports.engine.sheet import Sheet
from scheduling.imports.kinds.weekdays import weekdays
from scheduling.models.parameters import FORMS

LIMITED_KINDS = frozenset(kind for kind, form in FORMS.items() if "weekdays" in form.parameters)
"""The kinds of rules that say when somebody works, and without a limit mean always."""
# Programs make days of the first years of spreadsheets' calendars of a time of day.
_EARLIEST_YEARS = 1904


def time_alone(cell: Any) -> datetime.time:
    """Return the time of day of a cell that is no date."""
    if isinstance(cell, datetime.datetime) and cell.year > _EARLIEST_YEARS:
        raise ValueError(_("This is a date. Write a time of day, such as 09:00."))
    return values.time(cell)


_FIRST: dict[str, values.Parser] = {"effective_from": values.date, "start": time_alone}
_LAST: dict[str, values.Parser] = {"effective_until": values.date, "end": time_alone}
DOUBTFUL = {
    **dict.fromkeys(("from", "begin", "beginning", "starts", "starting", "since"), _FIRST),
    **dict.fromkeys(("von", "ab", "seit", "beginn", "anfang"), _FIRST),
    **dict.fromkeys(("to", "until", "till", "through", "thru", "ends", "ending", "finish"), _LAST),
    **dict.fromkeys(("bis", "ende"), _LAST),
}
"""Headers that may be those of the dates of a rule or of its times of day."""

_WORDS_OF_HEADERS = frozenset(
    (
        *("date", "dates", "day", "days", "time", "times", "hour", "hours", "week", "weeks", "weekday", "weekdays"),
        *("month", "months", "from", "to", "until", "till", "through", "thru", "start", "starts", "end", "ends"),
        *("begin", "begins", "valid", "effective", "period", "window", "when", "since", "expires", "expiry"),
        *("von", "bis", "ab", "seit", "beginn", "anfang", "ende", "gültig", "gilt", "zeitraum", "wann"),
        *("monat", "monate", "woche", "wochen", "stunde", "stunden"),
    )
)
_PARTS_OF_HEADERS = re.compile(r"datum|zeit|tage?$")
_DATE_OR_TIME = re.compile(
    r"\b\d{1,2}:\d{2}\b|\b\d{1,2}\.\s?\d{1,2}\.|\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}[/-]\d{1,2}[/-]\d{2,4}\b"
    r"|\b\d{1,2}(?::\d{2})?\s?(?:am|pm|uhr|h)\b",
    re.ASCII | re.IGNORECASE,
)
MAX_LENGTH = 1_000


def refuse_ignored_limits(sheet: Sheet, positions: Iterable[int]) -> None:
    """Refuse the rules at these positions if a column that is not read says when they apply.

    A column says so by its header, or by a date, a time or a weekday in the row.
    """
    rows = list(positions)
    for header, cells in sheet.ignored_columns():
        if header == HEADER_OF_REASONS:
            continue
        by_header = is_header_of_limit(header)
        for position in rows:
            cell = cells[position]
            if not values.is_blank(cell) and (by_header or is_limit(cell)):
                sheet.refuse(position, header, _reason())


def _reason() -> str:
    names = ("effective_from", "effective_until", "weekdays", "start", "end")
    return _(
        "This may say when the rule applies, but the column is not known. Without it, the rule would apply more often "
        "than is meant. Rename the column, for example to %(names)s, or remove it."
    ) % {"names": listed(names, _("or"))}


def is_header_of_limit(header: str) -> bool:
    """Whether a header sounds like dates, times or weekdays."""
    name = normalise(header)
    return is_weekday(name) or any(
        word in _WORDS_OF_HEADERS or _PARTS_OF_HEADERS.search(word) or (len(word) > 2 and is_weekday(word))
        for word in name.split("_")
    )


def is_limit(cell: Any) -> bool:
    """Whether a cell has a date, a time of day or weekdays."""
    if isinstance(cell, (datetime.date, datetime.time, datetime.timedelta)):
        return True
    if not isinstance(cell, str):
        return False
    return bool(_DATE_OR_TIME.search(cell[:MAX_LENGTH])) or is_weekday(cell) or _has_month(cell)


def is_weekday(cell: str) -> bool:
    """Whether all of a text is weekdays."""
    try:
        return len(cell) <= MAX_LENGTH and bool(weekdays(cell))
    except ValueError:
        return False


def _has_month(cell: str) -> bool:
    try:
        return bool(values.date(cell))
    except ValueError:
        return cell.strip().casefold() in {str(name).casefold() for name in MONTHS.values()}
