"""Which employee a row of assignments means. Amy and Bob are in the Kitchen, and two people are called Kim Low."""

import pytest
import tablib

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.imports.kinds.departments import DepartmentResource
from scheduling.imports.kinds.rules import RuleResource
from scheduling.models import Department, Rule, ScheduleAssignment
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory

pytestmark = pytest.mark.django_db
TWO_OF_A_NAME = (
    "'Kim Low' may be 'Kim Low (0020)' or 'Kim Low (0021)'. Write the employee number or the e-mail address."
)


@pytest.fixture(autouse=True)
def staff() -> None:
    kitchen = DepartmentFactory(code="KIT")
    ShiftFactory(name="Early")
    for number, first, last, email in (
        ("0012", "Amy", "Reed", "amy@example.com"),
        ("A7", "Bob", "van Dyk", None),
        ("0020", "Kim", "Low", "kim@example.com"),
        ("0021", "Kim", "Low", None),
    ):
        EmployeeFactory(employee_number=number, first_name=first, last_name=last, email=email, department=kitchen)


def run(headers: str, *cells: str) -> ImportResult:
    """Import one row, for the early shift of 1 December."""
    names = [*headers.split(","), "shift_name", "date"]
    dataset = tablib.Dataset([*cells, "Early", "2026-12-01"], headers=names)
    return AssignmentResource().import_data(dataset)


class SettlePeopleTests:
    @pytest.mark.parametrize(
        ("headers", "cells", "number"),
        [
            ("employee_email", ["AMY@example.com"], "0012"),
            ("employee_number", ["0012"], "0012"),
            ("Badge ID", ["a7"], "A7"),
            ("Employee", ["0012"], "0012"),
            ("Employee", ["amy  REED"], "0012"),
            ("Employee", ["van Dyk, Bob"], "A7"),
            ("Employee name", ["Bob van Dyk"], "A7"),
            ("First name,Last name", ["Bob", "van Dyk"], "A7"),
            # Whatever else is given fits, or says nothing.
            ("employee_email,employee_number,name", ["amy@example.com", "0012", "Amy Reed"], "0012"),
            ("employee_email,First name,Last name", ["kim@example.com", "Kim", "Low"], "0020"),
            ("employee_email,Last name", ["amy@example.com", ""], "0012"),
            ("employee_email,employee_number", ["amy@example.com", "98765"], "0012"),
            ("employee_email,employee_number", ["", "A7"], "A7"),
            ("employee_number,name", ["0012", "Amy Reed-Jones"], "0012"),
        ],
    )
    def test_finds_who_is_meant(self, headers: str, cells: list[str], number: str) -> None:
        result = run(headers, *cells)
        assert [problem.reason for problem in result.problems] == []
        assert ScheduleAssignment.objects.get().employee.employee_number == number

    @pytest.mark.parametrize(
        ("headers", "cells", "column", "reason"),
        [
            (
                "Employee",
                ["Kim Low"],
                "Employee",
                TWO_OF_A_NAME,
            ),
            (
                "First name,Last name",
                ["Kim", "Low"],
                "Last name",
                TWO_OF_A_NAME,
            ),
            ("Employee", ["Amy Reid"], "Employee", "No employee is called 'Amy Reid'. Did you mean 'Amy Reed'?"),
            ("employee_number", ["12"], "employee_number", "No employee has the number '12'. Did you mean '0012'?"),
            ("employee_number", [""], "employee_number", "A value is needed here."),
            ("employee_email", [" "], "employee_email", "A value is needed here."),
            ("employee_email,Name", ["", ""], "employee_email", "A value is needed here."),
            (
                "employee_email,employee_number",
                ["amy@example.com", "A7"],
                "employee_number",
                "This is the number of Bob van Dyk (A7), and the row is about Amy Reed (0012).",
            ),
            (
                "employee_email,Name",
                ["amy@example.com", "Bob van Dyk"],
                "Name",
                "The row names 'Bob van Dyk' and means Amy Reed (0012). Correct one of them.",
            ),
            (
                "employee_number,Name",
                ["0012", "Zoe Smith"],
                "Name",
                "The row names 'Zoe Smith' and means Amy Reed (0012). Correct one of them.",
            ),
        ],
    )
    def test_refuses_what_is_not_certain(self, headers: str, cells: list[str], column: str, reason: str) -> None:
        (problem,) = run(headers, *cells).problems
        assert (problem.row, problem.column, problem.reason) == (2, column, reason)

    def test_tells_that_a_number_of_another_system_is_not_read(self) -> None:
        result = run("employee_email,employee_id", "amy@example.com", "98765")
        assert result.notes[0] == "Not read, because no employee has these numbers: '98765'."

    def test_a_file_has_to_say_it(self) -> None:
        (sentence,) = run("notes", "x").sentences
        assert "The column 'employee_email'" in sentence

    def test_one_person_twice_by_two_names_is_a_repetition(self) -> None:
        dataset = tablib.Dataset(headers=["Employee", "Shift", "Date"])
        for cell in ("amy@example.com", "Amy Reed", "0012"):
            dataset.append([cell, "Early", "2026-12-01"])
        result = AssignmentResource().import_data(dataset)
        text = "Row 2 has the same employee, shift and date."
        assert [(problem.row, problem.reason) for problem in result.problems] == [(3, text), (4, text)]


class OtherKindsTests:
    @pytest.mark.parametrize("cell", ["A7", "Bob van Dyk"])
    def test_rules_and_managers_name_people_in_the_same_ways(self, cell: str) -> None:
        rules = tablib.Dataset(["Away", "restriction", "employee", cell], headers=["name", "kind", "scope", "employee"])
        assert RuleResource().import_data(rules).saved
        departments = tablib.Dataset(["KIT", cell], headers=["code", "manager"])
        assert DepartmentResource().import_data(departments).saved
        assert Rule.objects.get().employee == Department.objects.get().manager
        assert str(Rule.objects.get().employee) == "Bob van Dyk"

    def test_an_export_names_people_without_an_address_by_their_numbers(self) -> None:
        run("employee_number", "A7")
        exported = AssignmentResource().export()
        assert exported["employee_email"] == ["A7"]
        assert AssignmentResource().import_data(exported).unchanged == 1
