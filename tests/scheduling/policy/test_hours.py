"""Overlaps, rest and hours, where a plain case does not say enough."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from scheduling.policy import check
from scheduling.policy.hours import enough_rest, hours_per_week, no_overlapping_shifts
from scheduling.policy.loading import Records
from scheduling.policy.records import Person, Planned, ScheduleRecord, WorkShift
from scheduling.policy.rulebook import RuleBook
from scheduling.policy.situation import Situation
from tests.factories import RuleFactory, ShiftFactory
from tests.scheduling.policy.cases import DAY, MONDAY, TUESDAY, World, change

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime.date(2026, 3, 28), datetime.date(2026, 10, 24)


def messages(findings: list[Any]) -> list[str]:
    return [finding.message for finding in findings]


class ClockChangeTests:
    @pytest.fixture(autouse=True)
    def _berlin(self, settings: Any) -> None:
        settings.TIME_ZONE = "Europe/Berlin"

    @pytest.mark.parametrize(("saturday", "hours"), [(SPRING, "7"), (AUTUMN, "9"), (AUTUMN + 7 * DAY, "8")])
    def test_a_night_has_the_hours_that_elapse(self, saturday: datetime.date, hours: str, world: World) -> None:
        change(world.amy, max_hours_per_week=1)
        (finding,) = check([world.planned(world.night, saturday)])
        assert f"works {hours} h in the week" in finding.message

    def test_rest_is_shorter_by_an_hour_in_spring(self, world: World) -> None:
        evening = ShiftFactory(start_time=datetime.time(14), end_time=datetime.time(20), required_staff=0)
        world.stored(evening, SPRING)
        assert messages(check([world.planned(world.early, SPRING + DAY)])) == [
            f"Amy Adams rests 9 h after {evening.name} (14:00–20:00) on 2026-03-28 in Kitchen; the minimum is 10 h."
        ]
        world.stored(evening, SPRING + 14 * DAY)
        assert check([world.planned(world.early, SPRING + 15 * DAY)]) == []


class HoursTests:
    def test_breaks_are_not_work(self, world: World) -> None:
        change(world.early, break_minutes=45)
        change(world.amy, max_hours_per_week=7)
        assert "works 7.25 h in the week" in check([world.planned(world.early, TUESDAY)])[0].message

    def test_a_week_ends_on_sunday_and_a_night_belongs_to_the_day_it_starts(self, world: World) -> None:
        change(world.amy, max_hours_per_week=8)
        world.stored(world.night, MONDAY - DAY)
        assert check([world.planned(world.night, MONDAY)]) == []

    def test_each_assignment_is_counted_with_those_before_it(self, world: World) -> None:
        change(world.amy, max_hours_per_week=16)
        planned = [world.planned(world.early, MONDAY + number * DAY) for number in range(4)]
        findings = check(planned)
        assert [planned.index(finding.assignment) for finding in findings] == [2, 3]
        assert ["24 h" in findings[0].message, "32 h" in findings[1].message] == [True, True]

    def test_overtime_comes_on_top_of_the_contract(self, world: World) -> None:
        change(world.amy, max_hours_per_week=4)
        RuleFactory(kind="overtime", parameters={"max_overtime_hours_per_week": 4}, strict=True)
        assert check([world.planned(world.early, TUESDAY)]) == []

    def test_the_contract_still_warns_below_a_limit_of_workload(self, world: World) -> None:
        change(world.amy, max_hours_per_week=4)
        RuleFactory(kind="workload", parameters={"max_hours_per_week": 12}, strict=True)
        (finding,) = check([world.planned(world.early, TUESDAY)])
        assert (finding.severity, finding.message.rpartition("; ")[2]) == ("warning", "the maximum is 4 h.")

    def test_two_shifts_of_a_day_are_added(self, world: World) -> None:
        RuleFactory(name="Long days", kind="workload", parameters={"max_hours_per_day": 10}, strict=True)
        RuleFactory(kind="rest_period", parameters={"min_hours": 0})
        world.stored(world.early, TUESDAY)
        assert messages(check([world.planned(world.late, TUESDAY)])) == [
            "With this shift, Amy Adams works 16 h on 2026-12-01; the maximum is 10 h (Long days)."
        ]


class DaysInARowTests:
    def test_a_free_day_starts_anew(self, world: World) -> None:
        for number in (-3, -2, -1, 1, 2, 3):
            world.stored(world.early, TUESDAY + number * DAY)
        assert [finding.code for finding in check([world.planned(world.early, TUESDAY)])] == ["days_in_a_row"]
        assert check([world.planned(world.early, TUESDAY + 5 * DAY)]) == []

    def test_a_long_limit_looks_far_enough(self, world: World) -> None:
        RuleFactory(name="Harvest", kind="consecutive_days", parameters={"max_days": 20})
        for number in range(1, 21):
            world.stored(world.early, TUESDAY - number * DAY)
        assert messages(check([world.planned(world.early, TUESDAY)])) == [
            "With 2026-12-01, Amy Adams works more than 20 days in a row (Harvest)."
        ]


# -- any plan of one person, against the plainest way to say what is wrong with it -------------------------------------

shift_times = st.tuples(st.integers(0, 47), st.integers(1, 47)).map(
    lambda pair: (pair[0] * 30, (pair[0] * 30 + pair[1] * 30) % 1440)
)
plans = st.lists(st.tuples(st.integers(0, 6), shift_times), min_size=1, max_size=8, unique=True)


def situation_of(plan: list[tuple[int, tuple[int, int]]], saturday: datetime.date, hours: int = 168) -> Situation:
    """Return the situation of one person in Berlin with this plan, all of it new and nothing stored."""
    records = Records(
        originals={},
        people={1: Person(1, "Amy", "Adams", True, None, None, hours, 1)},
        stored={1: []},
        shifts={
            number: WorkShift(number, f"S{number}", "", clock(start), clock(end), 0, 0, None, True)
            for number, (_, (start, end)) in enumerate(plan)
        },
        schedules={1: ScheduleRecord(1, 1, "Kitchen", True, MONDAY, MONDAY, "draft")},
        rules=RuleBook([], dict),
    )
    planned = [
        Planned(number, None, 1, number, saturday + (day - 3) * DAY, 1, "assigned")
        for number, (day, _) in enumerate(plan)
    ]
    situation = Situation(planned, [], records, "default")
    situation.zone = BERLIN
    return situation


def clock(minutes: int) -> datetime.time:
    return datetime.time(*divmod(minutes, 60))


def utc(situation: Situation) -> dict[int, tuple[datetime.datetime, datetime.datetime]]:
    """Return by shift when it starts and ends, worked out with datetimes alone."""
    found = {}
    for one in situation.planned:
        shift = situation.shifts[one.shift]
        last = one.date + DAY if shift.end <= shift.start else one.date
        start, end = (
            datetime.datetime.combine(day, time, BERLIN).astimezone(datetime.UTC)
            for day, time in ((one.date, shift.start), (last, shift.end))
        )
        found[one.shift] = start, max(start, end)
    return found


class AnyPlanTests:
    @hypothesis_settings(max_examples=150, deadline=None)
    @given(plans, st.sampled_from([SPRING, AUTUMN, MONDAY]))
    def test_every_overlap_is_found_once_and_nothing_else(self, plan: Any, saturday: datetime.date) -> None:
        situation = situation_of(plan, saturday)
        spans = utc(situation)
        expected = {
            (one, other)
            for one in spans
            for other in spans
            if other < one and max(spans[one][0], spans[other][0]) < min(spans[one][1], spans[other][1])
        }
        found = [
            (breach.assignment.shift, breach.other.shift) for breach in no_overlapping_shifts(situation) if breach.other
        ]
        # Two shifts with the same times on the same day are two shifts here, and overlap.
        assert sorted(found) == sorted(expected)

    @hypothesis_settings(max_examples=150, deadline=None)
    @given(plans, st.sampled_from([SPRING, AUTUMN, MONDAY]))
    def test_every_short_rest_is_found(self, plan: Any, saturday: datetime.date) -> None:
        situation = situation_of(plan, saturday)
        spans = sorted(utc(situation).values())
        short, latest = 0, spans[0][1]
        for start, end in spans[1:]:
            short += datetime.timedelta(0) <= start - latest < datetime.timedelta(hours=10)
            latest = max(latest, end)
        assert len(list(enough_rest(situation))) == short

    @hypothesis_settings(max_examples=100, deadline=None)
    @given(plans)
    def test_hours_are_those_that_elapse(self, plan: Any) -> None:
        situation = situation_of(plan, AUTUMN)
        total = sum(((end - start).total_seconds() for start, end in utc(situation).values()), 0.0)
        assert sum(work.seconds for work in situation.works[1]) == total
        over = list(hours_per_week(situation_of(plan, AUTUMN, hours=0)))
        assert len(over) >= sum(end > start for start, end in utc(situation).values())
