import datetime
from typing import Any

import pytest
import tablib

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.shifts import ShiftResource, ShiftTypeResource
from scheduling.models import Shift, ShiftType

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


class ShiftTypeTests:
    def test_upserts_by_name(self) -> None:
        for colour in ("#ff0000", "#00ff00"):
            ShiftTypeResource().import_data(tablib.Dataset(["Early", colour], headers=["name", "color"]))
        assert ShiftType.objects.get().colour == "#00ff00"
