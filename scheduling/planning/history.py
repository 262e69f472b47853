"""Entries of the admin's history for what is done in bulk: one per row, in two queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

LONGEST_NAME = 200


def write(user_id: int, rows: Sequence[Model], flag: int, messages: Iterable[str]) -> None:
    """Note what was done to each row; one message per row."""
    if not rows:
        return
    content_type = ContentType.objects.get_for_model(type(rows[0]))
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=user_id,
            content_type_id=content_type.pk,
            object_id=str(row.pk),
            object_repr=str(row)[:LONGEST_NAME],
            action_flag=flag,
            change_message=message,
        )
        for row, message in zip(rows, messages, strict=True)
    )
