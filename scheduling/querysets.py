"""Filters as methods of the querysets, and the fixed reads as methods of the managers.

A filter returns a queryset and never asks the cache. A fixed read returns rows or values, and asks the cache first;
each is a thin line to the function of the same meaning in `caches.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

# Only the package: `scheduling.caches` imports the models, which import this file. By the time a manager is called,
# `SchedulingConfig.ready()` has loaded it, and an attribute is cheaper than an import in the method (a hot path).
import scheduling
from caching import InvalidatingQuerySet
from scheduling.calendar import monday_of, sunday_of
from scheduling.department_tree import DepartmentHierarchy, DepartmentNode, subtree_ids, total_head_counts
from scheduling.statuses import NOT_COUNTING

if TYPE_CHECKING:
    import scheduling.attention
    import scheduling.caches
    import scheduling.models
    from scheduling.models import (
        Department,
        Employee,
        Notification,
        Rule,
        Schedule,
        ScheduleAssignment,
        Shift,
        ShiftType,
        Skill,
    )


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

    def with_staff_on(self, date: datetime.date) -> ShiftQuerySet:
        """Add what each shift has on a day: `people`, and `required` and `most` (null: no limit) of all departments.

        Each department that works the shift on the day needs its own staff; where none does, one would.
        """
        mine = scheduling.models.ScheduleAssignment.objects.counting().filter(shift=models.OuterRef("pk"), date=date)
        by_shift = mine.order_by().values("shift")
        people = by_shift.annotate(found=models.Count("pk")).values("found")
        departments = by_shift.annotate(found=models.Count("schedule__department", distinct=True)).values("found")
        teams = Coalesce(models.Subquery(departments), 1)
        return self.annotate(
            people=Coalesce(models.Subquery(people), 0),
            required=models.F("required_staff") * teams,
            most=models.F("max_staff") * teams,
        )

    def staffed(self, how: str) -> ShiftQuerySet:
        """Keep, after `with_staff_on`, those that are "under", "full" or "over"."""
        under, over = models.Q(people__lt=models.F("required")), models.Q(people__gt=models.F("most"))
        # Beside a limit that is null, "not over" would be null too.
        full = ~under & (models.Q(most=None) | models.Q(people__lte=models.F("most")))
        return self.filter({"under": under, "over": over, "full": full}[how])


class ScheduleQuerySet(InvalidatingQuerySet["Schedule"]):
    def for_week(self, date: datetime.date) -> ScheduleQuerySet:
        """Keep the schedules of the week, Monday to Sunday, that the date lies in."""
        return self.filter(week_start=monday_of(date))

    def staffed(self, how: str) -> ScheduleQuerySet:
        """Keep those that are "under" (a shift of some day lacks people, or nobody is planned), "over" or "full"."""
        rows = scheduling.models.ScheduleAssignment.objects.filter(schedule=models.OuterRef("pk")).exclude(
            status__in=NOT_COUNTING
        )
        slots = rows.order_by().values("shift", "date").annotate(people=models.Count("pk"))
        lacking = models.Exists(slots.filter(people__lt=models.F("shift__required_staff")))
        under = ~models.Exists(rows) | lacking
        over = models.Q(models.Exists(slots.filter(people__gt=models.F("shift__max_staff"))))
        return self.filter({"under": under, "over": over, "full": ~under & ~over}[how])


class ScheduleAssignmentQuerySet(InvalidatingQuerySet["ScheduleAssignment"]):
    def counting(self) -> ScheduleAssignmentQuerySet:
        """Leave out the declined, the cancelled and the superseded, which never count towards anything."""
        return self.current().exclude(status__in=NOT_COUNTING)

    def current(self) -> ScheduleAssignmentQuerySet:
        """Leave out what a newer version of its schedule has superseded."""
        return self.filter(superseded=False)

    def for_week(self, date: datetime.date) -> ScheduleAssignmentQuerySet:
        """Keep the assignments that start in the week, Monday to Sunday, that the date lies in."""
        return self.filter(date__range=(monday_of(date), sunday_of(date)))


class RuleQuerySet(InvalidatingQuerySet["Rule"]):
    def active(self) -> RuleQuerySet:
        return self.filter(active=True)

    def effective_on(self, date: datetime.date) -> RuleQuerySet:
        """Keep the rules that apply on the date, their first and last day included."""
        begun = models.Q(effective_from=None) | models.Q(effective_from__lte=date)
        not_over = models.Q(effective_until=None) | models.Q(effective_until__gte=date)
        return self.filter(begun, not_over)


class NotificationQuerySet(InvalidatingQuerySet["Notification"]):
    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

    def current(self, now: datetime.datetime) -> NotificationQuerySet:
        """Leave out what has expired."""
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now))

    def most_important_first(self) -> NotificationQuerySet:
        """Order by priority, the newest first among equals."""
        return self.order_by("-priority", "-created_at", "-id")

    def mark_read(self, now: datetime.datetime) -> int:
        """Return how many were unread; the others keep the moment at which they were read."""
        return self.unread().update(read_at=now)


# Named because mypy follows `from_queryset` only in an assignment.
_SkillFilters = models.Manager.from_queryset(SkillQuerySet)
_DepartmentFilters = models.Manager.from_queryset(DepartmentQuerySet)
_EmployeeFilters = models.Manager.from_queryset(EmployeeQuerySet)
_ShiftTypeFilters = models.Manager.from_queryset(ShiftTypeQuerySet)
_ShiftFilters = models.Manager.from_queryset(ShiftQuerySet)
_ScheduleFilters = models.Manager.from_queryset(ScheduleQuerySet)
_ScheduleAssignmentFilters = models.Manager.from_queryset(ScheduleAssignmentQuerySet)
_RuleFilters = models.Manager.from_queryset(RuleQuerySet)
_NotificationFilters = models.Manager.from_queryset(NotificationQuerySet)


class SkillManager(_SkillFilters):
    def list_all(self) -> Sequence[Skill]:
        """Return the skills by name: rows, not a queryset."""
        return scheduling.caches.skills()

    async def alist_all(self) -> Sequence[Skill]:
        return await scheduling.caches.askills()


class DepartmentManager(_DepartmentFilters):
    def get_by_id(self, department_id: int) -> Department | None:
        return scheduling.caches.department_by_id(department_id)

    async def aget_by_id(self, department_id: int) -> Department | None:
        return await scheduling.caches.adepartment_by_id(department_id)

    def list_active(self) -> Sequence[Department]:
        """Return the active departments by name: rows, not a queryset (that is `active()`)."""
        return scheduling.caches.active_departments()

    async def alist_active(self) -> Sequence[Department]:
        return await scheduling.caches.aactive_departments()

    def tree(self) -> Sequence[DepartmentNode]:
        """Return all departments, each before those below it: rows of names, not a queryset."""
        return scheduling.caches.department_tree()

    async def atree(self) -> Sequence[DepartmentNode]:
        return await scheduling.caches.adepartment_tree()

    def subtree_ids(self, department_id: int) -> list[int]:
        """Return the keys of a department and of all below it; empty if there is no such department."""
        return subtree_ids(self.tree(), department_id)

    async def asubtree_ids(self, department_id: int) -> list[int]:
        return subtree_ids(await self.atree(), department_id)

    def head_counts(self) -> dict[int, int]:
        """Return how many active people each department has, itself alone; those without any are absent."""
        return scheduling.caches.head_counts()

    async def ahead_counts(self) -> dict[int, int]:
        return await scheduling.caches.ahead_counts()

    def total_head_counts(self) -> dict[int, int]:
        """Return how many active people each department has together with all below it."""
        return total_head_counts(self.tree(), self.head_counts())

    async def atotal_head_counts(self) -> dict[int, int]:
        return total_head_counts(await self.atree(), await self.ahead_counts())

    def get_with_hierarchy(self, department_id: int) -> DepartmentHierarchy | None:
        """Return the department with the names around it and its head counts; None if there is none."""
        return scheduling.caches.department_hierarchy(department_id)

    async def aget_with_hierarchy(self, department_id: int) -> DepartmentHierarchy | None:
        return await scheduling.caches.adepartment_hierarchy(department_id)


class EmployeeManager(_EmployeeFilters):
    def get_by_id(self, employee_id: int) -> Employee | None:
        return scheduling.caches.employee_by_id(employee_id)

    async def aget_by_id(self, employee_id: int) -> Employee | None:
        return await scheduling.caches.aemployee_by_id(employee_id)

    def list_active(self) -> Sequence[Employee]:
        """Return the active employees by name: rows, not a queryset (that is `active()`)."""
        return scheduling.caches.active_employees()

    async def alist_active(self) -> Sequence[Employee]:
        return await scheduling.caches.aactive_employees()

    def get_by_email(self, email: str) -> Employee | None:
        """Return the employee with this address, in any case, or None."""
        return scheduling.caches.employee_by_email(email)

    async def aget_by_email(self, email: str) -> Employee | None:
        return await scheduling.caches.aemployee_by_email(email)

    def get_by_user(self, user_id: int) -> Employee | None:
        """Return the employee who logs in as this user, or None."""
        return scheduling.caches.employee_of_user(user_id)

    async def aget_by_user(self, user_id: int) -> Employee | None:
        return await scheduling.caches.aemployee_of_user(user_id)

    def of_department(self, department_id: int) -> Sequence[Employee]:
        """Return the people of one department by name, archived ones too: rows, not a queryset."""
        return scheduling.caches.employees_of_department(department_id)

    async def aof_department(self, department_id: int) -> Sequence[Employee]:
        return await scheduling.caches.aemployees_of_department(department_id)

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
    def get_by_id(self, shift_id: int) -> Shift | None:
        return scheduling.caches.shift_by_id(shift_id)

    async def aget_by_id(self, shift_id: int) -> Shift | None:
        return await scheduling.caches.ashift_by_id(shift_id)

    def list_all(self) -> Sequence[Shift]:
        """Return the shifts by name: rows, not a queryset."""
        return scheduling.caches.shifts()

    async def alist_all(self) -> Sequence[Shift]:
        return await scheduling.caches.ashifts()

    def get_by_name(self, name: str) -> Shift | None:
        """Return the shift with exactly this name, or None."""
        return scheduling.caches.shift_by_name(name)

    async def aget_by_name(self, name: str) -> Shift | None:
        return await scheduling.caches.ashift_by_name(name)


class ScheduleManager(_ScheduleFilters):
    def get_by_id(self, schedule_id: int) -> Schedule | None:
        return scheduling.caches.schedule_by_id(schedule_id)

    async def aget_by_id(self, schedule_id: int) -> Schedule | None:
        return await scheduling.caches.aschedule_by_id(schedule_id)

    def of_department(self, department_id: int) -> Sequence[Schedule]:
        """Return the weeks of one department in all versions, the newest first: rows, not a queryset."""
        return scheduling.caches.schedules_of_department(department_id)

    async def aof_department(self, department_id: int) -> Sequence[Schedule]:
        return await scheduling.caches.aschedules_of_department(department_id)

    def pending(self) -> Sequence[Schedule]:
        """Return the first schedules that wait for approval, the earliest week first: rows, not a queryset."""
        return scheduling.caches.pending_schedules()

    async def apending(self) -> Sequence[Schedule]:
        return await scheduling.caches.apending_schedules()

    def states(self, monday: datetime.date, weeks: int = 2) -> Sequence[scheduling.attention.ScheduleState]:
        """Return what needs attention in each schedule of so many weeks from a Monday on."""
        return scheduling.caches.schedule_states(monday, weeks)

    async def astates(self, monday: datetime.date, weeks: int = 2) -> Sequence[scheduling.attention.ScheduleState]:
        return await scheduling.caches.aschedule_states(monday, weeks)


class ScheduleAssignmentManager(_ScheduleAssignmentFilters):
    def for_schedule(self, schedule_id: int) -> Sequence[ScheduleAssignment]:
        """Return the rows of one schedule by date; empty when there is no such schedule."""
        return scheduling.caches.schedule_assignments(schedule_id)

    async def afor_schedule(self, schedule_id: int) -> Sequence[ScheduleAssignment]:
        return await scheduling.caches.aschedule_assignments(schedule_id)

    def coming_for(self, employee_id: int, today: datetime.date) -> Sequence[ScheduleAssignment]:
        """Return what an employee works next from a date on, with shift, schedule and department; at most 20."""
        return scheduling.caches.coming_assignments(employee_id, today)

    async def acoming_for(self, employee_id: int, today: datetime.date) -> Sequence[ScheduleAssignment]:
        return await sync_to_async(scheduling.caches.coming_assignments)(employee_id, today)


class RuleManager(_RuleFilters):
    def get_by_id(self, rule_id: int) -> Rule | None:
        return scheduling.caches.rule_by_id(rule_id)

    async def aget_by_id(self, rule_id: int) -> Rule | None:
        return await scheduling.caches.arule_by_id(rule_id)

    def active_rules(self, date: datetime.date | None = None) -> Sequence[Rule]:
        """Return the active rules by kind, the highest priority first; with a date, those in effect on it."""
        return _in_effect(scheduling.caches.active_rules(), date)

    async def aactive_rules(self, date: datetime.date | None = None) -> Sequence[Rule]:
        return _in_effect(await scheduling.caches.aactive_rules(), date)


class NotificationManager(_NotificationFilters):
    def get_by_id(self, notification_id: int) -> Notification | None:
        return scheduling.caches.notification_by_id(notification_id)

    async def aget_by_id(self, notification_id: int) -> Notification | None:
        return await scheduling.caches.anotification_by_id(notification_id)

    def unread_for(self, employee_id: int, now: datetime.datetime | None = None) -> Sequence[Notification]:
        """Return what the employee has not read, the most important first, the newest first among equals.

        At most `caches.MOST_UNREAD`. Without `now`, what has expired by the clock of this moment is left out.
        """
        return _unexpired(scheduling.caches.unread_notifications(employee_id), now)

    async def aunread_for(self, employee_id: int, now: datetime.datetime | None = None) -> Sequence[Notification]:
        return _unexpired(await scheduling.caches.aunread_notifications(employee_id), now)


# After the read, not in it: what depends on the clock would be stale in the cache without any write.


def _in_effect(rules: Iterable[Rule], date: datetime.date | None) -> list[Rule]:
    return [rule for rule in rules if date is None or rule.is_effective_on(date)]


def _unexpired(notifications: Iterable[Notification], now: datetime.datetime | None) -> list[Notification]:
    now = now or timezone.now()
    return [notification for notification in notifications if not notification.is_expired(now)]
