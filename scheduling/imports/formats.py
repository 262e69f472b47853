"""The file format of the import pages: any that can be read, because the bytes show which one it is."""

from typing import Any

from import_export.formats.base_formats import Format

from scheduling.imports.engine.files import Upload


class AnyFormat(Format):
    """Keeps the bytes of a file. The resource reads them, because it knows what kind of file they should be."""

    def __init__(self, encoding: str | None = None) -> None:
        self.encoding = encoding

    def get_title(self) -> str:
        return "CSV, XLSX, ODS"

    def can_import(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> Upload:
        return Upload(in_stream)
