"""Types of shifts, and the shifts themselves, which are planned again and again."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.people import Department, Skill
from scheduling.models.querysets.shifts import ShiftManager, ShiftTypeManager

HEX_COLOUR = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Enter a colour as # and six hexadecimal digits, such as #2e7d32."))


class ShiftType(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    code = models.CharField(_("code"), max_length=32, blank=True)
    colour = models.CharField(_("colour"), max_length=7, blank=True, validators=[HEX_COLOUR])
    active = models.BooleanField(_("active"), default=True)

    objects: ClassVar[ShiftTypeManager] = ShiftTypeManager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("shift type")
        verbose_name_plural = _("shift types")

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """A reusable definition such as "Night, 22:00 to 06:00". Who works it on which day is a ScheduleAssignment."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    code = models.CharField(_("code"), max_length=32, blank=True)
    shift_type = models.ForeignKey(ShiftType, models.PROTECT, related_name="shifts", verbose_name=_("shift type"))
    # PROTECT, not SET_NULL: a shift whose department is deleted must not become a shift of all departments unnoticed.
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="shifts",
        verbose_name=_("department"),
        help_text=_("Leave empty for any department."),
    )
    start_time = models.TimeField(_("start"))
    end_time = models.TimeField(_("end"), help_text=_("If it is before the start, the shift ends on the next day."))
    break_minutes = models.PositiveSmallIntegerField(_("break (minutes)"), default=0)
    required_staff = models.PositiveSmallIntegerField(_("required staff"), default=1)
    max_staff = models.PositiveSmallIntegerField(
        _("maximum staff"), null=True, blank=True, help_text=_("Leave empty for no limit.")
    )
    required_skills = models.ManyToManyField(
        Skill, blank=True, related_name="shifts", verbose_name=_("required skills")
    )
    active = models.BooleanField(_("active"), default=True)

    objects: ClassVar[ShiftManager] = ShiftManager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(start_time=models.F("end_time")),
                name="shift_lasts",
                violation_error_message=_("A shift cannot start and end at the same time."),
            ),
            models.CheckConstraint(
                condition=models.Q(max_staff=None) | models.Q(max_staff__gte=models.F("required_staff")),
                name="shift_staff_limits_agree",
                violation_error_message=_("Maximum staff cannot be less than required staff."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.start_time is None or self.end_time is None or self.start_time == self.end_time:
            return  # The fields and the constraint report these themselves.
        if datetime.timedelta(minutes=self.break_minutes or 0) >= self.duration:
            raise ValidationError({"break_minutes": _("The break must be shorter than the shift.")})

    @property
    def is_overnight(self) -> bool:
        return self.end_time <= self.start_time

    @property
    def duration(self) -> datetime.timedelta:
        """The time from start to end by the clock, break included. Nights of clock changes count as any other."""
        start, end = (
            datetime.timedelta(hours=time.hour, minutes=time.minute, seconds=time.second)
            for time in (self.start_time, self.end_time)
        )
        return end - start + datetime.timedelta(days=self.is_overnight)
