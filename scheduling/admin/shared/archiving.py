"""Actions that archive and restore rows, or deactivate and activate them, with an entry in the history of each row."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from scheduling.admin.shared.users import user_id
from scheduling.workflow import history


def set_active(
    request: HttpRequest, rows: QuerySet[Any], active: bool, history_entry: str, *, field: str = "active"
) -> int:
    """Set the field that makes rows active; return how many rows have changed. The others are left alone.

    Updates by primary key, so that the cache drops these rows instead of every cached row of the model.
    """
    with transaction.atomic():
        changed = list(rows.filter(**{field: not active}))
        rows.model._default_manager.filter(pk__in=[row.pk for row in changed]).update(**{field: active})
        history.write(user_id(request), changed, CHANGE, [history_entry] * len(changed))
    return len(changed)


def report_count(model_admin: admin.ModelAdmin[Any], request: HttpRequest, text: str, count: int) -> None:
    """Say how many rows an action has changed: as a warning if there were none, which was hardly intended."""
    model_admin.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)
