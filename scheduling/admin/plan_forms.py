"""Forms of assignments, one or many, that ask the policy once per submit and tell its answers beside the rows."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, QuerySet
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.confirmation import ConfirmsWarnings
from scheduling.admin.known import KnownAutocomplete, KnownChoiceField, ShiftChoiceField
from scheduling.calendar import days_from
from scheduling.models import Employee, Schedule, ScheduleAssignment, Shift
from scheduling.policy import Finding, as_validation_error, check, errors

PEOPLE_URL = "%s:scheduling_employee_to_plan_autocomplete"
SHIFTS_URL = "%s:scheduling_shift_with_times_autocomplete"
MODELS: dict[str, Any] = {"employee": Employee, "shift": Shift, "schedule": Schedule}
MOST_ROWS = 100
"""Of one page: below the fields that a form may have (DATA_UPLOAD_MAX_NUMBER_FIELDS)."""
MOST_ROWS_OF_ALL_DAYS = 60
"""What has more of them is shown one day at a time."""


class ParentForm(forms.ModelForm):
    """A schedule or a shift. Where no field is to be changed, none is judged: none could show an error."""

    def _post_clean(self) -> None:
        if self.fields:
            super()._post_clean()  # type: ignore[misc]


class AssignmentForm(ConfirmsWarnings, forms.ModelForm):
    """One assignment. `may_edit_published` is set by the admin, on the class that it makes for a request."""

    may_edit_published = False

    class Meta:
        model = ScheduleAssignment
        fields = ("schedule", "employee", "shift", "date", "status", "priority", "notes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.checked_elsewhere = True

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # What is wrong with the fields is told first: the policy has nothing to say of an impossible date.
        if self.errors or not self.has_changed():
            return
        self.findings = check([self.instance], may_edit_published=self.may_edit_published)
        if error := as_validation_error(self.findings, self.fields):
            self.add_error(None, error)


class NotesField(forms.CharField):
    """Notes in one line. That they are shown so is no change: what somebody wrote in lines elsewhere stays."""

    def prepare_value(self, value: Any) -> str:
        return _in_one_line(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(_in_one_line(initial), _in_one_line(data))


def _in_one_line(text: Any) -> str:
    return " ".join(str(text or "").splitlines()).strip()


class RowForm(forms.ModelForm):
    """One row of many. Whatever needs the database is asked by the formset, for all rows at once."""

    employee = KnownChoiceField(
        Employee.objects.none(),
        label=_("employee"),
        widget=KnownAutocomplete(ScheduleAssignment._meta.get_field("employee"), PEOPLE_URL),
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
            # A table has one heading per column, which is no label of any field, and on a phone it has none.
            field.widget.attrs["aria-label"] = capfirst(str(field.label))
        if "notes" in self.fields:
            self.fields["notes"].widget.attrs["placeholder"] = capfirst(str(self.fields["notes"].label))

    def clean_notes(self) -> str:
        """Keep the lines of notes that nobody has changed."""
        changed = "notes" in self.changed_data
        return str(self.cleaned_data["notes"] if changed else self.initial.get("notes", ""))

    def _get_validation_exclusions(self) -> set[str]:
        # The rows were read in this request: to look again whether they exist would be a query each.
        return {*super()._get_validation_exclusions(), "employee", "shift", "schedule"}  # type: ignore[misc]

    def validate_constraints(self) -> None:
        """Leave them to the policy and the fields, which say the same without a query per row and constraint."""

    def tell(self, finding: Finding) -> None:
        """Show an error of the policy beside its field, or beside the row if the field is not to be seen."""
        field = self.fields.get(finding.field)
        place = finding.field if field is not None and not field.widget.is_hidden else None
        self.add_error(place, ValidationError(finding.message, code=finding.code))


class DayField(forms.TypedChoiceField):
    """A day of the week that is planned, by its name: no keyboard, no calendar, and no other week by mistake."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=datetime.date.fromisoformat, empty_value=None, **kwargs)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(str(initial or ""), data)


class WeekRowForm(RowForm):
    """A row of a schedule."""

    shift = ShiftChoiceField(
        Shift.objects.none(),
        label=_("shift"),
        widget=KnownAutocomplete(ScheduleAssignment._meta.get_field("shift"), SHIFTS_URL),
    )
    date = DayField(label=_("day"))

    class Meta(RowForm.Meta):
        fields = ("employee", "shift", "date", "status", "notes")


class ShiftRowForm(RowForm):
    """A row of a shift."""

    schedule = KnownChoiceField(
        Schedule.objects.none(),
        label=_("schedule"),
        widget=KnownAutocomplete(ScheduleAssignment._meta.get_field("schedule")),
    )

    class Meta(RowForm.Meta):
        fields = ("date", "employee", "schedule", "status", "notes")
        # The browser's own calendar: smaller than the admin's in a row, and a wheel on a phone.
        widgets: ClassVar[dict[str, Any]] = {
            **RowForm.Meta.widgets,
            "date": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }


class PlanFormSet(ConfirmsWarnings, forms.BaseInlineFormSet):
    """Assignments of one schedule or shift: a window of them, at most MOST_ROWS.

    Reads what all rows name in one query per model, and asks the policy about new and changed rows together.
    """

    may_edit_published = False

    # -- which rows --------------------------------------------------------------------------------------------------

    def window(self, rows: QuerySet[ScheduleAssignment]) -> QuerySet[ScheduleAssignment]:
        """Return the rows that a page shows, of those of the parent."""
        return rows

    def get_queryset(self) -> Any:
        # A form that was sent is about the rows that it had, wherever they would be shown by now.
        if not hasattr(self, "_rows"):
            rows: Any = self.queryset
            rows = rows.select_related("employee", "shift", "schedule__department")
            rows = rows.order_by("date", "shift__start_time", "employee__last_name", "employee__first_name", "pk")
            self._rows = rows.filter(pk__in=self.posted("id")) if self.is_bound else self.window(rows)[:MOST_ROWS]
        return self._rows

    def posted(self, field: str) -> set[int]:
        """Return the primary keys that the rows send in a field."""
        texts = (self.data.get(f"{self.add_prefix(index)}-{field}") for index in range(self.total_form_count()))
        return {int(text) for text in texts if text and text.isdecimal()}

    @cached_property
    def known(self) -> dict[str, Mapping[int, models.Model]]:
        """By field, the rows that are chosen anywhere in the page."""
        return {
            name: self._known(name, MODELS[name])
            for name, field in self.form.base_fields.items()
            if isinstance(field, KnownChoiceField)
        }

    def _known(self, name: str, model: Any) -> Mapping[int, models.Model]:
        stored = {getattr(row, f"{name}_id"): getattr(row, name) for row in self.get_queryset()}
        chosen = self.posted(name) - stored.keys() if self.is_bound else ()
        rows = model.objects.select_related("department") if model is Schedule else model.objects
        return {**stored, **rows.in_bulk(chosen)}

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Django's own field looks each row up again.
        form.fields["id"] = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=form.instance.pk)
        for name, rows in self.known.items():
            if name in form.fields:
                form.fields[name].known = rows
        if (delete := form.fields.get(DELETION_FIELD_NAME)) and form.instance.pk:
            delete.widget.attrs["aria-label"] = f"{delete.label}: {form.instance}"

    # -- what the policy says ----------------------------------------------------------------------------------------

    def clean(self) -> None:
        super().clean()
        deleted: list[Any] = [form for form in self.initial_forms if self._should_delete_form(form)]  # type: ignore[attr-defined]
        changed: list[Any] = [form for form in self.forms if form.has_changed() and form not in deleted]
        self._refuse_what_is_gone([*changed, *deleted])
        sound = {id(form.instance): form for form in changed if not form.errors}
        self.findings = check(
            [form.instance for form in sound.values()],
            deleted=[form.instance for form in deleted],
            may_edit_published=self.may_edit_published,
        )
        self._tell(sound)

    def _refuse_what_is_gone(self, forms: Sequence[RowForm]) -> None:
        """Say that a row which was shown has been deleted meanwhile; Django would pass over it in silence."""
        for form in forms:
            if form in self.initial_forms and form.instance.pk is None:
                form.add_error(None, gettext("Somebody has deleted or moved this assignment meanwhile."))

    def _tell(self, forms: Mapping[int, RowForm]) -> None:
        """Show the errors beside their rows; those about deleted ones, whose rows show none, above all rows."""
        elsewhere = []
        for finding in errors(self.findings):
            form = forms.get(id(finding.assignment))
            if form is not None:
                form.tell(finding)
            else:
                elsewhere.append(finding.message)
        if elsewhere:
            raise ValidationError(list(dict.fromkeys(elsewhere)))


class WeekFormSet(PlanFormSet):
    """Assignments of a schedule: the whole week, or one day of it where the week has too many rows."""

    day: datetime.date | None = None

    def window(self, rows: QuerySet[ScheduleAssignment]) -> QuerySet[ScheduleAssignment]:
        return rows.filter(date=self.day) if self.day else rows

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        field = form.fields.get("date")
        if isinstance(field, DayField):
            field.choices = list(self._days(form.instance.date))
            field.initial = self.day

    def _days(self, stored: datetime.date | None) -> Iterator[tuple[str, str]]:
        yield "", "—"
        days = week_of(self.instance)
        # A row that lies elsewhere, as an import or a shell may have left it, is shown where it is.
        for day in days if stored in (None, *days) else [stored, *days]:
            if day is not None:
                yield day.isoformat(), date_format(day, gettext("D j M"))


def week_of(schedule: Schedule) -> list[datetime.date]:
    """Return the seven days, Monday first."""
    return days_from(schedule.week_start)


class ComingFormSet(PlanFormSet):
    """Assignments of a shift in the coming days, or on one of them."""

    days: Sequence[datetime.date] = ()
    asked_day = ""

    def window(self, rows: QuerySet[ScheduleAssignment]) -> QuerySet[ScheduleAssignment]:
        return rows.filter(superseded=False, date__in=[self.day] if self.day else self.days)

    @cached_property
    def rows_by_day(self) -> Counter[datetime.date]:
        rows: Any = self.queryset
        coming = rows.filter(superseded=False, date__in=self.days).order_by()
        return Counter(dict(coming.values_list("date").annotate(rows=Count("pk"))))

    @property
    def rows_of_all_days(self) -> int:
        return self.rows_by_day.total()

    @property
    def rows_to_show(self) -> int:
        """How many there are to show, be they more than a page has."""
        return self.rows_by_day[self.day] if self.day else self.rows_of_all_days

    @cached_property
    def day(self) -> datetime.date | None:
        return day_of(self.asked_day, self.days, self.rows_of_all_days, self.days[0])

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "date" in form.fields:
            form.fields["date"].initial = self.day
        if self.is_to_be_read(form):
            for field in form.fields.values():
                field.disabled = not field.widget.is_hidden

    def is_to_be_read(self, form: Any) -> bool:
        """Whether a row belongs to a plan that the user may not change."""
        if form.instance.pk is None or self.may_edit_published:
            return False
        # What a page shows so, it does not send. A row that it does send is the policy's to judge: it may have been
        # anybody's to change when it was shown.
        sent = self.is_bound and form.add_prefix("employee") in self.data
        return not sent and form.instance.schedule.is_read_only

    @property
    def has_rows_to_be_read(self) -> bool:
        return any(self.is_to_be_read(form) for form in self.initial_forms)


def day_of(text: str, days: Sequence[datetime.date], rows: int, today: datetime.date) -> datetime.date | None:
    """Return the day that an address asks for; else None (all days) for few rows, or today or the first of the days."""
    asked = next((day for day in days if day.isoformat() == text), None)
    if asked or rows <= MOST_ROWS_OF_ALL_DAYS:
        return asked
    return today if today in days else days[0]


def on_day(day: datetime.date | None) -> dict[str, object]:
    """Return what asks a list for the rows of a day; None: of all days."""
    return {"date__exact": day} if day else {}


def rows_left_out(rows: int) -> str:
    """Return the sentence about what a page does not show of so many rows, or nothing."""
    more = rows - MOST_ROWS
    text = ngettext(
        "%(more)d more assignment is in the list of assignments.",
        "%(more)d more assignments are in the list of assignments.",
        more,
    )
    return text % {"more": more} if more > 0 else ""
