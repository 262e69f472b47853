"""The statuses of schedules and of assignments, and which of them mean the same to the rest of the application.

`Schedule.Status` and `ScheduleAssignment.Status` are these classes. They are here, below the models, because the
querysets need them too.
"""

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
