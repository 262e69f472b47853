"""Filters as methods of the querysets, and the fixed reads as methods of the managers.

A filter returns a queryset and never asks the cache. A fixed read returns rows or values, and asks the cache first;
each is a thin line to the function of the same meaning in `caches.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import models

# Only the package: `scheduling.caches` imports the models, which import this file. By the time a manager is called,
# `SchedulingConfig.ready()` has loaded it, and an attribute is cheaper than an import in the method (a hot path).
import scheduling
from caching.coherence.querysets import InvalidatingQuerySet

if TYPE_CHECKING:
    import scheduling.caches
    from scheduling.models import Department, Employee, Schedule, ScheduleAssignment, Shift, ShiftType, Skill


class SkillQuerySet(InvalidatingQuerySet["Skill"]):
    pass


class DepartmentQuerySet(InvalidatingQuerySet["Department"]):
    def active(self) -> DepartmentQuerySet:
        return self.filter(active=True)


class EmployeeQuerySet(InvalidatingQuerySet["Employee"]):
    def active(self) -> EmployeeQuerySet:
        return self.filter(is_active=True)

    def employed_on(self, date: datetime.date) -> EmployeeQuerySet:
        """Keep those whose contract covers the date; a missing hire or end date is no limit."""
        hired = models.Q(hire_date=None) | models.Q(hire_date__lte=date)
        not_gone = models.Q(end_date=None) | models.Q(end_date__gte=date)
        return self.filter(hired, not_gone)


class ShiftTypeQuerySet(InvalidatingQuerySet["ShiftType"]):
    def in_use(self) -> ShiftTypeQuerySet:
        """Keep the active ones. Not called `active`: that is the cached read of the manager."""
        return self.filter(active=True)


class ShiftQuerySet(InvalidatingQuerySet["Shift"]):
    def active(self) -> ShiftQuerySet:
        return self.filter(active=True)


class ScheduleQuerySet(InvalidatingQuerySet["Schedule"]):
    def for_week(self, date: datetime.date) -> ScheduleQuerySet:
        """Keep the schedules of the week, Monday to Sunday, that the date lies in."""
        return self.filter(week_start=date - datetime.timedelta(days=date.weekday()))


class ScheduleAssignmentQuerySet(InvalidatingQuerySet["ScheduleAssignment"]):
    def counting(self) -> ScheduleAssignmentQuerySet:
        """Leave out the declined and the cancelled, which never count towards anything."""
        return self.exclude(status__in=("declined", "cancelled"))

    def for_week(self, date: datetime.date) -> ScheduleAssignmentQuerySet:
        """Keep the assignments that start in the week, Monday to Sunday, that the date lies in."""
        monday = date - datetime.timedelta(days=date.weekday())
        return self.filter(date__range=(monday, monday + datetime.timedelta(days=6)))


# Named because mypy follows `from_queryset` only in an assignment.
_SkillFilters = models.Manager.from_queryset(SkillQuerySet)
_DepartmentFilters = models.Manager.from_queryset(DepartmentQuerySet)
_EmployeeFilters = models.Manager.from_queryset(EmployeeQuerySet)
_ShiftTypeFilters = models.Manager.from_queryset(ShiftTypeQuerySet)
_ShiftFilters = models.Manager.from_queryset(ShiftQuerySet)
_ScheduleFilters = models.Manager.from_queryset(ScheduleQuerySet)
_ScheduleAssignmentFilters = models.Manager.from_queryset(ScheduleAssignmentQuerySet)


class SkillManager(_SkillFilters):
    pass


class DepartmentManager(_DepartmentFilters):
    def get_with_hierarchy(self, department_id: int) -> scheduling.caches.DepartmentHierarchy | None:
        """Return the department with the names around it and its head counts; None if there is none."""
        return scheduling.caches.department_hierarchy(department_id)

    async def aget_with_hierarchy(self, department_id: int) -> scheduling.caches.DepartmentHierarchy | None:
        return await scheduling.caches.adepartment_hierarchy(department_id)


class EmployeeManager(_EmployeeFilters):
    def get_by_email(self, email: str) -> Employee | None:
        """Return the employee with this address, in any case, or None."""
        return scheduling.caches.employee_by_email(email)

    async def aget_by_email(self, email: str) -> Employee | None:
        return await scheduling.caches.aemployee_by_email(email)

    def get_many_by_email(self, emails: Iterable[str]) -> dict[str, Employee]:
        """Return the employees found, by their stored (lower-case) address, with at most one query."""
        return scheduling.caches.employees_by_email(emails)

    async def aget_many_by_email(self, emails: Iterable[str]) -> dict[str, Employee]:
        return await scheduling.caches.aemployees_by_email(emails)


class ShiftTypeManager(_ShiftTypeFilters):
    def active(self) -> Sequence[ShiftType]:
        """Return the active shift types by name: rows, not a queryset (that is `in_use()`)."""
        return scheduling.caches.active_shift_types()

    async def aactive(self) -> Sequence[ShiftType]:
        return await scheduling.caches.aactive_shift_types()


class ShiftManager(_ShiftFilters):
    def get_by_name(self, name: str) -> Shift | None:
        """Return the shift with exactly this name, or None."""
        return scheduling.caches.shift_by_name(name)

    async def aget_by_name(self, name: str) -> Shift | None:
        return await scheduling.caches.ashift_by_name(name)


class ScheduleManager(_ScheduleFilters):
    pass


class ScheduleAssignmentManager(_ScheduleAssignmentFilters):
    def for_schedule(self, schedule_id: int) -> Sequence[ScheduleAssignment]:
        """Return the rows of one schedule by date; empty when there is no such schedule."""
        return scheduling.caches.schedule_assignments(schedule_id)

    async def afor_schedule(self, schedule_id: int) -> Sequence[ScheduleAssignment]:
        return await scheduling.caches.aschedule_assignments(schedule_id)
