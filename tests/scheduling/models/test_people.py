"""Departments in a tree, and employees."""

import pytest
from django.db import IntegrityError, models
from django.db.models import ProtectedError, Value

from scheduling.models import (
    Department,
    Employee,
    ScheduleAssignment,
)
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
)
from tests.scheduling.models.refusals import refusal

pytestmark = pytest.mark.django_db


def line_of(length: int) -> Department:
    """Create departments nested in a line and return the deepest."""
    department = None
    for _ in range(length):
        department = DepartmentFactory(parent=department)
    assert department is not None
    return department


class DepartmentTests:
    def test_complete_name_walks_up(self) -> None:
        operations = DepartmentFactory(name="Operations")
        kitchen = DepartmentFactory(name="Kitchen", parent=operations)

        assert DepartmentFactory(name="Pastry", parent=kitchen).complete_name == "Operations / Kitchen / Pastry"

    def test_complete_name_ends_on_a_stored_cycle(self) -> None:
        below = line_of(2)
        Department.objects.filter(pk=below.parent_id).update(parent=below, name="Top")

        assert Department.objects.get(pk=below.pk).complete_name == f"Top / {below.name}"

    def test_a_cycle_is_refused(self) -> None:
        below = line_of(3)
        top = Department.objects.get(parent=None)
        top.parent = below

        assert refusal(top) == {"parent": [f"{below} is already below {top}."]}

    def test_its_own_parent_is_refused_also_by_the_database(self) -> None:
        department = DepartmentFactory()

        with pytest.raises(IntegrityError):
            Department.objects.filter(pk=department.pk).update(parent=department)

    def test_ten_levels_are_fine_and_eleven_are_not(self) -> None:
        ninth = line_of(9)
        tenth = DepartmentFactory(parent=ninth)
        tenth.full_clean()

        assert refusal(DepartmentFactory.build(parent=tenth)) == {
            "parent": ["Departments can be nested up to 10 levels deep."]
        }

    def test_moving_a_branch_counts_the_levels_below_it(self) -> None:
        line_of(8)
        branch = Department.objects.get(parent=None)
        branch.parent = line_of(3)

        assert refusal(branch) == {"parent": ["Departments can be nested up to 10 levels deep."]}

    def test_deactivating_is_refused_with_the_number_of_people(self) -> None:
        department = DepartmentFactory(name="Pastry", code="PAS")
        EmployeeFactory.create_batch(2, department=department)
        EmployeeFactory(department=department, is_active=False)
        department.active = False

        assert refusal(department) == {
            "active": ["Pastry (PAS) still has 2 active employees: move or archive them first."]
        }

    def test_an_inactive_one_can_still_be_edited(self) -> None:
        department = DepartmentFactory(active=False)
        EmployeeFactory(department=department)
        department.description = "Closed in spring"

        department.full_clean()

    def test_names_are_unique_within_the_parent(self) -> None:
        parent = DepartmentFactory()
        DepartmentFactory(parent=parent, name="Kitchen")
        DepartmentFactory(name="Kitchen")

        with pytest.raises(IntegrityError):
            DepartmentFactory(parent=parent, name="Kitchen")

    def test_a_second_root_of_the_same_name_is_refused_by_clean(self) -> None:
        DepartmentFactory(name="Operations")

        assert refusal(DepartmentFactory.build(name="Operations")) == {
            "name": ["There is already a top-level department with this name."]
        }

    def test_a_parent_with_children_is_protected(self) -> None:
        child = line_of(2)

        with pytest.raises(ProtectedError):
            child.parent.delete()

    def test_losing_its_manager_keeps_it(self) -> None:
        manager = EmployeeFactory()
        department = DepartmentFactory(manager=manager)

        manager.delete()

        department.refresh_from_db()
        assert department.manager is None


class EmployeeTests:
    def test_needs_five_fields(self) -> None:
        employee = Employee.objects.create(
            employee_number="1", email="a@x.com", first_name="A", last_name="B", department=DepartmentFactory()
        )

        assert (employee.max_hours_per_week, employee.is_active, employee.employment_type) == (40, True, "full_time")

    def test_the_same_address_in_another_case_is_refused(self) -> None:
        EmployeeFactory(email="amy@example.com")

        with pytest.raises(IntegrityError):
            EmployeeFactory(email="AMY@example.com")

    def test_the_database_refuses_upper_case(self) -> None:
        EmployeeFactory()

        with pytest.raises(IntegrityError):
            Employee.objects.update(email=Value("AMY@example.com", output_field=models.CharField()))

    @pytest.mark.parametrize(
        ("field", "value"),
        [("max_hours_per_week", 0), ("max_hours_per_week", 169), ("hourly_rate", -1), ("end_date", "2025-12-31")],
    )
    def test_the_database_refuses(self, field: str, value: object) -> None:
        with pytest.raises(IntegrityError):
            EmployeeFactory(hire_date="2026-01-01", **{field: value})

    def test_save_does_not_validate(self) -> None:
        EmployeeFactory(email="not an address", role="x" * 50).save()

    def test_its_department_is_protected(self) -> None:
        employee = EmployeeFactory()

        with pytest.raises(ProtectedError):
            employee.department.delete()

    def test_is_really_deleted_with_its_assignments(self) -> None:
        assignment = ScheduleAssignmentFactory()

        assignment.employee.delete()

        assert not ScheduleAssignment.objects.exists()
