"""Rows with a first and a last day."""

import datetime

import pytest
import tablib

from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.models import ScheduleAssignment
from tests.factories import EmployeeFactory, ShiftFactory

pytestmark = pytest.mark.django_db
HEADERS = ("email", "shift", "date", "end_date")


def imported(*row: str, headers: tuple[str, ...] = HEADERS) -> list[str]:
    """Import one row; return the reasons why it was refused."""
    EmployeeFactory(email="amy@example.com")
    ShiftFactory(name="Late", start_time="14:00", end_time="22:00")
    result = AssignmentResource().import_data(tablib.Dataset(row, headers=headers))
    return [problem.reason for problem in result.problems]


class DaysTests:
    def test_each_of_them_gets_an_assignment(self) -> None:
        assert imported("amy@example.com", "Late", "2026-12-01", "2026-12-04") == []
        days = ScheduleAssignment.objects.order_by("date").values_list("date", flat=True)
        assert list(days) == [datetime.date(2026, 12, day) for day in (1, 2, 3, 4)]

    @pytest.mark.parametrize(
        ("last", "reason"),
        [("2026-11-30", "The last day is before the first one."), ("2028-01-01", "This is over a year.")],
    )
    def test_a_last_day_that_cannot_be_meant_is_refused(self, last: str, reason: str) -> None:
        assert imported("amy@example.com", "Late", "2026-12-01", last) == [reason]

    def test_beside_times_the_last_day_is_the_end_of_the_shift(self) -> None:
        row = ("amy@example.com", "Late", "2026-12-01", "2026-12-01", "14:00", "22:00")
        assert imported(*row, headers=(*HEADERS, "start_time", "end_time")) == []
        assert ScheduleAssignment.objects.count() == 1
