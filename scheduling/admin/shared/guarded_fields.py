"""Pages of models that have fields behind permissions of their own: who may not see a field is not told its values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest

from scheduling.models.guarded import closed_to, hidden_from


class GuardedFieldsMixin(admin.ModelAdmin):
    """Leaves hidden fields out of forms and filters; a field that may be seen but not changed is shown as text."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = hidden_from(request.user, self.model)
        fieldsets = super().get_fieldsets(request, obj)
        return [(title, {**options, "fields": _without(options["fields"], hidden)}) for title, options in fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), *sorted(closed_to(request.user, self.model))]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Refuse `?hourly_rate__gte=20`: Django lets any field of the list be filtered by its address."""
        if request is None or not hidden_from(request.user, self.model).isdisjoint(lookup.split(LOOKUP_SEP)):
            return False
        return super().lookup_allowed(lookup, value, request)


def _without(fields: Iterable[Any], hidden: frozenset[str]) -> list[Any]:
    """Return the fields of a fieldset, some of which stand in one line, without the hidden ones."""
    kept = [
        tuple(name for name in field if name not in hidden) if isinstance(field, (list, tuple)) else field
        for field in fields
    ]
    return [field for field in kept if field and field not in hidden]
