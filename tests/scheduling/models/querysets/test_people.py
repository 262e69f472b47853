"""Filters of departments and employees."""

import datetime

import pytest

from scheduling.models import Department, Employee
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


class ActiveTests:
    def test_leaves_out_what_is_not_active(self) -> None:
        department = DepartmentFactory()
        employee = EmployeeFactory(department=department)
        DepartmentFactory(active=False)
        EmployeeFactory(department=department, is_active=False)

        assert Department.objects.active().get() == department
        assert Employee.objects.active().get() == employee

    def test_works_from_the_other_side_of_a_relation(self) -> None:
        employee = EmployeeFactory()

        assert employee.department.employees.active().get() == employee


class EmployedOnTests:
    @pytest.mark.parametrize(
        ("hired", "left", "employed"),
        [
            (None, None, True),
            (MONDAY, MONDAY, True),
            (MONDAY + DAY, None, False),
            (None, MONDAY - DAY, False),
            (MONDAY - DAY, MONDAY + DAY, True),
        ],
    )
    def test_the_first_and_the_last_day_count(
        self, hired: datetime.date | None, left: datetime.date | None, employed: bool
    ) -> None:
        EmployeeFactory(hire_date=hired, end_date=left)

        assert Employee.objects.employed_on(MONDAY).exists() is employed


class TreeTests:
    def test_the_ids_below_a_department_follow_it(self) -> None:
        operations = DepartmentFactory(name="Operations")
        kitchen = DepartmentFactory(name="Kitchen", parent=operations)
        DepartmentFactory(name="Sales")

        assert Department.objects.subtree_ids(operations.pk) == [operations.pk, kitchen.pk]

    def test_head_counts_are_of_active_employees(self) -> None:
        operations = DepartmentFactory()
        kitchen = DepartmentFactory(parent=operations)
        EmployeeFactory(department=kitchen)
        EmployeeFactory(department=kitchen, is_active=False)

        assert Department.objects.head_counts() == {kitchen.pk: 1}
        assert Department.objects.total_head_counts() == {operations.pk: 1, kitchen.pk: 1}
