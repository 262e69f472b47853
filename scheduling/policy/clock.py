"""The moments of a shift, from its times by the clock. A night of a clock change is an hour longer or shorter."""

from __future__ import annotations

import datetime

DAY_MINUTES = 24 * 60


def moments(date: datetime.date, start: datetime.time, end: datetime.time, zone: datetime.tzinfo) -> tuple[int, int]:
    """Return the seconds since 1970 at which a shift starts and ends. An end not after the start is on the next day.

    Of a time that the clock shows twice, the first is meant. A time that the clock skips is the moment at which it
    skips: an end at 02:30 in a night without it is not later than a start at 03:00.
    """
    last_day = date + datetime.timedelta(days=1) if end <= start else date
    begins = _moment(datetime.datetime.combine(date, start, zone))
    ends = _moment(datetime.datetime.combine(last_day, end, zone))
    return begins, max(begins, ends)


def _moment(shown: datetime.datetime) -> int:
    moment = int(shown.timestamp())
    # With the offset of after the change, a time that is skipped lies before it, and with that of before, after it.
    earlier = int(shown.replace(fold=1).timestamp())
    return moment if earlier >= moment else _change_between(earlier, moment, shown.tzinfo)


def _change_between(before: int, after: int, zone: datetime.tzinfo | None) -> int:
    """Return the moment at which the clock changes, the first one with the new offset."""
    old = datetime.datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.datetime.fromtimestamp(middle, zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def minutes(start: datetime.time, end: datetime.time) -> tuple[int, int]:
    """Return start and end by the clock, in minutes since midnight. An end on the next day is above 1,440."""
    begins, ends = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return begins, ends if ends > begins else ends + DAY_MINUTES
