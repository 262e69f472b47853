"""Which instances were loaded together with the rows that they are joined to."""

from typing import Any

import pytest

from caching.values.joined import References
from scheduling.models import Department, Employee, Skill
from tests.factories import DepartmentFactory, EmployeeFactory


@pytest.mark.django_db
class ReferenceTests:
    def are_inside(self, value: Any, row: Employee) -> bool:
        return References(value).are_all_inside(row._state.fields_cache, "department")

    def test_to_a_row_of_a_join_are_inside(self) -> None:
        EmployeeFactory()
        rows = list(Employee.objects.select_related("department"))
        assert self.are_inside(rows, rows[0])
        assert self.are_inside({"x": (rows, rows)}, rows[0])

    @pytest.mark.parametrize("lookup", ["department__employees", "department__rules", "department__employees__skills"])
    def test_to_a_row_of_a_join_with_which_something_was_prefetched_are_inside(self, lookup: str) -> None:
        EmployeeFactory()
        rows = list(Employee.objects.select_related("department").prefetch_related(lookup))
        assert self.are_inside(rows, rows[0])

    def test_to_the_instance_that_was_asked_what_it_had_prefetched_are_outside(self) -> None:
        EmployeeFactory()
        department = Department.objects.prefetch_related("employees").get()
        assert not self.are_inside(list(department.employees.all()), department.employees.all()[0])

    def test_to_the_instance_that_was_asked_are_outside(self) -> None:
        department = DepartmentFactory()
        EmployeeFactory.create_batch(2, department=department)
        rows = list(department.employees.all())
        assert not self.are_inside(rows, rows[0])
        assert not self.are_inside([department, rows], rows[1])

    def test_from_a_list_that_several_rows_share_are_counted_once(self) -> None:
        skill = Skill.objects.create(name="first aid")
        for employee in EmployeeFactory.create_batch(3):
            employee.skills.add(skill)
        rows = list(Employee.objects.select_related("department").prefetch_related("skills"))
        held_outside = [rows[0].department]
        shared: list[Any] = [rows[0].department]
        for row in rows:
            row._prefetched_objects_cache["skills"]._result_cache = shared  # type: ignore[attr-defined]
        assert held_outside
        assert not self.are_inside(rows, rows[0])
