"""Messages to employees."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.models.constraints import PRIORITY_VALIDATORS, priority_constraint, validate_year
from scheduling.models.people import Employee
from scheduling.models.querysets.notifications import NotificationManager

# A path on this site or a web address, and nothing else: a script in a link would run in the recipient's browser.
LINK = RegexValidator(r"^(/(?!/)|https?://)\S*\Z", _("Enter a path on this site, such as /admin/, or a web address."))


class Notification(models.Model):
    """A message to one employee. It counts as read once `read_at` is set."""

    class Kind(models.TextChoices):
        SCHEDULE = "schedule", _("schedule")
        ASSIGNMENT = "assignment", _("assignment")
        CONFLICT = "conflict", _("conflict")
        REMINDER = "reminder", _("reminder")
        MESSAGE = "message", _("message")

    recipient = models.ForeignKey(
        Employee, models.CASCADE, related_name="notifications", verbose_name=_("recipient"), db_index=False
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.MESSAGE)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("body"), blank=True)
    link = models.CharField(_("link"), max_length=500, blank=True, validators=[LINK])
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=5, validators=PRIORITY_VALIDATORS, help_text=_("10 is the most urgent.")
    )
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    # A default rather than auto_now_add, so that a caller can set the moment.
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True, validators=[validate_year])

    objects: ClassVar[NotificationManager] = NotificationManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        # The first index begins with the recipient, so the foreign key does not need one of its own.
        indexes = [
            models.Index(fields=["recipient", "read_at", "-priority", "-created_at"], name="notification_by_recipient"),
            models.Index(fields=["-created_at"], name="notification_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at=None) | models.Q(expires_at__gt=models.F("created_at")),
                name="notification_expires_later",
                violation_error_message=_("A notification must expire after it is created."),
            ),
            priority_constraint("notification_priority_1_to_10"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    def is_expired(self, now: datetime.datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now
