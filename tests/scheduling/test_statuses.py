"""What the statuses mean to the rest of the application."""

import pytest

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.statuses import NOT_COUNTING, READ_ONLY, AssignmentStatus, ScheduleStatus


class ScheduleStatusTests:
    def test_is_the_one_of_the_model(self) -> None:
        assert Schedule.Status is ScheduleStatus

    @pytest.mark.parametrize("status", ScheduleStatus)
    def test_published_and_archived_schedules_are_read_only(self, status: str) -> None:
        assert (status in READ_ONLY) == (status in {"published", "archived"})
        assert Schedule(status=status).is_read_only == (status in READ_ONLY)


class AssignmentStatusTests:
    def test_is_the_one_of_the_model(self) -> None:
        assert ScheduleAssignment.Status is AssignmentStatus

    @pytest.mark.parametrize("status", AssignmentStatus)
    def test_declined_and_cancelled_assignments_do_not_count(self, status: str) -> None:
        assert (status in NOT_COUNTING) == (status in {"declined", "cancelled"})
        assert ScheduleAssignment(status=status).is_called_off == (status in NOT_COUNTING)
