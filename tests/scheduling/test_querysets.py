import datetime

import pytest

from scheduling.models import Department, Employee, Schedule, ScheduleAssignment, Shift, ShiftType
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


class ActiveTests:
    def test_leaves_out_what_is_not_active(self) -> None:
        department = DepartmentFactory()
        employee = EmployeeFactory(department=department)
        shift = ShiftFactory()
        DepartmentFactory(active=False)
        EmployeeFactory(department=department, is_active=False)
        ShiftFactory(active=False, shift_type=ShiftTypeFactory(active=False))

        assert Department.objects.active().get() == department
        assert Employee.objects.active().get() == employee
        assert Shift.objects.active().get() == shift
        assert ShiftType.objects.in_use().get() == shift.shift_type

    def test_works_from_the_other_side_of_a_relation(self) -> None:
        employee = EmployeeFactory()

        assert employee.department.employees.active().get() == employee


class EmployedOnTests:
    @pytest.mark.parametrize(
        ("hired", "left", "employed"),
        [
            (None, None, True),
            (MONDAY, MONDAY, True),
            (MONDAY + DAY, None, False),
            (None, MONDAY - DAY, False),
            (MONDAY - DAY, MONDAY + DAY, True),
        ],
    )
    def test_the_first_and_the_last_day_count(
        self, hired: datetime.date | None, left: datetime.date | None, employed: bool
    ) -> None:
        EmployeeFactory(hire_date=hired, end_date=left)

        assert Employee.objects.employed_on(MONDAY).exists() is employed


class ForWeekTests:
    @pytest.mark.parametrize("day", range(7))
    def test_any_day_of_the_week_finds_it(self, day: int) -> None:
        assignment = ScheduleAssignmentFactory(date=MONDAY + 6 * DAY)
        ScheduleFactory(week_start=MONDAY - 7 * DAY)
        ScheduleAssignmentFactory(date=MONDAY + 7 * DAY, schedule=assignment.schedule)

        assert Schedule.objects.for_week(MONDAY + day * DAY).get() == assignment.schedule
        assert ScheduleAssignment.objects.for_week(MONDAY + day * DAY).get() == assignment


class CountingTests:
    def test_leaves_out_declined_and_cancelled(self) -> None:
        schedule = ScheduleFactory()
        for status in ScheduleAssignment.Status:
            ScheduleAssignmentFactory(schedule=schedule, status=status)

        counted = set(ScheduleAssignment.objects.counting().values_list("status", flat=True))
        assert counted == {"assigned", "pending", "confirmed", "completed"}
