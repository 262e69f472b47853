"""Rules for planning beyond what the other tables say: who is available when, and how much work is too much."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.constraints import PRIORITY_VALIDATORS, priority_constraint, reason
from scheduling.models.parameters import check_parameters
from scheduling.models.people import Department, Employee, Skill
from scheduling.models.querysets.rules import RuleManager
from scheduling.models.shifts import Shift, ShiftType

NAMED: dict[str, type[models.Model]] = {"skills": Skill, "shift_types": ShiftType, "shifts": Shift}
"""The parameters whose values are names of rows."""


class Rule(models.Model):
    """A rule for everyone, for a department with all departments below it, or for one employee.

    `models/parameters.py` says which parameters each kind takes, `policy/` what they mean.
    """

    class Kind(models.TextChoices):
        AVAILABILITY = "availability", _("availability")
        WORKLOAD = "workload", _("workload")
        QUALIFICATION = "qualification", _("qualification")
        PREFERENCE = "preference", _("preference")
        RESTRICTION = "restriction", _("restriction")
        OVERTIME = "overtime", _("overtime")
        CONSECUTIVE_DAYS = "consecutive_days", _("consecutive days")
        REST_PERIOD = "rest_period", _("rest period")

    class Scope(models.TextChoices):
        GLOBAL = "global", _("everyone")
        DEPARTMENT = "department", _("a department")
        EMPLOYEE = "employee", _("an employee")

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    parameters = models.JSONField(
        _("parameters"),
        default=dict,
        blank=True,
        help_text=_('Depends on the kind of rule, for example {"max_days": 6}.'),
    )
    scope = models.CharField(_("applies to"), max_length=16, choices=Scope, default=Scope.GLOBAL)
    # CASCADE: a rule for a department or an employee means nothing without it.
    department = models.ForeignKey(
        Department, models.CASCADE, null=True, blank=True, related_name="rules", verbose_name=_("department")
    )
    employee = models.ForeignKey(
        Employee, models.CASCADE, null=True, blank=True, related_name="rules", verbose_name=_("employee")
    )
    strict = models.BooleanField(
        _("strict"),
        default=False,
        help_text=_("Breaking a strict rule is an error, breaking any other rule is a warning."),
    )
    effective_from = models.DateField(_("effective from"), null=True, blank=True)
    effective_until = models.DateField(
        _("effective until"), null=True, blank=True, help_text=_("The last day on which the rule applies.")
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=5,
        validators=PRIORITY_VALIDATORS,
        help_text=_("Where two limits of the same kind and scope differ, the one with the higher priority applies."),
    )
    active = models.BooleanField(_("active"), default=True)

    objects: ClassVar[RuleManager] = RuleManager()

    class Meta:
        ordering = ["kind", "-priority", "name"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope="global", department=None, employee=None)
                | models.Q(scope="department", department__isnull=False, employee=None)
                | models.Q(scope="employee", department=None, employee__isnull=False),
                name="rule_scope_has_its_subject",
                violation_error_message=_(
                    "A rule must name the department or employee that it applies to, and no other."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(effective_from=None)
                | models.Q(effective_until=None)
                | models.Q(effective_until__gte=models.F("effective_from")),
                name="rule_ends_after_start",
                violation_error_message=_("A rule cannot end before it starts."),
            ),
            priority_constraint("rule_priority_1_to_10"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise what is wrong with the rule. At most three queries, for the names in the parameters."""
        errors = self.problems(lambda model: model._default_manager.order_by().values_list("name", flat=True))
        if errors:
            raise ValidationError(errors)

    def problems(self, names_of: Callable[[type[models.Model]], Iterable[str]]) -> dict[str, list[Any]]:
        """Return what is wrong, by field. Asks only `names_of`, which returns the names of all rows of a model."""
        return {**self._wrong_subject(), **self._wrong_period(), **self._wrong_parameters(names_of)}

    def is_effective_on(self, date: datetime.date) -> bool:
        """Whether the rule applies on the date, its first and last day included. Does not look at `active`."""
        return (self.effective_from is None or self.effective_from <= date) and (
            self.effective_until is None or date <= self.effective_until
        )

    def _wrong_subject(self) -> dict[str, list[Any]]:
        """Return beside the field what the constraint says about the whole row."""
        errors: dict[str, list[Any]] = {}
        for scope, subject in ((self.Scope.DEPARTMENT, self.department_id), (self.Scope.EMPLOYEE, self.employee_id)):
            if self.scope == scope and subject is None:
                errors[scope] = [_("Choose which one the rule applies to.")]
            elif self.scope != scope and subject is not None:
                errors[scope] = [_("Leave this empty, or change what the rule applies to.")]
        return errors

    def _wrong_period(self) -> dict[str, list[Any]]:
        if self.effective_from and self.effective_until and self.effective_until < self.effective_from:
            return {"effective_until": [reason(type(self), "rule_ends_after_start")]}
        return {}

    def _wrong_parameters(self, names_of: Callable[[type[models.Model]], Iterable[str]]) -> dict[str, list[Any]]:
        if self.kind not in self.Kind.values:
            return {}  # The field reports this itself.
        try:
            check_parameters(self.kind, self.parameters)
        except ValidationError as error:
            return {"parameters": error.error_list}
        unknown = [
            no_row_has(model, name, parameter)
            for parameter, model in NAMED.items()
            if parameter in self.parameters
            for name in sorted(set(self.parameters[parameter]) - set(names_of(model)))
        ]
        return {"parameters": unknown} if unknown else {}


def no_row_has(model: type[models.Model], name: str, parameter: str) -> ValidationError:
    """Return the error about a name that no row has. Its code is the parameter."""
    text = _("No %(model)s has the name '%(name)s'.") % {"model": model._meta.verbose_name, "name": name}
    return ValidationError(text, code=parameter)
