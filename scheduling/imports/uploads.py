"""Uploads: a file that is too large is discarded while it arrives, and one that nobody confirmed goes after a day."""

import contextlib
import datetime
import io
import re
from typing import Any

from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.utils import timezone
from import_export.tmp_storages import MediaStorage

from scheduling.imports.engine.files import MAX_BYTES

MAX_AGE = datetime.timedelta(days=1)
"""How long an upload waits for its confirmation."""


STORED_NAME = re.compile(r"[0-9a-f]{32}")
"""What `MediaStorage` calls an upload. The form that is confirmed names it, and anybody may write another form."""


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


class UploadStorage(MediaStorage):
    """Where an upload waits for its confirmation: with the other uploads, under a name of 32 random digits."""

    _storage: Storage

    def read(self) -> Any:
        """Return the file; raise FileNotFoundError for a name that is no upload's, whatever the form says."""
        if not STORED_NAME.fullmatch(self.name):
            raise FileNotFoundError(self.name)
        return super().read()

    def delete_old(self, now: datetime.datetime | None = None) -> int:
        """Delete the uploads that are older than MAX_AGE at `now`; return how many these were."""
        before = (now or timezone.now()) - MAX_AGE
        deleted = 0
        # The folder is made by the first upload.
        with contextlib.suppress(FileNotFoundError):
            for name in self._storage.listdir(self.MEDIA_FOLDER)[1]:
                deleted += self._delete_if_older(f"{self.MEDIA_FOLDER}/{name}", before)
        return deleted

    def _delete_if_older(self, path: str, before: datetime.datetime) -> bool:
        try:
            if self._storage.get_modified_time(path) >= before:
                return False
        except FileNotFoundError:  # It was confirmed, or deleted by somebody else's upload, a moment ago.
            return False
        self._storage.delete(path)
        return True
