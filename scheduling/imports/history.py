"""The history of the admin: an entry for each row that an import has written, and for what was done with a run."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext
from import_export.results import RowResult

from scheduling.imports.engine.results import ImportResult
from scheduling.models import ImportRun

LOGGED = {RowResult.IMPORT_TYPE_NEW: ADDITION, RowResult.IMPORT_TYPE_UPDATE: CHANGE}
_BATCH = 1000


def log_import(result: ImportResult, user: Any, model: type[models.Model]) -> None:
    """Write an entry for each row that was written, named as in the file, so that no name costs a query."""
    content_type = ContentType.objects.get_for_model(model)
    entries = (
        LogEntry(
            user_id=user.pk,
            content_type_id=content_type.pk,
            object_id=row.object_id,
            object_repr=result.label(position)[:200],
            action_flag=LOGGED[row.import_type],
            change_message=gettext("Imported from a file."),
        )
        for position, row in enumerate(result.rows)
        if row.import_type in LOGGED
    )
    # A list of all of them would be larger than the import.
    while batch := list(islice(entries, _BATCH)):
        LogEntry.objects.bulk_create(batch)


def log_run(run: ImportRun, user: int, message: str) -> None:
    """Write an entry about a run as a whole."""
    LogEntry.objects.create(
        user_id=user,
        content_type_id=ContentType.objects.get_for_model(ImportRun).pk,
        object_id=str(run.pk),
        object_repr=str(run)[:200],
        action_flag=CHANGE,
        change_message=message,
    )
