"""The survey of an XLSX file."""

from __future__ import annotations

import posixpath
from typing import Any

from scheduling.imports.engine.survey import Found, Survey, check_length, is_padded, local, place_of

_TRUE = ("1", "true")
# Of hidden columns that are not beside each other, a table has far fewer.
_MAX_RANGES = 1000


class XlsxSurvey:
    """Looks at the parts of an XLSX file: where its sheets are, how its numbers are shown, how long its texts are."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.paths = self._paths_of_sheets()
        """The part of each sheet, by its name."""
        self.padded_styles = self._padded_styles()
        self.lengths = self._lengths_of_shared_strings()

    def sheet(self, name: str) -> Found:
        """Return what a sheet has. Raises FileError if that is too much: each sheet is built on its own."""
        self.survey.restart()
        reader = _Sheet(self)
        self.survey.parse(self.paths.get(name, ""), reader.start, reader.end, reader.text)
        self.survey.check_area(reader.found)
        return reader.found

    def has_cells(self, name: str) -> bool:
        """Whether a sheet has any cell with a value."""
        reader = _Sheet(self, only_first=True)
        try:
            self.survey.parse(self.paths.get(name, ""), reader.start, reader.end, reader.text)
        except _EnoughSeenError:
            return True
        return False

    def _paths_of_sheets(self) -> dict[str, str]:
        targets: dict[str, str] = {}
        sheets: dict[str, str] = {}

        def relation(name: str, attributes: dict[str, str]) -> None:
            if local(name) == "Relationship":
                targets[attributes.get("Id", "")] = attributes.get("Target", "")

        def sheet(name: str, attributes: dict[str, str]) -> None:
            if local(name) == "sheet":
                ids = [value for key, value in attributes.items() if local(key) == "id"]
                sheets[attributes.get("name", "")] = ids[0] if ids else ""

        self.survey.parse("xl/_rels/workbook.xml.rels", relation, _nothing, _nothing)
        self.survey.parse("xl/workbook.xml", sheet, _nothing, _nothing)
        return {name: _path(targets.get(id, "")) for name, id in sheets.items()}

    def _padded_styles(self) -> dict[str, str]:
        """Return the formats, by the place of their style, by which numbers are shown in another way."""
        padded: dict[str, str] = {}
        styles: list[str] = []
        inside: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            name = local(name)
            if name == "cellXfs":
                inside.append(name)
            elif name == "numFmt" and is_padded(attributes.get("formatCode", "")):
                padded[attributes.get("numFmtId", "")] = attributes["formatCode"][:100]
            elif name == "xf" and inside:
                styles.append(attributes.get("numFmtId", ""))

        def end(name: str) -> None:
            if local(name) == "cellXfs":
                inside.clear()

        self.survey.parse("xl/styles.xml", start, end, _nothing)
        return {str(place): padded[format_id] for place, format_id in enumerate(styles) if format_id in padded}

    def _lengths_of_shared_strings(self) -> list[int]:
        lengths: list[int] = []
        length = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal length
            if local(name) == "si":
                length = 0

        def end(name: str) -> None:
            if local(name) == "si":
                lengths.append(length)
                # Shared texts are built once even if no cell refers to them.
                self.survey.count(0, length)
                self.survey.check_count(len(lengths))

        def text(data: str) -> None:
            nonlocal length
            length += len(data)
            check_length(length)

        self.survey.parse("xl/sharedStrings.xml", start, end, text)
        return lengths


class _EnoughSeenError(Exception):
    """Ends a look at a sheet of which only its first cell is asked for."""


class _Sheet:
    """The handlers of one sheet's XML. A cell without a place of its own follows the one before."""

    def __init__(self, book: XlsxSurvey, *, only_first: bool = False) -> None:
        self.book = book
        self.only_first = only_first
        self.found = Found()
        self.row = self.column = -1
        self.kind = self.style = self.said = ""
        self.length = 0
        self.has_formula = self.has_value = self.in_value = False

    # These are called some five times for each cell, so the names that come most often are compared first.

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "v" or name == "t":
            self.in_value = True
            self.has_value = self.has_value or name == "v"
        elif name == "c":
            self._start_of_cell(attributes.get("r", ""))
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
        elif name == "row":
            number = _number(attributes.get("r", ""))
            self.row = number - 1 if number else self.row + 1
            self.column = -1
            self.found.hidden_rows += attributes.get("hidden") in _TRUE
        elif name == "f":
            self.has_formula = True
        elif name == "col" and attributes.get("hidden") in _TRUE:
            self._note_hidden(_number(attributes.get("min", "")), _number(attributes.get("max", "")))
        elif ":" in name:
            self.start(local(name), attributes)

    def text(self, data: str) -> None:
        if not self.in_value:
            return
        self.length += len(data)
        if self.length > len(data):
            check_length(self.length)
            self.said = (self.said + data)[:40]
        else:
            check_length(self.length)
            self.said = data[:40]

    def end(self, name: str) -> None:
        if name == "v" or name == "t":
            self.in_value = False
        elif name == "c":
            self._end_of_cell()
        elif ":" in name:
            self.end(local(name))

    def _start_of_cell(self, reference: str) -> None:
        place = place_of(reference) if reference else None
        self.row, self.column = place or (self.row, self.column + 1)
        self.said, self.length = "", 0
        self.has_formula = self.has_value = False

    def _end_of_cell(self) -> None:
        length = self.length
        if not length:
            # A computed text may be empty.
            if self.has_formula and not (self.kind == "str" and self.has_value):
                self.found.uncomputed.add((self.row, self.column))
                self._note_cell(0)
            return
        if self.kind == "s":
            index = int(self.said) if self.said.isdecimal() and length < 10 else -1
            length = self.book.lengths[index] if 0 <= index < len(self.book.lengths) else 0
        elif self.kind == "e":
            self.found.errors[self.row, self.column] = self.said
        elif self.kind == "n" and self.style in self.book.padded_styles:
            self.found.padded[self.row, self.column] = self.book.padded_styles[self.style]
        self._note_cell(length)

    def _note_hidden(self, first: int, last: int) -> None:
        if len(self.found.hidden_ranges) < _MAX_RANGES:
            self.found.hidden_ranges.append((first - 1, last - 1))

    def _note_cell(self, length: int) -> None:
        if self.only_first:
            raise _EnoughSeenError
        self.book.survey.count(1, length)
        found = self.found
        found.cells += 1
        if self.row >= found.rows:
            found.rows = self.row + 1
        if self.column >= found.columns:
            found.columns = self.column + 1


def _number(digits: str) -> int:
    return int(digits) if digits.isdecimal() and len(digits) < 8 else 0


def _path(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


def _nothing(*args: Any) -> None:
    """Stands where a part has nothing to tell."""
