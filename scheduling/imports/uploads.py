"""Uploads: what is too large is thrown away while it arrives, before it fills memory or disk."""

import io

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from scheduling.imports.engine.files import MAX_BYTES


class LimitedUploadHandler(FileUploadHandler):
    """Stands before the handlers that keep a file. The form is given an empty one that says how large it was."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        # None: no handler after this one sees the chunk. Reading goes on, since a browser that is cut off while it
        # sends shows no answer at all.
        return raw_data if start + len(raw_data) <= MAX_BYTES else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if file_size <= MAX_BYTES:
            return None
        return UploadedFile(io.BytesIO(), self.file_name, self.content_type, file_size, self.charset)
