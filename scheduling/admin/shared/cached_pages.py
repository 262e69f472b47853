"""Pages of one row that read the row, and the rows that it refers to, from the cache."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from scheduling.admin.shared.choices import CachedAutocomplete
from scheduling.fields import key_from


class CachedChoicesMixin(admin.ModelAdmin):
    """Autocompletes show the selected row by a cached read, if its model has one."""

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        autocompletes = db_field.name in self.get_autocomplete_fields(request)
        if autocompletes and hasattr(db_field.remote_field.model._default_manager, "get_by_id"):
            kwargs.setdefault("widget", CachedAutocomplete(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class CachedPageMixin(CachedChoicesMixin):
    """Reads the row from the cache for users who may not change it; a row that is to be changed is read afresh."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        only_reads = request.method == "GET" and from_field is None and not self.has_change_permission(request)
        if only_reads and (key := key_from(object_id)) is not None:
            rows: Any = self.model._default_manager
            return rows.get_by_id(key)
        return super().get_object(request, object_id, from_field)
