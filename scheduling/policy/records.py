"""What the policy has to know, as tuples: a check of a thousand assignments makes no model instance."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

from scheduling.policy.times import named
from scheduling.statuses import NOT_COUNTING


class Planned(NamedTuple):
    """An assignment that is to be checked."""

    position: int
    """Its place among those that were given: a finding about two of them is one of the later."""
    pk: int | None
    """Of the stored row that it replaces."""
    employee: int
    shift: int
    date: datetime.date
    schedule: int
    """A key of the schedules of the situation; that of a schedule that is not saved yet is no primary key."""
    status: str
    """Empty: that of the row that it replaces."""
    details: tuple[Any, ...] | None = None
    """The values of `loading.DETAILS`; None: they are not known, and the row is taken to be changed."""
    source: Any = None
    """What a finding calls the assignment."""


class Person(NamedTuple):
    pk: int
    first_name: str
    last_name: str
    is_active: bool
    hire_date: datetime.date | None
    end_date: datetime.date | None
    max_hours_per_week: int
    department: int

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class WorkShift(NamedTuple):
    """A shift as the policy sees it."""

    pk: int
    name: str
    type_name: str
    start: datetime.time
    end: datetime.time
    break_minutes: int
    required_staff: int
    max_staff: int | None
    active: bool
    skills: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return named(self.name, self.start, self.end)


class ScheduleRecord(NamedTuple):
    """A schedule: one department's week."""

    pk: int
    department: int
    department_name: str
    department_active: bool
    start: datetime.date
    end: datetime.date
    status: str


Stored = tuple[int, int, int, datetime.date, str, int]
"""A row of the database: primary key, employee, shift, date, status, schedule."""


class Original(NamedTuple):
    """The stored row of an assignment that is changed or deleted."""

    pk: int
    employee: int
    shift: int
    date: datetime.date
    status: str
    schedule: int
    details: tuple[Any, ...]

    @property
    def counts(self) -> bool:
        return self.status not in NOT_COUNTING


class Work(NamedTuple):
    """An assignment that counts, on the time line of its employee."""

    start: int
    """Seconds since 1970."""
    end: int
    seconds: int
    """Of work: the time elapsed from start to end, less the break."""
    day: int
    """The ordinal of the date."""
    shift: int
    planned: Planned | None
    """None: stored."""


Window = tuple[datetime.date, datetime.date]
"""From one date to another, both included."""

Slot = tuple[int, int, datetime.date]
"""A department, a shift, a date: the people of one slot are counted together."""
