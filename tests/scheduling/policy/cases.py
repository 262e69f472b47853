"""One breach of each function of the policy: what is stored, what is planned, what is then said.

Each case is checked in every way that leads to the policy: by `check` of an unsaved assignment (test_checks.py), in the
pages of the admin (tests/scheduling/admin/plan/test_sentences.py), and by an import of one row
(tests/scheduling/imports/kinds/test_assignments_policy.py). The person is Amy Adams of the Kitchen, in the week of
2026-11-30.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scheduling.models import Department, Employee, Rule, Schedule, ScheduleAssignment, Shift
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)

DAY = datetime.timedelta(days=1)
TUESDAY = MONDAY + DAY


@dataclass
class World:
    """Amy and what she can be planned for."""

    kitchen: Department
    bar: Department
    amy: Employee
    week: Schedule
    early: Shift
    late: Shift
    night: Shift

    def stored(self, shift: Shift, date: datetime.date, **more: Any) -> ScheduleAssignment:
        """Store an assignment of Amy's, in the schedule of the date's week."""
        more.setdefault("schedule", self.schedule(date, more.pop("department", self.kitchen)))
        more.setdefault("employee", self.amy)
        return ScheduleAssignmentFactory(shift=shift, date=date, **more)  # type: ignore[no-any-return]

    def planned(self, shift: Shift, date: datetime.date, **more: Any) -> ScheduleAssignment:
        """Return an assignment of Amy's that is not saved."""
        more.setdefault("schedule", self.schedule(date, more.pop("department", self.kitchen)))
        more.setdefault("employee", self.amy)
        return ScheduleAssignment(shift=shift, date=date, **more)

    def schedule(self, date: datetime.date, department: Department) -> Schedule:
        monday = date - datetime.timedelta(days=date.weekday())
        found = Schedule.objects.filter(department=department, week_start=monday).first()
        return found or ScheduleFactory(department=department, week_start=monday)  # type: ignore[no-any-return]

    def rule(self, kind: str, **more: Any) -> Rule:
        return RuleFactory(name="House rule", kind=kind, **more)  # type: ignore[no-any-return]


def make_world() -> World:
    kitchen, bar = DepartmentFactory(name="Kitchen", code="KIT"), DepartmentFactory(name="Bar", code="BAR")
    types = {name: ShiftTypeFactory(name=f"{name} shift") for name in ("Day", "Night")}

    def shift(name: str, start: int, end: int, kind: str = "Day") -> Shift:
        times = {"start_time": datetime.time(start), "end_time": datetime.time(end)}
        return ShiftFactory(name=name, shift_type=types[kind], required_staff=0, **times)  # type: ignore[no-any-return]

    return World(
        kitchen=kitchen,
        bar=bar,
        amy=EmployeeFactory(
            email="amy@example.com",
            first_name="Amy",
            last_name="Adams",
            department=kitchen,
            max_hours_per_week=168,
        ),
        week=ScheduleFactory(department=kitchen, week_start=MONDAY),
        early=shift("Early", 6, 14),
        late=shift("Late", 14, 22),
        night=shift("Night", 22, 6, "Night"),
    )


@dataclass(frozen=True)
class Case:
    code: str
    message: str
    prepare: Callable[[World], Any]
    """Store what is there before."""
    shift: str = "early"
    """Amy is planned for this shift of the world."""
    date: datetime.date = TUESDAY
    severity: str = "error"

    @property
    def name(self) -> str:
        return f"{self.code}: {self.message}"


def change(instance: Any, **values: Any) -> None:
    type(instance).objects.filter(pk=instance.pk).update(**values)


def days_before(world: World, days: int) -> None:
    for number in range(1, days + 1):
        world.stored(world.early, TUESDAY - number * DAY)


CASES = (
    Case(
        "editable_schedule",
        "The schedule of Kitchen for the week of 2026-11-30 is published and cannot be changed.",
        lambda world: change(world.week, status="published"),
    ),
    Case(
        "editable_schedule",
        "The schedule of Kitchen for the week of 2026-11-30 is archived and cannot be changed.",
        lambda world: change(world.week, status="archived"),
    ),
    Case(
        "within_the_week",
        "Amy Adams: 2026-12-02 is outside the schedule's week, 2026-11-30 to 2026-12-01.",
        # The form of a schedule lets no week be shorter, the database does.
        lambda world: change(world.week, week_end=TUESDAY),
        date=TUESDAY + DAY,
    ),
    Case(
        "active_department",
        "The department Kitchen is not active: Amy Adams cannot work there on 2026-12-01.",
        lambda world: change(world.kitchen, active=False),
    ),
    Case("active_employee", "Amy Adams is not active.", lambda world: change(world.amy, is_active=False)),
    Case(
        "employed_on_the_date",
        "Amy Adams is employed from 2026-12-02, so not yet on 2026-12-01.",
        lambda world: change(world.amy, hire_date=TUESDAY + DAY),
    ),
    Case(
        "employed_on_the_date",
        "Amy Adams is employed until 2026-11-30, so no longer on 2026-12-01.",
        lambda world: change(world.amy, end_date=MONDAY),
    ),
    Case(
        "active_shift",
        "The shift Early (06:00–14:00) is not active: Amy Adams cannot work it on 2026-12-01.",
        lambda world: change(world.early, active=False),
    ),
    Case(
        "shift_of_the_department",
        "Early (06:00–14:00), which Amy Adams works on 2026-12-01 in Kitchen, is a shift of Bar.",
        lambda world: change(world.early, department=world.bar),
        severity="warning",
    ),
    Case(
        "required_skills",
        "Amy Adams lacks the skill First aid for Early (06:00–14:00) on 2026-12-01.",
        lambda world: world.early.required_skills.set([SkillFactory(name="First aid")]),
    ),
    Case(
        "required_skills",
        "Amy Adams lacks the skills Barista and First aid for Early (06:00–14:00) on 2026-12-01 (House rule).",
        lambda world: world.rule("qualification", parameters={"skills": ["First aid", "Barista"]}, strict=True),
    ),
    Case(
        "required_skills",
        "Amy Adams lacks the skill First aid for Night (22:00–06:00) on 2026-12-01 (House rule).",
        lambda world: world.rule("qualification", parameters={"skills": ["First aid"], "shift_types": ["Night shift"]}),
        shift="night",
        severity="warning",
    ),
    Case(
        "no_overlapping_shifts",
        "Amy Adams works Night (22:00–06:00) on 2026-11-30 in Bar at the same time.",
        lambda world: (
            world.stored(world.night, MONDAY, department=world.bar),
            change(world.early, start_time=datetime.time(5)),
        ),
    ),
    Case(
        "enough_rest",
        "Amy Adams rests 8 h after Late (14:00–22:00) on 2026-11-30 in Bar; the minimum is 10 h.",
        lambda world: world.stored(world.late, MONDAY, department=world.bar),
        severity="warning",
    ),
    Case(
        "enough_rest",
        "Amy Adams rests 8 h before Early (06:00–14:00) on 2026-12-02 in Kitchen; the minimum is 10 h.",
        lambda world: world.stored(world.early, TUESDAY + DAY),
        shift="late",
        severity="warning",
    ),
    Case(
        "enough_rest",
        "Amy Adams rests 16 h after Early (06:00–14:00) on 2026-11-30 in Kitchen; the minimum is 17 h (House rule).",
        lambda world: (
            world.stored(world.early, MONDAY),
            world.rule("rest_period", parameters={"min_hours": 17}, strict=True),
        ),
    ),
    Case(
        "hours_per_day",
        "With this shift, Amy Adams works 8 h on 2026-12-01; the maximum is 7.5 h (House rule).",
        lambda world: world.rule("workload", parameters={"max_hours_per_day": 7.5}),
        severity="warning",
    ),
    Case(
        "hours_per_week",
        "With this shift, Amy Adams works 16 h in the week of 2026-11-30; the maximum is 15 h.",
        lambda world: (world.stored(world.early, MONDAY), change(world.amy, max_hours_per_week=15)),
        severity="warning",
    ),
    Case(
        "hours_per_week",
        "With this shift, Amy Adams works 16 h in the week of 2026-11-30; the maximum is 15 h (House rule).",
        lambda world: (
            world.stored(world.early, MONDAY),
            change(world.amy, max_hours_per_week=10),
            world.rule("overtime", parameters={"max_overtime_hours_per_week": 5}, strict=True),
        ),
    ),
    Case(
        "hours_per_week",
        "With this shift, Amy Adams works 8 h in the week of 2026-11-30; the maximum is 7 h (House rule).",
        lambda world: world.rule("workload", parameters={"max_hours_per_week": 7}, strict=True),
    ),
    Case(
        "shifts_per_week",
        "With this shift, Amy Adams has 2 shifts in the week of 2026-11-30; the maximum is 1 (House rule).",
        lambda world: (
            world.stored(world.early, MONDAY),
            world.rule("workload", parameters={"max_shifts_per_week": 1}, strict=True),
        ),
    ),
    Case(
        "days_in_a_row",
        "With 2026-12-01, Amy Adams works more than 6 days in a row.",
        lambda world: days_before(world, 6),
        severity="warning",
    ),
    Case(
        "days_in_a_row",
        "With 2026-12-01, Amy Adams works more than 2 days in a row (House rule).",
        lambda world: (days_before(world, 2), world.rule("consecutive_days", parameters={"max_days": 2}, strict=True)),
    ),
    Case(
        "available",
        "Amy Adams is only available on Mon and Wed from 06:00 to 18:00, not for Early (06:00–14:00) on 2026-12-01 "
        "(House rule).",
        lambda world: world.rule(
            "availability",
            employee=world.amy,
            parameters={"weekdays": ["mon", "wed"], "start": "06:00", "end": "18:00"},
            strict=True,
        ),
    ),
    Case(
        "not_restricted",
        "Amy Adams does not work Early (06:00–14:00) on 2026-12-01 (House rule).",
        lambda world: world.rule("restriction", employee=world.amy, strict=True, effective_from=TUESDAY),
    ),
    Case(
        "not_restricted",
        "Amy Adams does not work Night (22:00–06:00) on 2026-12-01 (House rule).",
        lambda world: world.rule("restriction", parameters={"shift_types": ["Night shift"]}),
        shift="night",
        severity="warning",
    ),
    Case(
        "as_preferred",
        "Amy Adams prefers to work Night shift, not Early (06:00–14:00) on 2026-12-01 (House rule).",
        lambda world: world.rule("preference", parameters={"shift_types": ["Night shift"]}),
        severity="warning",
    ),
    Case(
        "not_over_max_staff",
        "Early (06:00–14:00) on 2026-12-01 in Kitchen has room for 1 person: Amy Adams is one too many.",
        lambda world: (
            change(world.early, max_staff=1),
            world.stored(world.early, TUESDAY, employee=EmployeeFactory(department=world.kitchen)),
        ),
    ),
    Case(
        "enough_staff",
        "With Amy Adams, Early (06:00–14:00) on 2026-12-01 in Kitchen has 1 of 2 required people.",
        lambda world: change(world.early, required_staff=2),
        severity="warning",
    ),
)
