"""What is worth loading before anybody asks for it: what nearly every page of this week and the next one reads."""

from __future__ import annotations

import datetime

from django.utils import timezone

from caching import worth_reading, worth_warming
from scheduling import caches
from scheduling.calendar import WEEK, monday_of
from scheduling.models import Department, Employee, Rule, Schedule, ScheduleAssignment, Shift, ShiftType


def declare() -> None:
    """Tell the cache. Notifications are not worth it: each is read by one person, once."""
    worth_warming("scheduling.Department", lambda: Department.objects.active())
    worth_warming("scheduling.Employee", lambda: Employee.objects.filter(assignments__schedule__week_start__in=weeks()))
    worth_warming("scheduling.Shift", lambda: Shift.objects.active())
    worth_warming("scheduling.Schedule", lambda: Schedule.objects.filter(week_start__in=weeks()))
    worth_warming(
        "scheduling.ScheduleAssignment", lambda: ScheduleAssignment.objects.filter(schedule__week_start__in=weeks())
    )
    worth_warming("scheduling.Rule", lambda: Rule.objects.active())
    worth_reading(caches.DEPARTMENT, "list", lambda: caches.active_departments(Department))
    worth_reading(caches.SHIFT, "types", lambda: caches.active_shift_types(ShiftType))
    worth_reading(caches.RULE, "active", lambda: caches.active_rules(Rule))


def weeks() -> list[datetime.date]:
    """Return the Mondays of this week and the next one."""
    monday = monday_of(timezone.localdate())
    return [monday, monday + WEEK]
