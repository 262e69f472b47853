import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from scheduling.calendar import DepartmentWeek
from scheduling.imports.engine.besides import Besides
from scheduling.imports.kinds.weeks import SchedulesOfWeeks
from scheduling.models import Schedule
from tests.factories import MONDAY, DepartmentFactory, ScheduleFactory

pytestmark = pytest.mark.django_db


class SchedulesOfWeeksTests:
    def test_the_latest_is_the_highest_version(self) -> None:
        second = ScheduleFactory(version=2)
        first = ScheduleFactory(version=1, department=second.department)
        week = DepartmentWeek(first.department_id, MONDAY)
        schedules = SchedulesOfWeeks("default")
        schedules.load([week])
        assert schedules.latest(week) == second.pk
        assert schedules.is_of_week(first.pk, week)

    def test_a_schedule_may_be_loaded_by_its_primary_key(self) -> None:
        schedule = ScheduleFactory()
        schedules = SchedulesOfWeeks("default")
        schedules.load([], also=[schedule.pk])
        assert schedules.is_of_week(schedule.pk, DepartmentWeek(schedule.department_id, MONDAY))
        assert not schedules.is_of_week(None, DepartmentWeek(schedule.department_id, MONDAY))

    def test_loading_nothing_costs_nothing(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            SchedulesOfWeeks("default").load([])

    def test_creates_a_draft_for_each_week_that_has_none(self) -> None:
        held = ScheduleFactory()
        weeks = {
            DepartmentWeek(held.department_id, MONDAY),
            DepartmentWeek(held.department_id, MONDAY + datetime.timedelta(7)),
            DepartmentWeek(DepartmentFactory().pk, MONDAY),
        }
        schedules, besides = SchedulesOfWeeks("default"), Besides("default")
        schedules.load(weeks)
        schedules.create_missing(weeks, besides)
        schedules.create_missing(weeks, besides)
        assert besides.settle(refused=False) == ["2 new draft schedules, for weeks that had none."]
        assert {schedules.latest(week) for week in weeks} == set(Schedule.objects.values_list("pk", flat=True))
        assert set(Schedule.objects.exclude(pk=held.pk).values_list("status", flat=True)) == {"draft"}

    def test_a_draft_that_somebody_else_has_created_meanwhile_is_used_and_not_told(self) -> None:
        department = DepartmentFactory().pk
        weeks = [DepartmentWeek(department, MONDAY + datetime.timedelta(days)) for days in (0, 7)]
        schedules, besides = SchedulesOfWeeks("default"), Besides("default")
        schedules.load(weeks)
        other = ScheduleFactory(department_id=department, week_start=weeks[0].monday)
        schedules.create_missing({*weeks}, besides)
        assert schedules.latest(weeks[0]) == other.pk
        assert besides.created == {Schedule: [schedules.latest(weeks[1])]}
        assert besides.settle(refused=False) == ["1 new draft schedule, for a week that had none."]

    def test_a_week_without_a_schedule_has_no_latest(self) -> None:
        with pytest.raises(KeyError):
            SchedulesOfWeeks("default").latest(DepartmentWeek(1, MONDAY))
