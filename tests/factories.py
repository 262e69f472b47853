"""One factory per model, each with the least that a row needs; what a test is about it passes itself."""

import datetime
from typing import Any

import factory
from django.contrib.auth.models import User
from factory.django import DjangoModelFactory

from scheduling.models import (
    Department,
    Employee,
    ImportChoices,
    ImportRun,
    Notification,
    Rule,
    Schedule,
    ScheduleAssignment,
    Shift,
    ShiftType,
    Skill,
)

MONDAY = datetime.date(2026, 11, 30)


class SkillFactory(DjangoModelFactory):
    class Meta:
        model = Skill

    name = factory.Sequence(lambda n: f"Skill {n}")


class DepartmentFactory(DjangoModelFactory):
    class Meta:
        model = Department

    name = factory.Sequence(lambda n: f"Department {n}")
    code = factory.Sequence(lambda n: f"D{n}")


class EmployeeFactory(DjangoModelFactory):
    class Meta:
        model = Employee
        skip_postgeneration_save = True

    employee_number = factory.Sequence(lambda n: f"E{n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    first_name = "Amy"
    last_name = factory.Sequence(lambda n: f"Adams {n}")
    department = factory.SubFactory(DepartmentFactory)

    @factory.post_generation
    def skills(self, create: bool, extracted: list[Skill] | None, **kwargs: Any) -> None:
        if create and extracted:
            self.skills.set(extracted)


class ShiftTypeFactory(DjangoModelFactory):
    class Meta:
        model = ShiftType

    name = factory.Sequence(lambda n: f"Type {n}")


class ShiftFactory(DjangoModelFactory):
    class Meta:
        model = Shift

    name = factory.Sequence(lambda n: f"Shift {n}")
    shift_type = factory.SubFactory(ShiftTypeFactory)
    start_time = datetime.time(6)
    end_time = datetime.time(14)


class ScheduleFactory(DjangoModelFactory):
    class Meta:
        model = Schedule

    department = factory.SubFactory(DepartmentFactory)
    week_start = MONDAY


class ScheduleAssignmentFactory(DjangoModelFactory):
    class Meta:
        model = ScheduleAssignment

    schedule = factory.SubFactory(ScheduleFactory)
    employee = factory.SubFactory(EmployeeFactory, department=factory.SelfAttribute("..schedule.department"))
    shift = factory.SubFactory(ShiftFactory)
    date = factory.SelfAttribute("schedule.week_start")


class RuleFactory(DjangoModelFactory):
    class Meta:
        model = Rule

    name = factory.Sequence(lambda n: f"Rule {n}")
    kind = Rule.Kind.REST_PERIOD
    parameters = factory.LazyAttribute(lambda rule: {"min_hours": 11} if rule.kind == Rule.Kind.REST_PERIOD else {})
    scope = factory.LazyAttribute(
        lambda rule: "department" if rule.department else "employee" if rule.employee else "global"
    )
    department = None
    employee = None


class NotificationFactory(DjangoModelFactory):
    class Meta:
        model = Notification

    recipient = factory.SubFactory(EmployeeFactory)
    title = factory.Sequence(lambda n: f"Message {n}")


class ImportChoicesFactory(DjangoModelFactory):
    class Meta:
        model = ImportChoices

    user = factory.LazyFunction(lambda: User.objects.get_or_create(username="who-chose")[0])
    kind = "employees"
    form = factory.Sequence(lambda n: f"{n:064x}")


class ImportRunFactory(DjangoModelFactory):
    class Meta:
        model = ImportRun

    kind = "employees"
    outcome = "imported"
    file_name = "people.csv"
    file = b"email\namy@example.com\n"
