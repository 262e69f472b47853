"""The statuses of schedules and of assignments, what they mean to the application, and what needs attention.

`Schedule.Status` and `ScheduleAssignment.Status` are these classes. They are here, below the models, because the
querysets and the caches need them too.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class ScheduleStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")


READ_ONLY = frozenset({ScheduleStatus.PUBLISHED, ScheduleStatus.ARCHIVED})
"""A schedule with one of these statuses cannot be changed: changes go into a new version."""


class AssignmentStatus(models.TextChoices):
    ASSIGNED = "assigned", _("assigned")
    PENDING = "pending", _("pending")
    CONFIRMED = "confirmed", _("confirmed")
    DECLINED = "declined", _("declined")
    CANCELLED = "cancelled", _("cancelled")
    COMPLETED = "completed", _("completed")


# Plain strings in a fixed order: the policy compares thousands of rows with them, which takes longer with members of an
# enumeration, and they appear in SQL, whose text should be the same in every process.
NOT_COUNTING = (AssignmentStatus.DECLINED.value, AssignmentStatus.CANCELLED.value)
"""An assignment with one of these statuses counts towards nothing: no hours, no staff, no overlap."""


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """A schedule with what needs attention in it. Numbers only, because sentences would be in one language."""

    id: int
    department_id: int
    week_start: datetime.date
    version: int
    status: str
    open_shifts: int
    """How many shifts, counted once per day, have fewer employees than they require."""
    missing_people: int
    """How many employees these lack altogether."""
    errors: int
    warnings: int
    """What else the policy finds."""

    @property
    def needs_attention(self) -> bool:
        return bool(self.open_shifts or self.errors or self.warnings)


@dataclass(frozen=True, slots=True)
class PersonFindings:
    """What the policy finds about one person in a schedule."""

    name: str
    sentences: Sequence[tuple[str, str, int]]
    """The severity, the sentence in one language, and of how many assignments it is said."""


@dataclass(frozen=True, slots=True)
class ScheduleFindings:
    """What the policy finds in one schedule, in sentences of one language: the first of them, and how many others."""

    errors: int
    warnings: int
    open_shifts: Sequence[str]
    more_open_shifts: int
    people: Sequence[PersonFindings]
    more: int

    @property
    def all_open_shifts(self) -> int:
        return len(self.open_shifts) + self.more_open_shifts

    def __bool__(self) -> bool:
        return bool(self.errors or self.warnings or self.open_shifts)
