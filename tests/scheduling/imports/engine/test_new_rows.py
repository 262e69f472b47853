"""Keys that nobody has, in files that only update rows."""

import pytest
import tablib

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds import KINDS
from scheduling.models import Employee
from tests.factories import DepartmentFactory, EmployeeFactory, RuleFactory, ShiftFactory

pytestmark = pytest.mark.django_db
NEW_EMPLOYEE = (
    "A new one needs what the file has no column for: "
    "'employee_number', 'first_name', 'last_name' and 'department_code'."
)


def imported(kind: str, text: str, *, valid_only: bool = False) -> ImportResult:
    headers, *rows = (line.split(",") for line in text.splitlines())
    table = tablib.Dataset(*rows, headers=headers)
    return KINDS[kind]().import_data(table, rollback_on_validation_errors=not valid_only)


def told(result: ImportResult) -> list[tuple[int, str, str, str]]:
    assert result.sentences == []
    return [(one.row, one.column, one.value, one.reason) for one in result.problems]


class RefuseUnknownTests:
    def test_a_number_without_its_zeros_is_told_with_the_stored_one(self) -> None:
        EmployeeFactory(employee_number="00102")
        ((row, column, value, reason),) = told(imported("employees", "employee_number,role\n102,Boss"))
        assert (row, column, value) == (2, "employee_number", "102")
        assert reason.startswith("The stored one is 00102")

    def test_one_mistyped_address_among_others_is_told_with_the_nearest(self) -> None:
        for name in ("ben.cole", "cia.dorn"):
            EmployeeFactory(email=f"{name}@example.com")
        file = "email,role\nben.cole@example.com,A\ncia.dorm@example.com,B\nnobody@example.org,C"
        near = f"Did you mean 'cia.dorn@example.com'? {NEW_EMPLOYEE}"
        assert told(imported("employees", file)) == [
            (
                *(3, "email", "cia.dorm@example.com"),
                f"No employee has the e-mail 'cia.dorm@example.com'. {near}",
            ),
            (
                *(4, "email", "nobody@example.org"),
                f"No employee has the e-mail 'nobody@example.org'. {NEW_EMPLOYEE}",
            ),
        ]

    def test_the_other_rows_can_be_imported_alone(self) -> None:
        EmployeeFactory(email="ben.cole@example.com", role="Cook")
        file = "email,role\nben.cole@example.com,Boss\nnobody@example.org,Cook"
        assert imported("employees", file, valid_only=True).updated == 1
        assert Employee.objects.get().role == "Boss"

    @pytest.mark.parametrize(
        ("kind", "file", "stored"),
        [
            ("shifts", "name,break_minutes\nErly,30", "Early"),
            ("departments", "code,description\nKTI,Hot", "KIT"),
            ("rules", "name,strict\nBn away,yes", "Ben away"),
        ],
    )
    def test_every_kind_names_the_nearest(self, kind: str, file: str, stored: str) -> None:
        ShiftFactory(name="Early", department=None)
        DepartmentFactory(code="KIT")
        RuleFactory(name="Ben away")
        ((row, column, value, reason),) = told(imported(kind, file))
        name, *__ = file.splitlines()[1].split(",")
        assert (row, column, value) == (2, file.split(",")[0], name)
        assert f"Did you mean '{stored}'?" in reason

    def test_a_row_of_totals_is_named(self) -> None:
        EmployeeFactory(employee_number="00102")
        file = "employee_number,max_hours_per_week\n00102,40\nSumme,80"
        assert [one[:3] for one in told(imported("employees", file))] == [(3, "employee_number", "Summe")]

    def test_a_file_of_new_rows_is_one_sentence(self) -> None:
        EmployeeFactory(email="ben.cole@example.com")
        result = imported("employees", "email,role\namy@other.org,A\nzoe@other.org,B")
        assert [sentence[:33] for sentence in result.sentences] == ["The file has new employees (2), b"]
