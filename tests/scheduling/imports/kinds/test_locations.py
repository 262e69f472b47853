"""A location beside a department: Bar is the name of one below the Kitchen and of one below the Lobby."""

import pytest
import tablib

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.models import Schedule
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def departments() -> None:
    kitchen, lobby = DepartmentFactory(code="KIT", name="Kitchen"), DepartmentFactory(code="LOB", name="Lobby")
    for code, parent in (("B1", kitchen), ("B2", lobby)):
        DepartmentFactory(code=code, name="Bar", parent=parent)
    ShiftFactory(name="Early")
    EmployeeFactory(email="amy@example.com", department=kitchen)


def run(headers: str, *cells: str) -> ImportResult:
    names = ["email", "shift", "date", *headers.split(",")]
    return AssignmentResource().import_data(
        tablib.Dataset(["amy@example.com", "Early", "2026-12-01", *cells], headers=names)
    )


class SettleLocationsTests:
    @pytest.mark.parametrize(
        ("headers", "cells", "code"),
        [
            ("Location", ["Lobby"], "LOB"),
            ("Location", [""], "KIT"),
            ("Location,Area", ["Kitchen", "Bar"], "B1"),
            ("Location,Area", ["LOB", "Bar"], "B2"),
            ("Location,Area", ["Lobby", "Lobby"], "LOB"),
            # The name of a site, which is no department.
            ("Location,Area", ["Harbour", "Lobby"], "LOB"),
            ("Area", ["Lobby / Bar"], "B2"),
            ("Area", ["lob"], "LOB"),
        ],
    )
    def test_decides_which_department_is_meant(self, headers: str, cells: list[str], code: str) -> None:
        result = run(headers, *cells)
        assert [problem.reason for problem in result.problems] == []
        assert Schedule.objects.get().department.code == code

    @pytest.mark.parametrize(
        ("headers", "cells", "column", "reason"),
        [
            ("Area", ["Bar"], "Area", "2 departments are called 'Bar'. Write the code: 'B1' or 'B2'."),
            ("Location", ["Bar"], "Location", "2 departments are called 'Bar'. Write the code: 'B1' or 'B2'."),
            ("Location", ["Loby"], "Location", "No department has the code 'Loby'. Did you mean 'Lobby'?"),
            ("Location,Area", ["Lobby", "Kitchen"], "Area", "'Kitchen' is not in 'Lobby'."),
            ("Location,Area", ["Lobby", ""], "Area", "A value is needed here."),
        ],
    )
    def test_refuses_what_is_not_certain(self, headers: str, cells: list[str], column: str, reason: str) -> None:
        (problem,) = run(headers, *cells).problems
        assert (problem.row, problem.column, problem.reason) == (2, column, reason)

    def test_tells_that_the_name_of_a_site_is_not_read(self) -> None:
        result = run("Location,Area", "Harbour", "Lobby")
        assert result.notes[0] == "Not read, because no department is called this: 'Harbour'."
