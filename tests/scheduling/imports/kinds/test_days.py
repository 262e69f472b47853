"""Rows with a first and a last day."""

import datetime

import pytest
import tablib
from pytest_django.fixtures import Settings

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


def imported_night(*row: object, headers: tuple[str, ...] = HEADERS) -> list[str]:
    """Import one row about a shift from 22:00 to 6:00; return the reasons why it was refused."""
    ShiftFactory(name="Night", start_time="22:00", end_time="06:00")
    ShiftFactory(name="Last", start_time="16:00", end_time="00:00")
    return imported(*row, headers=headers)  # type: ignore[arg-type]


def days() -> list[datetime.date]:
    return list(ScheduleAssignment.objects.order_by("date").values_list("date", flat=True))


class MomentsTests:
    @pytest.mark.parametrize(
        ("shift", "first", "last"),
        [
            ("Night", "2026-12-01 22:00", "2026-12-02 06:00"),
            ("Night", datetime.datetime(2026, 12, 1, 22), datetime.datetime(2026, 12, 2, 6)),
            ("Last", "01.12.2026 16:00", "02.12.2026 00:00"),
            ("Late", "2026-12-01 14:00", "2026-12-01 22:00"),
            ("Late", "2026-12-01T13:00:00Z", "2026-12-01T21:00:00Z"),
        ],
    )
    def test_of_a_shift_are_one_assignment(self, shift: str, first: object, last: object, settings: Settings) -> None:
        settings.TIME_ZONE = "Europe/Berlin"
        assert imported_night("amy@example.com", shift, first, last) == []
        assert days() == [datetime.date(2026, 12, 1)]

    @pytest.mark.parametrize(
        ("shift", "first", "last", "reason"),
        [
            ("Night", "2026-12-01 22:00", "2026-12-02 07:00", "The shift is Night"),
            ("Night", "2026-12-01 22:00", "2026-12-01 06:00", "A row is for one shift"),
            ("Night", "2026-12-01 22:00", "2026-12-04 06:00", "No shift is so long"),
            ("Late", "2026-12-01 14:00", "2026-12-02 22:00", "A row is for one shift"),
            ("Late", "2026-12-01 06:00", "2026-12-04", "No shift is so long"),
        ],
    )
    def test_that_are_not_those_of_the_shift_are_refused(self, shift: str, first: str, last: str, reason: str) -> None:
        (said,) = imported_night("amy@example.com", shift, first, last)
        assert said.startswith(reason)
        assert days() == []

    def test_have_to_fit_times_in_columns_of_their_own(self) -> None:
        row = ("amy@example.com", "Late", "2026-12-01 14:00", "2026-12-01 22:00", "14:30", "22:00")
        reasons = imported(*row, headers=(*HEADERS, "start_time", "end_time"))
        assert reasons == ["The row says two times for this. Correct one of them."]

    def test_at_midnight_are_days(self) -> None:
        assert imported("amy@example.com", "Late", "2026-12-01 00:00:00", "2026-12-02 00:00:00") == []
        assert len(days()) == 2

    def test_a_night_with_a_beginning_and_the_next_day_is_one(self) -> None:
        row = ("amy@example.com", "Night", "2026-12-01", "22:00", "2026-12-02")
        assert imported_night(*row, headers=("email", "shift", "date", "start_time", "end_date")) == []
        assert days() == [datetime.date(2026, 12, 1)]


class OtherDaysTests:
    START, END = datetime.datetime(2026, 12, 1, 22), datetime.datetime(2026, 12, 2, 6)

    @pytest.mark.parametrize(
        ("start", "end", "refused"),
        [
            (START, END, []),
            (datetime.datetime(1899, 12, 30, 22), datetime.datetime(1899, 12, 31, 6), []),
            (datetime.time(22), END, []),
            (START + datetime.timedelta(days=1), END, ["This is a time of 2026-12-02"]),
            (START, END + datetime.timedelta(days=2), ["This is a time of 2026-12-04"]),
            (START, END - datetime.timedelta(days=1), ["This is a time of 2026-12-01"]),
        ],
    )
    def test_of_a_time_are_refused(self, start: object, end: object, refused: list[str]) -> None:
        row = ("amy@example.com", "Night", datetime.date(2026, 12, 1), start, end)
        reasons = imported_night(*row, headers=("email", "shift", "date", "start_time", "end_time"))
        assert [reason[: len(begin)] for reason, begin in zip(reasons, refused, strict=True)] == refused


class GermanHeaderTests:
    @pytest.mark.parametrize(
        ("headers", "row"),
        [
            (("Mitarbeiter", "Schicht", "Datum", "Von", "Bis"), ("Late", "01.12.2026", "14:00", "22:00")),
            (("Mitarbeiter", "Datum", "Von", "Bis"), ("01.12.2026", "14:00", "22:00")),
            (("Mitarbeiter", "Schicht", "Von", "Bis"), ("Late", "01.12.2026", "01.12.2026")),
        ],
    )
    def test_von_and_bis_are_days_or_times(self, headers: tuple[str, ...], row: tuple[str, ...]) -> None:
        assert imported("amy@example.com", *row, headers=headers) == []
        assert days() == [datetime.date(2026, 12, 1)]

    def test_an_end_that_is_not_that_of_the_shift_is_refused(self) -> None:
        row = ("amy@example.com", "Late", "01.12.2026", "14:00", "23:00")
        (reason,) = imported(*row, headers=("Mitarbeiter", "Schicht", "Datum", "Von", "Bis"))
        assert reason.startswith("The shift is Late")
