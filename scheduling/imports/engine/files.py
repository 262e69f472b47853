"""The bytes of a file to a table: CSV in any usual encoding and with any usual delimiter, XLSX and ODS."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tablib
from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from scheduling.imports.engine.csv_rows import DELIMITERS, csv_rows, delimiter_of, first_lines
from scheduling.imports.engine.encodings import decode, encoding_of
from scheduling.imports.engine.headers import MAX_ROWS_ABOVE, KnownHeaders
from scheduling.imports.engine.problems import FileError, listed, shown
from scheduling.imports.engine.survey import letters
from scheduling.imports.engine.tables import CellsByColumn, Table
from scheduling.imports.engine.texts import is_blank
from scheduling.imports.engine.workbooks import workbook_rows

MAX_BYTES = 1_000_000 * getattr(settings, "IMPORT_MAX_MB", 50)
MAX_ROWS = getattr(settings, "IMPORT_MAX_ROWS", 200_000)
MAX_COLUMNS = 200
# Of the rows that are kept. A spreadsheet is bounded by its survey before.
MAX_CELLS = 10 * MAX_ROWS
_MAX_NUMBERS_SAID = 10

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"

NumberedRow = tuple[int, Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What the user says about a file. Empty: what the file shows."""

    encoding: str = ""
    sheet: str = ""


class Upload(tablib.Dataset):
    """The bytes of a file, which are read once it is known what kind of file they should be."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data
        self._tables: list[tuple[KnownHeaders, ReadOptions | None, Table]] = []

    def table(self, known: KnownHeaders, options: ReadOptions | None = None) -> Table:
        """Return the same as `read_table`, which reads a file for seconds; but it is read in the same way only once.

        Nobody may change the table. Raises FileError if there is none.
        """
        for *how, table in self._tables:
            if how == [known, options]:
                return table
        self._tables.append((known, options, read_table(self.data, known, options)))
        return self._tables[-1][-1]

    def __len__(self) -> int:
        return len(self.data)


def read_path(path: Path, known: KnownHeaders | None = None, options: ReadOptions | None = None) -> Table:
    """Read a file. Raises FileError if it is missing, too large, or not a table."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileError(too_large(path.stat().st_size))
        return read_table(path.read_bytes(), known, options)
    except OSError as error:
        raise FileError(
            _("Cannot read %(path)s: %(reason)s.") % {"path": path, "reason": error.strerror or error}
        ) from error


def read_table(data: bytes, known: KnownHeaders | None = None, options: ReadOptions | None = None) -> Table:
    """Read the bytes of a file. They show of which format it is, so its name does not matter.

    With the headers of its kind, the table is found below titles, beside sheets of instructions, and whatever the
    delimiter. Without them, the first row that is not blank is the header.
    """
    table = _read_table(data, known, options or ReadOptions())
    table.data = data
    return table


def _read_table(data: bytes, known: KnownHeaders | None, options: ReadOptions) -> Table:
    if len(data) > MAX_BYTES:
        raise FileError(too_large(len(data)))
    if data.startswith(_OLD_EXCEL):
        raise FileError(_("This is an old Excel file (.xls) or one with a password. Save it as .xlsx without one."))
    if data.startswith(_ZIP):
        rows, notes, sheet = workbook_rows(data, options.sheet, known)
        table = _table(rows, known, notes, is_spreadsheet=True)
        table.reading["sheet"] = sheet
        return table
    if options.sheet.strip():
        raise FileError(_("This is a text file, which has no sheets. Leave the sheet '%s' out.") % shown(options.sheet))
    text, notes = decode(data, options.encoding)
    if "\0" in text:
        raise FileError(_("This is not a text file: it has bytes that no text has. Save it as CSV or XLSX."))
    table = _table(csv_rows(text, _delimiter(text, known)), known, notes)
    table.reading["encoding"] = options.encoding or encoding_of(data)
    return table


def _delimiter(text: str, known: KnownHeaders | None) -> str:
    """Return the delimiter by which the first lines name most columns. Empty: the header line shows it."""
    if known is None:
        return ""
    lines = first_lines(text)

    def named(delimiter: str) -> int:
        rows = ([cell.strip(' "') for cell in line.split(delimiter)] for line in lines)
        return max((len(known.columns(row)) for row in rows), default=0)

    counts = {delimiter: named(delimiter) for delimiter in DELIMITERS}
    best = max(counts.values())
    chosen = [delimiter for delimiter, count in counts.items() if count == best]
    # In a file of one column, each of them leaves the header as it is.
    return chosen[0] if best > 1 or len(chosen) == 1 else delimiter_of(text)


def _table(
    rows: Iterable[Sequence[Any]], known: KnownHeaders | None, notes: list[str], *, is_spreadsheet: bool = False
) -> Table:
    """Return the table below the header. Blank rows are left out."""
    filled = ((number, row) for number, row in enumerate(rows, 1) if not is_blank_row(row))
    above, (__, header), rest = _header(filled, known)
    headers = _without_blank_end(header)
    if len(headers) > MAX_COLUMNS:
        raise FileError(
            _("The file has %(columns)d columns. At most %(most)d can be imported.")
            % {"columns": len(headers), "most": MAX_COLUMNS}
        )
    most = max(1, min(MAX_ROWS, MAX_CELLS // max(1, len(headers))))
    columns = CellsByColumn(len(headers))
    for number, row in rest:
        columns.add(number, _as_wide(row, len(headers), number, is_spreadsheet=is_spreadsheet))
        if len(columns) > most:
            raise FileError(
                _("The file has more than %(most)s rows. Split it into several files.")
                % {"most": number_format(most, force_grouping=True)}
            )
    columns.complete()
    return Table(
        headers=headers,
        numbers=columns.numbers,
        notes=[*notes, *_rows_above(above), *_columns_without_header(headers, columns)],
        columns=columns.cells,
    )


def _header(
    filled: Iterator[NumberedRow], known: KnownHeaders | None
) -> tuple[list[NumberedRow], NumberedRow, Iterator[NumberedRow]]:
    """Return the rows above the header, the header, and the rows below it."""
    first = list(itertools.islice(filled, 1 if known is None else MAX_ROWS_ABOVE))
    if not first:
        raise FileError(_("The file is empty."))
    place = 0 if known is None else known.place_of_header([row for number, row in first])
    return first[:place], first[place], itertools.chain(first[place + 1 :], filled)


def is_blank_row(row: Sequence[Any]) -> bool:
    """Whether no cell of a row has a value."""
    return all(map(is_blank, row)) if any(row) else all(cell == "" or is_blank(cell) for cell in row)


def _rows_above(above: Sequence[NumberedRow]) -> Iterator[str]:
    if above:
        numbers = _numbers_of(above)
        said = listed((shown(next(cell for cell in row if not is_blank(cell)), 40) for number, row in above), limit=5)
        yield _("Left out above the header: %(said)s (row %(numbers)s).") % {"said": said, "numbers": numbers}


def _numbers_of(rows: Sequence[NumberedRow]) -> str:
    numbers = [str(number) for number, row in rows]
    return ", ".join(numbers) if len(numbers) <= _MAX_NUMBERS_SAID else f"{numbers[0]}–{numbers[-1]}"


def _columns_without_header(headers: Sequence[Any], columns: CellsByColumn) -> Iterator[str]:
    for place, header in enumerate(headers):
        if is_blank(header):
            numbered = zip(columns.numbers, columns.cells[place], strict=True)
            first = next((number for number, cell in numbered if not is_blank(cell)), None)
            if first is not None:
                text = _("Column %(column)d was left out, because it has no header; row %(row)d has a value in it.")
                yield text % {"column": place + 1, "row": first}


def _without_blank_end(row: Sequence[Any]) -> list[Any]:
    cells = list(row)
    while cells and is_blank(cells[-1]):
        cells.pop()
    return cells


def _as_wide(row: Sequence[Any], width: int, number: int, *, is_spreadsheet: bool) -> Sequence[Any]:
    """Return the row with as many cells as the header. Some programs drop blank cells at the end of a row."""
    if len(row) == width:
        return row
    cells = _without_blank_end(row)
    if len(cells) > width:
        raise FileError(_beside_the_table(cells, width, number) if is_spreadsheet else _too_wide(cells, width, number))
    return cells + [""] * (width - len(cells))


def _too_wide(cells: Sequence[Any], width: int, number: int) -> str:
    text = _(
        "Row %(row)d has %(cells)d cells, but the header has %(width)d. "
        "Put a value that contains the separator in double quotes."
    )
    return text % {"row": number, "cells": len(cells), "width": width}


def _beside_the_table(cells: Sequence[Any], width: int, number: int) -> str:
    place = next(place for place, cell in enumerate(cells) if place >= width and not is_blank(cell))
    text = _(
        "Row %(row)d has '%(value)s' in column %(column)s, which has no header. Give the column a "
        "header, or clear the cell."
    )
    return text % {"row": number, "value": shown(cells[place], 40), "column": letters(place)}


def too_large(size: int) -> str:
    """Return the sentence for a file of that many bytes."""
    words = {"size": number_format(size / 1e6, 1), "most": MAX_BYTES // 1_000_000}
    return _("The file has %(size)s MB. At most %(most)d MB can be imported; split it.") % words
