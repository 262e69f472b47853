"""The assignments of a schedule or a shift on its page, which ask the policy once per submit about all rows."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, QuerySet
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest
from django.utils.translation import ngettext

from scheduling.admin.plan.access import may_edit_published
from scheduling.admin.plan.assignment_forms import DayField, RowForm
from scheduling.admin.plan.confirmation import ConfirmsWarnings
from scheduling.admin.plan.days import day_name, day_to_show, week_of
from scheduling.admin.shared.choices import PreloadedChoiceField
from scheduling.admin.shared.compared_formsets import ComparedFormSet
from scheduling.admin.shared.row_pages import refusal
from scheduling.admin.shared.shown import page_sent
from scheduling.admin.shared.users import user_id
from scheduling.fields import key_from
from scheduling.models import Employee, Schedule, ScheduleAssignment, Shift
from scheduling.policy import Finding, check, errors, find_duplicates
from scheduling.workflow.locks import lock_people, lock_schedules_of, locked

MODELS: dict[str, Any] = {"employee": Employee, "shift": Shift, "schedule": Schedule}
MAX_FORMS = 200
"""Of one submit: more than DATA_UPLOAD_MAX_NUMBER_FIELDS has room for, less than Django builds for a made-up number."""
MAX_ROWS = 100
"""Of one page. This stays below the number of fields that a form may have (DATA_UPLOAD_MAX_NUMBER_FIELDS)."""


class AssignmentFormSet(ConfirmsWarnings, ComparedFormSet):
    """Assignments of one schedule or shift: those of a window, at most MAX_ROWS.

    Reads everything that the rows refer to in one query per model, and asks the policy about new and changed rows
    together.
    """

    may_edit_published = False
    refused = False
    """Whether the database has refused these rows, although the policy found nothing."""
    findings: list[Finding]

    # -- which rows --------------------------------------------------------------------------------------------------

    def window(self, rows: QuerySet[ScheduleAssignment]) -> QuerySet[ScheduleAssignment]:
        """Return those of the parent's assignments that the page shows."""
        return rows

    def rows_of_page(self) -> Sequence[ScheduleAssignment]:
        rows = self._rows_of_parent()
        rows = rows.order_by("date", "shift__start_time", "employee__last_name", "employee__first_name", "pk")
        return list(self.window(rows)[:MAX_ROWS])

    def rows_sent(self, keys: Iterable[int]) -> Mapping[int, ScheduleAssignment]:
        # A submitted form is about the rows that it showed, even if the page would show others by now.
        lock_schedules_of(keys, besides=self.posted("schedule"))
        return {row.pk: row for row in locked(self._rows_of_parent().filter(pk__in=keys))}

    def _rows_of_parent(self) -> QuerySet[ScheduleAssignment]:
        rows: Any = self.queryset
        return rows.select_related("employee", "shift", "schedule__department")

    def make_room(self, rows: Sequence[ScheduleAssignment]) -> None:
        """Take the rows out of the constraint until each is saved, so that they can swap their places."""
        if len(rows) > 1:
            ScheduleAssignment.objects.filter(pk__in=[row.pk for row in rows], superseded=False).update(superseded=True)

    def posted(self, field: str) -> set[int]:
        """Return the primary keys that the rows submit in a field."""
        texts = (self.data.get(f"{self.add_prefix(index)}-{field}") for index in range(self.total_form_count()))
        keys = {key_from(text) for text in texts if text}
        return {key for key in keys if key is not None}

    @cached_property
    def preloaded(self) -> dict[str, Mapping[int, models.Model]]:
        """The rows that are selected anywhere on the page, by field and primary key."""
        return {
            name: self._preload(name, MODELS[name])
            for name, field in self.form.base_fields.items()
            if isinstance(field, PreloadedChoiceField)
        }

    def _preload(self, name: str, model: Any) -> Mapping[int, models.Model]:
        rows = [row for row in self.get_queryset() if row.pk is not None]
        stored = {getattr(row, f"{name}_id"): getattr(row, name) for row in rows}
        chosen = self.posted(name) - stored.keys() if self.is_bound else ()
        others = model.objects.select_related("department") if model is Schedule else model.objects
        return {**stored, **others.in_bulk(chosen)}

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Django's own field would look up each row again.
        form.fields["id"] = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=form.instance.pk)
        for name, rows in self.preloaded.items():
            if name in form.fields:
                form.fields[name].preloaded = rows
        if (delete := form.fields.get(DELETION_FIELD_NAME)) and form.instance.pk:
            delete.widget.attrs["aria-label"] = f"{delete.label}: {form.instance}"

    # -- what the policy says ----------------------------------------------------------------------------------------

    def clean(self) -> None:
        super().clean()
        deleted: list[Any] = [form for form in self.initial_forms if self._should_delete_form(form)]
        changed: list[Any] = [form for form in self.forms if form.has_changed() and form not in deleted]
        lock_people(self._people(changed, deleted))
        sound = {id(form.instance): form for form in changed if not form.errors}
        self.findings = check(
            [form.instance for form in sound.values()],
            deleted=[form.instance for form in deleted],
            may_edit_published=self.may_edit_published,
        )
        if self.refused:
            self.findings += find_duplicates([form.instance for form in sound.values()])
        self._show_errors(sound)

    def _people(self, changed: Sequence[RowForm], deleted: Sequence[RowForm]) -> set[int]:
        planned = {form.instance.employee_id for form in [*changed, *deleted]}
        return {*planned, *(form.initial.get("employee") for form in changed)} - {None}

    def _show_errors(self, forms: Mapping[int, RowForm]) -> None:
        """Show errors beside their rows; those about deleted rows, which show no errors, above all rows."""
        elsewhere = []
        for finding in errors(self.findings):
            form = forms.get(id(finding.assignment))
            if form is not None:
                form.add_finding(finding)
            else:
                elsewhere.append(finding.message)
        if elsewhere:
            raise ValidationError(list(dict.fromkeys(elsewhere)))


class WeekFormSet(AssignmentFormSet):
    """Assignments of a schedule: the whole week, or one day of it if the week has too many rows."""

    day: datetime.date | None = None

    def window(self, rows: QuerySet[ScheduleAssignment]) -> QuerySet[ScheduleAssignment]:
        return rows.filter(date=self.day) if self.day else rows

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        field = form.fields.get("date")
        if isinstance(field, DayField):
            field.choices = list(self._days(form.instance.date))
            field.initial = self.day

    @cached_property
    def _week(self) -> dict[datetime.date, str]:
        """The names of the days, which all rows share: to write them for each was a tenth of the page's time."""
        return {day: day_name(day) for day in week_of(self.instance)}

    def _days(self, stored: datetime.date | None) -> Iterator[tuple[str, str]]:
        yield "", "—"
        # A row may lie outside the week, after an import or a change in a shell. It is then shown on its own day.
        if stored is not None and stored not in self._week:
            yield stored.isoformat(), day_name(stored)
        for day, name in self._week.items():
            yield day.isoformat(), name


class UpcomingFormSet(AssignmentFormSet):
    """Assignments of a shift in the days to come, or on one of them."""

    days: Sequence[datetime.date] = ()
    requested_day = ""

    def window(self, rows: QuerySet[ScheduleAssignment]) -> QuerySet[ScheduleAssignment]:
        return rows.filter(superseded=False, date__in=[self.day] if self.day else self.days)

    @cached_property
    def rows_by_day(self) -> Counter[datetime.date]:
        rows: Any = self.queryset
        upcoming = rows.filter(superseded=False, date__in=self.days).order_by()
        return Counter(dict(upcoming.values_list("date").annotate(rows=Count("pk"))))

    @property
    def rows_of_all_days(self) -> int:
        return self.rows_by_day.total()

    @property
    def rows_to_show(self) -> int:
        """How many rows the window has, which may be more than a page shows."""
        return self.rows_by_day[self.day] if self.day else self.rows_of_all_days

    @cached_property
    def day(self) -> datetime.date | None:
        return day_to_show(self.requested_day, self.days, self.rows_of_all_days, self.days[0])

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "date" in form.fields:
            form.fields["date"].initial = self.day
        if self.is_read_only(form):
            for field in form.fields.values():
                field.disabled = not field.widget.is_hidden

    def is_read_only(self, form: Any) -> bool:
        """Whether a row belongs to a schedule that the user may not change."""
        if form.instance.pk is None or self.may_edit_published:
            return False
        # A browser does not submit the fields of a read-only row. If it does, the row could be edited when it was
        # shown, and the policy has to judge the change.
        submitted = self.is_bound and form.add_prefix("employee") in self.data
        return not submitted and form.instance.schedule.is_read_only

    @property
    def has_read_only_rows(self) -> bool:
        return any(self.is_read_only(form) for form in self.initial_forms)


def for_user(request: HttpRequest, formset: Any) -> Any:
    """Return the formset class of this request, with what its user may do and was shown."""
    formset.may_edit_published = may_edit_published(request)
    formset.absolute_max = MAX_FORMS
    formset.page = formset.form.page = page_sent(request)
    formset.form.reader = user_id(request)
    formset.refused = bool(refusal(request))
    return formset


def rows_left_out(rows: int) -> str:
    """Return the sentence about the rows that a page has no room for; "" if it shows all of them."""
    more = rows - MAX_ROWS
    text = ngettext(
        "%(more)d more assignment is not shown here. Open the list of assignments.",
        "%(more)d more assignments are not shown here. Open the list of assignments.",
        more,
    )
    return text % {"more": more} if more > 0 else ""
