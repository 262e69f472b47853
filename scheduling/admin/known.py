"""Foreign keys in forms. Django asks the database once for each to show it, and again to check it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models

from scheduling.models import Employee, Shift
from scheduling.policy.times import with_times


class ChosenAutocomplete(AutocompleteSelect):
    """An autocomplete that knows how to find its choice."""

    choices: Any

    def chosen(self, value: str) -> models.Model | None:
        raise NotImplementedError

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> list[Any]:
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        row = self.chosen(value[0]) if value else None
        if row is not None:
            label = self.choices.field.label_from_instance(row)
            options.append(self.create_option(name, row.pk, label, True, len(options)))
        return [(None, options, 0)]


class KnownAutocomplete(ChosenAutocomplete):
    """Shows its choice out of what its field knows."""

    def __init__(self, field: models.Field[Any, Any], url_name: str = AutocompleteSelect.url_name) -> None:
        super().__init__(field, admin.site)
        self.url_name = url_name

    def chosen(self, value: str) -> models.Model | None:
        return self.choices.field.row_of(value)


class CachedAutocomplete(ChosenAutocomplete):
    """Shows its choice by a cached read, of a model that has one by primary key."""

    def chosen(self, value: str) -> models.Model | None:
        rows: Any = self.field.remote_field.model._default_manager
        return rows.get_by_id(int(value)) if value.isdecimal() else None


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


class CachedChoicesView(AutocompleteJsonView):
    """Answers an autocomplete out of a cached list, which is in its order: a key that is pressed asks for no row."""

    term: str

    def rows(self) -> Iterable[Any]:
        raise NotImplementedError

    def words_of(self, row: Any) -> str:
        """Return the text in which every word that was typed has to be."""
        raise NotImplementedError

    def get_queryset(self) -> Any:
        words = self.term.casefold().split()
        return [row for row in self.rows() if not words or _has_all(words, self.words_of(row).casefold())]


def _has_all(words: Iterable[str], text: str) -> bool:
    return all(word in text for word in words)


class PeopleToPlan(CachedChoicesView):
    """Those who are active: the policy refuses all others."""

    def rows(self) -> Iterable[Employee]:
        return Employee.objects.list_active()

    def words_of(self, person: Employee) -> str:
        return f"{person.first_name} {person.last_name} {person.email} {person.employee_number} {person.role}"


class ShiftsWithTimes(CachedChoicesView):
    """The shifts that are in use, by name and times: "Early (06:00-14:00)"."""

    def rows(self) -> Iterable[Shift]:
        return (shift for shift in Shift.objects.list_all() if shift.active)

    def words_of(self, shift: Shift) -> str:
        return f"{with_times(shift)} {shift.code}"

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {**super().serialize_result(obj, to_field_name), "text": with_times(obj)}
