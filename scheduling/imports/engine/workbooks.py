"""The bytes of a spreadsheet (XLSX or ODS) to the rows of one of its sheets.

The values are python-calamine's. A survey of the XML goes before it, which bounds what it builds, and tells which cells
have an error or no result: to calamine, they are as empty as those without a value.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import python_calamine
from django.utils.translation import gettext as _

from scheduling.imports.engine.headers import MAX_ROWS_ABOVE, KnownHeaders
from scheduling.imports.engine.problems import FileError, listed, shown
from scheduling.imports.engine.survey import Found, Survey, letters
from scheduling.imports.engine.survey_ods import OdsSurvey
from scheduling.imports.engine.survey_xlsx import XlsxSurvey
from scheduling.imports.engine.texts import ShownNumber, Unreadable

_XLSX_PART, _ODS_PART = "xl/workbook.xml", "content.xml"

Row = Sequence[Any]


def workbook_rows(data: bytes, sheet: str, known: KnownHeaders | None) -> tuple[Iterator[Row], list[str], str]:
    """Return the rows of a sheet from its first row on, sentences about the sheets that are left out, and its name.

    Without a name, it is the first visible sheet with headers that are known, or else the first one with cells.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            survey = Survey(archive)
            survey.check_parts()
            look = _survey_of(survey)
            # The sheets of an ODS file are all built when it is opened, those of an XLSX file when they are asked for.
            with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
                return _Workbook(book, look).rows(sheet.strip(), known)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zipfile.LargeZipFile) as error:
        # RuntimeError: a part with a password. NotImplementedError: a way to pack that Python does not know.
        raise FileError(_("The spreadsheet cannot be read: %(reason)s.") % {"reason": error}) from error
    except (python_calamine.CalamineError, ValueError, OSError, zlib.error) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(_("The spreadsheet cannot be read: %(reason)s.") % {"reason": error}) from error


def _survey_of(survey: Survey) -> XlsxSurvey | OdsSurvey:
    """Return the survey for the format of the file. A file that is of several formats at once is refused."""
    is_xlsx, is_ods = _XLSX_PART in survey.parts, _ODS_PART in survey.parts
    if is_xlsx == is_ods or "xl/workbook.bin" in survey.parts:
        raise FileError(_("This is not a spreadsheet that can be read. Save it as XLSX or CSV."))
    return XlsxSurvey(survey) if is_xlsx else OdsSurvey(survey)


class _Workbook:
    """An open workbook, and the choice of one of its sheets."""

    def __init__(self, book: python_calamine.CalamineWorkbook, look: XlsxSurvey | OdsSurvey) -> None:
        self.book = book
        self.look = look
        metas = book.sheets_metadata
        self.sheets = [meta.name for meta in metas if meta.typ == python_calamine.SheetTypeEnum.WorkSheet]
        self.hidden = {meta.name for meta in metas if meta.visible != python_calamine.SheetVisibleEnum.Visible}

    def rows(self, wanted: str, known: KnownHeaders | None) -> tuple[Iterator[Row], list[str], str]:
        if wanted:
            name = self._named(wanted)
            found = self.look.sheet(name)
        else:
            name, found = self._first_that_fits(known)
        return self._rows_of(name, found), [*self._left_out(name), *_hidden_parts(found)], name

    def _named(self, wanted: str) -> str:
        by_name = {name.strip().casefold(): name for name in self.sheets} | {name: name for name in self.sheets}
        name = by_name.get(wanted) or by_name.get(wanted.casefold())
        if name is None:
            words = {"sheet": shown(wanted), "sheets": listed(map(shown, self.sheets), limit=20)}
            raise FileError(_("There is no sheet '%(sheet)s'. The file has %(sheets)s.") % words)
        return name

    def _first_that_fits(self, known: KnownHeaders | None) -> tuple[str, Found]:
        first: tuple[str, Found] | None = None
        for name in self.sheets:
            if name in self.hidden or not self.look.has_cells(name):
                continue
            found = self.look.sheet(name)
            if known is None or known.has_header(islice(self._rows_of(name, found), MAX_ROWS_ABOVE)):
                return name, found
            first = first or (name, found)
        if first is None:
            self._refuse_empty()
        return first  # type: ignore[return-value]

    def _refuse_empty(self) -> None:
        hidden = [shown(name) for name in self.sheets if name in self.hidden and self.look.has_cells(name)]
        if not hidden:
            raise FileError(_("The file is empty."))
        text = _("The visible sheets are empty. Say the sheet if a hidden one is meant: %(sheets)s.")
        raise FileError(text % {"sheets": listed(hidden, _("or"))})

    def _left_out(self, read: str) -> list[str]:
        """Return a sentence about the other sheets that have cells, so that nobody believes they were imported."""
        others = [name for name in self.sheets if name != read and self.look.has_cells(name)]
        if not others:
            return []
        visible = [shown(name) for name in others if name not in self.hidden]
        hidden = [_("%(sheet)s (hidden)") % {"sheet": shown(name)} for name in others if name in self.hidden]
        text = _("The sheet '%(sheet)s' was read. Not read: %(others)s. Say the sheet if another one is meant.")
        return [text % {"sheet": shown(read), "others": listed([*visible, *hidden], limit=20)}]

    def _rows_of(self, name: str, found: Found) -> Iterator[Row]:
        """Yield the rows from the first one of the sheet on, with what calamine does not tell put in its place."""
        try:
            sheet = self.book.get_sheet_by_name(name)
        except python_calamine.CalamineError as error:
            _refuse_unknown_error(name, found, str(error))
            raise
        before = [""] * (sheet.start[1] if sheet.start else 0)
        odd = _odd_cells(found)
        if not sheet.start:
            return iter([_with_odd([], odd[row]) if row in odd else [] for row in range(found.rows)])
        return _rows(sheet.iter_rows(), before, odd, found.rows)


def _refuse_unknown_error(sheet: str, found: Found, said: str) -> None:
    """Raise FileError that names the cell, if calamine cannot read a sheet for an error that it does not know."""
    for (row, column), error in found.errors.items():
        if error in said:
            text = _(
                "The sheet '%(sheet)s' cannot be read, because the spreadsheet could not compute the cell %(cell)s "
                "(%(error)s). Write the value itself, or clear the cell."
            )
            raise FileError(text % {"sheet": shown(sheet), "cell": f"{letters(column)}{row + 1}", "error": error})


def _rows(rows: Iterator[list[Any]], before: list[str], odd: dict[int, dict[int, Any]], size: int) -> Iterator[Row]:
    number = -1
    for number, cells in enumerate(rows):
        row = before + cells if before else cells
        yield _with_odd(row, odd[number]) if number in odd else row
    for below in range(number + 1, size):
        yield _with_odd([], odd.get(below, {}))


class _HowShown(NamedTuple):
    """Stands for a number that stays as it is, but is shown in another way: by a format, or as the file says."""

    format_code: str = ""
    said: str = ""


def _odd_cells(found: Found) -> dict[int, dict[int, Any]]:
    """Return what to put in the place of cells, by row and column."""
    odd: dict[int, dict[int, Any]] = {}
    failed = _("The spreadsheet could not compute this. Write the value itself.")
    for (row, column), said in found.errors.items():
        odd.setdefault(row, {})[column] = Unreadable(said, failed)
    waiting = _(
        "This formula has no result yet. Open the file in a spreadsheet and save it, or write the value itself."
    )
    for row, column in found.uncomputed:
        odd.setdefault(row, {})[column] = Unreadable(_("a formula"), waiting)
    for (row, column), format_code in found.padded.items():
        odd.setdefault(row, {})[column] = _HowShown(format_code=format_code)
    for (row, column), said in found.shown.items():
        odd.setdefault(row, {})[column] = _HowShown(said=said)
    for (row, column), duration in found.durations.items():
        odd.setdefault(row, {})[column] = duration
    return odd


def _with_odd(row: list[Any], odd: dict[int, Any]) -> list[Any]:
    row = row + [""] * (max(odd, default=-1) + 1 - len(row))
    for column, value in odd.items():
        if not isinstance(value, _HowShown):
            row[column] = value
        elif isinstance(row[column], (int, float)) and not isinstance(row[column], bool):
            row[column] = ShownNumber(row[column])
            row[column].format_code, row[column].said = value
    return row


def _hidden_parts(found: Found) -> Iterator[str]:
    if found.hidden_rows:
        yield _("The hidden rows of the sheet were read as well (%(count)d).") % {"count": found.hidden_rows}
    if columns := found.hidden_columns:
        named = listed(map(letters, columns))
        yield _("The hidden columns of the sheet were read as well: %(columns)s.") % {"columns": named}
