"""Imports of files: what was uploaded, by whom, what came of it, what the rows were before, and what was chosen."""

from __future__ import annotations

import hashlib
import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    """One import of one file, from its upload on; or the undo of an earlier one.

    An upload in the admin is a run that waits for its confirmation, at whichever web server that arrives. The row of an
    import is written in the transaction of its rows: there is no import without its run. While it runs outside of a
    request, `lease` says which process may end it: nobody else's transaction can make it imported.
    """

    class Outcome(models.TextChoices):
        PREVIEWED = "previewed", _("not confirmed")
        REFUSED = "refused", _("refused")
        IMPORTED = "imported", _("imported")
        PARTLY_UNDONE = "partly_undone", _("partly undone")
        UNDONE = "undone", _("undone")
        UNDO = "undo", _("undo of an import")
        RUNNING = "running", _("running")
        INTERRUPTED = "interrupted", _("interrupted, nothing was imported")
        CANCELLED = "cancelled", _("cancelled, nothing was imported")

    # Not a number: it is part of the form that confirms an upload, so nobody should be able to guess it.
    id = models.UUIDField(_("run"), primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=32)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    created_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    file_name = models.CharField(_("file name"), max_length=255, blank=True)
    file = models.BinaryField(_("file"), blank=True, default=b"")
    digest = models.CharField(_("digest"), max_length=64, blank=True, help_text=_("SHA-256 of the file."))
    options = models.JSONField(_("options"), default=dict, blank=True)
    new = models.PositiveIntegerField(_("new"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    deleted = models.PositiveIntegerField(_("deleted"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    skipped = models.PositiveIntegerField(_("left out"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    queries = models.PositiveIntegerField(_("queries"), default=0)
    seconds = models.FloatField(_("seconds"), default=0)
    lookups = models.JSONField(_("look-ups"), default=dict, blank=True)
    notes = models.JSONField(_("notes"), default=list, blank=True)
    problems = models.JSONField(_("errors"), default=list, blank=True)
    changes = models.BinaryField(_("changes"), blank=True, default=b"")
    undoes = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="undos", verbose_name=_("undo of")
    )
    # Of an import outside of a request.
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    lease = models.CharField(_("lease"), max_length=32, blank=True, default="")
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    progress = models.JSONField(_("progress"), default=dict, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cancelled by"),
    )
    log = models.TextField(_("log"), blank=True, default="")

    WAITING: ClassVar = (Outcome.PREVIEWED, Outcome.REFUSED)
    IN_PLACE: ClassVar = (Outcome.IMPORTED, Outcome.PARTLY_UNDONE)
    """The outcomes of runs whose rows, or some of them, are in the database."""
    STOPPED: ClassVar = (Outcome.INTERRUPTED, Outcome.CANCELLED)
    """The outcomes of runs that have imported nothing and can be started again, as long as they have their file."""

    class Meta:
        ordering = ["-created_at", "id"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        # Who may import files of a kind sees their runs. There are no permissions besides.
        default_permissions = ()
        indexes = [
            models.Index(fields=["-created_at"], name="import_run_by_age"),
            models.Index(fields=["digest"], name="import_run_by_digest"),
        ]

    def __str__(self) -> str:
        return self.file_name or str(self.id)


class ImportChoices(models.Model):
    """What a user has chosen for files of a kind with certain headers, so that the next such file is read like it.

    A preference and nothing else: no run needs it, and it goes with the user.
    """

    MAX_FORMS: ClassVar = 50
    """How many forms of a kind are remembered for a user: those that were used last."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    kind = models.CharField(_("kind"), max_length=32)
    form = models.CharField(_("form"), max_length=64, help_text=_("SHA-256 of the headers of the file."))
    options = models.JSONField(_("options"), default=dict, blank=True)
    chosen_at = models.DateTimeField(_("chosen at"), default=timezone.now)

    class Meta:
        ordering = ["-chosen_at", "-id"]
        verbose_name = _("choices for an import")
        verbose_name_plural = _("choices for imports")
        # Each user has only those of their own, on the pages of the import.
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "kind", "form"], name="import_choices_once_a_form")]

    def __str__(self) -> str:
        return f"{self.kind} {self.form[:8]}"


def digest_of(data: bytes) -> str:
    """Return the SHA-256 of a file, by which the same content is noticed when it comes again. Empty without a file."""
    return hashlib.sha256(data).hexdigest() if data else ""
