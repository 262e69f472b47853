"""Every cached read of this app, and what goes stale when a row changes.

What a look-up or a group reads goes stale by itself: by the rows that it returned and the value that it was asked for.
Values that are computed name the models they depend on in ``depends_on``. Nothing else in this app knows the cache.
"""

from __future__ import annotations

import datetime

from django.db.models import Count
from django.utils import timezone

from caching import CachedGroup, CachedLookup, CacheType, cache_manager, cached, invalidate, rows_where, watch
from scheduling import attention
from scheduling.attention import ScheduleState
from scheduling.department_tree import DepartmentHierarchy, DepartmentNode, hierarchy_of, nodes_of
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

MOST_COMING = 20
MOST_PENDING = 50
MOST_UNREAD = 200
"""How many notifications one list holds: nobody reads more, and somebody who never reads must not fill the cache."""


EMPLOYEE = CacheType("employee")
DEPARTMENT = CacheType("department", dataclasses=(DepartmentHierarchy, DepartmentNode))
SHIFT = CacheType("shift")
SCHEDULE = CacheType("schedule", dataclasses=(ScheduleState,))
RULE = CacheType("rule")
NOTIFICATION = CacheType("notification")
GENERAL = CacheType("general")
"""What belongs to none of the above."""

EMPLOYEE_BY_ID = CachedLookup(Employee, "id", cache_type=EMPLOYEE)
EMPLOYEE_BY_EMAIL = CachedLookup(Employee, "email", cache_type=EMPLOYEE)
EMPLOYEE_BY_USER = CachedLookup(Employee, "user", cache_type=EMPLOYEE)
EMPLOYEES_OF_DEPARTMENT = CachedGroup(Employee, "department", cache_type=EMPLOYEE, kind="department")
DEPARTMENT_BY_ID = CachedLookup(Department, "id", cache_type=DEPARTMENT)
DEPARTMENT_BY_CODE = CachedLookup(Department, "code", cache_type=DEPARTMENT)
SHIFT_BY_ID = CachedLookup(Shift, "id", cache_type=SHIFT)
SHIFT_BY_NAME = CachedLookup(Shift, "name", cache_type=SHIFT)
SCHEDULE_BY_ID = CachedLookup(Schedule, "id", cache_type=SCHEDULE)
SCHEDULES_OF_DEPARTMENT = CachedGroup(Schedule, "department", cache_type=SCHEDULE, kind="department")
SCHEDULE_ASSIGNMENTS = CachedGroup(
    ScheduleAssignment,
    "schedule",
    cache_type=SCHEDULE,
    kind="assignments",
    select_related=("employee", "shift"),
    order_by=("date", "shift__start_time", "employee__last_name", "employee__first_name", "id"),
)
RULE_BY_ID = CachedLookup(Rule, "id", cache_type=RULE)
NOTIFICATION_BY_ID = CachedLookup(Notification, "id", cache_type=NOTIFICATION)

# -- employees -------------------------------------------------------------------------------------------------------

employee_by_id = EMPLOYEE_BY_ID.get
aemployee_by_id = EMPLOYEE_BY_ID.aget
employee_by_email = EMPLOYEE_BY_EMAIL.get
aemployee_by_email = EMPLOYEE_BY_EMAIL.aget
employees_by_email = EMPLOYEE_BY_EMAIL.get_many
aemployees_by_email = EMPLOYEE_BY_EMAIL.aget_many
employee_of_user = EMPLOYEE_BY_USER.get
aemployee_of_user = EMPLOYEE_BY_USER.aget
employees_of_department = EMPLOYEES_OF_DEPARTMENT.get
aemployees_of_department = EMPLOYEES_OF_DEPARTMENT.aget


@cached(EMPLOYEE, lambda: "list:active", depends_on=[Employee])
def active_employees() -> list[Employee]:
    """Return the active employees by name."""
    return list(Employee.objects.active())


aactive_employees = active_employees.acall


def invalidate_employee_cache(employee_id: int, email: str | None = None) -> None:
    """Drop everything that contains the employee, and what is known of the address."""
    invalidate(rows_where(Employee, id=employee_id))
    if email is not None:
        invalidate(rows_where(Employee, email=email))


# -- departments -----------------------------------------------------------------------------------------------------

department_by_id = DEPARTMENT_BY_ID.get
adepartment_by_id = DEPARTMENT_BY_ID.aget


@cached(DEPARTMENT, lambda: "list:active", depends_on=[Department])
def active_departments() -> list[Department]:
    """Return the active departments by name."""
    return list(Department.objects.active())


aactive_departments = active_departments.acall


@cached(DEPARTMENT, lambda: "list:tree", depends_on=[Department])
def department_tree() -> list[DepartmentNode]:
    """Return all departments, each before those below it, which are in the order of their names."""
    return nodes_of(Department.objects.all())


adepartment_tree = department_tree.acall


# Beside the tree and not in it: people come and go more often than departments, and most pages ask for names alone.
@cached(DEPARTMENT, lambda: "list:people", depends_on=[Employee])
def head_counts() -> dict[int, int]:
    """Return how many active people each department has, itself alone; those without any are absent."""
    people = Employee.objects.active().order_by().values_list("department")
    return dict(people.annotate(people=Count("pk")))


ahead_counts = head_counts.acall


@cached(DEPARTMENT, lambda department_id: f"hierarchy:{department_id}:full", depends_on=[Department, Employee])
def department_hierarchy(department_id: int) -> DepartmentHierarchy | None:
    """Return the department with the names around it and its head counts; None if there is none. Two queries."""
    counts = dict(
        Employee.objects.filter(is_active=True).order_by().values_list("department").annotate(people=Count("pk"))
    )
    # A key as text has the same cache key.
    return hierarchy_of(int(department_id), Department.objects.all(), counts)


adepartment_hierarchy = department_hierarchy.acall


def invalidate_department_cache(department_id: int) -> None:
    """Drop everything that contains the department, every hierarchy among it."""
    invalidate(rows_where(Department, id=department_id))


# -- shifts ----------------------------------------------------------------------------------------------------------

shift_by_id = SHIFT_BY_ID.get
ashift_by_id = SHIFT_BY_ID.aget
shift_by_name = SHIFT_BY_NAME.get
ashift_by_name = SHIFT_BY_NAME.aget

watch(ShiftType)
cache_manager.bind(SHIFT, ShiftType)


@cached(SHIFT, lambda: "types:active", depends_on=[ShiftType])
def active_shift_types() -> list[ShiftType]:
    """Return the active shift types by name."""
    return list(ShiftType.objects.in_use())


aactive_shift_types = active_shift_types.acall


@cached(SHIFT, lambda: "list:all", depends_on=[Shift])
def shifts() -> list[Shift]:
    """Return the shifts by name."""
    return list(Shift.objects.all())


ashifts = shifts.acall


def invalidate_shift_cache(shift_id: int, shift_name: str | None = None) -> None:
    """Drop everything that contains the shift, and what is known of the name."""
    invalidate(rows_where(Shift, id=shift_id))
    if shift_name is not None:
        invalidate(rows_where(Shift, name=shift_name))


# -- schedules -------------------------------------------------------------------------------------------------------

schedule_by_id = SCHEDULE_BY_ID.get
aschedule_by_id = SCHEDULE_BY_ID.aget
schedules_of_department = SCHEDULES_OF_DEPARTMENT.get
aschedules_of_department = SCHEDULES_OF_DEPARTMENT.aget
schedule_assignments = SCHEDULE_ASSIGNMENTS.get
aschedule_assignments = SCHEDULE_ASSIGNMENTS.aget


watch(ScheduleAssignment, by=("employee",))


def coming_assignments(employee_id: int, today: datetime.date) -> list[ScheduleAssignment]:
    """Return the next MOST_COMING assignments of an employee from a date on, those that count, in order of time."""
    coming = ScheduleAssignment.objects.counting().filter(employee=employee_id, date__gte=today)
    rows = coming.select_related("shift", "schedule__department").order_by("date", "shift__start_time", "pk")
    return cache_manager.get_or_load(
        SCHEDULE,
        f"coming:{employee_id}:{today}",
        lambda: list(rows[:MOST_COMING]),
        depends_on=[rows_where(ScheduleAssignment, employee=employee_id)],
    )


@cached(SCHEDULE, lambda: "list:pending", depends_on=[Schedule])
def pending_schedules() -> list[Schedule]:
    """Return the schedules that wait for somebody to approve them, the earliest week first."""
    pending = Schedule.objects.filter(status=Schedule.Status.PENDING)
    return list(pending.order_by("week_start", "pk")[:MOST_PENDING])


apending_schedules = pending_schedules.acall


# Whatever the policy looks at, and skills through the rows that they belong to: an assignment of another department
# may leave somebody too little rest for one of this.
@cached(
    SCHEDULE,
    lambda monday, weeks: f"state:{monday}:{weeks}",
    depends_on=[Department, Employee, Rule, Schedule, ScheduleAssignment, Shift, ShiftType, Skill],
)
def schedule_states(monday: datetime.date, weeks: int) -> list[ScheduleState]:
    """Return what needs attention in each schedule of so many weeks from a Monday on; archived ones are left out."""
    return attention.states(monday, weeks)


aschedule_states = schedule_states.acall


def most_schedules() -> int:
    """Return how many schedules' assignments this process can hold."""
    return cache_manager.type_entries(SCHEDULE).max_size


def invalidate_schedule_cache(schedule_id: int) -> None:
    """Drop everything that contains the schedule, and its assignments."""
    invalidate(rows_where(Schedule, id=schedule_id))
    invalidate(rows_where(ScheduleAssignment, schedule=schedule_id))


# -- rules -----------------------------------------------------------------------------------------------------------

rule_by_id = RULE_BY_ID.get
arule_by_id = RULE_BY_ID.aget


@cached(RULE, lambda: "active:all", depends_on=[Rule])
def active_rules() -> list[Rule]:
    """Return the active rules, in effect or not: which are, depends on a date and is the reader's to ask."""
    return list(Rule.objects.active())


aactive_rules = active_rules.acall


def invalidate_rule_cache(rule_id: int) -> None:
    """Drop everything that contains the rule, and the list of the active ones."""
    invalidate(rows_where(Rule, id=rule_id))


# -- notifications ---------------------------------------------------------------------------------------------------

notification_by_id = NOTIFICATION_BY_ID.get
anotification_by_id = NOTIFICATION_BY_ID.aget


# On every notification, not on those of the recipient: a message that is marked unread again is in nobody's list,
# and the UPDATE that does it names its row and not whose it is. Such a write must drop the list too.
@cached(NOTIFICATION, lambda employee_id: f"unread:{employee_id}", depends_on=[Notification])
def unread_notifications(employee_id: int) -> list[Notification]:
    """Return at most MOST_UNREAD unread ones of an employee, the most important first.

    Those that have expired by now are left out; those that will, are for the reader to leave out.
    """
    unread = Notification.objects.filter(recipient=employee_id).unread().current(timezone.now())
    return list(unread.most_important_first()[:MOST_UNREAD])


aunread_notifications = unread_notifications.acall


def invalidate_notification_cache(notification_id: int) -> None:
    """Drop everything that contains the notification, and every list of unread ones."""
    invalidate(rows_where(Notification, id=notification_id))


# -- the rest --------------------------------------------------------------------------------------------------------

watch(Skill, by=("name",))
cache_manager.bind(GENERAL, Skill)


@cached(GENERAL, lambda: "skills:all", depends_on=[Skill])
def skills() -> list[Skill]:
    """Return the skills by name."""
    return list(Skill.objects.all())


askills = skills.acall
