"""Uploads: what is too large is discarded while it arrives; the rest waits in the database, for a day at most."""

import contextlib
import datetime
import io
import re
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils import timezone
from import_export.tmp_storages import BaseStorage, MediaStorage

from scheduling.imports.engine.files import MAX_BYTES
from scheduling.models import ImportRun
from scheduling.models.imports import digest_of

MAX_AGE = datetime.timedelta(days=1)
"""How long an upload waits for its confirmation."""


STORED_NAME = re.compile(r"[0-9a-f]{32}")
"""What an upload is called. The form that is confirmed names it, and anybody may write another form."""


class LimitedUploadHandler(FileUploadHandler):
    """Precedes the handlers that store a file. The form gets an empty file with the size that the upload had."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        # None hides the chunk from the handlers after this one. Reading continues, because a browser that is cut off
        # while it sends shows no response at all.
        return raw_data if start + len(raw_data) <= MAX_BYTES else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if file_size <= MAX_BYTES:
            return None
        return UploadedFile(io.BytesIO(), self.file_name, self.content_type, file_size, self.charset)


class UploadStorage(BaseStorage):
    """Where an upload waits for its confirmation: in its ImportRun, so that any web server can confirm it."""

    name: str | None

    def read(self) -> bytes:
        """Return the file; raise FileNotFoundError for a name that is no upload's, whatever the form says."""
        key = key_of(self.name)
        waiting = ImportRun.objects.filter(outcome__in=ImportRun.WAITING).order_by()
        file = waiting.filter(pk=key).values_list("file", flat=True).first() if key else None
        if not file:
            raise FileNotFoundError(self.name)
        return bytes(file)

    def remove(self) -> None:
        """Keep the file: the run has ended."""

    def delete_old(self, now: datetime.datetime | None = None) -> int:
        """Delete what nobody has confirmed within MAX_AGE of `now`; return how many uploads these were.

        Of a file that was refused, or whose import was stopped, the run stays with its errors, and the file goes.
        """
        before = (now or timezone.now()) - MAX_AGE
        old = ImportRun.objects.filter(created_at__lt=before)
        # Without `only`, Django would read their files first.
        deleted, _ = old.filter(outcome=ImportRun.Outcome.PREVIEWED).only("pk").delete()
        useless = (ImportRun.Outcome.REFUSED, *ImportRun.STOPPED)
        emptied = old.filter(outcome__in=useless).exclude(file=b"").update(file=b"")
        return deleted + emptied + _delete_old_files(before)


def keep_upload(file: UploadedFile, kind: str, user: Any, options: dict[str, Any]) -> ImportRun:
    """Keep a file as it was uploaded until it is confirmed, with what was chosen for it."""
    data = b"".join(file.chunks())
    return ImportRun.objects.create(
        kind=kind,
        outcome=ImportRun.Outcome.PREVIEWED,
        user=user,
        file_name=(file.name or "")[:255],
        file=data,
        digest=digest_of(data),
        options={name: value for name, value in options.items() if value},
    )


def key_of(name: str | None) -> UUID | None:
    """Return the key of the run that keeps an upload, or None for a text that names no upload."""
    return UUID(name) if name and STORED_NAME.fullmatch(name) else None


def _delete_old_files(before: datetime.datetime) -> int:
    """Delete the files that earlier versions kept in a folder of the host."""
    earlier: Any = MediaStorage()
    deleted = 0
    with contextlib.suppress(FileNotFoundError):
        for name in earlier._storage.listdir(earlier.MEDIA_FOLDER)[1]:
            path = f"{earlier.MEDIA_FOLDER}/{name}"
            with contextlib.suppress(FileNotFoundError):  # Somebody else has deleted it a moment ago.
                if earlier._storage.get_modified_time(path) < before:
                    earlier._storage.delete(path)
                    deleted += 1
    return deleted
