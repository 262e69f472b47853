"""Schedules and their assignments."""

import datetime

import pytest
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from scheduling.models import (
    Schedule,
    ScheduleAssignment,
)
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)
from tests.scheduling.models.refusals import refusal

pytestmark = pytest.mark.django_db


class ScheduleTests:
    @pytest.mark.parametrize("monday", [MONDAY, "2026-11-30"])
    def test_save_fills_in_the_sunday(self, monday: object) -> None:
        schedule = ScheduleFactory(week_start=monday)

        assert Schedule.objects.get().week_end == schedule.week_end == datetime.date(2026, 12, 6)

    def test_clean_fills_in_the_sunday(self) -> None:
        schedule = Schedule(department=DepartmentFactory(), week_start=MONDAY)

        schedule.full_clean()

        assert schedule.week_end == datetime.date(2026, 12, 6)

    def test_other_weekdays_are_refused(self) -> None:
        schedule = ScheduleFactory(week_start=datetime.date(2026, 12, 1))

        assert refusal(schedule) == {"week_start": ["2026-12-01 is not a Monday."]}

    def test_other_lengths_are_refused(self) -> None:
        schedule = ScheduleFactory(week_end=MONDAY + datetime.timedelta(days=7))

        assert refusal(schedule) == {"week_end": ["The week must end on the Sunday after its Monday."]}

    def test_a_version_is_unique(self) -> None:
        schedule = ScheduleFactory()
        ScheduleFactory(department=schedule.department, version=2)

        with pytest.raises(IntegrityError):
            ScheduleFactory(department=schedule.department)


class ScheduleAssignmentTests:
    def test_is_unique_by_employee_shift_and_date(self) -> None:
        assignment = ScheduleAssignmentFactory()

        with pytest.raises(IntegrityError):
            ScheduleAssignmentFactory(employee=assignment.employee, shift=assignment.shift, date=assignment.date)

    def test_a_date_outside_the_week_is_refused(self) -> None:
        assignment = ScheduleAssignmentFactory(date=MONDAY - datetime.timedelta(days=1), employee__last_name="Adams")

        assert refusal(assignment) == {
            "date": ["Amy Adams: 2026-11-29 is outside the schedule's week, 2026-11-30 to 2026-12-06."]
        }

    def test_full_clean_asks_the_policy(self) -> None:
        night = ShiftFactory(name="Night", start_time=datetime.time(22), end_time=datetime.time(6))
        stored = ScheduleAssignmentFactory(shift=night, employee__last_name="Adams", schedule__department__name="Bar")
        early = ScheduleAssignmentFactory.build(
            employee=stored.employee,
            schedule=stored.schedule,
            shift=ShiftFactory(start_time=datetime.time(5), end_time=datetime.time(13)),
            date=MONDAY + datetime.timedelta(days=1),
        )

        assert refusal(early) == {
            "shift": ["Amy Adams works Night (22:00–06:00) on 2026-11-30 in Bar at the same time."]
        }
        early.checked_elsewhere = True
        early.full_clean()

    def test_a_duplicate_is_told_once(self) -> None:
        stored = ScheduleAssignmentFactory(
            shift__name="Early", employee__last_name="Adams", schedule__department__name="Bar"
        )
        again = ScheduleAssignmentFactory.build(
            employee=stored.employee, schedule=stored.schedule, shift=stored.shift, date=stored.date
        )

        assert refusal(again) == {"shift": ["Amy Adams already has Early (06:00–14:00) on 2026-11-30 in Bar."]}

    def test_clean_leaves_what_is_missing_to_the_fields(self) -> None:
        assert set(refusal(ScheduleAssignment())) == {"schedule", "employee", "shift", "date"}

    def test_save_does_not_validate(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        assignment = ScheduleAssignmentFactory.build(
            schedule=ScheduleFactory(), employee=EmployeeFactory(is_active=False), shift=ShiftFactory(active=False)
        )

        with django_assert_num_queries(1):
            assignment.save()

    @pytest.mark.parametrize("priority", [0, 11])
    def test_the_database_refuses_priority(self, priority: int) -> None:
        with pytest.raises(IntegrityError):
            ScheduleAssignmentFactory(priority=priority)

    def test_its_text_names_what_is_loaded_and_never_queries(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        assignment = ScheduleAssignmentFactory(shift__name="Night", employee__first_name="Amy", employee__last_name="A")
        bare = ScheduleAssignment.objects.get()

        with django_assert_num_queries(0):
            assert str(assignment) == "Amy A, Night, 2026-11-30"
            assert str(bare) == "2026-11-30"

    def test_going_with_its_schedule(self) -> None:
        ScheduleAssignmentFactory().schedule.delete()

        assert not ScheduleAssignment.objects.exists()
