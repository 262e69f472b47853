"""Actions that switch rows on or off, write it in their history, and say how many they have."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from scheduling.admin.acts import user_id
from scheduling.workflow import history


def switch(request: HttpRequest, rows: QuerySet[Any], field: str, on: bool, done: str) -> int:
    """Switch a field of the rows; return how many were not as wanted. Those that are, are left alone.

    `done` is what their history says. Updates by primary key, so that the cache drops these rows and not every cached
    one of their model.
    """
    with transaction.atomic():
        changed = list(rows.filter(**{field: not on}))
        rows.model._default_manager.filter(pk__in=[row.pk for row in changed]).update(**{field: on})
        history.write(user_id(request), changed, CHANGE, [done] * len(changed))
    return len(changed)


def tell(model_admin: admin.ModelAdmin[Any], request: HttpRequest, text: str, count: int) -> None:
    """Say how many there were: none is worth a second look."""
    model_admin.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)
