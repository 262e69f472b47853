"""Departments, skills, employees."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import models

from caching import InvalidatingQuerySet
from scheduling import caches
from scheduling.department_tree import DepartmentHierarchy, DepartmentNode, subtree_ids, total_head_counts

if TYPE_CHECKING:
    from scheduling.models import Department, Employee, Skill


class SkillQuerySet(InvalidatingQuerySet["Skill"]):
    pass


class DepartmentQuerySet(InvalidatingQuerySet["Department"]):
    def active(self) -> DepartmentQuerySet:
        return self.filter(active=True)


class EmployeeQuerySet(InvalidatingQuerySet["Employee"]):
    def active(self) -> EmployeeQuerySet:
        return self.filter(is_active=True)

    def employed_on(self, date: datetime.date) -> EmployeeQuerySet:
        """Keep those whose contract covers the date. A missing hire or end date is no limit."""
        hired = models.Q(hire_date=None) | models.Q(hire_date__lte=date)
        not_gone = models.Q(end_date=None) | models.Q(end_date__gte=date)
        return self.filter(hired, not_gone)


# Named because mypy follows `from_queryset` only in an assignment.
_SkillFilters = models.Manager.from_queryset(SkillQuerySet)
_DepartmentFilters = models.Manager.from_queryset(DepartmentQuerySet)
_EmployeeFilters = models.Manager.from_queryset(EmployeeQuerySet)


class SkillManager(_SkillFilters):
    def list_all(self) -> Sequence[Skill]:
        """Return the skills by name: rows, not a queryset."""
        return caches.all_skills(self.model)


class DepartmentManager(_DepartmentFilters):
    def get_by_id(self, department_id: int) -> Department | None:
        return caches.DEPARTMENT_BY_ID.get(department_id)

    def list_active(self) -> Sequence[Department]:
        """Return the active departments by name: rows, not a queryset (that is `active()`)."""
        return caches.active_departments(self.model)

    def tree(self) -> Sequence[DepartmentNode]:
        """Return all departments in the order of the tree, each before those below it: not a queryset."""
        return caches.department_tree(self.model)

    def subtree_ids(self, department_id: int) -> list[int]:
        """Return the ids of a department and of all below it; empty if there is no such department."""
        return subtree_ids(self.tree(), department_id)

    def head_counts(self) -> dict[int, int]:
        """Return how many active employees each department has itself. Departments without any are absent."""
        return caches.head_counts(self.model)

    def total_head_counts(self) -> dict[int, int]:
        """Return how many active employees each department has together with all below it."""
        return total_head_counts(self.tree(), self.head_counts())

    def get_with_hierarchy(self, department_id: int) -> DepartmentHierarchy | None:
        """Return the department with the names around it and its head counts; None if there is no such department."""
        return caches.department_hierarchy(department_id, self.model)

    async def aget_with_hierarchy(self, department_id: int) -> DepartmentHierarchy | None:
        return await caches.department_hierarchy.acall(department_id, self.model)


class EmployeeManager(_EmployeeFilters):
    def get_by_id(self, employee_id: int) -> Employee | None:
        return caches.EMPLOYEE_BY_ID.get(employee_id)

    def list_active(self) -> Sequence[Employee]:
        """Return the active employees by name: rows, not a queryset (that is `active()`)."""
        return caches.active_employees(self.model)

    def get_by_email(self, email: str) -> Employee | None:
        """Return the employee with this address, in any case, or None."""
        return caches.EMPLOYEE_BY_EMAIL.get(email)

    async def aget_by_email(self, email: str) -> Employee | None:
        return await caches.EMPLOYEE_BY_EMAIL.aget(email)

    def get_many_by_email(self, emails: Iterable[str]) -> dict[str, Employee]:
        """Return the employees found, by their stored (lower-case) address. At most one query."""
        return caches.EMPLOYEE_BY_EMAIL.get_many(emails)

    async def aget_many_by_email(self, emails: Iterable[str]) -> dict[str, Employee]:
        return await caches.EMPLOYEE_BY_EMAIL.aget_many(emails)

    def get_by_user(self, user_id: int) -> Employee | None:
        """Return the employee who logs in as this user, or None."""
        return caches.EMPLOYEE_BY_USER.get(user_id)

    def of_department(self, department_id: int) -> Sequence[Employee]:
        """Return the employees of one department by name, archived ones included: rows, not a queryset."""
        return caches.EMPLOYEES_OF_DEPARTMENT.get(department_id)
