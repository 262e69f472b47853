"""Entries in the admin's history for operations on many rows: one entry per row, two queries altogether."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

MAX_NAME_LENGTH = 200
"""The size of `LogEntry.object_repr`."""


def write(user_id: int, rows: Sequence[Model], flag: int, messages: Iterable[str]) -> None:
    """Record what was done to each row, with one message per row."""
    if not rows:
        return
    content_type = ContentType.objects.get_for_model(type(rows[0]))
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=user_id,
            content_type_id=content_type.pk,
            object_id=str(row.pk),
            object_repr=str(row)[:MAX_NAME_LENGTH],
            action_flag=flag,
            change_message=message,
        )
        for row, message in zip(rows, messages, strict=True)
    )
