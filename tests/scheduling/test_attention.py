import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from scheduling.attention import compute_states, schedule_states
from scheduling.models import Department
from scheduling.statuses import ScheduleState
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


def state() -> ScheduleState:
    (found,) = compute_states(MONDAY, 1)
    return found


class OpenShiftsTests:
    def test_a_shift_with_too_few_people_is_open(self) -> None:
        ScheduleAssignmentFactory(shift=ShiftFactory(required_staff=3))

        assert (state().open_shifts, state().missing_people) == (1, 2)

    def test_one_whose_people_have_all_declined_too(self) -> None:
        ScheduleAssignmentFactory(status="declined")

        assert (state().open_shifts, state().missing_people) == (1, 1)

    def test_one_with_enough_people_is_not(self) -> None:
        shift, schedule = ShiftFactory(required_staff=2), ScheduleFactory()
        ScheduleAssignmentFactory.create_batch(2, shift=shift, schedule=schedule)

        assert state().open_shifts == 0

    def test_each_day_counts(self) -> None:
        shift, schedule = ShiftFactory(required_staff=2), ScheduleFactory()
        for day in range(3):
            ScheduleAssignmentFactory(shift=shift, schedule=schedule, date=MONDAY + day * DAY)

        assert (state().open_shifts, state().missing_people) == (3, 3)

    def test_each_version_of_a_week_is_a_plan_of_its_own(self) -> None:
        department, shift = DepartmentFactory(), ShiftFactory(required_staff=3)
        for version in (1, 2):
            schedule = ScheduleFactory(department=department, version=version)
            ScheduleAssignmentFactory.create_batch(version, schedule=schedule, shift=shift)

        first, second = compute_states(MONDAY, 1)

        assert (first.missing_people, second.missing_people) == (2, 1)

    def test_what_a_newer_version_has_replaced_lacks_no_one(self) -> None:
        ScheduleAssignmentFactory(shift=ShiftFactory(required_staff=3), superseded=True)

        assert state().open_shifts == 0


class FindingsTests:
    def test_errors_and_warnings_are_counted_apart(self) -> None:
        schedule = ScheduleFactory()
        late, early = ShiftFactory(start_time="14:00", end_time="22:00"), ShiftFactory(start_time="06:00")
        amy = EmployeeFactory(department=schedule.department)
        ScheduleAssignmentFactory(schedule=schedule, employee=amy, shift=late)
        ScheduleAssignmentFactory(schedule=schedule, employee=amy, shift=early, date=MONDAY + DAY)
        ScheduleAssignmentFactory(schedule=schedule, employee=EmployeeFactory(is_active=False))

        assert (state().errors, state().warnings) == (1, 1)

    def test_a_shift_that_lacks_people_is_not_told_twice(self) -> None:
        ScheduleAssignmentFactory(shift=ShiftFactory(required_staff=3))

        assert (state().errors, state().warnings) == (0, 0)

    def test_being_published_is_no_violation(self) -> None:
        ScheduleAssignmentFactory(schedule=ScheduleFactory(status="published"))

        assert not state().needs_attention


class StatesTests:
    def test_are_of_the_weeks_asked_for_without_archived_ones(self) -> None:
        for weeks in range(-1, 3):
            ScheduleFactory(week_start=MONDAY + 7 * weeks * DAY)
        ScheduleFactory(status="archived")

        assert [found.week_start for found in compute_states(MONDAY, 2)] == [MONDAY, MONDAY + 7 * DAY]

    def test_cost_the_same_for_many_schedules(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        for _ in range(30):
            ScheduleAssignmentFactory()
        RuleFactory(department=Department.objects.all()[0])

        with django_assert_max_num_queries(12):
            assert len(compute_states(MONDAY, 1)) == 30


class CachedStatesTests:
    """The cached read goes stale with whatever it is computed from."""

    @pytest.mark.django_db(transaction=True)
    def test_follows_every_model_that_the_policy_reads(self) -> None:
        shift, skill = ShiftFactory(), SkillFactory()
        assignment = ScheduleAssignmentFactory(shift=shift)

        def warnings_and_errors() -> tuple[int, int, int]:
            (found,) = schedule_states(MONDAY)
            return found.open_shifts, found.errors, found.warnings

        assert warnings_and_errors() == (0, 0, 0)
        shift.required_skills.add(skill)
        assert warnings_and_errors() == (0, 1, 0)
        assignment.employee.skills.add(skill)
        assert warnings_and_errors() == (0, 0, 0)
        RuleFactory(kind="restriction", employee=assignment.employee)
        assert warnings_and_errors() == (0, 0, 1)
        shift.required_staff = 2
        shift.save()
        assert warnings_and_errors() == (1, 0, 1)
        Department.objects.update(active=False)
        assert warnings_and_errors() == (1, 1, 1)
