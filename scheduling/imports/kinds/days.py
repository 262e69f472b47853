"""Rows that have a first and a last day: one assignment for each day, or one shift that ends on the next day.

A day may be written as a moment, such as 2026-12-01 22:00. Two moments are the beginning and the end of one shift.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import cache, partial

from django.utils.translation import gettext

from scheduling.calendar import DAY
from scheduling.imports.engine.dates import FIRST_YEAR, clock_of
from scheduling.imports.engine.headers import Headers, normalise
from scheduling.imports.engine.sheet import Sheet
from scheduling.imports.engine.texts import written

# Longer than this, a first and a last day are a mistake rather than a plan.
MAX_DAYS = 366
END_TIMES = frozenset({"end", "end_time", "time_to", "timeto", "to", "out", "finish", "ende", "endzeit"})


def has_times(headers: Headers) -> bool:
    """Whether a file of assignments says when they end, in words that we know or not."""
    return "end_time" in headers.columns or not END_TIMES.isdisjoint(map(normalise, headers.unknown))


def ending_rows(sheet: Sheet) -> tuple[list[bool], list[bool]]:
    """Make a row for each day of a row that has several; return which rows have moments, and which end on a last day.

    The last day is that on which one shift ends beside a time at which it ends, as a moment, and if it is the next day
    and the row has a time at which the shift begins.
    """
    moments, with_times = take_moments(sheet), has_times(sheet.headers)
    begins = "start_time" in sheet.columns
    days = zip(sheet.values["date"], sheet.values["end_date"], strict=True)
    ends = [
        with_times or is_moment or (begins and bool(first and last) and last - first == DAY)
        for is_moment, (first, last) in zip(moments, days, strict=True)
    ]
    places = one_row_a_day(sheet, ends_shift=ends)
    return [moments[place] for place in places], [ends[place] for place in places]


def take_moments(sheet: Sheet) -> list[bool]:
    """Take the times of first and last days that are moments as those of the shift; return which rows have such days.

    What they say has to fit the times of the row in columns of their own.
    """
    clock = cache(partial(clock_of, order=sheet.order))  # a day is in many rows
    said = [[clock(cell) for cell in sheet.cells(name)] for name in ("date", "end_date")]
    begins, ends = said
    last = sheet.values["end_date"]
    moments = [bool((begin or end) and day) for begin, end, day in zip(begins, ends, last, strict=True)]
    for column, times in zip(("start_time", "end_time"), said, strict=True) if any(moments) else ():
        known = sheet.values.setdefault(column, [None] * sheet.size)
        for position in (place for place, is_moment in enumerate(moments) if is_moment):
            time = times[position] or datetime.time()
            if known[position] is None:
                known[position] = time
            elif known[position] != time and times[position] is not None:
                sheet.refuse(position, column, gettext("The row says two times for this. Correct one of them."))
    return moments


def refuse_other_days(sheet: Sheet) -> None:
    """Refuse times of day that are moments of another day than that of the row."""
    days, blank = sheet.values["date"], [None] * sheet.size
    starts, ends = (sheet.values.get(column) or blank for column in ("start_time", "end_time"))
    for column in sheet.columns.keys() & {"start_time", "end_time"}:
        for position, cell in enumerate(sheet.cells(column)):
            day, start, end = days[position], starts[position], ends[position]
            # A time of day in a spreadsheet is one of its first days.
            if not isinstance(cell, datetime.datetime) or cell.year < FIRST_YEAR or day is None:
                continue
            overnight = column == "end_time" and start is not None and end is not None and end <= start
            wanted = day + DAY if overnight else day
            if cell.date() != wanted:
                texts = {"day": written(cell.date()), "wanted": written(wanted)}
                text = gettext("This is a time of %(day)s, and should be one of %(wanted)s. Correct one of the days.")
                sheet.refuse(position, column, text % texts)


def one_row_a_day(sheet: Sheet, *, ends_shift: Sequence[bool]) -> list[int]:
    """Repeat each row that has a first and a last day, once for each day between them; return where each row was.

    If the last day is that on which the shift ends, the row is not repeated, and a shift of several days is refused.
    """
    first, last = sheet.values["date"], sheet.values["end_date"]
    times = [1] * sheet.size
    for position, (begin, end, ends) in enumerate(zip(first, last, ends_shift, strict=True)):
        if begin is None or end is None:
            continue
        days = (end - begin).days + 1
        if 1 <= days <= (2 if ends else MAX_DAYS):
            times[position] = 1 if ends else days
        else:
            sheet.refuse(position, "end_date", _wrong_last_day(days, ends_shift=ends))
    places = sheet.repeat(times)
    following = [earlier == place for earlier, place in zip([-1, *places], places, strict=False)]
    for position, follows in enumerate(following):
        if follows:
            sheet.values["date"][position] = sheet.values["date"][position - 1] + DAY
    return places


def _wrong_last_day(days: int, *, ends_shift: bool) -> str:
    if days < 1:
        return gettext("The last day is before the first one.")
    return gettext("No shift is so long. Write a row for each day.") if ends_shift else gettext("This is over a year.")
