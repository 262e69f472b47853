"""Foreign keys of many rows in one form. Django asks the database once per row to show one, and again to check it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models

from scheduling.policy.times import with_times


class KnownAutocomplete(AutocompleteSelect):
    """An autocomplete that shows its choice out of what its field knows."""

    choices: Any

    def __init__(self, field: models.Field[Any, Any], url_name: str = AutocompleteSelect.url_name) -> None:
        super().__init__(field, admin.site)
        self.url_name = url_name

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> list[Any]:
        field = self.choices.field
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        row = field.row_of(value[0]) if value else None
        if row is not None:
            options.append(self.create_option(name, row.pk, field.label_from_instance(row), True, len(options)))
        return [(None, options, 0)]


class KnownChoiceField(forms.ModelChoiceField):
    """A choice among rows that were read together with those of all other rows of the page."""

    known: Mapping[int, models.Model] = {}
    """By primary key, what was chosen anywhere in the page. The formset sets it."""

    def row_of(self, value: Any) -> models.Model | None:
        text = str(value)
        return self.known.get(int(text)) if text.isdecimal() else None

    def to_python(self, value: Any) -> models.Model | None:
        if value in self.empty_values:
            return None
        row = self.row_of(value)
        if row is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return row


class ShiftChoiceField(KnownChoiceField):
    def label_from_instance(self, shift: Any) -> str:
        return with_times(shift)


class ShiftsWithTimes(AutocompleteJsonView):
    """The shifts of an autocomplete by name and times: "Early (06:00-14:00)"."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {**super().serialize_result(obj, to_field_name), "text": with_times(obj)}
