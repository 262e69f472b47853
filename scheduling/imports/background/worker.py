"""The import of an upload outside of a request, in this process: `manage.py import_run`, or a task."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from scheduling.imports import choices
from scheduling.imports.background.reports import Report, Stopped
from scheduling.imports.background.sign_rows import is_dead
from scheduling.imports.background.signs import Signs
from scheduling.imports.background.speed import rows_of
from scheduling.imports.background.watching import end_run, signs_of
from scheduling.imports.engine.files import Upload
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.recording import cancelled_too_late
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.history import log_import, log_run
from scheduling.imports.kinds import KINDS
from scheduling.imports.kinds.selected_assignments import SelectedAssignmentResource, Selection
from scheduling.models import ImportRun
from scheduling.models.guarded import closed_to

Outcome = ImportRun.Outcome
MAX_LOG = 20_000
LANGUAGE = "language"
"""The option of a run that says in which language its sentences are."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How an import has ended."""

    outcome: str
    result: ImportResult | None = None
    """None if it was stopped."""


def run_import(key: UUID, *, lease: str = "", handed: int | None = None, queued: bool = False) -> Ended:
    """Import the upload of a run. Raises FileError if another process does, or if the run cannot be imported any more.

    `lease` and `handed` are those with which the parent process has taken the run already. With `queued`, it is
    imported only if it still waits for a task.
    """
    signs = signs_of(key)
    if not signs.take(lease, handed):
        raise FileError(held_by_another())
    lease, is_mine = lease or uuid4().hex, bool(lease)
    try:
        if not is_mine:
            claim(signs, lease, queued=queued)
        return _import(signs, lease)
    finally:
        signs.give_up()


def claim(signs: Signs, lease: str, *, only: tuple[str, ...] = (), queued: bool = False, **values: Any) -> None:
    """Write the lease into the row of a run that nobody holds. Raises FileError if somebody does, or it has ended.

    `only` are the outcomes that a run may have; by default all of those from which an import can begin. With
    `queued`, it is one that still waits for a task, and was not cancelled.
    """
    waits_for_task = Q(outcome=Outcome.RUNNING, lease="")
    takeable = waits_for_task if queued else Q(outcome__in=only or (Outcome.PREVIEWED, *ImportRun.STOPPED))
    if not only and not queued:
        # One that waits for a task, and one whose process is dead. With files, the lock has just shown that.
        takeable |= waits_for_task | (is_dead() if signs.is_shared else Q(outcome=Outcome.RUNNING))
    runs = ImportRun.objects.using(signs.using).filter(pk=signs.key).exclude(file=b"")
    new = {"started_at": Now(), "heartbeat_at": Now(), "progress": {}, "cancelled_by": None, "log": "", **values}
    if runs.filter(takeable).update(outcome=Outcome.RUNNING, lease=lease, finished_at=None, **new):
        return
    run = ImportRun.objects.using(signs.using).filter(pk=signs.key).defer("file", "changes").first()
    if run is None:
        raise FileError(_("This import is not there any more."))
    if run.outcome == Outcome.RUNNING:
        raise FileError(held_by_another())
    words = {"outcome": run.get_outcome_display()}
    raise FileError(_("This upload cannot be imported, because it is: %(outcome)s.") % words)


def held_by_another() -> str:
    """Return the sentence for whoever wants to import what another process imports."""
    return _("Another process imports this upload.")


def _import(signs: Signs, lease: str) -> Ended:
    run = ImportRun.objects.using(signs.using).select_related("user").get(pk=signs.key)
    report = Report(signs, lease, rows_of(run))
    with translation.override(run.options.get(LANGUAGE) or translation.get_language()):
        try:
            with report:
                result = _import_file(run, lease, report)
                if result.saved and run.user is not None:
                    log_import(result, run.user, KINDS[run.kind].kind.model)
        except Stopped as stopped:
            return _stopped(run, lease, stopped)
        except BaseException:
            log = traceback.format_exc()[-MAX_LOG:]
            if not _end(run, lease, Outcome.INTERRUPTED, log=log):
                # The rows are there, and what comes after them has failed.
                ImportRun.objects.filter(pk=run.pk).exclude(outcome=Outcome.RUNNING).update(log=log)
            raise
        finally:
            asked_by = signs.clear()
        if asked_by is not None:
            _note_too_late(run.pk, asked_by)
    return Ended(outcome=Outcome.IMPORTED if result.saved else Outcome.REFUSED, result=result)


def _import_file(run: ImportRun, lease: str, report: Report) -> ImportResult:
    resource = resource_of(run)
    resource.progress = report
    return resource.import_data(
        Upload(bytes(run.file)),
        rollback_on_validation_errors=not run.options.get("valid_only"),
        file_name=run.file_name,
        user=run.user,
        upload=run.pk,
        lease=lease,
    )


def resource_of(run: ImportRun) -> FileResource:
    """Return the resource that imports an upload with its options, for the user who has confirmed it."""
    arguments = choices.resource_kwargs(choices.choices_of(run), run.user)
    kind: type[FileResource] = KINDS[run.kind]
    if only := run.options.get("only"):
        kind = SelectedAssignmentResource
        arguments["selection"] = Selection.of(only)
    # A user who was deleted may change nothing any more.
    return kind.without(closed_to(run.user or AnonymousUser(), kind.kind.model))(**arguments)


def _stopped(run: ImportRun, lease: str, stopped: Stopped) -> Ended:
    if stopped.user is None:
        # Somebody else has ended the run, or runs it.
        return Ended(outcome=Outcome.INTERRUPTED)
    if _end(run, lease, Outcome.CANCELLED, cancelled_by=stopped.user):
        log_run(run, stopped.user, _("Import cancelled."))
    return Ended(outcome=Outcome.CANCELLED)


def _note_too_late(key: UUID, user: int) -> None:
    """Say on the page of a run that has ended who has wanted to cancel it since its last batch."""
    with transaction.atomic(using=ImportRun.objects.db):
        runs = ImportRun.objects.filter(pk=key).order_by()
        for notes in runs.select_for_update().values_list("notes", flat=True):
            runs.update(notes=[*notes, cancelled_too_late(user)])


def _end(run: ImportRun, lease: str, outcome: Outcome, **values: Any) -> bool:
    """End a run that has imported nothing. False if it is not ours any more."""
    return end_run(run.pk, outcome, lease=lease, **values)
