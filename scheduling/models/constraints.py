"""What the constraints of several models share, and the sentence of the constraint that the database names.

Each constraint carries the sentence that people read in `violation_error_message`. Whoever has to say the same, before
or after the database does, takes it from there.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import NamedTuple

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


class Blame(NamedTuple):
    """Why the database refuses a row."""

    reason: str
    fields: tuple[str, ...] = ()
    """The fields that the violated constraint is about, if it is known."""


def blame_of(error: Exception, model: type[models.Model]) -> Blame:
    """Return the sentence of the constraint that the database names in an error, or what the database says."""
    text = str(error)
    for constraint in model._meta.constraints:
        # PostgreSQL and SQLite's CHECK give the name, SQLite's UNIQUE the columns.
        columns = ", ".join(_column(model, name) for name in getattr(constraint, "fields", ()))
        if constraint.name in text or (columns and text.endswith(f": {columns}")):
            return Blame(str(constraint.get_violation_error_message()), fields_of(constraint))
    for field in model._meta.concrete_fields:
        if field.unique and (text.endswith(f": {_column(model, field.name)}") or f"({field.column})=" in text):
            return Blame(_("Another row has this %(field)s already.") % {"field": field.verbose_name}, (field.name,))
    return Blame(_("The database refuses this row: %(said)s.") % {"said": text.splitlines()[0]})


def reason_of(error: Exception, model: type[models.Model]) -> str:
    """Return the sentence of `blame_of` alone."""
    return blame_of(error, model).reason


def fields_of(constraint: models.BaseConstraint) -> tuple[str, ...]:
    """Return the names of the fields that a constraint is about, the last one first: what is given last is judged."""
    condition = getattr(constraint, "condition", None)
    named = tuple(getattr(constraint, "fields", ())) or (tuple(_named(condition)) if condition is not None else ())
    return tuple(dict.fromkeys(reversed(named)))


def _named(condition: models.Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, models.Q):
            yield from _named(child)
        elif isinstance(child, tuple):
            lookup, value = child
            if isinstance(value, models.F):
                yield str(value.name)  # type: ignore[attr-defined]
            yield lookup.split("__")[0]


def _column(model: type[models.Model], field: str) -> str:
    return f"{model._meta.db_table}.{model._meta.get_field(field).column}"  # type: ignore[union-attr]
