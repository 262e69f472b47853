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


def staffed() -> set[str]:
    """Return the words by which the filter finds the only schedule."""
    return {name for name in ("under", "full", "over", "empty") if Schedule.objects.staffed(name)}


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
    @pytest.mark.parametrize(("people", "how"), [(0, "empty"), (1, "under"), (2, "full"), (3, "over")])
    def test_looks_at_every_shift_of_the_week(self, people: int, how: str) -> None:
        shift, schedule = ShiftFactory(required_staff=2, max_staff=2), ScheduleFactory()
        ScheduleAssignmentFactory.create_batch(people, shift=shift, schedule=schedule)

        assert staffed() == {how}

    def test_a_shift_whose_people_have_all_declined_is_open(self) -> None:
        shift, schedule = ShiftFactory(required_staff=2), ScheduleFactory()
        ScheduleAssignmentFactory.create_batch(2, shift=shift, schedule=schedule)
        ScheduleAssignmentFactory(shift=shift, schedule=schedule, date=MONDAY + DAY, status="declined")

        assert staffed() == {"under"}

    def test_a_version_that_has_been_replaced_is_none_of_them(self) -> None:
        ScheduleAssignmentFactory(superseded=True)

        assert staffed() == set()


class OpenShiftsTests:
    @pytest.mark.parametrize(("statuses", "people"), [(("declined", "cancelled"), 0), (("confirmed", "declined"), 1)])
    def test_counts_whoever_has_not_declined(self, statuses: tuple[str, str], people: int) -> None:
        shift, schedule = ShiftFactory(required_staff=2), ScheduleFactory()
        for status in statuses:
            ScheduleAssignmentFactory(shift=shift, schedule=schedule, status=status)

        (found,) = ScheduleAssignment.objects.open_shifts()

        assert (found["schedule"], found["people"], found["required"]) == (schedule.pk, people, 2)

    def test_one_that_requires_no_one_is_not_open(self) -> None:
        ScheduleAssignmentFactory(shift=ShiftFactory(required_staff=0), status="cancelled")

        assert not ScheduleAssignment.objects.open_shifts()


class ComingTests:
    def test_are_the_next_assignments_that_count(self) -> None:
        employee, schedule = EmployeeFactory(), ScheduleFactory()
        of_day = {
            day: ScheduleAssignmentFactory(employee=employee, schedule=schedule, date=MONDAY + day * DAY)
            for day in (3, 1, 0)
        }
        ScheduleAssignmentFactory(employee=employee, schedule=schedule, date=MONDAY + 2 * DAY, status="cancelled")

        assert ScheduleAssignment.objects.coming_for(employee.pk, MONDAY + DAY) == [of_day[1], of_day[3]]
