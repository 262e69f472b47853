"""Which shift a row means: Late is of all departments, Grill and Buffet are of the Kitchen, Counter is of the Bar."""

from typing import Any

import pytest
import tablib

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.models import ScheduleAssignment
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory, ShiftTypeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shifts() -> None:
    hotel, kind = DepartmentFactory(code="HOT", name="Hotel"), ShiftTypeFactory()
    kitchen, bar, spa = (
        DepartmentFactory(code=code, name=name, parent=hotel)
        for code, name in (("KIT", "Kitchen"), ("BAR", "Bar"), ("SPA", "Spa"))
    )
    for name, code, start, end, department in (
        ("Late", "L1", "14:00", "22:00", None),
        ("Night", "N1", "22:00", "06:00", None),
        ("Grill", "X", "10:00", "18:00", kitchen),
        ("Buffet", "B", "10:00", "18:00", kitchen),
        ("Counter", "X", "10:00", "18:00", bar),
        ("House", "H", "09:00", "17:00", hotel),
    ):
        ShiftFactory(name=name, code=code, start_time=start, end_time=end, department=department, shift_type=kind)
    for email, department in (("amy@example.com", kitchen), ("bob@example.com", bar), ("eve@example.com", spa)):
        EmployeeFactory(email=email, department=department)


def run(email: str, headers: str, *cells: str) -> ImportResult:
    names = ["email", "date", *headers.split(",")]
    return AssignmentResource().import_data(tablib.Dataset([email, "2026-12-01", *cells], headers=names))


class SettleShiftsTests:
    @pytest.mark.parametrize(
        ("email", "headers", "cells", "shift"),
        [
            ("amy@example.com", "shift", ["Late"], "Late"),
            ("amy@example.com", "shift", ["late"], "Late"),
            ("amy@example.com", "shift", ["l1"], "Late"),
            # Two shifts have the code X: the department decides.
            ("amy@example.com", "shift", ["X"], "Grill"),
            ("bob@example.com", "shift", ["X"], "Counter"),
            ("amy@example.com", "shift,department", ["X", "Bar"], "Counter"),
            ("amy@example.com", "start,end", ["14:00", "22:00"], "Late"),
            ("bob@example.com", "start,end", ["10:00", "6 pm"], "Counter"),
            ("amy@example.com", "start,end,department", ["10:00", "18:00", "BAR"], "Counter"),
            # A shift of the department above is one of its own.
            ("bob@example.com", "start,end", ["9:00", "17:00"], "House"),
            ("amy@example.com", "start,end,end_date", ["22:00", "06:00", "2026-12-02"], "Night"),
            ("amy@example.com", "start,end,end_date", ["14:00", "22:00", "2026-12-01"], "Late"),
            ("amy@example.com", "shift,start,end", ["Night", "22:00", "6:00"], "Night"),
            ("amy@example.com", "shift,start,end", ["", "22:00", "6:00"], "Night"),
        ],
    )
    def test_finds_which_is_meant(self, email: str, headers: str, cells: list[str], shift: str) -> None:
        result = run(email, headers, *cells)
        assert [problem.reason for problem in result.problems] == []
        assert ScheduleAssignment.objects.get().shift.name == shift

    @pytest.mark.parametrize(
        ("email", "headers", "cells", "column", "reason"),
        [
            ("amy@example.com", "shift", ["Laet"], "shift", "No shift has the name 'Laet'. Did you mean 'Late'?"),
            (
                "eve@example.com",
                "shift",
                ["X"],
                "shift",
                "'X' may be 'Counter (10:00–18:00)' or 'Grill (10:00–18:00)'. Write the name of the shift.",
            ),
            (
                "amy@example.com",
                "start,end",
                ["10:00", "18:00"],
                "start",
                "'10:00–18:00' may be 'Buffet (10:00–18:00)' or 'Grill (10:00–18:00)'. Write the name of the shift.",
            ),
            (
                "eve@example.com",
                "start,end",
                ["10:00", "18:00"],
                "start",
                "No shift of Spa has the times 10:00–18:00. Name the shift.",
            ),
            ("amy@example.com", "start,end", ["10:00", ""], "start", "Name the shift, or write its start and its end."),
            (
                "amy@example.com",
                "shift,start,end",
                ["Late", "14:00", "21:00"],
                "shift",
                "The shift is Late (14:00–22:00), and the row says 14:00 21:00. Correct one of them.",
            ),
            (
                "amy@example.com",
                "start,end,end_date",
                ["22:00", "06:00", "2026-12-03"],
                "end_date",
                "No shift is so long. Write a row for each day.",
            ),
        ],
    )
    def test_refuses_what_is_not_certain(
        self, email: str, headers: str, cells: list[str], column: str, reason: str
    ) -> None:
        (problem,) = run(email, headers, *cells).problems
        assert (problem.row, problem.column, problem.reason) == (2, column, reason)

    def test_a_rota_of_another_product(self) -> None:
        headers = "Email,Start Date,Start Time,End Date,End Time,Location,Area,Comment,Open"
        row: list[Any] = [
            "amy@example.com",
            "2026-12-01",
            "14:00:00",
            "2026-12-01",
            "22:00:00",
            "Hotel",
            "Bar",
            "",
            "No",
        ]
        result = AssignmentResource().import_data(tablib.Dataset(row, headers=headers.split(",")))
        assert (result.new, result.problems) == (1, [])
        assert result.notes[0] == "Ignored, because a file of assignments has no such column: Open."
        assert ScheduleAssignment.objects.get().schedule.department.code == "BAR"
