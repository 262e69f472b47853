"""Departments in a tree, skills, employees."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduling.department_tree import SEPARATOR, levels_below, path_to_root
from scheduling.fields import HoursField, LowerEmailField
from scheduling.models.querysets.people import DepartmentManager, EmployeeManager, SkillManager


class Skill(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True)

    objects: ClassVar[SkillManager] = SkillManager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("skill")
        verbose_name_plural = _("skills")

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    MAX_DEPTH = 10
    SECOND_ROOT = _("There is already a top-level department with this name.")

    name = models.CharField(_("name"), max_length=100)
    code = models.CharField(_("code"), max_length=32, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    manager = models.ForeignKey(
        "Employee",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="managed_departments",
        verbose_name=_("manager"),
    )
    description = models.TextField(_("description"), blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects: ClassVar[DepartmentManager] = DepartmentManager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints = [
            # SQL allows any number of top-level departments with one name (their parent is NULL). `clean()` does not.
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="department_unique_in_parent",
                violation_error_message=_("The parent already has a department with this name."),
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="department_not_its_own_parent",
                violation_error_message=_("A department cannot be its own parent."),
            ),
        ]

    def __str__(self) -> str:
        # Not the complete name, which takes a query per level: lists show many departments.
        return f"{self.name} ({self.code})"

    def clean(self) -> None:
        if self.parent is None:
            self._refuse_a_second_root_of_this_name()
        else:
            self._refuse_a_cycle_or_a_deep_tree(self.parent)
        if self.pk is not None and not self.active:
            self._refuse_to_leave_employees_behind()

    @property
    def complete_name(self) -> str:
        """The names from the root down: "Operations / Kitchen / Pastry". One query per level that is not loaded."""
        return SEPARATOR.join(department.name for department in [*self.ancestors(), self])

    def ancestors(self) -> list[Department]:
        """Return the departments above this one, the root first. One query per level that is not loaded.

        Ends at the first repetition if the stored rows form a cycle.
        """
        return path_to_root(self, lambda department: department.parent)[:0:-1]

    def _refuse_a_second_root_of_this_name(self) -> None:
        if Department.objects.filter(parent=None, name=self.name).exclude(pk=self.pk).exists():
            raise ValidationError({"name": self.SECOND_ROOT})

    def _refuse_a_cycle_or_a_deep_tree(self, parent: Department) -> None:
        line = [*parent.ancestors(), parent]
        if self.pk is not None and any(department.pk == self.pk for department in line):
            raise ValidationError(
                {"parent": _("%(parent)s is already below %(department)s.") % {"parent": parent, "department": self}}
            )
        if len(line) + self._levels() > self.MAX_DEPTH:
            raise ValidationError(
                {"parent": _("Departments can be nested up to %(depth)d levels deep.") % {"depth": self.MAX_DEPTH}}
            )

    def _levels(self) -> int:
        """Count the levels of the tree that starts here, itself included. One query."""
        if self.pk is None:
            return 1
        return len(levels_below(self.pk, dict(Department.objects.order_by().values_list("pk", "parent"))))

    def _refuse_to_leave_employees_behind(self) -> None:
        people = Employee.objects.active().filter(department=self, department__active=True).count()
        if people:
            raise ValidationError({"active": self.why_still_needed(people)})

    def why_still_needed(self, people: int) -> str:
        """Return the sentence that refuses to deactivate a department with this number of active employees."""
        return ngettext(
            "%(department)s still has %(people)d active employee: move or archive them first.",
            "%(department)s still has %(people)d active employees: move or archive them first.",
            people,
        ) % {"department": self, "people": people}


class Employee(models.Model):
    class EmploymentType(models.TextChoices):
        FULL_TIME = "full_time", _("full time")
        PART_TIME = "part_time", _("part time")
        TEMPORARY = "temporary", _("temporary")
        CONTRACTOR = "contractor", _("contractor")
        APPRENTICE = "apprentice", _("apprentice")

    employee_number = models.CharField(_("employee number"), max_length=32, unique=True)
    # Not everybody has an address. NULL rather than an empty text, which would be unique too.
    email = LowerEmailField(_("e-mail"), unique=True, null=True, blank=True)
    first_name = models.CharField(_("first name"), max_length=100)
    last_name = models.CharField(_("last name"), max_length=100)
    department = models.ForeignKey(Department, models.PROTECT, related_name="employees", verbose_name=_("department"))
    role = models.CharField(_("role"), max_length=100, blank=True)
    skills = models.ManyToManyField(Skill, blank=True, related_name="employees", verbose_name=_("skills"))
    employment_type = models.CharField(
        _("employment type"), max_length=16, choices=EmploymentType, default=EmploymentType.FULL_TIME
    )
    hire_date = models.DateField(_("hire date"), null=True, blank=True)
    end_date = models.DateField(_("end date"), null=True, blank=True, help_text=_("The last day of the contract."))
    hourly_rate = models.DecimalField(
        _("hourly rate"), max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    max_hours_per_week = HoursField(
        _("maximum hours per week"),
        max_digits=5,
        decimal_places=2,
        default=40,
        validators=[MinValueValidator(1), MaxValueValidator(168)],
    )
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="employee",
        verbose_name=_("user"),
    )

    guarded_fields = ("hourly_rate", "phone")
    """Fields that take permissions of their own, whoever may see or change the rest: see `guarded.py`."""

    objects: ClassVar[EmployeeManager] = EmployeeManager()

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        # Not translated, like Django's own: these texts become rows in the database, which have no language.
        permissions = [
            ("view_hourly_rate", "Can view hourly rates"),
            ("change_hourly_rate", "Can change hourly rates"),
            ("view_phone", "Can view phone numbers"),
            ("change_phone", "Can change phone numbers"),
        ]
        indexes = [models.Index(fields=["last_name", "first_name"], name="employee_by_name")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="employee_email_is_lower_case",
                violation_error_message=_("E-mail addresses must be in lower case."),
            ),
            models.CheckConstraint(
                condition=models.Q(max_hours_per_week__range=(1, 168)),
                name="employee_hours_fit_a_week",
                violation_error_message=_("The maximum hours per week must be between 1 and 168."),
            ),
            models.CheckConstraint(
                condition=models.Q(hourly_rate=None) | models.Q(hourly_rate__gte=0),
                name="employee_rate_not_negative",
                violation_error_message=_("The hourly rate cannot be negative."),
            ),
            models.CheckConstraint(
                condition=models.Q(hire_date=None)
                | models.Q(end_date=None)
                | models.Q(end_date__gte=models.F("hire_date")),
                name="employee_leaves_after_arriving",
                violation_error_message=_("The end date cannot be before the hire date."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def address_or_number(self) -> str:
        """The e-mail address, or the employee number of somebody who has none: how a file names the employee."""
        return self.email or self.employee_number
