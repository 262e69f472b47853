"""Times of the clock, also on the nights on which it changes."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.policy.clock import minutes, moments

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime.date(2026, 3, 28), datetime.date(2026, 10, 24)
"""The Saturdays before the clocks change: at 02:00 to 03:00, and at 03:00 to 02:00."""

times = st.times().map(lambda time: time.replace(second=0, microsecond=0))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
dates = st.dates(datetime.date(1975, 1, 1), datetime.date(2090, 12, 31))


def hours(date: datetime.date, start: str, end: str, zone: ZoneInfo = BERLIN) -> float:
    begins, ends = moments(date, datetime.time.fromisoformat(start), datetime.time.fromisoformat(end), zone)
    return (ends - begins) / 3600


class MomentsTests:
    @pytest.mark.parametrize(
        ("date", "start", "end", "elapsed"),
        [
            (datetime.date(2026, 6, 1), "22:00", "06:00", 8),
            (SPRING, "22:00", "06:00", 7),
            (AUTUMN, "22:00", "06:00", 9),
            (SPRING + datetime.timedelta(days=1), "06:00", "14:00", 8),
            # 02:30 does not exist: the clock goes from 02:00 to 03:00, which is one moment.
            (SPRING, "22:00", "02:30", 4),
            (SPRING, "22:00", "03:00", 4),
            (SPRING + datetime.timedelta(days=1), "02:15", "06:00", 3),
            # 02:30 comes twice; the first one is meant.
            (AUTUMN, "22:00", "02:30", 4.5),
            # From a time that is skipped to one before it: no time at all, rather than less than none.
            (SPRING + datetime.timedelta(days=1), "02:30", "03:00", 0),
        ],
    )
    def test_count_the_hours_that_elapse(self, date: datetime.date, start: str, end: str, elapsed: float) -> None:
        assert hours(date, start, end) == elapsed

    @given(dates, times, times, zones)
    def test_never_end_before_they_start_and_never_last_a_day_and_an_hour(
        self, date: datetime.date, start: datetime.time, end: datetime.time, zone: str
    ) -> None:
        begins, ends = moments(date, start, end, ZoneInfo(zone))
        assert 0 <= ends - begins <= 25 * 3600

    @given(dates, times, times, zones)
    def test_are_those_of_the_clock_on_the_wall(
        self, date: datetime.date, start: datetime.time, end: datetime.time, zone: str
    ) -> None:
        begins, _ = moments(date, start, end, ZoneInfo(zone))
        shown = datetime.datetime.fromtimestamp(begins, ZoneInfo(zone)).replace(tzinfo=None)
        just_before = datetime.datetime.fromtimestamp(begins - 1, ZoneInfo(zone)).replace(tzinfo=None)
        meant = datetime.datetime.combine(date, start)
        # A time that the clock skips is the moment at which it skips.
        assert shown == meant or just_before < meant < shown

    def test_do_not_overlap_where_the_clock_skips_the_end_of_the_first(self) -> None:
        _, ends = moments(SPRING, datetime.time(18), datetime.time(2, 30), BERLIN)
        begins, _ = moments(SPRING + datetime.timedelta(days=1), datetime.time(3), datetime.time(5), BERLIN)
        assert ends == begins

    @given(dates, times, times)
    def test_without_a_change_are_as_long_as_the_clock_says(
        self, date: datetime.date, start: datetime.time, end: datetime.time
    ) -> None:
        begins, ends = minutes(start, end)
        first, last = moments(date, start, end, datetime.UTC)
        assert last - first == 60 * (ends - begins)
