import pytest
import tablib

from scheduling.imports.kinds.departments import DepartmentResource
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.models import Department
from tests.factories import DepartmentFactory, EmployeeFactory

pytestmark = pytest.mark.django_db


class LostZerosTests:
    @pytest.mark.parametrize("cell", ["102", 102.0])
    def test_the_number_of_a_person_keeps_its_zeros(self, cell: object) -> None:
        EmployeeFactory(email="amy@example.com", employee_number="00102", phone="0170 1234567")
        result = EmployeeResource().import_data(
            tablib.Dataset(["amy@example.com", cell, "1701234567"], headers=["email", "employee_number", "phone"])
        )
        assert [(problem.column, problem.reason[:24]) for problem in result.problems] == [
            ("employee_number", "The stored one is 00102:"),
            ("phone", "The stored one is 0170 1"),
        ]

    def test_a_code_without_its_zeros_is_no_new_one(self) -> None:
        DepartmentFactory(code="007")
        result = DepartmentResource().import_data(tablib.Dataset(["7", "Bar"], ["8", "Pool"], headers=["code", "name"]))
        assert [(problem.row, problem.column) for problem in result.problems] == [(2, "code")]

    @pytest.mark.parametrize("cell", ["102.0", "102,00"])
    def test_a_number_with_decimals_is_refused(self, cell: str) -> None:
        EmployeeFactory(email="amy@example.com", employee_number="00102")
        EmployeeFactory(email="bob@example.com", employee_number="A7")
        rows = [["amy@example.com", cell], ["bob@example.com", "103.0"]]
        result = EmployeeResource().import_data(tablib.Dataset(*rows, headers=["email", "employee_number"]))
        assert [(problem.row, problem.reason[:47]) for problem in result.problems] == [
            (2, "The stored one is 00102: a program has made a n"),
            (3, "A program has made a number with decimals of th"),
        ]

    @pytest.mark.parametrize("cell", ["102", "102.0"])
    def test_a_number_without_its_zeros_needs_no_name(self, cell: str) -> None:
        EmployeeFactory(employee_number="00102")
        result = EmployeeResource().import_data(tablib.Dataset([cell, "Boss"], headers=["employee_number", "role"]))
        assert [problem.reason[:25] for problem in result.problems] == ["The stored one is 00102: "]

    @pytest.mark.parametrize("stored", ["007", "7"])
    def test_a_code_with_decimals_is_no_new_one(self, stored: str) -> None:
        DepartmentFactory(code=stored)
        rows = [["7.0", "Bar"], ["8.0", "Pool"]]
        result = DepartmentResource().import_data(tablib.Dataset(*rows, headers=["code", "name"]))
        assert [(problem.row, problem.column) for problem in result.problems] == [(2, "code"), (3, "code")]
        assert result.problems[0].reason.startswith(f"The stored one is {stored}:")

    def test_a_stored_code_with_decimals_keeps_them(self) -> None:
        DepartmentFactory(code="1.0", name="Old")
        assert DepartmentResource().import_data(tablib.Dataset(["1.0", "Bar"], headers=["code", "name"])).saved
        assert Department.objects.get(code="1.0").name == "Bar"

    def test_another_number_is_taken(self) -> None:
        DepartmentFactory(code="007")
        assert DepartmentResource().import_data(tablib.Dataset(["70", "Bar"], headers=["code", "name"])).saved
        assert Department.objects.filter(code="70").exists()
