"""The weeks of departments, and who works which shift on which day of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.calendar import MONDAY_TO_SUNDAY, YEARS, DepartmentWeek
from scheduling.models.constraints import PRIORITY_VALIDATORS, priority_constraint, validate_year
from scheduling.models.people import Department, Employee
from scheduling.models.querysets.schedules import ScheduleAssignmentManager, ScheduleManager
from scheduling.models.shifts import Shift
from scheduling.statuses import NOT_COUNTING, READ_ONLY, AssignmentStatus, ScheduleStatus


def _in_words(date: Any) -> str:
    """Return a date as the reader's language writes it. A date that is still text is returned as it is."""
    return date_format(date, "SHORT_DATE_FORMAT") if isinstance(date, datetime.date) else str(date)


class Schedule(models.Model):
    """One version of a department's week. `clean()` and `save()` fill in `week_end` where it is missing."""

    Status = ScheduleStatus

    department = models.ForeignKey(
        Department, models.CASCADE, related_name="schedules", verbose_name=_("department"), db_index=False
    )
    week_start = models.DateField(_("week start"), help_text=_("Must be a Monday."), validators=[validate_year])
    week_end = models.DateField(_("week end"), blank=True, help_text=_("The Sunday. Filled in if left empty."))
    version = models.PositiveSmallIntegerField(_("version"), default=1, validators=[MinValueValidator(1)])
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.DRAFT)

    objects: ClassVar[ScheduleManager] = ScheduleManager()

    class Meta:
        ordering = ["-week_start", "-version", "id"]
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        # Not translated, like Django's own: these texts become rows in the database, which have no language.
        permissions = [
            ("submit_schedule", "Can submit a schedule for approval"),
            ("return_schedule", "Can return a schedule to its planner"),
            ("approve_schedule", "Can approve a schedule"),
            ("publish_schedule", "Can publish a schedule"),
            ("archive_schedule", "Can archive a schedule"),
            ("copy_schedule", "Can copy a schedule to the next week"),
            ("new_version_schedule", "Can make a new version of a published schedule"),
            ("change_published_schedule", "Can change a published schedule"),
        ]
        indexes = [models.Index(fields=["week_start", "version"], name="schedule_by_week")]
        constraints = [
            # Its index begins with the department, so the foreign key does not need one of its own.
            models.UniqueConstraint(
                fields=["department", "week_start", "version"],
                name="schedule_unique_version",
                violation_error_message=_("The department already has this version of the week."),
            ),
            models.CheckConstraint(
                condition=models.Q(week_end__gt=models.F("week_start")),
                name="schedule_ends_after_start",
                violation_error_message=_("The week must end after it starts."),
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1),
                name="schedule_version_from_one",
                violation_error_message=_("Versions start at 1."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(department)s, week of %(monday)s, version %(version)d") % {
            "department": self.department,
            "monday": _in_words(self.week_start),
            "version": self.version,
        }

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._fill_week_end()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if self.week_start is None or self.week_start.year not in YEARS:
            return  # its field has said so
        self._fill_week_end()
        if self.week_start.weekday() != 0:
            raise ValidationError({"week_start": _("%(date)s is not a Monday.") % {"date": _in_words(self.week_start)}})
        if self.week_end != self.week_start + MONDAY_TO_SUNDAY:
            raise ValidationError({"week_end": _("The week must end on the Sunday after its Monday.")})

    @property
    def week(self) -> DepartmentWeek:
        """The week that this schedule is a version of."""
        return DepartmentWeek(self.department_id, self.week_start)

    @property
    def is_read_only(self) -> bool:
        """Whether the schedule takes no changes because it is published or archived."""
        return self.status in READ_ONLY

    def _fill_week_end(self) -> None:
        if self.week_end is None and self.week_start is not None:
            # The date may still be text: `Schedule(week_start="2026-03-02").save()`.
            monday = self._meta.get_field("week_start").to_python(self.week_start)
            self.week_end = monday + MONDAY_TO_SUNDAY


class ScheduleAssignment(models.Model):
    """One employee on one shift on one day: the day on which the shift starts, also if it ends on the next."""

    Status = AssignmentStatus

    class Source(models.TextChoices):
        MANUAL = "manual", _("manual")
        IMPORT = "import", _("import")

    # Deleting a schedule deletes its assignments, and so does deleting an employee or a shift. Only code does that: the
    # admin archives employees, and lists everything that a deletion would delete with it.
    schedule = models.ForeignKey(
        Schedule, models.CASCADE, related_name="assignments", verbose_name=_("schedule"), db_index=False
    )
    employee = models.ForeignKey(
        Employee, models.CASCADE, related_name="assignments", verbose_name=_("employee"), db_index=False
    )
    shift = models.ForeignKey(Shift, models.CASCADE, related_name="assignments", verbose_name=_("shift"))
    date = models.DateField(_("date"), validators=[validate_year])
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.ASSIGNED)
    priority = models.PositiveSmallIntegerField(_("priority"), default=5, validators=PRIORITY_VALIDATORS)
    notes = models.TextField(_("notes"), blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source, default=Source.MANUAL)
    # On the assignment rather than its schedule, because the constraint below cannot look into another table.
    superseded = models.BooleanField(
        _("superseded"),
        default=False,
        editable=False,
        help_text=_("A newer version of the schedule has replaced it, so it no longer counts."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    checked_elsewhere = False
    """Set on an instance by a caller that asks the policy itself, such as a formset that asks about all of its rows."""

    validate_by_policy: ClassVar[Callable[[ScheduleAssignment], None]]
    """Raises ValidationError with what the policy refuses. `SchedulingConfig.ready()` sets it: the policy reads the
    models, so the models cannot import it."""

    objects: ClassVar[ScheduleAssignmentManager] = ScheduleAssignmentManager()

    class Meta:
        ordering = ["date", "id"]
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        permissions = [
            ("cancel_scheduleassignment", "Can cancel assignments"),
            ("reactivate_scheduleassignment", "Can reactivate cancelled assignments"),
            ("import_scheduleassignment", "Can import assignments for selected rows"),
        ]
        # These serve the foreign keys too. The last one is needed because the constraint leaves out superseded rows.
        indexes = [
            models.Index(fields=["date"], name="assignment_by_date"),
            models.Index(fields=["schedule", "date"], name="assignment_by_schedule"),
            models.Index(fields=["employee", "date"], name="assignment_by_employee"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "shift", "date"],
                condition=models.Q(superseded=False),
                name="assignment_unique",
                violation_error_message=_("The employee already works this shift on this date."),
            ),
            priority_constraint("assignment_priority_1_to_10"),
        ]

    def __str__(self) -> str:
        # Names only what is loaded: lists, logs and imports show this text for every row, which must not cost a query.
        loaded = [getattr(self, name) for name in ("employee", "shift") if name in self._state.fields_cache]
        return ", ".join(str(part) for part in [*loaded, _in_words(self.date)])

    @property
    def is_called_off(self) -> bool:
        """Whether the assignment is declined or cancelled, so that it counts towards nothing."""
        return self.status in NOT_COUNTING

    def clean(self) -> None:
        """Raise what the policy refuses, at the cost of its queries. Its warnings are not reported here."""
        # The policy counts weeks and days around the date.
        if not self.checked_elsewhere and (self.date is None or self.date.year in YEARS):
            ScheduleAssignment.validate_by_policy(self)
