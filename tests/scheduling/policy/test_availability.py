"""Windows of availability, restrictions and preferences, also over midnight."""

from typing import Any

import pytest

from scheduling.models import Shift
from scheduling.policy import check
from tests.factories import EmployeeFactory, RuleFactory, ShiftFactory
from tests.scheduling.policy.cases import DAY, MONDAY, TUESDAY, World, change


def shift(start: str, end: str) -> Shift:
    return ShiftFactory(start_time=start, end_time=end, required_staff=0)  # type: ignore[no-any-return]


class AvailableTests:
    @pytest.mark.parametrize(
        ("window", "start", "end", "fits"),
        [
            ({"start": "08:00", "end": "18:00"}, "08:00", "18:00", True),
            ({"start": "08:00", "end": "18:00"}, "07:59", "12:00", False),
            ({"start": "08:00", "end": "18:00"}, "12:00", "18:01", False),
            ({"start": "08:00", "end": "18:00"}, "22:00", "10:00", False),
            ({"start": "20:00", "end": "08:00"}, "22:00", "06:00", True),
            ({"start": "20:00", "end": "08:00"}, "22:00", "09:00", False),
            # The window of Monday is open until Tuesday morning.
            ({"start": "20:00", "end": "08:00"}, "02:00", "07:00", True),
            ({"start": "20:00", "end": "08:00", "weekdays": ["mon"]}, "02:00", "07:00", True),
            ({"start": "20:00", "end": "08:00", "weekdays": ["tue"]}, "02:00", "07:00", False),
            ({"weekdays": ["tue"]}, "22:00", "06:00", True),
            ({"weekdays": ["mon", "wed"]}, "06:00", "14:00", False),
        ],
    )
    def test_a_shift_lies_in_a_window(
        self, window: dict[str, Any], start: str, end: str, fits: bool, world: World
    ) -> None:
        RuleFactory(kind="availability", employee=world.amy, parameters=window)
        planned = world.planned(Shift.objects.get(pk=shift(start, end).pk), TUESDAY)
        assert [finding.code for finding in check([planned])] == ([] if fits else ["available"])

    @pytest.mark.parametrize(
        ("windows", "fits"),
        [
            ([("tue", "18:00", "00:00"), ("wed", "00:00", "08:00")], True),
            ([("tue", "18:00", "23:59"), ("wed", "00:00", "08:00")], True),
            ([("tue", "18:00", "02:00"), ("wed", "01:00", "08:00")], True),
            ([("tue", "18:00", "23:00"), ("wed", "00:00", "08:00")], False),
            ([("tue", "18:00", "00:00"), ("thu", "00:00", "08:00")], False),
            ([("tue", "18:00", "00:00"), ("wed", None, None)], True),
            ([("tue", "18:00", "00:00"), ("wed", "00:30", "08:00")], False),
        ],
    )
    def test_windows_that_meet_hold_the_night_between_them(
        self, windows: list[tuple[str, str | None, str | None]], fits: bool, world: World
    ) -> None:
        for day, start, end in windows:
            times = {"start": start, "end": end} if start else {}
            RuleFactory(kind="availability", employee=world.amy, parameters={"weekdays": [day], **times})
        assert (check([world.planned(world.night, TUESDAY)]) == []) is fits

    def test_the_last_night_of_a_rule_ends_on_a_day_without_one(self, world: World) -> None:
        window = {"start": "08:00", "end": "00:00"}
        RuleFactory(kind="availability", employee=world.amy, parameters=window, effective_until=TUESDAY)
        assert check([world.planned(world.night, TUESDAY)]) == []
        assert len(check([world.planned(world.night, MONDAY)])) == 1

    def test_who_is_there_until_23_59_is_there_until_midnight(self, world: World) -> None:
        RuleFactory(kind="availability", employee=world.amy, parameters={"start": "08:00", "end": "23:59"})
        last = Shift.objects.get(pk=shift("16:00", "00:00").pk)
        assert check([world.planned(last, TUESDAY)]) == []

    def test_windows_of_one_person_add_up(self, world: World) -> None:
        for days in (["mon"], ["tue"]):
            RuleFactory(kind="availability", employee=world.amy, parameters={"weekdays": days})
        assert check([world.planned(world.early, MONDAY), world.planned(world.early, TUESDAY)]) == []
        assert len(check([world.planned(world.early, TUESDAY + DAY)])) == 1

    def test_those_of_a_person_replace_those_of_the_department(self, world: World) -> None:
        RuleFactory(kind="availability", department=world.kitchen, parameters={"weekdays": ["mon"]}, strict=True)
        bob = EmployeeFactory(department=world.kitchen)
        RuleFactory(kind="availability", employee=world.amy, parameters={"weekdays": ["tue"]})
        amys, bobs = world.planned(world.early, TUESDAY), world.planned(world.early, TUESDAY, employee=bob)
        assert [(finding.assignment, finding.severity) for finding in check([amys, bobs])] == [(bobs, "error")]

    def test_one_strict_window_makes_an_error_of_it(self, world: World) -> None:
        RuleFactory(kind="availability", employee=world.amy, parameters={"weekdays": ["mon"]}, priority=9)
        RuleFactory(name="Law", kind="availability", employee=world.amy, parameters={"weekdays": ["wed"]}, strict=True)
        (finding,) = check([world.planned(world.early, TUESDAY)])
        assert (finding.severity, finding.message[-6:]) == ("error", "(Law).")


class RestrictedTests:
    @pytest.mark.parametrize(
        ("window", "start", "end", "meets"),
        [
            ({}, "06:00", "14:00", True),
            ({"weekdays": ["tue"]}, "06:00", "14:00", True),
            ({"weekdays": ["mon"]}, "06:00", "14:00", False),
            ({"start": "13:00", "end": "15:00"}, "06:00", "14:00", True),
            ({"start": "14:00", "end": "15:00"}, "06:00", "14:00", False),
            ({"start": "22:00", "end": "05:00"}, "04:00", "08:00", True),
            ({"start": "22:00", "end": "05:00", "weekdays": ["mon"]}, "04:00", "08:00", True),
            ({"start": "22:00", "end": "05:00", "weekdays": ["tue"]}, "04:00", "08:00", False),
            # On Wednesday from six in the morning: a night of Tuesday that lasts until seven.
            ({"start": "06:00", "end": "08:00", "weekdays": ["wed"]}, "22:00", "07:00", True),
            ({"start": "06:00", "end": "08:00", "weekdays": ["wed"]}, "22:00", "06:00", False),
        ],
    )
    def test_a_shift_meets_a_window(
        self, window: dict[str, Any], start: str, end: str, meets: bool, world: World
    ) -> None:
        RuleFactory(kind="restriction", employee=world.amy, parameters=window)
        planned = world.planned(Shift.objects.get(pk=shift(start, end).pk), TUESDAY)
        assert [finding.code for finding in check([planned])] == (["not_restricted"] if meets else [])

    def test_every_one_that_applies_is_told(self, world: World) -> None:
        RuleFactory(name="House", kind="restriction", parameters={"shifts": ["Early"]})
        RuleFactory(name="Leave", kind="restriction", employee=world.amy, effective_from=TUESDAY, strict=True)
        findings = check([world.planned(world.early, TUESDAY)])
        assert [finding.severity for finding in findings] == ["error", "warning"]
        assert check([world.planned(world.late, MONDAY)]) == []

    @pytest.mark.parametrize(("end", "meets"), [("06:00", True), ("00:01", True), ("00:00", False)])
    def test_a_night_that_runs_into_a_leave_is_work_on_its_first_day(self, end: str, meets: bool, world: World) -> None:
        RuleFactory(kind="restriction", employee=world.amy, effective_from=TUESDAY + DAY, strict=True)
        planned = world.planned(Shift.objects.get(pk=shift("22:00", end).pk), TUESDAY)
        assert [finding.code for finding in check([planned])] == (["not_restricted"] if meets else [])

    def test_days_of_the_week_are_those_on_which_a_shift_starts(self, world: World) -> None:
        RuleFactory(kind="restriction", employee=world.amy, parameters={"weekdays": ["wed"]})
        RuleFactory(
            kind="restriction", employee=world.amy, parameters={"shifts": ["Night"]}, effective_from=TUESDAY + DAY
        )
        assert check([world.planned(world.night, TUESDAY)]) == []

    def test_a_window_counts_on_the_days_of_its_rule(self, world: World) -> None:
        window = {"start": "00:00", "end": "05:00"}
        RuleFactory(kind="restriction", employee=world.amy, parameters=window, effective_from=TUESDAY + DAY)
        assert check([world.planned(world.night, MONDAY)]) == []
        assert len(check([world.planned(world.night, TUESDAY)])) == 1


class PreferredTests:
    def test_one_of_the_wishes_is_enough(self, world: World) -> None:
        RuleFactory(kind="preference", employee=world.amy, parameters={"shifts": ["Late"], "weekdays": ["mon"]})
        RuleFactory(kind="preference", employee=world.amy, parameters={"shift_types": ["Night shift"]})
        assert check([world.planned(world.night, TUESDAY)]) == []
        assert check([world.planned(world.late, MONDAY)]) == []
        change(world.amy, max_hours_per_week=168)
        (finding,) = check([world.planned(world.late, TUESDAY + DAY)])
        assert (finding.code, finding.severity) == ("as_preferred", "warning")
