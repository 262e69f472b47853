"""The moments of a shift, from its times by the clock. A night of a clock change is an hour longer or shorter."""

from __future__ import annotations

import datetime

DAY_MINUTES = 24 * 60


def moments(date: datetime.date, start: datetime.time, end: datetime.time, zone: datetime.tzinfo) -> tuple[int, int]:
    """Return the seconds since 1970 at which a shift starts and ends. An end not after the start is on the next day.

    Of a time that the clock shows twice, the first is meant. A time that the clock skips is read as if it were not
    skipped, which can put the end of a short shift before its start: then the shift takes no time.
    """
    last_day = date + datetime.timedelta(days=1) if end <= start else date
    begins = int(datetime.datetime.combine(date, start, zone).timestamp())
    ends = int(datetime.datetime.combine(last_day, end, zone).timestamp())
    return begins, max(begins, ends)


def minutes(start: datetime.time, end: datetime.time) -> tuple[int, int]:
    """Return start and end by the clock, in minutes since midnight. An end on the next day is above 1,440."""
    begins, ends = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return begins, ends if ends > begins else ends + DAY_MINUTES
