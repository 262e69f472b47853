"""Who works what when: a department's week, and the assignments in it."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Only the package: the policy imports the models. `SchedulingConfig.ready()` has loaded it by the time `clean()` runs.
import scheduling
from scheduling.calendar import MONDAY_TO_SUNDAY, DepartmentWeek
from scheduling.models.organisation import Department, Employee
from scheduling.models.shifts import Shift
from scheduling.querysets import ScheduleAssignmentManager, ScheduleManager
from scheduling.statuses import NOT_COUNTING, READ_ONLY, AssignmentStatus, ScheduleStatus

if TYPE_CHECKING:
    import scheduling.policy


def _in_words(date: Any) -> str:
    """Return a date as the reader's language writes it; one that is still text as it is."""
    return date_format(date, "SHORT_DATE_FORMAT") if isinstance(date, datetime.date) else str(date)


class Schedule(models.Model):
    """One department's week. `week_end` is filled in by `clean()` and `save()` when it is missing."""

    Status = ScheduleStatus

    department = models.ForeignKey(
        Department, models.CASCADE, related_name="schedules", verbose_name=_("department"), db_index=False
    )
    week_start = models.DateField(_("week start"), help_text=_("A Monday."))
    week_end = models.DateField(_("week end"), blank=True, help_text=_("The Sunday; filled in when left empty."))
    version = models.PositiveSmallIntegerField(_("version"), default=1, validators=[MinValueValidator(1)])
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.DRAFT)

    objects: ClassVar[ScheduleManager] = ScheduleManager()

    class Meta:
        ordering = ["-week_start", "-version", "id"]
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        # Plain texts, as Django's own: they are rows of the database, written in no reader's language.
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
            # Its index begins with the department, so the foreign key needs none of its own.
            models.UniqueConstraint(
                fields=["department", "week_start", "version"],
                name="schedule_unique_version",
                violation_error_message=_("The department already has this version of the week."),
            ),
            models.CheckConstraint(
                condition=models.Q(week_end__gt=models.F("week_start")),
                name="schedule_ends_after_start",
                violation_error_message=_("The week ends after it starts."),
            ),
            models.CheckConstraint(
                condition=models.Q(version__gte=1),
                name="schedule_version_from_one",
                violation_error_message=_("Versions count from 1."),
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
        if self.week_start is None:
            return
        self._fill_week_end()
        if self.week_start.weekday() != 0:
            raise ValidationError({"week_start": _("%(date)s is not a Monday.") % {"date": _in_words(self.week_start)}})
        if self.week_end != self.week_start + MONDAY_TO_SUNDAY:
            raise ValidationError({"week_end": _("The week ends on the Sunday after its Monday.")})

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
            # A date may still be the text it was written as: `Schedule(week_start="2026-03-02").save()`.
            monday = self._meta.get_field("week_start").to_python(self.week_start)
            self.week_end = monday + MONDAY_TO_SUNDAY


class ScheduleAssignment(models.Model):
    """One person on one shift on one day: the day on which the shift starts, also when it ends on the next."""

    Status = AssignmentStatus

    class Source(models.TextChoices):
        MANUAL = "manual", _("manual")
        IMPORT = "import", _("import")

    # A schedule takes its assignments with it, and so do an employee or a shift that is really deleted, which is
    # a decision of code: the admin archives people and names everything that a deletion would take along.
    schedule = models.ForeignKey(
        Schedule, models.CASCADE, related_name="assignments", verbose_name=_("schedule"), db_index=False
    )
    employee = models.ForeignKey(
        Employee, models.CASCADE, related_name="assignments", verbose_name=_("employee"), db_index=False
    )
    shift = models.ForeignKey(Shift, models.CASCADE, related_name="assignments", verbose_name=_("shift"))
    date = models.DateField(_("date"))
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.ASSIGNED)
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=5, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    notes = models.TextField(_("notes"), blank=True)
    source = models.CharField(_("source"), max_length=16, choices=Source, default=Source.MANUAL)
    # Beside the schedule, because the constraint below cannot look into another table.
    superseded = models.BooleanField(
        _("superseded"),
        default=False,
        editable=False,
        help_text=_("A newer version of the schedule has taken its place: it counts towards nothing."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    checked_elsewhere = False
    """Set on an instance by who asks the policy about it: a formset about all of its rows at once, for instance."""

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
        # They also serve the foreign keys; the last one that to the employee, whatever the constraint leaves out.
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
            models.CheckConstraint(
                condition=models.Q(priority__range=(1, 10)),
                name="assignment_priority_1_to_10",
                violation_error_message=_("The priority is between 1 and 10."),
            ),
        ]

    def __str__(self) -> str:
        # Names only what is loaded: lists, logs and imports put this text on every row and must not query for it.
        loaded = [getattr(self, name) for name in ("employee", "shift") if name in self._state.fields_cache]
        return ", ".join(str(part) for part in [*loaded, _in_words(self.date)])

    @property
    def is_called_off(self) -> bool:
        """Whether the assignment is declined or cancelled, so that it counts towards nothing."""
        return self.status in NOT_COUNTING

    def clean(self) -> None:
        """Ask the policy about this one, at the cost of its queries; its errors are ours, its warnings nobody's."""
        if self.checked_elsewhere:
            return
        error = scheduling.policy.as_validation_error(scheduling.policy.check([self]))
        if error is not None:
            raise error
