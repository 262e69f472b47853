"""Filling the caches with the newest rows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caching import cache_manager
from caching.keys import known_types
from caching.monitoring.warming import Warmed, warm, warm_each
from scheduling.models import Department, Employee, Rule, Schedule, ScheduleAssignment, Shift, ShiftType
from scheduling.warming import weeks
from tests.factories import ScheduleAssignmentFactory, ScheduleFactory, ShiftFactory

pytestmark = pytest.mark.django_db(transaction=True)


class WarmTests:
    def test_loads_the_newest_rows(self, django_assert_num_queries: Any) -> None:
        shifts = ShiftFactory.create_batch(4)
        said = list(warm(["shift"], 2))
        assert "Loaded 2 of 2 values of shift by name." in said
        with django_assert_num_queries(0):
            for shift in shifts[2:]:
                Shift.objects.get_by_name(shift.name)
        with django_assert_num_queries(1):
            Shift.objects.get_by_name(shifts[0].name)
        assert cache_manager.get_stats()["types"]["shift"]["warmed"] >= 2

    def test_a_dry_run_loads_nothing(self) -> None:
        ShiftFactory()
        assert "Would look for 1 values of shift by name." in list(warm(["shift"], None, dry_run=True))
        assert cache_manager.get_stats()["cache_sizes"]["shift"] == 0

    def test_never_more_than_there_is_room_for(self, settings: Any) -> None:
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"shift": 6}}
        ShiftFactory.create_batch(9)
        list(warm(["shift"], None))
        held = cache_manager.get_stats()["types"]["shift"]
        assert held["entries"] <= 6
        assert held["evictions"]["size"] == 0

    def test_a_type_without_look_ups_says_so(self) -> None:
        assert list(warm(["general"], None)) == ["Nothing to load for general: it has no look-ups."]


class WarmEachTests:
    def test_says_what_was_loaded_and_what_was_held(self) -> None:
        shifts = ShiftFactory.create_batch(3)
        Shift.objects.get_by_name(shifts[2].name)
        found = {warmed.kind: warmed for warmed in warm_each(["shift", "general"], 2)}
        assert found["name"] == Warmed("shift", "name", 1, 2)
        assert found["types"] == Warmed("shift", "types", 1, 1)
        assert {warmed.type for warmed in found.values()} == {"shift"}

    def test_takes_as_many_queries_for_many_rows_as_for_few(self) -> None:
        def queries() -> int:
            cache_manager.clear()
            with CaptureQueriesContext(connection) as seen:
                list(warm_each(known_types(), None))
            return len(seen)

        plan(2)
        few = queries()
        plan(15)
        assert queries() == few

    def test_what_is_worth_it_comes_before_what_is_newer(self) -> None:
        shifts = ShiftFactory.create_batch(2)
        ShiftFactory.create_batch(3, active=False)
        list(warm_each(["shift"], 2))
        held = cache_manager.type_entries("shift").entries
        assert {f"name:{shift.name}" for shift in shifts} == {key for key in held if key.startswith("name:")}

    @pytest.mark.parametrize("shared", [False, True])
    def test_the_first_read_of_every_warmed_key_is_a_hit(
        self, shared: bool, request: pytest.FixtureRequest, django_assert_num_queries: Any
    ) -> None:
        if shared:
            request.getfixturevalue("file_tier")
        schedules = plan(12)
        list(warm_each(known_types(), None))
        misses = cache_manager.get_stats()["misses"]
        if shared:
            for name in known_types():
                cache_manager.type_entries(name).drop()
        with django_assert_num_queries(0):
            for schedule in schedules:
                assert Schedule.objects.get_by_id(schedule.pk) == schedule
                for row in ScheduleAssignment.objects.for_schedule(schedule.pk):
                    assert Employee.objects.get_by_email(row.employee.email) == row.employee
                    assert Shift.objects.get_by_name(row.shift.name) == row.shift
                assert Department.objects.get_by_id(schedule.department_id) is not None
            ShiftType.objects.active()
            Rule.objects.active_rules()
        assert cache_manager.get_stats()["misses"] == misses


def plan(number: int) -> list[Schedule]:
    """Return schedules of next week with an assignment each."""
    schedules = ScheduleFactory.create_batch(number, week_start=weeks()[1])
    for schedule in schedules:
        ScheduleAssignmentFactory(schedule=schedule, date=schedule.week_start)
    return schedules
