"""Uploads: a file that is too large is discarded while it arrives, before it fills memory or disk."""

import io

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from scheduling.imports.engine.files import MAX_BYTES


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
