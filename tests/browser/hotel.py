"""A small hotel for the browser: people with names, a week that is published and one that is planned."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.utils import timezone

from scheduling.models import Department, Employee, Rule, Schedule, ScheduleAssignment, Shift
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)
from tests.scheduling.admin.conftest import make_groups

DAY = datetime.timedelta(days=1)
WEEK = 7 * DAY
COOKS = ("Amy Adams", "Ben Okafor", "Carla Rossi", "Dan Novák", "Elif Kaya", "Felix Braun")
BARTENDERS = ("Grace Kim", "Hugo Blanc", "Ines Moreau")


@dataclass
class Hotel:
    kitchen: Department
    bar: Department
    cooks: Sequence[Employee]
    bartenders: Sequence[Employee]
    early: Shift
    late: Shift
    evening: Shift
    night: Shift
    this_week: Schedule
    """The kitchen's, published."""
    next_week: Schedule
    """The kitchen's, a draft that lacks people."""
    elsewhere: Schedule
    """The bar's next week."""

    @property
    def amy(self) -> Employee:
        return self.cooks[0]

    @property
    def monday(self) -> datetime.date:
        return self.next_week.week_start

    def assign(
        self, employee: Employee, shift: Shift, day: int, schedule: Schedule | None = None
    ) -> ScheduleAssignment:
        """Store an assignment on a day of a week, 0 being its Monday."""
        schedule = schedule or self.next_week
        date = schedule.week_start + day * DAY
        return ScheduleAssignmentFactory(  # type: ignore[no-any-return]
            schedule=schedule, employee=employee, shift=shift, date=date
        )


def open_hotel() -> Hotel:
    house = DepartmentFactory(name="Harbour Hotel", code="HH")
    kitchen = DepartmentFactory(name="Kitchen", code="HH-KIT", parent=house)
    bar = DepartmentFactory(name="Bar", code="HH-BAR", parent=house)
    first_aid = SkillFactory(name="First aid", description="A course of the last two years.")
    day = ShiftTypeFactory(name="Day", code="DAY", colour="#2f7d5b")
    night = ShiftTypeFactory(name="Night", code="NIGHT", colour="#264b5d")

    def people(names: Sequence[str], department: Department, role: str) -> list[Employee]:
        return [
            EmployeeFactory(
                first_name=first,
                last_name=last,
                email=f"{first}.{last}@example.com".lower().replace("á", "a"),
                department=department,
                role=role,
                skills=[first_aid],
            )
            for first, last in (name.split() for name in names)
        ]

    def shift(name: str, start: int, end: int, **more: object) -> Shift:
        times = {"start_time": datetime.time(start), "end_time": datetime.time(end)}
        more.setdefault("shift_type", day)
        return ShiftFactory(name=name, code=name.upper(), break_minutes=30, **times, **more)  # type: ignore[no-any-return]

    monday = timezone.localdate() - datetime.timedelta(days=timezone.localdate().weekday())
    hotel = Hotel(
        kitchen=kitchen,
        bar=bar,
        cooks=people(COOKS, kitchen, "Cook"),
        bartenders=people(BARTENDERS, bar, "Bartender"),
        early=shift("Early", 6, 14, required_staff=2),
        late=shift("Late", 14, 22, required_staff=2),
        evening=shift("Evening", 16, 23),
        night=shift("Night", 22, 6, shift_type=night, max_staff=2),
        this_week=ScheduleFactory(department=kitchen, week_start=monday, status="published"),
        next_week=ScheduleFactory(department=kitchen, week_start=monday + WEEK),
        elsewhere=ScheduleFactory(department=bar, week_start=monday + WEEK, status="pending"),
    )
    RuleFactory(name="Eleven hours of rest", kind=Rule.Kind.REST_PERIOD, parameters={"min_hours": 11})
    NotificationFactory(recipient=hotel.amy, title="The kitchen meets on Friday", body="At 15:00, in the bar.")
    return hotel


def fill(hotel: Hotel) -> None:
    """Plan most of both weeks: five days, with a gap here and there."""
    amy, ben, carla, dan, elif_, felix = hotel.cooks
    for day in range(5):
        for schedule in (hotel.this_week, hotel.next_week):
            hotel.assign(ben, hotel.early, day, schedule)
            hotel.assign(dan, hotel.late, day, schedule)
            if day != 3:
                hotel.assign(carla, hotel.early, day, schedule)
                hotel.assign(elif_, hotel.late, day, schedule)
        hotel.assign(felix, hotel.night, day, hotel.this_week)
        hotel.assign(hotel.bartenders[day % 3], hotel.evening, day, hotel.elsewhere)
    hotel.assign(amy, hotel.early, 3, hotel.this_week)
    fill_front_desk(hotel)


def fill_front_desk(hotel: Hotel) -> None:
    """One person after the other, and too soon after the shift before."""
    desk = DepartmentFactory(name="Front desk", code="HH-DESK", parent=hotel.kitchen.parent)
    jonas = EmployeeFactory(first_name="Jonas", last_name="Weber", email="jonas.weber@example.com", department=desk)
    lena = EmployeeFactory(first_name="Lena", last_name="Sato", email="lena.sato@example.com", department=desk)
    for monday in (hotel.this_week.week_start, hotel.monday):
        schedule = ScheduleFactory(department=desk, week_start=monday)
        for day in range(5):
            hotel.assign((jonas, lena)[day % 2], hotel.late, day, schedule)
            hotel.assign((lena, jonas)[day % 2], hotel.early, day, schedule)


def member_of(group: str, name: str = "") -> User:
    """Return a user who is in one of the groups, which a test with real transactions has to make anew."""
    if not Group.objects.exists():
        make_groups()
    user = User.objects.create_user(name or group.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user
