"""Every cached read of this app, and what becomes stale when a row changes.

What a look-up or a group reads becomes stale by itself: by the rows that it returned, and by the value that it was
asked for. Computed values name the models that they depend on in `depends_on`. Nothing else in this app knows the
cache but the managers, which call these reads, and the imports, which fill the caches with what they have written.

The models are above this module, so they are named by their labels. Where a read computes rows, the manager that calls
it hands over the model.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils import timezone

from caching import CachedGroup, CachedLookup, CacheType, cache_manager, cached, invalidate, rows_where, watch
from scheduling.department_tree import DepartmentHierarchy, DepartmentNode, hierarchy_of, nodes_of
from scheduling.statuses import PersonFindings, ScheduleFindings, ScheduleState, ScheduleStatus

if TYPE_CHECKING:
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

MAX_COMING = 20
"""How many of an employee's next assignments are read."""
MAX_PENDING = 50
"""How many schedules that wait for approval are read."""
MAX_UNREAD = 200
"""How many unread notifications are read. Nobody reads more, and whoever never reads must not fill the cache."""

EMPLOYEE = CacheType("employee")
DEPARTMENT = CacheType("department", dataclasses=(DepartmentHierarchy, DepartmentNode))
SHIFT = CacheType("shift")
SCHEDULE = CacheType("schedule", dataclasses=(ScheduleState, ScheduleFindings, PersonFindings))
RULE = CacheType("rule")
NOTIFICATION = CacheType("notification")
GENERAL = CacheType("general")
"""What belongs to none of the others."""

# -- employees -------------------------------------------------------------------------------------------------------

EMPLOYEE_BY_ID: CachedLookup[Employee] = CachedLookup("scheduling.Employee", "id", cache_type=EMPLOYEE)
EMPLOYEE_BY_EMAIL: CachedLookup[Employee] = CachedLookup("scheduling.Employee", "email", cache_type=EMPLOYEE)
EMPLOYEE_BY_USER: CachedLookup[Employee] = CachedLookup("scheduling.Employee", "user", cache_type=EMPLOYEE)
EMPLOYEES_OF_DEPARTMENT: CachedGroup[Employee] = CachedGroup(
    "scheduling.Employee", "department", cache_type=EMPLOYEE, kind="department"
)


@cached(EMPLOYEE, lambda model: "list:active", depends_on=["scheduling.Employee"])
def active_employees(model: type[Employee]) -> list[Employee]:
    """Return the active employees by name."""
    return list(model.objects.active())


def invalidate_employee_cache(employee_id: int, email: str | None = None) -> None:
    """Drop everything that contains the employee, and what is known about the address."""
    invalidate(rows_where("scheduling.Employee", id=employee_id))
    if email is not None:
        invalidate(rows_where("scheduling.Employee", email=email))


# -- departments -----------------------------------------------------------------------------------------------------

DEPARTMENT_BY_ID: CachedLookup[Department] = CachedLookup("scheduling.Department", "id", cache_type=DEPARTMENT)
DEPARTMENT_BY_CODE: CachedLookup[Department] = CachedLookup("scheduling.Department", "code", cache_type=DEPARTMENT)


@cached(DEPARTMENT, lambda model: "list:active", depends_on=["scheduling.Department"])
def active_departments(model: type[Department]) -> list[Department]:
    """Return the active departments by name."""
    return list(model.objects.active())


@cached(DEPARTMENT, lambda model: "list:tree", depends_on=["scheduling.Department"])
def department_tree(model: type[Department]) -> list[DepartmentNode]:
    """Return all departments, each before those below it, siblings by name."""
    return nodes_of(model.objects.all())


# Not part of the tree: employees come and go more often than departments, and most pages need only the names.
@cached(DEPARTMENT, lambda model: "list:people", depends_on=["scheduling.Employee"])
def head_counts(model: type[Department]) -> dict[int, int]:
    """Return how many active employees each department has itself. Departments without any are absent."""
    return _head_counts(model)


@cached(
    DEPARTMENT,
    lambda department_id, model: f"hierarchy:{department_id}:full",
    depends_on=["scheduling.Department", "scheduling.Employee"],
)
def department_hierarchy(department_id: int, model: type[Department]) -> DepartmentHierarchy | None:
    """Return the department with the names around it and its head counts; None if there is none. Two queries."""
    # A key given as text has the same cache key.
    return hierarchy_of(int(department_id), model.objects.all(), _head_counts(model))


def _head_counts(model: type[Department]) -> dict[int, int]:
    staffed = model.objects.filter(employees__is_active=True).order_by().values_list("pk")
    return dict(staffed.annotate(people=Count("employees")))


def invalidate_department_cache(department_id: int) -> None:
    """Drop everything that contains the department, including every hierarchy."""
    invalidate(rows_where("scheduling.Department", id=department_id))


# -- shifts ----------------------------------------------------------------------------------------------------------

SHIFT_BY_ID: CachedLookup[Shift] = CachedLookup("scheduling.Shift", "id", cache_type=SHIFT)
SHIFT_BY_NAME: CachedLookup[Shift] = CachedLookup("scheduling.Shift", "name", cache_type=SHIFT)

watch("scheduling.ShiftType")
cache_manager.bind(SHIFT, "scheduling.ShiftType")


@cached(SHIFT, lambda model: "types:active", depends_on=["scheduling.ShiftType"])
def active_shift_types(model: type[ShiftType]) -> list[ShiftType]:
    """Return the active shift types by name."""
    return list(model.objects.in_use())


@cached(SHIFT, lambda model: "list:all", depends_on=["scheduling.Shift"])
def all_shifts(model: type[Shift]) -> list[Shift]:
    """Return the shifts by name."""
    return list(model.objects.all())


def invalidate_shift_cache(shift_id: int, shift_name: str | None = None) -> None:
    """Drop everything that contains the shift, and what is known about the name."""
    invalidate(rows_where("scheduling.Shift", id=shift_id))
    if shift_name is not None:
        invalidate(rows_where("scheduling.Shift", name=shift_name))


# -- schedules -------------------------------------------------------------------------------------------------------

SCHEDULE_BY_ID: CachedLookup[Schedule] = CachedLookup("scheduling.Schedule", "id", cache_type=SCHEDULE)
SCHEDULES_OF_DEPARTMENT: CachedGroup[Schedule] = CachedGroup(
    "scheduling.Schedule", "department", cache_type=SCHEDULE, kind="department"
)
SCHEDULE_ASSIGNMENTS: CachedGroup[ScheduleAssignment] = CachedGroup(
    "scheduling.ScheduleAssignment",
    "schedule",
    cache_type=SCHEDULE,
    kind="assignments",
    select_related=("employee", "shift"),
    order_by=("date", "shift__start_time", "employee__last_name", "employee__first_name", "id"),
)

watch("scheduling.ScheduleAssignment", by=("employee",))


def coming_assignments(
    employee_id: int, today: datetime.date, model: type[ScheduleAssignment]
) -> list[ScheduleAssignment]:
    """Return the next MAX_COMING assignments of an employee that count, from a date on, in order of time."""

    def load() -> list[ScheduleAssignment]:
        own = model.objects.counting().filter(employee=employee_id, date__gte=today)
        rows = own.select_related("shift", "schedule__department").order_by("date", "shift__start_time", "pk")
        return list(rows[:MAX_COMING])

    own_rows = rows_where("scheduling.ScheduleAssignment", employee=employee_id)
    return cache_manager.get_or_load(SCHEDULE, f"coming:{employee_id}:{today}", load, depends_on=[own_rows])


@cached(SCHEDULE, lambda model: "list:pending", depends_on=["scheduling.Schedule"])
def pending_schedules(model: type[Schedule]) -> list[Schedule]:
    """Return the first MAX_PENDING schedules that wait for approval, the earliest week first."""
    pending = model.objects.filter(status=ScheduleStatus.PENDING)
    return list(pending.order_by("week_start", "pk")[:MAX_PENDING])


# Everything that the policy reads, and skills through the rows that they belong to: an assignment in another department
# may leave an employee too little rest for an assignment in this one.
_READ_BY_THE_POLICY = [
    "scheduling.Department",
    "scheduling.Employee",
    "scheduling.Rule",
    "scheduling.Schedule",
    "scheduling.ScheduleAssignment",
    "scheduling.Shift",
    "scheduling.ShiftType",
    "scheduling.Skill",
]


@cached(SCHEDULE, lambda monday, weeks, compute: f"state:{monday}:{weeks}", depends_on=_READ_BY_THE_POLICY)
def schedule_states(
    monday: datetime.date, weeks: int, compute: Callable[[datetime.date, int], list[ScheduleState]]
) -> list[ScheduleState]:
    """Return what needs attention in the schedules of some weeks from a Monday on, as `compute` finds it."""
    return compute(monday, weeks)


@cached(
    SCHEDULE,
    lambda schedule_id, language, compute: f"findings:{schedule_id}:{language}",
    depends_on=_READ_BY_THE_POLICY,
)
def schedule_findings(schedule_id: int, language: str, compute: Callable[[int], ScheduleFindings]) -> ScheduleFindings:
    """Return what the policy finds in a schedule, as `compute` says it in the present language, which is `language`."""
    return compute(schedule_id)


def max_schedules() -> int:
    """Return for how many schedules this process can hold the assignments."""
    return cache_manager.type_entries(SCHEDULE).max_size


def invalidate_schedule_cache(schedule_id: int) -> None:
    """Drop everything that contains the schedule, and its assignments."""
    invalidate(rows_where("scheduling.Schedule", id=schedule_id))
    invalidate(rows_where("scheduling.ScheduleAssignment", schedule=schedule_id))


# -- rules -----------------------------------------------------------------------------------------------------------

RULE_BY_ID: CachedLookup[Rule] = CachedLookup("scheduling.Rule", "id", cache_type=RULE)


@cached(RULE, lambda model: "active:all", depends_on=["scheduling.Rule"])
def active_rules(model: type[Rule]) -> list[Rule]:
    """Return the active rules. Whether they are in effect depends on a date, which the caller has to check."""
    return list(model.objects.active())


def invalidate_rule_cache(rule_id: int) -> None:
    """Drop everything that contains the rule, and the list of active rules."""
    invalidate(rows_where("scheduling.Rule", id=rule_id))


# -- notifications ---------------------------------------------------------------------------------------------------

NOTIFICATION_BY_ID: CachedLookup[Notification] = CachedLookup("scheduling.Notification", "id", cache_type=NOTIFICATION)


# Depends on every notification, not on those of the recipient: a message that is marked as unread again is in no list,
# and the UPDATE that does it names the row but not its recipient. Such a write must drop the list too.
@cached(NOTIFICATION, lambda employee_id, model: f"unread:{employee_id}", depends_on=["scheduling.Notification"])
def unread_notifications(employee_id: int, model: type[Notification]) -> list[Notification]:
    """Return an employee's first MAX_UNREAD unread notifications, the most important first.

    Leaves out those that have expired by now. The caller has to leave out those that expire later.
    """
    unread = model.objects.filter(recipient=employee_id).unread().current(timezone.now())
    return list(unread.most_important_first()[:MAX_UNREAD])


def invalidate_notification_cache(notification_id: int) -> None:
    """Drop everything that contains the notification, and all lists of unread ones."""
    invalidate(rows_where("scheduling.Notification", id=notification_id))


# -- the rest --------------------------------------------------------------------------------------------------------

watch("scheduling.Skill", by=("name",))
cache_manager.bind(GENERAL, "scheduling.Skill")


@cached(GENERAL, lambda model: "skills:all", depends_on=["scheduling.Skill"])
def all_skills(model: type[Skill]) -> list[Skill]:
    """Return the skills by name."""
    return list(model.objects.all())
