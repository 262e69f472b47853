"""Who wrote a row last, in words, as far as the history knows."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext


def last_writer(model: type[Model], pk: Any, since: datetime.datetime, reader: int) -> str:
    """Return who has changed the row since a moment: "robin, 14:03, Imported from a file."

    Commands, bulk updates and SQL write no history. Then nobody is named, instead of whoever wrote last before them.
    """
    content_type = ContentType.objects.get_for_model(model)
    entries = LogEntry.objects.filter(content_type=content_type, object_id=str(pk), action_time__gte=since)
    entry = entries.select_related("user").order_by("-pk").first()
    if entry is None:
        return gettext("someone else, without an entry in the history")
    name = gettext("you, in another window") if entry.user_id == reader else entry.user.get_username()
    at = date_format(timezone.localtime(entry.action_time), "H:i")
    return ", ".join(filter(None, [name, at, entry.get_change_message().rstrip(".")]))
