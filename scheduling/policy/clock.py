"""Wall-clock times of shifts -> moments. A night on which the clocks change has an hour more or less."""

from __future__ import annotations

import datetime

DAY_MINUTES = 24 * 60


def moments(date: datetime.date, start: datetime.time, end: datetime.time, zone: datetime.tzinfo) -> tuple[int, int]:
    """Return the seconds since 1970 at which a shift starts and ends. An end not after the start is on the next day.

    A time that the clock shows twice is the first of the two. One that it skips is read as if it did not skip it,
    which can put the end of a short shift before its start: then the shift takes no time.
    """
    last_day = date + datetime.timedelta(days=1) if end <= start else date
    begins = int(datetime.datetime.combine(date, start, zone).timestamp())
    ends = int(datetime.datetime.combine(last_day, end, zone).timestamp())
    return begins, max(begins, ends)


def minutes(start: datetime.time, end: datetime.time) -> tuple[int, int]:
    """Return start and end in minutes since midnight, by the clock; an end on the next day is above 1,440."""
    begins, ends = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return begins, ends if ends > begins else ends + DAY_MINUTES
