"""Rows that have a first and a last day: one assignment for each day, or one shift that ends on the next day."""

from __future__ import annotations

import datetime

from django.utils.translation import gettext

from scheduling.imports.engine.headers import Headers, normalise
from scheduling.imports.engine.sheet import Sheet

# Longer than this, a first and a last day are a mistake rather than a plan.
MAX_DAYS = 366
END_TIMES = frozenset({"end", "end_time", "time_to", "timeto", "to", "out", "finish", "ende", "endzeit"})


def has_times(headers: Headers) -> bool:
    """Whether a file of assignments says when they end, in words that we know or not."""
    return "end_time" in headers.columns or not END_TIMES.isdisjoint(map(normalise, headers.unknown))


def one_row_a_day(sheet: Sheet, *, ends_shift: bool) -> None:
    """Repeat each row that has a first and a last day, once for each day between them.

    If the last day is that on which the shift ends, no row is repeated, and a shift of several days is refused.
    """
    first, last = sheet.values["date"], sheet.values["end_date"]
    times = [1] * sheet.size
    for position, (begin, end) in enumerate(zip(first, last, strict=True)):
        if begin is None or end is None:
            continue
        days = (end - begin).days + 1
        if 1 <= days <= (2 if ends_shift else MAX_DAYS):
            times[position] = 1 if ends_shift else days
        else:
            sheet.refuse(position, "end_date", _wrong_last_day(days, ends_shift=ends_shift))
    places = sheet.repeat(times)
    following = [earlier == place for earlier, place in zip([-1, *places], places, strict=False)]
    for position, follows in enumerate(following):
        if follows:
            sheet.values["date"][position] = sheet.values["date"][position - 1] + datetime.timedelta(days=1)


def _wrong_last_day(days: int, *, ends_shift: bool) -> str:
    if days < 1:
        return gettext("The last day is before the first one.")
    return gettext("No shift is so long. Write a row for each day.") if ends_shift else gettext("This is over a year.")
