"""The form of a rule: a field for each parameter that any kind of rule takes, and the model's own words about them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS as NAMES_OF_WEEKDAYS
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext

from scheduling.models import Rule, Shift, ShiftType, Skill
from scheduling.models.parameters import CHECKS, FORMS, LABELS, WEEKDAYS, Number


class Clock(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class Names(forms.MultipleChoiceField):
    """Names of other rows; which there are is asked when a form is made."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: str) -> bool:
        # A name that nobody has any more is for the model to refuse, in its own words.
        return True


class RuleForm(forms.ModelForm):
    """Shows every parameter, each with the kinds that take it; a script hides those of the other kinds.

    The parameters go to the model as they are told: it alone knows which belong together, and says so.
    """

    weekdays = forms.MultipleChoiceField(
        choices=[(day, NAMES_OF_WEEKDAYS[number]) for number, day in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    start = forms.TimeField(widget=Clock, required=False)
    end = forms.TimeField(widget=Clock, required=False)
    shift_types = Names(required=False)
    shifts = Names(required=False)
    skills = Names(required=False)
    max_hours_per_week = forms.FloatField(required=False)
    max_hours_per_day = forms.FloatField(required=False)
    max_shifts_per_week = forms.IntegerField(required=False)
    max_overtime_hours_per_week = forms.FloatField(required=False)
    max_days = forms.IntegerField(required=False)
    min_hours = forms.FloatField(required=False)

    class Meta:
        model = Rule
        exclude = ["parameters"]  # noqa: DJ006 (it is what the fields above are for)

    class Media:
        css = {"all": ["scheduling/rule.css"]}
        js = ["scheduling/rule.js"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.parameters if isinstance(self.instance.parameters, dict) else {}
        self.initial = {**{name: value for name, value in stored.items() if name in CHECKS}, **self.initial}
        for name in CHECKS:
            self._describe(name)
        self._offer("skills", Skill.objects.list_all())
        self._offer("shift_types", ShiftType.objects.active())
        self._offer("shifts", Shift.objects.list_all())
        for scope in (Rule.Scope.DEPARTMENT, Rule.Scope.EMPLOYEE):
            if scope in self.fields:
                # The select itself, inside of what the admin puts around it.
                widget: Any = self.fields[scope].widget
                getattr(widget, "widget", widget).attrs["data-scope"] = scope.value

    def _describe(self, name: str) -> None:
        field, check = self.fields[name], CHECKS[name]
        field.label = capfirst(LABELS[name])
        field.help_text = _kinds_in_words(name)
        if isinstance(check, Number):
            limits = {"least": f"{check.least:g}", "most": f"{check.most:g}"}
            field.help_text = gettext("From %(least)s to %(most)s.") % limits + " " + field.help_text
            field.widget.attrs |= {"min": limits["least"], "max": limits["most"]}
        field.widget.attrs["data-kinds"] = " ".join(_kinds(name))

    def _offer(self, name: str, rows: Iterable[Any]) -> None:
        """Offer the names of rows, and those that the rule has already."""
        names = {**dict.fromkeys(row.name for row in rows), **dict.fromkeys(self.initial.get(name, ()))}
        self.fields[name].choices = [(one, one) for one in names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        told = {name: _as_stored(cleaned.get(name)) for name in CHECKS}
        self.instance.parameters = {name: value for name, value in told.items() if value not in (None, [])}
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """Say beside its own field what the model says of a parameter."""
        by_field = getattr(error, "error_dict", {})
        for one in by_field.pop("parameters", ()):
            place = one.code if one.code in self.fields else None
            # What could not be read is missing for the model too, which need not be told twice.
            if place is None or place not in self.errors:
                super().add_error(place, one)
        if by_field or not hasattr(error, "error_dict"):
            super().add_error(field, error)


def _as_stored(value: Any) -> Any:
    """Return the value of a field as JSON has it."""
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _kinds(name: str) -> list[str]:
    return [kind for kind, form in FORMS.items() if name in form.parameters]


def _kinds_in_words(name: str) -> str:
    labels = [str(Rule.Kind(kind).label) for kind in _kinds(name)]
    return gettext("For rules of the kind %(kinds)s.") % {"kinds": get_text_list(labels, gettext("or"))}
