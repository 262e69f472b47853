"""Filters of schedules and assignments."""

import datetime

import pytest

from scheduling.models import Schedule, ScheduleAssignment
from tests.factories import (
    MONDAY,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


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

    def test_leaves_out_what_a_newer_version_has_superseded(self) -> None:
        ScheduleAssignmentFactory(superseded=True)

        assert not ScheduleAssignment.objects.counting().exists()


class StaffedTests:
    @pytest.mark.parametrize(("people", "how"), [(0, "under"), (1, "under"), (2, "full"), (3, "over")])
    def test_looks_at_every_shift_of_the_week(self, people: int, how: str) -> None:
        shift, schedule = ShiftFactory(required_staff=2, max_staff=2), ScheduleFactory()
        ScheduleAssignmentFactory.create_batch(people, shift=shift, schedule=schedule)

        assert {name for name in ("under", "full", "over") if Schedule.objects.staffed(name)} == {how}


class ComingTests:
    def test_are_the_next_assignments_that_count(self) -> None:
        employee, schedule = EmployeeFactory(), ScheduleFactory()
        of_day = {
            day: ScheduleAssignmentFactory(employee=employee, schedule=schedule, date=MONDAY + day * DAY)
            for day in (3, 1, 0)
        }
        ScheduleAssignmentFactory(employee=employee, schedule=schedule, date=MONDAY + 2 * DAY, status="cancelled")

        assert ScheduleAssignment.objects.coming_for(employee.pk, MONDAY + DAY) == [of_day[1], of_day[3]]
