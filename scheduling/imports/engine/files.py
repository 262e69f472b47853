"""The bytes of a file to a table: CSV in any usual encoding and with any usual delimiter, and XLSX."""

import csv
import io
import itertools
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import python_calamine
import tablib
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from scheduling.exports.cells import unescape
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.values import is_blank

MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 200
# How large an XLSX file may be when it is unpacked. A malicious file unpacks to a thousand times its size.
MAX_UNPACKED_BYTES = 200_000_000

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|"


class Table(tablib.Dataset):
    """A dataset that knows at which rows of the file its own rows were."""

    def __init__(self, *rows: Sequence[Any], headers: Sequence[Any], numbers: Sequence[int]) -> None:
        super().__init__(*rows, headers=headers)
        self.row_numbers = numbers
        """As a spreadsheet counts: the header is row 1, and blank rows are counted although they are left out."""


def read_path(path: Path) -> Table:
    """Read a file. Raises FileError if it is missing, too large, or not a table."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileError(too_large(path.stat().st_size))
        return read_table(path.read_bytes())
    except OSError as error:
        raise FileError(
            _("Cannot read %(path)s: %(reason)s.") % {"path": path, "reason": error.strerror or error}
        ) from error


def read_table(data: bytes) -> Table:
    """Read the bytes of a CSV or XLSX file. The bytes show which of the two it is, so its name does not matter."""
    if len(data) > MAX_BYTES:
        raise FileError(too_large(len(data)))
    if data.startswith(_OLD_EXCEL):
        raise FileError(_("This is an old Excel file (.xls) or one with a password. Save it as .xlsx without one."))
    rows = _xlsx_rows(data) if data.startswith(_ZIP) else _csv_rows(decode(data))
    return _table(rows)


def decode(data: bytes) -> str:
    """Return the text of a CSV file: UTF-8 or UTF-16, with or without a byte order mark, or else Windows-1252."""
    encoding = next((encoding for bom, encoding in _BOMS if data.startswith(bom)), None)
    candidates = [encoding] if encoding else [*_utf_16_without_bom(data), "utf-8", "cp1252"]
    for candidate in candidates:
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise FileError(_("This is not a text file that can be read. Save it as CSV in UTF-8, or as XLSX."))


def _utf_16_without_bom(data: bytes) -> list[str]:
    """Return the UTF-16 encoding that the zero bytes point to: in mostly Latin text, every other byte is zero.

    The other encodings have no zero bytes, so the result is empty for them.
    """
    sample = data[:1000]
    if not sample.count(0):
        return []
    return ["utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"]


def delimiter_of(text: str) -> str:
    """Return the delimiter of the header line: the one of , ; tab and | that appears most often outside quotes."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    outside_quotes = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=outside_quotes.count)


def _csv_rows(text: str) -> Iterable[list[str]]:
    if "\0" in text:
        raise FileError(_("This is not a text file: it has bytes that no text has. Save it as CSV or XLSX."))
    delimiter, offset = delimiter_of(text), 0
    if text[:4].lower() == "sep=" and text[4:5] and text[5:6] in "\r\n":  # a line that only Excel writes
        delimiter = text[4]
        offset = text.index("\n") + 1
    reader = csv.reader(io.StringIO(text[offset:], newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield [unescape(cell) if "'" in cell else cell for cell in row]
    except csv.Error as error:
        raise FileError(
            _("Row %(row)d cannot be read: %(reason)s.") % {"row": reader.line_num, "reason": error}
        ) from error


def _xlsx_rows(data: bytes) -> Iterable[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise FileError(_("The spreadsheet unpacks to more than 200 MB. Save the sheet alone, or as CSV."))
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheet = next((name for name in book.sheet_names), None)
            if sheet is None:
                raise FileError(_("The spreadsheet has no sheet."))
            return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=MAX_ROWS * 2)
    except (zipfile.BadZipFile, python_calamine.CalamineError) as error:
        raise FileError(_("The spreadsheet cannot be read: %(reason)s.") % {"reason": error}) from error


def _table(rows: Iterable[Sequence[Any]]) -> Table:
    """Return the table. The first row that is not blank is the header, and blank rows are left out."""
    filled = ((number, row) for number, row in enumerate(rows, 1) if not all(map(is_blank, row)))
    first = next(filled, None)
    if first is None:
        raise FileError(_("The file is empty."))
    headers = _without_blank_end(first[1])
    if len(headers) > MAX_COLUMNS:
        raise FileError(
            _("The file has %(columns)d columns. At most %(most)d can be imported.")
            % {"columns": len(headers), "most": MAX_COLUMNS}
        )
    numbered = list(itertools.islice(filled, MAX_ROWS + 1))
    if len(numbered) > MAX_ROWS:
        raise FileError(
            _("The file has more than %(most)s rows. Split it into several files.")
            % {"most": number_format(MAX_ROWS, force_grouping=True)}
        )
    return Table(
        *(_as_wide(row, len(headers), number) for number, row in numbered),
        headers=headers,
        numbers=[number for number, row in numbered],
    )


def _without_blank_end(row: Sequence[Any]) -> list[Any]:
    cells = list(row)
    while cells and is_blank(cells[-1]):
        cells.pop()
    return cells


def _as_wide(row: Sequence[Any], width: int, number: int) -> Sequence[Any]:
    """Return the row with as many cells as the header. Some programs drop blank cells at the end of a row."""
    if len(row) == width:
        return row
    cells = _without_blank_end(row)
    if len(cells) > width:
        raise FileError(
            _(
                "Row %(row)d has %(cells)d cells, but the header has %(width)d. "
                "Put a value that contains the separator in double quotes."
            )
            % {"row": number, "cells": len(cells), "width": width}
        )
    return cells + [""] * (width - len(cells))


def too_large(size: int) -> str:
    """Return the sentence for a file of that many bytes."""
    words = {"size": number_format(size / 1e6, 1), "most": MAX_BYTES // 1_000_000}
    return _("The file has %(size)s MB. At most %(most)d MB can be imported; split it.") % words
