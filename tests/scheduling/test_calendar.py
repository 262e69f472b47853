"""Weeks run from Monday to Sunday, for dates and for the numbers that the policy counts with."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.calendar import (
    DAY,
    WEEK,
    days_from,
    monday_of,
    monday_of_week,
    ordinals_of_week,
    sunday_of,
    week_number,
)

MONDAY = datetime.date(2026, 11, 30)


class DatesTests:
    @pytest.mark.parametrize("offset", range(7))
    def test_every_day_of_a_week_has_its_monday_and_its_sunday(self, offset: int) -> None:
        day = MONDAY + offset * DAY

        assert monday_of(day) == MONDAY
        assert sunday_of(day) == datetime.date(2026, 12, 6)

    def test_the_day_after_the_sunday_begins_the_next_week(self) -> None:
        assert monday_of(sunday_of(MONDAY) + DAY) == MONDAY + WEEK

    def test_the_days_of_a_week_are_in_order(self) -> None:
        assert days_from(MONDAY) == [MONDAY + offset * DAY for offset in range(7)]
        assert days_from(MONDAY, 2) == [MONDAY, datetime.date(2026, 12, 1)]


class NumbersTests:
    # The week of 0001-01-01 begins with it, and has no Monday before.
    @given(st.dates(datetime.date(1, 1, 8)))
    def test_agree_with_the_dates(self, date: datetime.date) -> None:
        number = week_number(date.toordinal())

        assert monday_of_week(number) == monday_of(date)
        assert date.toordinal() in ordinals_of_week(number)
        assert datetime.date.fromordinal(ordinals_of_week(number)[0]) == monday_of(date)
