"""Forms of assignments: one on its own page, or one row among many."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from scheduling.admin.plan.confirmation import ConfirmsWarnings
from scheduling.admin.shared.choices import PreloadedAutocomplete, PreloadedChoiceField, ShiftChoiceField
from scheduling.admin.shared.compared_forms import ComparedForm
from scheduling.admin.shared.compared_formsets import ComparedRowForm
from scheduling.models import Employee, Schedule, ScheduleAssignment, Shift
from scheduling.policy import Finding, as_validation_error, check
from scheduling.workflow.locks import lock_people

EMPLOYEES_URL = "%s:scheduling_employee_to_plan_autocomplete"
SHIFTS_URL = "%s:scheduling_shift_with_times_autocomplete"


class ParentForm(ComparedForm):
    """The form of a schedule or a shift. Without editable fields it validates nothing: no field could show errors."""

    def _post_clean(self) -> None:
        if self.fields:
            super()._post_clean()  # type: ignore[misc]


class AssignmentForm(ConfirmsWarnings, ComparedForm):
    """One assignment. The admin sets `may_edit_published` on the class that it makes for a request."""

    may_edit_published = False

    class Meta:
        model = ScheduleAssignment
        fields = ("schedule", "employee", "shift", "date", "status", "priority", "notes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.checked_elsewhere = True

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # Errors of the fields come first: the policy has nothing to say about an impossible date.
        if self.errors or not self.has_changed() or self.asks:
            return
        lock_people({self.instance.employee_id, self.initial.get("employee") or self.instance.employee_id})
        self.findings = check([self.instance], may_edit_published=self.may_edit_published)
        if error := as_validation_error(self.findings, self.fields):
            self.add_error(None, error)


class NotesField(forms.CharField):
    """Notes on one line. Showing them this way does not change them: line breaks entered elsewhere are kept."""

    def prepare_value(self, value: Any) -> str:
        return _on_one_line(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(_on_one_line(initial), _on_one_line(data))


def _on_one_line(text: Any) -> str:
    return " ".join(str(text or "").splitlines()).strip()


class DayField(forms.TypedChoiceField):
    """A day of the planned week, chosen by name: no typing, no calendar, and no other week by mistake."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=datetime.date.fromisoformat, empty_value=None, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(str(initial or ""), data)


class RowForm(ComparedRowForm):
    """One row of many. The formset asks the database and the policy whatever is to be asked, for all rows at once."""

    employee = PreloadedChoiceField(
        Employee.objects.none(),
        label=_("employee"),
        widget=PreloadedAutocomplete(ScheduleAssignment._meta.get_field("employee"), EMPLOYEES_URL),
    )

    class Meta:
        model = ScheduleAssignment
        fields: tuple[str, ...] = ("employee", "status", "notes")
        widgets: ClassVar[dict[str, Any]] = {"notes": forms.TextInput}
        field_classes: ClassVar[dict[str, Any]] = {"notes": NotesField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.checked_elsewhere = True
        for field in self.fields.values():
            # The heading of a column is not the label of a field, and on a phone there are no headings.
            field.widget.attrs["aria-label"] = capfirst(str(field.label))
        if "notes" in self.fields:
            self.fields["notes"].widget.attrs["placeholder"] = capfirst(str(self.fields["notes"].label))

    def clean_notes(self) -> str:
        """Keep the line breaks of notes that have not changed."""
        changed = "notes" in self.changed_data or self.is_gone
        return str(self.cleaned_data["notes"] if changed else self.initial.get("notes", ""))

    def _get_validation_exclusions(self) -> set[str]:
        # These rows were read in this request. Validating that they exist would take a query for each.
        return {*super()._get_validation_exclusions(), "employee", "shift", "schedule"}  # type: ignore[misc]

    def validate_constraints(self) -> None:
        """Do nothing: the policy and the fields check the same without a query for each row and constraint."""

    def add_finding(self, finding: Finding) -> None:
        """Show an error of the policy beside its field, or beside the row if the field is not visible."""
        field = self.fields.get(finding.field)
        place = finding.field if field is not None and not field.widget.is_hidden else None
        self.add_error(place, ValidationError(finding.message, code=finding.code))


class WeekRowForm(RowForm):
    """A row on the page of a schedule."""

    shift = ShiftChoiceField(
        Shift.objects.none(),
        label=_("shift"),
        widget=PreloadedAutocomplete(ScheduleAssignment._meta.get_field("shift"), SHIFTS_URL),
    )
    date = DayField(label=_("day"))

    class Meta(RowForm.Meta):
        fields = ("employee", "shift", "date", "status", "notes")


class ShiftRowForm(RowForm):
    """A row on the page of a shift."""

    schedule = PreloadedChoiceField(
        Schedule.objects.none(),
        label=_("schedule"),
        widget=PreloadedAutocomplete(ScheduleAssignment._meta.get_field("schedule")),
    )

    class Meta(RowForm.Meta):
        fields = ("date", "employee", "schedule", "status", "notes")
        # The browser's own date picker: it is narrower than the admin's, and easier to use on a phone.
        widgets: ClassVar[dict[str, Any]] = {
            **RowForm.Meta.widgets,
            "date": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
