"""The file formats of the export page. They get values of any type, and turn them into text.

Text that a spreadsheet might compute is marked as the format allows: with an apostrophe in CSV, which has no types, and
with the type of the cell in XLSX, so that the cell shows what is stored. This includes a phone number +49-30-12, which
would be computed too. Numbers stay numbers, also negative ones.
"""

import csv
import datetime
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import tablib
from django.utils.translation import gettext
from import_export.formats.base_formats import Format
from xlsxwriter import Workbook

from scheduling.exports.cells import escape, is_formula

MAX_TEXT_LENGTH = 32_767  # of a cell in XLSX


class CSV(Format):
    """Comma-separated UTF-8, with the byte order mark by which spreadsheets recognise it."""

    def get_title(self) -> str:
        return "csv"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def can_export(self) -> bool:
        return True

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(dataset.headers)
        writer.writerows([_as_text(value) for value in row] for row in dataset)
        return text.getvalue().encode("utf-8-sig")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(value) if isinstance(value, str) else str(value)


class XLSX(Format):
    """A spreadsheet in which every cell has a type."""

    def get_title(self) -> str:
        return "xlsx"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def can_export(self) -> bool:
        return True

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        """Write one sheet. Raises ValueError, which the page shows, for a text that is too long for a cell."""
        file = io.BytesIO()
        with Workbook(file, {"in_memory": True}) as book:
            sheet = TypedSheet(book)
            sheet.write(0, dataset.headers)
            for number, row in enumerate(dataset, 1):
                sheet.write(number, row)
        return file.getvalue()


class TypedSheet:
    """A sheet of a workbook, written row by row."""

    def __init__(self, book: Workbook, title: str | None = None) -> None:
        self._sheet = book.add_worksheet(title)
        # As if somebody had typed an apostrophe first: the cell is still text after somebody has edited it.
        self._quoted = book.add_format({"quote_prefix": True})
        self._date = book.add_format({"num_format": "yyyy-mm-dd"})
        self._time = book.add_format({"num_format": "hh:mm"})

    def write(self, row: int, values: Iterable[Any]) -> None:
        for column, value in enumerate(values):
            self._write_cell(row, column, value)

    def _write_cell(self, row: int, column: int, value: Any) -> None:
        """Write a cell by its type. The library's own `write()` would guess formulas and links from the text."""
        if value is None:
            return
        if isinstance(value, bool):
            self._sheet.write_boolean(row, column, value)
        elif isinstance(value, (int, float, Decimal)):
            self._sheet.write_number(row, column, value)
        elif isinstance(value, datetime.date):
            self._sheet.write_datetime(row, column, value, self._date)
        elif isinstance(value, datetime.time):
            self._sheet.write_datetime(row, column, value, self._time)
        else:
            self._write_text(row, column, str(value))

    def _write_text(self, row: int, column: int, text: str) -> None:
        if len(text) > MAX_TEXT_LENGTH:
            raise ValueError(
                gettext("Row %(row)d has a text of more than %(most)d characters. Export it as CSV.")
                % {"row": row + 1, "most": MAX_TEXT_LENGTH}
            )
        self._sheet.write_string(row, column, text, self._quoted if is_formula(text) else None)
