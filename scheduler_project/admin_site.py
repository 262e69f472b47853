"""The site of the admin: every page of every model takes what an address or a form says with care.

Django's admin passes keys, look-ups and initial values of an address to the database as they are, which answers
some of them with an exception. Whoever may enter the admin could fill the log with failures that way, and stop a worker
by a regular expression, which SQLite leaves to Python.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connections, models, router
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, QueryDict

from scheduler_project.login import LoginForm

COMPARISONS = frozenset({"exact", "in", "isnull", "gt", "gte", "lt", "lte"})
"""What a list may be filtered by in an address. Django would take every look-up, ``regex`` among them."""


def is_readable(field: Any, text: Any) -> bool:
    """Whether a text is a value that the column of a field can be compared with, on its database."""
    field = getattr(field, "target_field", field)
    connection = connections[router.db_for_read(field.model)]
    try:
        value = field.to_python(text)
        field.get_db_prep_value(value, connection)
    except (ValueError, TypeError, ArithmeticError, ValidationError):
        return False
    if not isinstance(field, models.IntegerField) or value is None:
        return True
    least, most = connection.ops.integer_field_range(field.get_internal_type())
    return (least is None or value >= least) and (most is None or value <= most)


class _KeysOnly:
    """A choice of rows that drops what cannot be a key, so that the same page can be shown again with its error."""

    queryset: Any
    to_field_name: str | None

    def is_key(self, value: Any) -> bool:
        model = self.queryset.model
        field = model._meta.get_field(self.to_field_name) if self.to_field_name else model._meta.pk
        return is_readable(field, value)

    def prepare_value(self, value: Any) -> Any:
        prepared = super().prepare_value(value)  # type: ignore[misc]
        if isinstance(prepared, (list, tuple)):
            return [key for key in prepared if self.is_key(key)]
        return prepared if self.is_key(prepared) else None


class RowChoiceField(_KeysOnly, forms.ModelChoiceField):
    pass


class RowsChoiceField(_KeysOnly, forms.ModelMultipleChoiceField):
    def clean(self, value: Any) -> Any:
        for key in value or ():
            if not self.is_key(key):
                raise ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": key})
        return super().clean(value)


class CarefulAdmin:
    """What `Site` puts in front of each ModelAdmin."""

    model: Any
    opts: Any

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("form_class", RowChoiceField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("form_class", RowsChoiceField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Refuse, with status 400, look-ups other than comparisons, and values that cannot be compared with."""
        return super().lookup_allowed(lookup, value, request) and self._is_comparable(lookup, value)  # type: ignore[misc]

    def _is_comparable(self, lookup: str, value: str) -> bool:
        """Whether the look-up compares a field with what it can hold; that of no field is somebody else's parameter."""
        model, field, names = self.model, None, lookup.split(LOOKUP_SEP)
        while names and model is not None:
            try:
                field = model._meta.pk if names[0] == "pk" else model._meta.get_field(names[0])
            except FieldDoesNotExist:
                break
            model = getattr(field, "related_model", None)
            names = names[1:]
        if field is None:
            return True
        comparison = names[0] if names else "exact"
        if len(names) > 1 or comparison not in COMPARISONS:
            return False
        if comparison == "isnull":
            return value.lower() in ("0", "1", "true", "false", "")
        values = value.split(",") if comparison == "in" else [value]
        return all(is_readable(field, each) for each in values)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the address fills in, without what its field cannot hold."""
        initial = super().get_changeform_initial_data(request)  # type: ignore[misc]
        return {name: value for name, value in initial.items() if self._can_be_shown(name, value)}

    def _can_be_shown(self, name: str, value: Any) -> bool:
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return True
        if isinstance(field, models.DateTimeField):
            return False  # two inputs show it, which need a moment and no text
        return all(is_readable(field, each) for each in (value if isinstance(value, list) else [value]))

    def response_action(self, request: HttpRequest, queryset: Any, **options: Any) -> Any:
        """Leave out selected rows that cannot be rows. Where none is left, Django says that nothing is selected."""
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        keys = [key for key in selected if is_readable(self.opts.pk, key)]
        if keys != selected:
            form: QueryDict = request.POST.copy()
            form.setlist(ACTION_CHECKBOX_NAME, keys)
            request.POST = form  # type: ignore[assignment]
        # Django 6.1 also says from which page the action came.
        return super().response_action(request, queryset, **options)  # type: ignore[misc]


@cache
def careful(admin_class: type[admin.ModelAdmin[Any]]) -> type[admin.ModelAdmin[Any]]:
    """Return the class with the care of `CarefulAdmin`."""
    return type(admin_class.__name__, (CarefulAdmin, admin_class), {"__module__": admin_class.__module__})


class Site(admin.AdminSite):
    login_form = LoginForm

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        super().register(model_or_iterable, careful(admin_class or admin.ModelAdmin), **options)
