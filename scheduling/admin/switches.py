"""Actions that switch rows on or off, and say how many they have."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest


def switch(rows: QuerySet[Any], field: str, on: bool) -> int:
    """Switch a field of the rows; return how many were not as wanted. Those that are, are left alone.

    Updates by primary key, so that the cache drops these rows and not every cached one of their model.
    """
    keys = list(rows.order_by().filter(**{field: not on}).values_list("pk", flat=True))
    return rows.model._default_manager.filter(pk__in=keys).update(**{field: on})


def tell(model_admin: admin.ModelAdmin[Any], request: HttpRequest, text: str, count: int) -> None:
    """Say how many there were: none is worth a second look."""
    model_admin.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)
