"""A small staff whose every kind of cached read is warm, so that a test can write and see which of them have gone."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection, connections, models
from django.test.utils import CaptureQueriesContext

from caching import cache_manager, caching_disabled
from scheduling.models import Department, Employee, Schedule, ScheduleAssignment, Shift, ShiftType, Skill
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)

EMAIL, NEW_EMAIL = "amy@example.com", "new@example.com"


@dataclass
class World:
    """Amy and Bob, each on one week's list; a department tree, two shifts, two skills of which Amy has one."""

    kitchen: Department
    bar: Department
    amy: Employee
    bob: Employee
    user: User
    night: Shift
    day: Shift
    week: Schedule
    other_week: Schedule
    assignment: ScheduleAssignment
    other_assignment: ScheduleAssignment
    skill: Skill
    other_skill: Skill
    shift_type: ShiftType

    @classmethod
    def made(cls) -> Self:
        kitchen = DepartmentFactory(name="Kitchen", code="K")
        bar = DepartmentFactory(name="Bar", code="B", parent=kitchen)
        user = get_user_model().objects.create(username="amy")
        skill, other_skill = SkillFactory(name="Baking"), SkillFactory(name="Grilling")
        amy = EmployeeFactory(email=EMAIL, department=kitchen, user=user, skills=[skill])
        bob = EmployeeFactory(email="bob@example.com", department=bar)
        shift_type = ShiftTypeFactory(name="Long")
        night = ShiftFactory(name="Night", shift_type=shift_type, department=kitchen)
        day = ShiftFactory(name="Day", shift_type=shift_type)
        week, other_week = ScheduleFactory(department=kitchen), ScheduleFactory(department=bar)
        return cls(
            kitchen,
            bar,
            amy,
            bob,
            user,
            night,
            day,
            week,
            other_week,
            ScheduleAssignmentFactory(schedule=week, employee=amy, shift=night),
            ScheduleAssignmentFactory(schedule=other_week, employee=bob, shift=day),
            skill,
            other_skill,
            shift_type,
        )

    def reads(self) -> dict[str, Callable[[], Any]]:
        """Return the cached reads by name; each gives something that can be compared."""
        # The keys are taken now: a write may take an instance's key away.
        amy, bob, week, other_week, kitchen = (
            row.pk for row in (self.amy, self.bob, self.week, self.other_week, self.kitchen)
        )
        return {
            "amy": lambda: plain(Employee.objects.get_by_email(EMAIL)),
            "bob": lambda: plain(Employee.objects.get_by_email("bob@example.com")),
            "nobody": lambda: plain(Employee.objects.get_by_email(NEW_EMAIL)),
            "week": lambda: plain(ScheduleAssignment.objects.for_schedule(week)),
            "other_week": lambda: plain(ScheduleAssignment.objects.for_schedule(other_week)),
            "hierarchy": lambda: Department.objects.get_with_hierarchy(kitchen),
            "night": lambda: plain(Shift.objects.get_by_name("Night")),
            "day": lambda: plain(Shift.objects.get_by_name("Day")),
            "types": lambda: plain(ShiftType.objects.active()),
            "skills_of_amy": lambda: skills_of(amy),
            "skills_of_bob": lambda: skills_of(bob),
        }

    def warm(self) -> dict[str, Any]:
        """Fill the cache by every read, prove that it is full, and return what was read."""
        before = read_all(self.reads())
        with CaptureQueriesContext(connection) as queries:
            assert read_all(self.reads()) == before
        assert not queries.captured_queries
        return before

    def kept(self) -> set[str]:
        """Return the names of the reads that ask the database for nothing."""
        return {name for name, read in self.reads().items() if not asks_the_database(read)}


def asks_the_database(read: Callable[[], Any]) -> bool:
    with CaptureQueriesContext(connection) as queries:
        read()
    return bool(queries.captured_queries)


def skills_of(pk: int) -> list[str]:
    """Return the names of a person's skills: a value without rows, that depends on the person alone."""
    return cache_manager.get_or_load(
        "employee",
        f"skills:{pk}",
        lambda: list(Skill.objects.filter(employees=pk).values_list("name", flat=True)),
        depends_on=[Employee(pk=pk)],
    )


def read_all(reads: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    return {name: read() for name, read in reads.items()}


def truth(reads: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what the database says."""
    with caching_disabled():
        return read_all(reads)


def plain(value: Any) -> Any:
    """Return a row as a dict of its columns, and those of the rows joined to it; a list of rows as a list of them."""
    if isinstance(value, models.Model):
        return {
            **{field.attname: getattr(value, field.attname) for field in value._meta.concrete_fields},
            **{name: plain(row) for name, row in value._state.fields_cache.items()},
        }
    if isinstance(value, Iterable):
        return [plain(row) for row in value]
    return value


def in_thread(function: Callable[[], Any]) -> Any:
    """Return what the function returns in another thread, with connections of its own; raise what it raises."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(_closing_connections, function).result(60)


def _closing_connections(function: Callable[[], Any]) -> Any:
    try:
        return function()
    finally:
        connections.close_all()
