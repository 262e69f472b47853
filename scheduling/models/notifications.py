"""What employees are told."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.models.organisation import Employee
from scheduling.querysets import NotificationManager

# A path of this site or an address of the web. Nothing else: a link with a script would run for its recipient.
LINK = RegexValidator(r"^(/(?!/)|https?://)\S*\Z", _("Write a path of this site, such as /admin/, or an address."))


class Notification(models.Model):
    """One message to one person; read once `read_at` is set."""

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
        _("priority"), default=5, validators=[MinValueValidator(1), MaxValueValidator(10)], help_text=_("10 is urgent.")
    )
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    # A default and not auto_now_add, which would not let a caller say which moment it was.
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    objects: ClassVar[NotificationManager] = NotificationManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        # It begins with the recipient, so the foreign key needs none of its own.
        indexes = [
            models.Index(fields=["recipient", "read_at", "-priority", "-created_at"], name="notification_by_recipient"),
            models.Index(fields=["-created_at"], name="notification_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at=None) | models.Q(expires_at__gt=models.F("created_at")),
                name="notification_expires_later",
                violation_error_message=_("A notification expires after it was created."),
            ),
            models.CheckConstraint(
                condition=models.Q(priority__range=(1, 10)),
                name="notification_priority_1_to_10",
                violation_error_message=_("The priority is between 1 and 10."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    def is_expired(self, now: datetime.datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now
