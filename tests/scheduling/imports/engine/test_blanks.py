"""An empty cell never puts a default in the place of a stored value."""

from typing import Any

import pytest
import tablib

from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.imports.kinds.departments import DepartmentResource
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.kinds.rules import RuleResource
from scheduling.imports.kinds.schedules import ScheduleResource
from scheduling.imports.kinds.shifts import ShiftResource, ShiftTypeResource
from scheduling.models import Department, Employee
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
)

pytestmark = pytest.mark.django_db
ASSIGNMENT = {"employee_email": "amy@example.com", "shift_name": "Early", "date": "2026-11-30"}


def make_assignment() -> Any:
    return ScheduleAssignmentFactory(
        employee__email="amy@example.com", shift__name="Early", status="cancelled", priority=7, notes="sick"
    )


KEPT: tuple[tuple[Any, Any, dict[str, str], str, Any], ...] = (
    (
        EmployeeResource,
        lambda: EmployeeFactory(email="a@b.co", max_hours_per_week=20),
        {"email": "a@b.co"},
        "max_hours_per_week",
        20,
    ),
    (
        EmployeeResource,
        lambda: EmployeeFactory(email="a@b.co", is_active=False),
        {"email": "a@b.co"},
        "is_active",
        False,
    ),
    (
        EmployeeResource,
        lambda: EmployeeFactory(email="a@b.co", employment_type="temporary"),
        {"email": "a@b.co"},
        "employment_type",
        "temporary",
    ),
    (
        EmployeeResource,
        lambda: EmployeeFactory(email="a@b.co", employee_number="007"),
        {"email": "a@b.co"},
        "employee_number",
        "007",
    ),
    (AssignmentResource, make_assignment, ASSIGNMENT, "status", "cancelled"),
    (AssignmentResource, make_assignment, ASSIGNMENT, "priority", 7),
    (DepartmentResource, lambda: DepartmentFactory(code="OLD", active=False), {"code": "OLD"}, "active", False),
    (ShiftTypeResource, lambda: ShiftTypeFactory(name="Day", active=False), {"name": "Day"}, "active", False),
    (ShiftResource, lambda: ShiftFactory(name="Early", break_minutes=30), {"name": "Early"}, "break_minutes", 30),
    (ShiftResource, lambda: ShiftFactory(name="Early", required_staff=3), {"name": "Early"}, "required_staff", 3),
    (ShiftResource, lambda: ShiftFactory(name="Early", active=False), {"name": "Early"}, "active", False),
    (RuleResource, lambda: RuleFactory(name="Rest", strict=True), {"name": "Rest"}, "strict", True),
    (RuleResource, lambda: RuleFactory(name="Rest", priority=9), {"name": "Rest"}, "priority", 9),
    (
        ScheduleResource,
        lambda: ScheduleFactory(department__code="KIT", status="pending"),
        {"department_code": "KIT", "week_start": "2026-11-30"},
        "status",
        "pending",
    ),
)


class FillBlanksTests:
    @pytest.mark.parametrize(
        ("resource", "make", "row", "column", "value"), KEPT, ids=lambda part: getattr(part, "__name__", str(part))[:40]
    )
    def test_keeps_what_is_stored(self, resource: Any, make: Any, row: dict[str, str], column: str, value: Any) -> None:
        instance = make()
        result = resource().import_data(tablib.Dataset([*row.values(), ""], headers=[*row, column]))
        assert (result.unchanged, result.problems) == (1, [])
        instance.refresh_from_db()
        assert getattr(instance, column) == value

    def test_keeps_it_beside_a_cell_that_changes(self) -> None:
        make_assignment()
        dataset = tablib.Dataset([*ASSIGNMENT.values(), "", "moved"], headers=[*ASSIGNMENT, "status", "notes"])
        assert AssignmentResource().import_data(dataset).updated == 1
        row = AssignmentResource().export()
        assert (row["status"], row["notes"], row["priority"]) == (["cancelled"], ["moved"], [7])

    def test_empties_what_can_be_empty(self) -> None:
        amy = EmployeeFactory(
            employee_number="7", email="amy@example.com", phone="1", role="Cook", hire_date="2020-01-01"
        )
        headers = ["employee_number", "email", "phone", "role", "hire_date"]
        result = EmployeeResource().import_data(tablib.Dataset(["7", "", "", "", ""], headers=headers))
        amy.refresh_from_db()
        assert (amy.email, amy.phone, amy.role, amy.hire_date) == (None, "", "", None)
        assert [warning.reason for warning in result.warnings] == [
            f"The address of {amy} (7) changes from amy@example.com to none."
        ]

    def test_gives_new_rows_the_defaults(self) -> None:
        DepartmentFactory(code="KIT")
        headers = [
            "email",
            "employee_number",
            "first_name",
            "last_name",
            "department",
            "max_hours",
            "active",
            "contract",
        ]
        row = ["amy@example.com", "1", "Amy", "Reed", "KIT", "", "", ""]
        assert EmployeeResource().import_data(tablib.Dataset(row, headers=headers)).new == 1
        amy = Employee.objects.get()
        assert (amy.max_hours_per_week, amy.is_active, amy.employment_type) == (40, True, "full_time")

    def test_refuses_new_rows_that_need_a_value(self) -> None:
        DepartmentFactory(code="KIT")
        headers = ["email", "employee_number", "first_name", "last_name", "department"]
        result = EmployeeResource().import_data(tablib.Dataset(["a@b.co", "", "Amy", "Reed", "KIT"], headers=headers))
        assert [(problem.column, problem.reason) for problem in result.problems] == [
            ("employee_number", "A value is needed here.")
        ]


class FillKeysTests:
    def test_an_empty_version_is_the_first(self) -> None:
        ScheduleFactory(department__code="KIT", version=1)
        dataset = tablib.Dataset(["KIT", "2026-11-30", ""], headers=["department", "week", "version"])
        assert ScheduleResource().import_data(dataset).unchanged == 1
        assert Department.objects.count() == 1
