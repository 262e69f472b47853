import datetime
from typing import Any

import pytest
import tablib

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.shifts import ShiftResource, ShiftTypeResource
from scheduling.models import Shift, ShiftType
from tests.factories import ShiftFactory

pytestmark = pytest.mark.django_db
HEADERS = ["name", "shift_type", "start", "end", "break", "required_skills"]


def run(*rows: list[Any], headers: list[str] = HEADERS) -> ImportResult:
    return ShiftResource().import_data(tablib.Dataset(*rows, headers=headers))


class ShiftTests:
    def test_types_and_skills_are_created_and_said(self) -> None:
        result = run(["Night", "Night shift", "22:00", "6:00", "30", "First aid"])
        shift = Shift.objects.get()
        assert (shift.start_time, shift.end_time) == (datetime.time(22), datetime.time(6))
        assert shift.required_skills.get().name == "First aid"
        assert shift.shift_type.name == "Night shift"
        assert result.notes == ["1 new shift type: 'Night shift'.", "1 new skill: 'First aid'."]

    def test_again_changes_nothing(self) -> None:
        row = ["Night", "Night shift", "22:00", "6:00", "30", "First aid"]
        run(row)
        assert (run(row).unchanged, ShiftType.objects.count()) == (1, 1)
        assert run(["Night", "night SHIFT", "10 pm", "6a", "30", "first aid"]).unchanged == 1

    def test_a_shift_without_a_length_is_refused(self) -> None:
        result = run(["A", "T", "8:00", "8:00", "0", ""])
        assert [problem.reason for problem in result.problems] == ["A shift cannot start and end at the same time."]

    def test_a_break_as_long_as_the_shift_is_refused(self) -> None:
        result = run(["A", "T", "8:00", "9:00", "60", ""])
        assert [(problem.column, problem.reason) for problem in result.problems] == [
            ("break", "The break must be shorter than the shift.")
        ]

    def test_a_new_shift_needs_a_type(self) -> None:
        result = run(["A", "", "8:00", "9:00", "0", ""])
        assert [(problem.column, problem.reason) for problem in result.problems] == [
            ("shift_type", "A value is needed here.")
        ]


class StoredShiftTests:
    """A file that has some columns is judged together with what is stored."""

    @pytest.fixture(autouse=True)
    def early(self) -> None:
        times = {"start_time": datetime.time(6), "end_time": datetime.time(14)}
        ShiftFactory(name="Early", code="E1", break_minutes=30, required_staff=2, max_staff=3, **times)

    @pytest.mark.parametrize(
        ("headers", "cells", "column", "reason"),
        [
            (["break"], ["600"], "break", "The break must be shorter than the shift."),
            (["start", "end"], ["06:00", "06:20"], "", "The break must be shorter than the shift."),
            (["end"], ["6:10"], "", "The break must be shorter than the shift."),
            (["end"], ["6:00"], "end", "A shift cannot start and end at the same time."),
            (["required_staff"], ["4"], "required_staff", "Maximum staff cannot be less than required staff."),
            (["max_staff"], ["1"], "max_staff", "Maximum staff cannot be less than required staff."),
        ],
    )
    def test_what_a_form_refuses_an_import_refuses(
        self, headers: list[str], cells: list[str], column: str, reason: str
    ) -> None:
        result = run(["Early", *cells], headers=["name", *headers])
        assert [(problem.column, problem.reason) for problem in result.problems] == [(column, reason)]

    def test_the_stored_name_in_capitals_is_the_stored_shift(self) -> None:
        result = run(["EARLY", "7:00"], headers=["name", "start"])
        assert (result.new, result.updated) == (0, 1)
        shift = Shift.objects.get()
        assert (shift.name, shift.code, shift.start_time) == ("Early", "E1", datetime.time(7))

    def test_two_spellings_in_a_file_are_one_shift(self) -> None:
        rows = [["Late", "day", "14:00", "22:00", "0", ""], ["LATE", "Day", "14:00", "22:00", "0", ""]]
        result = run(*rows)
        assert [(problem.row, problem.reason) for problem in result.problems] == [(3, "Row 2 has the same name.")]
        assert run(rows[0], ["Swing", "DAY", "14:00", "22:00", "0", ""]).new == 2
        assert ShiftType.objects.filter(name__iexact="day").count() == 1

    def test_a_spelling_between_two_stored_ones_is_refused(self) -> None:
        ShiftFactory(name="early")
        result = run(["EARLY", "7:00"], headers=["name", "start"])
        assert [problem.reason for problem in result.problems] == [
            "This may be 'Early' or 'early'. Write it as it is stored."
        ]
        assert run(["early", "7:00"], headers=["name", "start"]).updated == 1


class ShiftTypeTests:
    def test_upserts_by_name(self) -> None:
        for colour in ("#ff0000", "#00ff00"):
            ShiftTypeResource().import_data(tablib.Dataset(["Early", colour], headers=["name", "color"]))
        assert ShiftType.objects.get().colour == "#00ff00"
