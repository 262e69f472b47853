"""The parameters of each kind of rule: their names, their types, and the sentences about wrong ones."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import localize
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LABELS = {
    "weekdays": gettext_lazy("weekdays"),
    "start": gettext_lazy("from"),
    "end": gettext_lazy("until"),
    "shift_types": gettext_lazy("shift types"),
    "shifts": gettext_lazy("shifts"),
    "skills": gettext_lazy("skills"),
    "max_hours_per_week": gettext_lazy("maximum hours per week"),
    "max_hours_per_day": gettext_lazy("maximum hours per day"),
    "max_shifts_per_week": gettext_lazy("maximum shifts per week"),
    "max_overtime_hours_per_week": gettext_lazy("maximum overtime hours per week"),
    "max_days": gettext_lazy("maximum days in a row"),
    "min_hours": gettext_lazy("minimum hours of rest"),
}
"""The names of the parameters as people read them."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LISTS = ("weekdays", "shift_types", "shifts", "skills")
"""The parameters that are lists. The others are numbers and times of day."""
MAX_DAYS = 60
"""Limits how much of a plan has to be read to count the days that an employee works in a row."""

Check = Callable[[str, Any], None]
"""Takes the label and the value of a parameter. Raises ValueError with a sentence if the value is wrong."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """The parameters of one kind of rule."""

    parameters: Mapping[str, Check]
    required: tuple[str, ...] = ()
    """All of these are required."""
    any_of: tuple[str, ...] = ()
    """At least one of these is required."""
    together: tuple[str, ...] = ()
    """All of these are given, or none of them."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """Checks that a value is a number in a range, including its ends."""

    least: float
    most: float
    whole: bool = False

    def __call__(self, name: str, value: Any) -> None:
        is_number = isinstance(value, int if self.whole else (int, float)) and not isinstance(value, bool)
        # In this form the condition also refuses NaN, for which every comparison is false.
        if not (is_number and self.least <= value <= self.most):
            texts = {"name": name, "least": f"{self.least:g}", "most": f"{self.most:g}"}
            whole = _("“%(name)s” must be a whole number from %(least)s to %(most)s.")
            any_number = _("“%(name)s” must be a number from %(least)s to %(most)s.")
            raise ValueError((whole if self.whole else any_number) % texts)


def weekdays(name: str, value: Any) -> None:
    if not _is_list_of_text(value) or not set(value) <= set(WEEKDAYS):
        raise ValueError(
            _("“%(name)s” must be a list of %(days)s.") % {"name": name, "days": get_text_list(list(WEEKDAYS), _("or"))}
        )


def clock(name: str, value: Any) -> None:
    try:
        is_time = isinstance(value, str) and datetime.time.fromisoformat(value).tzinfo is None and len(value) == 5
    except ValueError:
        is_time = False
    if not is_time:
        raise ValueError(_("“%(name)s” must be a time of day such as 09:00.") % {"name": name})


def names(name: str, value: Any) -> None:
    if not _is_list_of_text(value):
        raise ValueError(_("“%(name)s” must be a list of names.") % {"name": name})


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item.strip() for item in value)


_WINDOW: dict[str, Check] = {"weekdays": weekdays, "start": clock, "end": clock}
_WHICH: dict[str, Check] = {"shift_types": names, "shifts": names}

FORMS: dict[str, Form] = {
    # Can work on these weekdays, between these times.
    "availability": Form(parameters=_WINDOW, any_of=("weekdays", "start"), together=("start", "end")),
    # Does not work on these weekdays, between these times, on such shifts. Without parameters: does not work at all.
    "restriction": Form(parameters=_WINDOW | _WHICH, together=("start", "end")),
    # Prefers these weekdays, times and shifts.
    "preference": Form(
        parameters=_WINDOW | _WHICH,
        any_of=("weekdays", "start", "shift_types", "shifts"),
        together=("start", "end"),
    ),
    # Needs these skills, on such shifts or on all.
    "qualification": Form(parameters={"skills": names, **_WHICH}, required=("skills",)),
    "workload": Form(
        parameters={
            "max_hours_per_week": Number(least=1, most=168),
            "max_hours_per_day": Number(least=1, most=24),
            "max_shifts_per_week": Number(least=1, most=50, whole=True),
        },
        any_of=("max_hours_per_week", "max_hours_per_day", "max_shifts_per_week"),
    ),
    # May work this many hours more than the contract says.
    "overtime": Form(
        parameters={"max_overtime_hours_per_week": Number(least=0, most=128)}, required=("max_overtime_hours_per_week",)
    ),
    "consecutive_days": Form(
        parameters={"max_days": Number(least=1, most=MAX_DAYS, whole=True)}, required=("max_days",)
    ),
    "rest_period": Form(parameters={"min_hours": Number(least=0, most=72)}, required=("min_hours",)),
}

CHECKS: dict[str, Check] = {name: check for form in FORMS.values() for name, check in form.parameters.items()}
"""The check of each parameter. Kinds that share a parameter agree about it."""


def check_parameters(kind: str, parameters: Any) -> None:
    """Raise ValidationError with a sentence for everything that is wrong. Makes no query.

    The code of each sentence is the name of the parameter that it is about, or of the first of several.
    """
    form = FORMS[kind]
    if not isinstance(parameters, dict):
        raise ValidationError(_("Enter the parameters as names and values in braces: %(known)s.") % _known(form))
    problems = [*_unknown(form, parameters), *_missing(form, parameters), *_wrong(form, parameters)]
    if problems:
        raise ValidationError([ValidationError(sentence, code=name) for name, sentence in problems])


def summary(parameters: Mapping[str, Any]) -> str:
    """Return checked parameters as a list shows them: "maximum days in a row: 6"."""
    known = [(label, parameters[name]) for name, label in LABELS.items() if name in parameters]
    return "; ".join(f"{label}: {_shown(value)}" for label, value in known)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(WEEKDAYS_ABBR[WEEKDAYS.index(item)]) if item in WEEKDAYS else item for item in value)
    return localize(value)


Problem = tuple[str, str]
"""The name of a parameter, and a sentence."""


def _unknown(form: Form, parameters: Mapping[str, Any]) -> Iterable[Problem]:
    for name in parameters:
        if name not in form.parameters:
            text = _("“%(name)s” is not a parameter of this kind of rule. It takes %(known)s.")
            yield name, text % {"name": LABELS.get(name, name), **_known(form)}


def _missing(form: Form, parameters: Mapping[str, Any]) -> Iterable[Problem]:
    for name in form.required:
        if name not in parameters:
            yield name, _("“%(name)s” is required.") % {"name": LABELS[name]}
    if form.any_of and not parameters.keys() & set(form.any_of):
        yield form.any_of[0], _("At least one of %(names)s is required.") % {"names": _listed(form.any_of)}
    given = [parameters[name] for name in form.together if name in parameters]
    if 0 < len(given) < len(form.together):
        yield form.together[0], _("%(names)s must be given together.") % {"names": _listed(form.together)}
    elif given and all(value == given[0] for value in given):
        yield form.together[0], _("%(names)s cannot be the same.") % {"names": _listed(form.together)}


def _wrong(form: Form, parameters: Mapping[str, Any]) -> Iterable[Problem]:
    for name, check in form.parameters.items():
        if name in parameters:
            try:
                check(str(LABELS[name]), parameters[name])
            except ValueError as error:
                yield name, str(error)


def _known(form: Form) -> dict[str, str]:
    return {"known": _listed(form.parameters)}


def _listed(names: Iterable[str]) -> str:
    return get_text_list([_("“%(name)s”") % {"name": LABELS[name]} for name in names], _("and"))
