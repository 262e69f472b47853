"""Pages of one row that show what the cache has by primary key."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from scheduling.admin.known import CachedAutocomplete


class CachedChoicesMixin(admin.ModelAdmin):
    """What an autocomplete has chosen is shown by a cached read, where its model has one."""

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        completes = db_field.name in self.get_autocomplete_fields(request)
        if completes and hasattr(db_field.remote_field.model._default_manager, "get_by_id"):
            kwargs.setdefault("widget", CachedAutocomplete(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class CachedPageMixin(CachedChoicesMixin):
    """The page of a row comes out of the cache for whoever may change none; what is changed is read anew."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        looks = request.method == "GET" and from_field is None and not self.has_change_permission(request)
        if looks and object_id.isdecimal():
            rows: Any = self.model._default_manager
            return rows.get_by_id(int(object_id))
        return super().get_object(request, object_id, from_field)
