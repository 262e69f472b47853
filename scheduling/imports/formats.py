"""The file formats of the import pages. Both look at the bytes, so a wrong choice in the form does no harm."""

from typing import Any

from import_export.formats.base_formats import Format

from scheduling.imports.engine.files import Upload


class _Readable(Format):
    """Keeps the bytes of a file. The resource reads them, because it knows what kind of file they should be."""

    def __init__(self, encoding: str | None = None) -> None:
        self.encoding = encoding

    def can_import(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> Upload:
        return Upload(in_stream)


class CSV(_Readable):
    def get_title(self) -> str:
        return "csv"

    def get_extension(self) -> str:
        return "csv"


class XLSX(_Readable):
    def get_title(self) -> str:
        return "xlsx"

    def get_extension(self) -> str:
        return "xlsx"
