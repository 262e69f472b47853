"""Foreign keys in forms: widgets, fields and autocomplete views without queries of their own.

Django asks the database once for each foreign key to show it, and again to validate it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models

from scheduling.fields import key_from
from scheduling.models import Employee, Shift
from scheduling.policy.times import with_times


class SelectedAutocomplete(AutocompleteSelect):
    """An autocomplete that gets the selected row from `selected_row` instead of a query."""

    choices: Any

    def selected_row(self, value: str) -> models.Model | None:
        raise NotImplementedError

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> list[Any]:
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        row = self.selected_row(value[0]) if value else None
        if row is not None:
            label = self.choices.field.label_from_instance(row)
            options.append(self.create_option(name, row.pk, label, True, len(options)))
        return [(None, options, 0)]


class PreloadedAutocomplete(SelectedAutocomplete):
    """Shows a row that its `PreloadedChoiceField` has already."""

    def __init__(self, field: models.Field[Any, Any], url_name: str = AutocompleteSelect.url_name) -> None:
        super().__init__(field, admin.site)
        self.url_name = url_name

    def selected_row(self, value: str) -> models.Model | None:
        return self.choices.field.row_of(value)


class CachedAutocomplete(SelectedAutocomplete):
    """Shows a row by a cached read; its model has one by primary key."""

    def selected_row(self, value: str) -> models.Model | None:
        rows: Any = self.field.remote_field.model._default_manager
        key = key_from(value)
        return rows.get_by_id(key) if key is not None else None


class PreloadedChoiceField(forms.ModelChoiceField):
    """A choice among rows that were read together, in one query for all forms of the page."""

    preloaded: Mapping[int, models.Model] = {}
    """The rows that are selected anywhere on the page, by primary key. The formset sets it."""

    def row_of(self, value: Any) -> models.Model | None:
        key = key_from(str(value))
        return self.preloaded.get(key) if key is not None else None

    def to_python(self, value: Any) -> models.Model | None:
        if value in self.empty_values:
            return None
        row = self.row_of(value)
        if row is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return row


class ShiftChoiceField(PreloadedChoiceField):
    """Names each shift with its times."""

    def label_from_instance(self, shift: Any) -> str:
        return with_times(shift)


class CachedChoicesView(AutocompleteJsonView):
    """Answers an autocomplete from a cached list and in its order, so that typing costs no query for rows."""

    term: str

    def rows(self) -> Iterable[Any]:
        raise NotImplementedError

    def search_text(self, row: Any) -> str:
        """Return the text that has to contain every word of the search."""
        raise NotImplementedError

    def get_queryset(self) -> Any:
        words = self.term.casefold().split()
        return [row for row in self.rows() if not words or _has_all(words, self.search_text(row).casefold())]


def _has_all(words: Iterable[str], text: str) -> bool:
    return all(word in text for word in words)


class EmployeeChoicesView(CachedChoicesView):
    """Active employees: the policy refuses all others."""

    def rows(self) -> Iterable[Employee]:
        return Employee.objects.list_active()

    def search_text(self, employee: Employee) -> str:
        names = f"{employee.first_name} {employee.last_name}"
        return f"{names} {employee.email or ''} {employee.employee_number} {employee.role}"


class ShiftChoicesView(CachedChoicesView):
    """Active shifts, by their names and times."""

    def rows(self) -> Iterable[Shift]:
        return (shift for shift in Shift.objects.list_all() if shift.active)

    def search_text(self, shift: Shift) -> str:
        return f"{with_times(shift)} {shift.code}"

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {**super().serialize_result(obj, to_field_name), "text": with_times(obj)}
