"""The record of an import: an ImportRun with the file, what came of it, and what each row was before."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from scheduling.imports.engine.changes import Packing, tracked_fields, values_of
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.engine.run import FileRun
from scheduling.models.imports import ImportRun, digest_of

MAX_PROBLEMS = 1000
"""A run of a refused file keeps this many errors. Their number is kept in full."""
READ_AS = "read_as"
"""The option of a run that says as which of our columns each header was read."""
Outcome = ImportRun.Outcome


class Recording:
    """Writes the run of one import. It begins when the import does."""

    def __init__(
        self,
        kind: str,
        data: bytes,
        *,
        using: str,
        file_name: str = "",
        user: Any = None,
        upload: UUID | None = None,
        lease: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """`upload` is the key of the run that an upload in the admin has already: its import ends it.

        With a `lease`, it is one that runs outside of a request. Only the process that holds it may end it.
        """
        self.kind = kind
        self.data = data
        self.file_name = file_name
        self.user = user if user is not None and user.pk else None
        self.upload = upload
        # Rows of a file that is refused as a whole can be imported, the valid ones alone.
        waiting: dict[str, Any] = {"outcome__in": ImportRun.WAITING}
        self._of_upload = {"outcome": Outcome.RUNNING, "lease": lease} if lease else waiting
        self.options = {name: value for name, value in (options or {}).items() if value}
        self.started = time.perf_counter()
        self.queries: Counter[str] = Counter()
        self._runs = ImportRun.objects.using(using)

    def imported(self, run: FileRun, result: ImportResult) -> None:
        """Record an import, in its transaction. Raises FileError if somebody else has imported the same upload."""
        changes = changes_of(run)
        # The statements that read and write the run are some of the import.
        queries = self.queries.total() + (1 if self.upload is None else 2)
        values = {**self._values(result, Outcome.IMPORTED), "changes": changes, "queries": queries}
        if self.upload is None:
            result.run = self._create(**values)
        elif not self._end_upload(values):
            raise FileError(_("This upload has been imported already. Upload the file again to import it again."))
        else:
            result.run = self.upload

    def refused(self, result: ImportResult) -> None:
        """Record that nothing was imported, after the transaction has been rolled back."""
        values = self._values(result, Outcome.REFUSED)
        if self.upload is None:
            result.run = self._create(**values)
        else:
            result.run = self.upload
            self._end_upload(values)

    def _end_upload(self, values: Mapping[str, Any]) -> bool:
        """Write what came of an upload into its run. False if it is not ours to end, which undoes an import."""
        runs = self._runs.filter(pk=self.upload) if self.upload is not None else self._runs.none()
        runs = runs.filter(**self._of_upload).order_by()
        # Inside the transaction of an import, this is no statement. The lock keeps everyone from cancelling it by now.
        with transaction.atomic(using=self._runs.db, savepoint=False):
            for stored, user in runs.select_for_update().values_list("options", "cancelled_by"):
                # It has some that no resource knows: for whom the rows are, and in which language.
                kept = {name: value for name, value in stored.items() if name != "valid_only"}
                ended = {**values, "options": {**kept, **values["options"]}, "lease": "", "cancelled_by": None}
                if user is not None:
                    ended["notes"] = [*values["notes"], cancelled_too_late(user)]
                return bool(runs.update(**ended))
        return False

    def previewed(self, result: ImportResult) -> None:
        """Tell the run of an upload what would come of it, and say in the result if the file was imported before."""
        if self.upload is None:
            return
        outcome = Outcome.REFUSED if result.failed else Outcome.PREVIEWED
        self._update_waiting(self.upload, {**self._values(result, outcome), "finished_at": None})
        result.notes += told_before(self.kind, self.data)

    def _update_waiting(self, key: UUID, values: Mapping[str, Any]) -> None:
        """Change the run of an upload that is not imported yet. What was chosen for it since stays chosen."""
        with transaction.atomic(using=self._runs.db):
            waiting = self._runs.select_for_update().filter(pk=key, outcome__in=ImportRun.WAITING).order_by()
            for options in waiting.values_list("options", flat=True):
                self._runs.filter(pk=key).update(
                    **{**values, "options": {**options, READ_AS: values["options"][READ_AS]}}
                )

    def _create(self, **values: Any) -> UUID:
        run = self._runs.create(
            kind=self.kind,
            user=self.user,
            file_name=self.file_name[:255],
            file=self.data,
            digest=digest_of(self.data),
            **values,
        )
        return run.pk

    def _values(self, result: ImportResult, outcome: Outcome) -> dict[str, Any]:
        new, updated = result.new, result.updated
        # Of a file that is refused the rows that are right are left out too.
        skipped = new + updated if outcome is Outcome.REFUSED else 0
        # Of the rows that were left out each is kept with its reason, to be downloaded.
        limit = None if outcome is Outcome.IMPORTED else MAX_PROBLEMS
        return {
            "outcome": outcome,
            "options": {**self.options, READ_AS: result.mapping},
            "new": new if not skipped else 0,
            "updated": updated if not skipped else 0,
            "unchanged": result.unchanged,
            "skipped": skipped,
            "refused": result.refused,
            "queries": self.queries.total(),
            "seconds": time.perf_counter() - self.started,
            "lookups": dict(result.lookups),
            "notes": [*result.sentences, *result.notes, *result.warning_notes],
            "problems": [[one.row, one.column, one.value, one.reason] for one in result.problems[:limit]],
            "finished_at": timezone.now(),
        }


def cancelled_too_late(user: Any) -> str:
    """Return the sentence about the user with this key, who has cancelled an import that has ended otherwise."""
    name = get_user_model()._default_manager.filter(pk=user).values_list("username", flat=True).first()
    return _("%(user)s cancelled this import too late: it could not be stopped any more.") % {"user": name}


def told_before(kind: str, data: bytes) -> list[str]:
    """Return a sentence if the same content was imported before and is not undone. One query."""
    same = ImportRun.objects.filter(kind=kind, digest=digest_of(data), outcome__in=ImportRun.IN_PLACE)
    last = same.exclude(digest="").order_by("-finished_at").values_list("finished_at", "user__username").first()
    if last is None or last[0] is None:
        return []
    words = {"moment": date_format(timezone.localtime(last[0]), "SHORT_DATETIME_FORMAT"), "user": last[1]}
    if last[1] is None:
        return [_("The same file was imported on %(moment)s.") % words]
    return [_("The same file was imported on %(moment)s by %(user)s.") % words]


def changes_of(run: FileRun) -> bytes:
    """Return what a run has written, and what each row was before, as it is stored. No query per row.

    Rows of other models that were created besides cost a query for each model.
    """
    fields = tracked_fields(run.kind.model)
    changed, after = run.after.table(fields)
    before = values_of([run.before[pk] for pk in changed], fields)
    written = {*run.created.pks, *changed} if run.related else set()
    return Packing(
        created=run.created.table(fields),
        before=(changed, {name: old for name, old in before.items() if old != after[name]}),
        after=(changed, after),
        related={name: {pk: rows[pk] for pk in rows if pk in written} for name, rows in run.related.items()},
        besides={other._meta.label: _stored(other, pks, run.using) for other, pks in run.besides.created.items()},
    ).packed()


def _stored(model: type[models.Model], pks: list[Any], using: str) -> tuple[list[Any], dict[str, list[Any]]]:
    rows = list(model._default_manager.using(using).filter(pk__in=pks).order_by("pk"))
    return [row.pk for row in rows], values_of([row.__dict__ for row in rows], tracked_fields(model))
