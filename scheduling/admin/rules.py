"""Rules: their list, and their form with a field for each parameter that any kind of rule takes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.shared.archiving import report_count, set_active
from scheduling.admin.shared.cached_pages import CachedPageMixin
from scheduling.admin.shared.compared_forms import ComparedForm
from scheduling.admin.shared.row_pages import RowPagesMixin
from scheduling.admin.shared.tree_lists import TreeChangeList, complete_name
from scheduling.exports.pages import FileExportMixin
from scheduling.imports.kinds.rules import RuleResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import Rule, Shift, ShiftType, Skill
from scheduling.models.parameters import CHECKS, FORMS, LABELS, WEEKDAYS, Number, summary

PARAMETERS: list[Any] = [
    (_("When"), {"fields": ["weekdays", ("start", "end")]}),
    (_("Which shifts"), {"fields": ["shift_types", "shifts"]}),
    (_("Which skills"), {"fields": ["skills"]}),
    (
        _("How much"),
        {
            "fields": [
                ("max_hours_per_week", "max_hours_per_day"),
                "max_shifts_per_week",
                "max_overtime_hours_per_week",
                "max_days",
                "min_hours",
            ]
        },
    ),
]


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class NamesField(forms.MultipleChoiceField):
    """Names of other rows, of which the form offers those that exist when it is made."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: str) -> bool:
        # The model refuses a name that no longer exists, in its own words.
        return True


class RuleForm(ComparedForm):
    """Has a field for every parameter, marked with the kinds of rule that take it; a script hides the others.

    The parameters are passed to the model as they are entered. It alone knows which belong together.
    """

    weekdays = forms.MultipleChoiceField(
        choices=[(day, WEEKDAY_NAMES[number]) for number, day in enumerate(WEEKDAYS)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    start = forms.TimeField(widget=ClockInput, required=False)
    end = forms.TimeField(widget=ClockInput, required=False)
    shift_types = NamesField(required=False)
    shifts = NamesField(required=False)
    skills = NamesField(required=False)
    max_hours_per_week = forms.FloatField(required=False)
    max_hours_per_day = forms.FloatField(required=False)
    max_shifts_per_week = forms.IntegerField(required=False)
    max_overtime_hours_per_week = forms.FloatField(required=False)
    max_days = forms.IntegerField(required=False)
    min_hours = forms.FloatField(required=False)

    class Meta:
        model = Rule
        exclude = ["parameters"]

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
                # The select itself, inside the wrapper that the admin puts around it.
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
        """Offer the names of rows, and those that are stored in the rule."""
        names = {**dict.fromkeys(row.name for row in rows), **dict.fromkeys(self.initial.get(name, ()))}
        self.fields[name].choices = [(choice, choice) for choice in names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        values = {name: _as_stored(cleaned.get(name)) for name in CHECKS}
        self.instance.parameters = {name: value for name, value in values.items() if value not in (None, [])}
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """Show what the model says about a parameter beside the field of the parameter."""
        by_field = getattr(error, "error_dict", {})
        for problem in by_field.pop("parameters", ()):
            place = problem.code if problem.code in self.fields else None
            # A value that is not valid for its field is missing for the model, which would report it a second time.
            if place is None or place not in self.errors:
                super().add_error(place, problem)
        if by_field or not hasattr(error, "error_dict"):
            super().add_error(field, error)


def _as_stored(value: Any) -> Any:
    """Return the value of a field as it is stored in JSON."""
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _kinds(name: str) -> list[str]:
    return [kind for kind, form in FORMS.items() if name in form.parameters]


def _kinds_in_words(name: str) -> str:
    labels = [str(Rule.Kind(kind).label) for kind in _kinds(name)]
    return gettext("For rules of this kind: %(kinds)s.") % {"kinds": get_text_list(labels, gettext("or"))}


@admin.register(Rule)
class RuleAdmin(FileImportMixin, FileExportMixin, RowPagesMixin, CachedPageMixin):
    resource_classes = [RuleResource]
    form = RuleForm
    list_display = ["name", "kind", "applies_to", "limits", "strict", "in_effect", "priority", "active"]
    list_filter = ["active", "strict", "kind", "scope"]
    list_select_related = ["department", "employee"]
    search_fields = ["name", "description", "department__name", "employee__last_name", "employee__first_name"]
    autocomplete_fields = ["department", "employee"]
    actions = ["activate", "deactivate"]
    radio_fields = {"scope": admin.HORIZONTAL}
    fieldsets = [
        (None, {"fields": ["name", "kind", "description", ("strict", "active"), "priority"]}),
        (_("Applies to"), {"fields": ["scope", "department", "employee", ("effective_from", "effective_until")]}),
        *PARAMETERS,
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TreeChangeList]:
        return TreeChangeList

    def get_fieldsets(self, request: HttpRequest, obj: Rule | None = None) -> Any:
        """Show the parameters in words to users who may not change them: they are not fields of the model."""
        may_edit = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_edit:
            return self.fieldsets
        return [*self.fieldsets[: -len(PARAMETERS)], (_("Limits"), {"fields": ["limits"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Rule | None = None) -> Any:
        return ["limits"]

    @admin.display(description=_("applies to"), ordering="scope")
    def applies_to(self, rule: Rule) -> str:
        if rule.scope == Rule.Scope.DEPARTMENT:
            return format_html("{} <span class='quiet'>{}</span>", complete_name(rule), _("and subdepartments"))
        return str(rule.employee) if rule.scope == Rule.Scope.EMPLOYEE else rule.get_scope_display()

    @admin.display(description=_("limits"))
    def limits(self, rule: Rule) -> str:
        return summary(rule.parameters) or gettext("always")

    @admin.display(description=_("in effect"), ordering="effective_from")
    def in_effect(self, rule: Rule) -> str:
        first, last = (
            date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in (rule.effective_from, rule.effective_until)
        )
        dates = {"first": first, "last": last}
        if first and last:
            return gettext("%(first)s to %(last)s") % dates
        if first:
            return gettext("from %(first)s") % dates
        return gettext("until %(last)s") % dates if last else gettext("always")

    @admin.action(description=_("Activate selected rules"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Rule]) -> None:
        count = set_active(request, queryset, True, gettext("Activated."))
        text = ngettext("%(count)d rule activated.", "%(count)d rules activated.", count)
        report_count(self, request, text, count)

    @admin.action(description=_("Deactivate selected rules"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Rule]) -> None:
        count = set_active(request, queryset, False, gettext("Deactivated."))
        text = ngettext("%(count)d rule deactivated.", "%(count)d rules deactivated.", count)
        report_count(self, request, text, count)
