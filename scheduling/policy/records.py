"""What the policy reads, as tuples: a check of a thousand assignments creates no model instance."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

from scheduling.policy.times import named
from scheduling.statuses import NOT_COUNTING


class Planned(NamedTuple):
    """An assignment to be checked."""

    position: int
    """Its place among the assignments given. A finding about two of them belongs to the later one."""
    pk: int | None
    """The key of the stored row that it replaces; None for a new assignment."""
    employee: int
    shift: int
    date: datetime.date
    schedule: int
    """A key into the schedules of the situation. For an unsaved schedule this is not a primary key."""
    status: str
    """If empty, the status of the row that it replaces."""
    details: tuple[Any, ...] | None = None
    """The values of `loading.DETAILS`. If they are not known (None), the row counts as changed."""
    source: Any = None
    """What a finding returns as its assignment."""


class Person(NamedTuple):
    pk: int
    first_name: str
    last_name: str
    is_active: bool
    hire_date: datetime.date | None
    end_date: datetime.date | None
    max_hours_per_week: float
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
    department: int | None = None
    """None for a shift of all departments."""
    department_name: str | None = None
    skills: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return named(self.name, self.start, self.end)


class ScheduleRecord(NamedTuple):
    """A schedule: one version of a department's week."""

    pk: int
    department: int
    department_name: str
    department_active: bool
    start: datetime.date
    end: datetime.date
    status: str


Stored = tuple[int, int, int, datetime.date, str, int]
"""A stored assignment: primary key, employee, shift, date, status, schedule."""


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
    """An assignment that counts, on its employee's time line."""

    start: int
    """Seconds since 1970."""
    end: int
    seconds: int
    """The working time: the time elapsed from start to end, less the break."""
    day: int
    """The ordinal of the date."""
    shift: int
    planned: Planned | None
    """None for a stored assignment."""


Window = tuple[datetime.date, datetime.date]
"""The first and the last date, both included."""

Slot = tuple[int, int, datetime.date]
"""A department, a shift and a date. The employees of a slot are counted together."""
