"""What each kind of rule can be told: the names of its parameters, their types, and the sentences about wrong ones."""

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
    "max_hours_per_week": gettext_lazy("hours per week at most"),
    "max_hours_per_day": gettext_lazy("hours per day at most"),
    "max_shifts_per_week": gettext_lazy("shifts per week at most"),
    "max_overtime_hours_per_week": gettext_lazy("overtime hours per week at most"),
    "max_days": gettext_lazy("days in a row at most"),
    "min_hours": gettext_lazy("hours of rest at least"),
}
"""What people call a parameter."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LISTS = ("weekdays", "shift_types", "shifts", "skills")
"""The parameters that are lists; the others are numbers and times of day."""
MOST_DAYS = 60
"""Bounds what has to be read of a plan to tell how many days somebody works without a break."""

Check = Callable[[str, Any], None]
"""Given the label and the value of a parameter; raises ValueError with a sentence."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """The parameters of one kind of rule."""

    parameters: Mapping[str, Check]
    needed: tuple[str, ...] = ()
    """All of these must be there."""
    any_of: tuple[str, ...] = ()
    """At least one of these must be there."""
    together: tuple[str, ...] = ()
    """All of these or none."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """The check of a number in a range, ends included."""

    least: float
    most: float
    whole: bool = False

    def __call__(self, name: str, value: Any) -> None:
        right = isinstance(value, int if self.whole else (int, float)) and not isinstance(value, bool)
        # Written so that a NaN, which compares with nothing, is refused.
        if not (right and self.least <= value <= self.most):
            told = {"name": name, "least": f"{self.least:g}", "most": f"{self.most:g}"}
            text = _("“%(name)s” is a whole number from %(least)s to %(most)s.")
            raise ValueError((text if self.whole else _("“%(name)s” is a number from %(least)s to %(most)s.")) % told)


def weekdays(name: str, value: Any) -> None:
    if not _is_list_of_text(value) or not set(value) <= set(WEEKDAYS):
        raise ValueError(
            _("“%(name)s” is a list of %(days)s.") % {"name": name, "days": get_text_list(list(WEEKDAYS), _("or"))}
        )


def clock(name: str, value: Any) -> None:
    try:
        right = isinstance(value, str) and datetime.time.fromisoformat(value).tzinfo is None and len(value) == 5
    except ValueError:
        right = False
    if not right:
        raise ValueError(_("“%(name)s” is a time of day such as 09:00.") % {"name": name})


def names(name: str, value: Any) -> None:
    if not _is_list_of_text(value):
        raise ValueError(_("“%(name)s” is a list of names.") % {"name": name})


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one.strip() for one in value)


_WINDOW: dict[str, Check] = {"weekdays": weekdays, "start": clock, "end": clock}
_WHICH: dict[str, Check] = {"shift_types": names, "shifts": names}

FORMS: dict[str, Form] = {
    # Works on these weekdays, between these times.
    "availability": Form(parameters=_WINDOW, any_of=("weekdays", "start"), together=("start", "end")),
    # Does not work on these weekdays, between these times, such shifts. Nothing given: does not work at all.
    "restriction": Form(parameters=_WINDOW | _WHICH, together=("start", "end")),
    # Likes these weekdays, times, shifts best.
    "preference": Form(
        parameters=_WINDOW | _WHICH,
        any_of=("weekdays", "start", "shift_types", "shifts"),
        together=("start", "end"),
    ),
    # Needs these skills; on such shifts, or on all.
    "qualification": Form(parameters={"skills": names, **_WHICH}, needed=("skills",)),
    "workload": Form(
        parameters={
            "max_hours_per_week": Number(least=1, most=168),
            "max_hours_per_day": Number(least=1, most=24),
            "max_shifts_per_week": Number(least=1, most=50, whole=True),
        },
        any_of=("max_hours_per_week", "max_hours_per_day", "max_shifts_per_week"),
    ),
    # So many hours more than the contract says.
    "overtime": Form(
        parameters={"max_overtime_hours_per_week": Number(least=0, most=128)}, needed=("max_overtime_hours_per_week",)
    ),
    "consecutive_days": Form(
        parameters={"max_days": Number(least=1, most=MOST_DAYS, whole=True)}, needed=("max_days",)
    ),
    "rest_period": Form(parameters={"min_hours": Number(least=0, most=72)}, needed=("min_hours",)),
}

CHECKS: dict[str, Check] = {name: check for form in FORMS.values() for name, check in form.parameters.items()}
"""Of every parameter; kinds that share one agree about it."""


def check_parameters(kind: str, parameters: Any) -> None:
    """Raise ValidationError with a sentence for everything that is wrong. Asks no database.

    The code of each is the name of the parameter that it is about; one about several has the name of the first.
    """
    form = FORMS[kind]
    if not isinstance(parameters, dict):
        raise ValidationError(_("Write the parameters as names and values in braces: %(known)s.") % _known(form))
    problems = [*_unknown(form, parameters), *_missing(form, parameters), *_wrong(form, parameters)]
    if problems:
        raise ValidationError([ValidationError(sentence, code=name) for name, sentence in problems])


def summary(parameters: Mapping[str, Any]) -> str:
    """Return checked parameters as a list shows them: "days in a row at most: 6"."""
    known = [(label, parameters[name]) for name, label in LABELS.items() if name in parameters]
    return "; ".join(f"{label}: {_shown(value)}" for label, value in known)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(WEEKDAYS_ABBR[WEEKDAYS.index(one)]) if one in WEEKDAYS else one for one in value)
    return localize(value)


Problem = tuple[str, str]
"""The name of a parameter, and a sentence."""


def _unknown(form: Form, parameters: Mapping[str, Any]) -> Iterable[Problem]:
    for name in parameters:
        if name not in form.parameters:
            text = _("“%(name)s” is not a parameter of this kind of rule. It takes %(known)s.")
            yield name, text % {"name": LABELS.get(name, name), **_known(form)}


def _missing(form: Form, parameters: Mapping[str, Any]) -> Iterable[Problem]:
    for name in form.needed:
        if name not in parameters:
            yield name, _("“%(name)s” is needed.") % {"name": LABELS[name]}
    if form.any_of and not parameters.keys() & set(form.any_of):
        yield form.any_of[0], _("At least one of %(names)s is needed.") % {"names": _listed(form.any_of)}
    given = [parameters[name] for name in form.together if name in parameters]
    if 0 < len(given) < len(form.together):
        yield form.together[0], _("%(names)s belong together.") % {"names": _listed(form.together)}
    elif given and all(value == given[0] for value in given):
        yield form.together[0], _("%(names)s are the same.") % {"names": _listed(form.together)}


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
