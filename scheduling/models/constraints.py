"""What the constraints of several models share, and the sentence of the constraint that the database names.

Each constraint carries the sentence that people read in `violation_error_message`. Whoever has to say the same, before
or after the database does, takes it from there.
"""

from __future__ import annotations

import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.calendar import YEARS

PRIORITIES = (1, 10)
PRIORITY_VALIDATORS = [MinValueValidator(PRIORITIES[0]), MaxValueValidator(PRIORITIES[1])]


def validate_year(date: datetime.date) -> None:
    """Raise ValidationError for a date whose week, or the next one, may be beyond the calendar."""
    if date.year not in YEARS:
        limits = {"date": date.isoformat()[:10], "first": YEARS[0], "last": YEARS[-1]}
        text = _("%(date)s cannot be planned. Write a date in the years %(first)d to %(last)d.")
        raise ValidationError(text % limits, code="year")


def priority_constraint(name: str) -> models.CheckConstraint:
    """Return the constraint that keeps a model's `priority` between 1 and 10."""
    return models.CheckConstraint(
        condition=models.Q(priority__range=PRIORITIES),
        name=name,
        violation_error_message=gettext_lazy("The priority must be between 1 and 10."),
    )


def reason(model: type[models.Model], name: str) -> str:
    """Return the sentence of the model's constraint with this name."""
    return next(
        str(constraint.get_violation_error_message())
        for constraint in model._meta.constraints
        if constraint.name == name
    )


def reason_of(error: Exception, model: type[models.Model]) -> str:
    """Return the sentence of the constraint that the database names in an error, or what the database says."""
    text = str(error)
    for constraint in model._meta.constraints:
        # PostgreSQL and SQLite's CHECK give the name, SQLite's UNIQUE the columns.
        columns = ", ".join(_column(model, name) for name in getattr(constraint, "fields", ()))
        if constraint.name in text or (columns and text.endswith(f": {columns}")):
            return str(constraint.get_violation_error_message())
    for field in model._meta.concrete_fields:
        if field.unique and (text.endswith(f": {_column(model, field.name)}") or f"({field.column})=" in text):
            return _("Another row has this %(field)s already.") % {"field": field.verbose_name}
    return _("The database refuses this row: %(said)s.") % {"said": text.splitlines()[0]}


def _column(model: type[models.Model], field: str) -> str:
    return f"{model._meta.db_table}.{model._meta.get_field(field).column}"  # type: ignore[union-attr]
