"""The days of a page, and the one that it shows."""

import datetime

from django.utils import timezone

from scheduling.admin.plan.days import (
    MAX_ROWS_OF_ALL_DAYS,
    DayTabs,
    day_lookup,
    day_name,
    day_to_show,
    next_seven_days,
    week_of,
)
from scheduling.models import Schedule
from tests.factories import MONDAY
from tests.scheduling.policy.cases import DAY

WEEK = week_of(Schedule(week_start=MONDAY))
FEW, MANY = MAX_ROWS_OF_ALL_DAYS, MAX_ROWS_OF_ALL_DAYS + 1
ELSEWHERE = MONDAY - 30 * DAY


class WeekOfTests:
    def test_is_seven_days_from_monday(self) -> None:
        assert [WEEK[0], WEEK[-1], len(WEEK)] == [MONDAY, MONDAY + 6 * DAY, 7]


class NextSevenDaysTests:
    def test_begin_today(self) -> None:
        today = timezone.localdate()
        assert next_seven_days() == [today + number * DAY for number in range(7)]


class DayToShowTests:
    def test_is_the_requested_one(self) -> None:
        assert day_to_show((MONDAY + DAY).isoformat(), WEEK, FEW, MONDAY) == MONDAY + DAY
        assert day_to_show((MONDAY + DAY).isoformat(), WEEK, MANY, MONDAY) == MONDAY + DAY

    def test_is_none_for_few_rows(self) -> None:
        assert day_to_show("", WEEK, FEW, MONDAY) is None
        assert day_to_show("nonsense", WEEK, FEW, MONDAY) is None

    def test_is_today_or_the_first_day_for_many_rows(self) -> None:
        assert day_to_show("", WEEK, MANY, MONDAY + 2 * DAY) == MONDAY + 2 * DAY
        assert day_to_show("", WEEK, MANY, ELSEWHERE) == MONDAY
        assert day_to_show(ELSEWHERE.isoformat(), WEEK, MANY, ELSEWHERE) == MONDAY


class DayLookupTests:
    def test_filters_by_a_day_only_if_there_is_one(self) -> None:
        assert day_lookup(MONDAY) == {"date__exact": MONDAY}
        assert day_lookup(None) == {}


class DayTabsTests:
    def test_mark_the_day_that_is_shown(self) -> None:
        tabs = DayTabs(WEEK, MONDAY, MANY)
        assert [day for day, _name, is_shown in tabs.names if is_shown] == [MONDAY]
        assert not tabs.all_are_shown
        assert not tabs.can_show_all

    def test_offer_all_days_of_few_rows(self) -> None:
        tabs = DayTabs(WEEK, None, FEW)
        assert tabs.all_are_shown
        assert tabs.can_show_all

    def test_name_each_day_in_few_characters(self) -> None:
        assert day_name(datetime.date(2026, 11, 30)) == "Mon 30 Nov"
