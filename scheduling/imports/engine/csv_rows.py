"""The text of a CSV file to its rows.

Python's csv module drops a quote inside a quoted cell, and reads on to the end of the file where a quote is not closed.
People write 24" for inches, and forget quotes: here a quote that is not followed by a separator is a character like any
other, and a quoted cell that swallows what looks like rows is refused.
"""

import io
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from scheduling.exports.cells import unescape
from scheduling.imports.engine.headers import MAX_ROWS_ABOVE
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.texts import MAX_CELL_LENGTH

DELIMITERS = ",;\t|"
# How many lines at the start of a file are looked at for its delimiter.
_MAX_LINES, _MAX_CHARACTERS = MAX_ROWS_ABOVE, 100_000
# A line that only Excel writes, and does not count as a row.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[,;\t|]*(?:\r\n|\r|\n)', re.IGNORECASE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_TEXT_AS_FORMULA = re.compile(r'="([^"\r\n]*)"')
_SHAPE = re.compile(r"[0-9]")


def csv_rows(text: str, delimiter: str = "") -> Iterator[list[str]]:
    """Yield the rows, each a list of cells. Raises FileError where a quote is not closed."""
    said = _SEPARATOR_LINE.match(text)
    if said is not None:
        delimiter = said[1]
    delimiter = delimiter or delimiter_of(text)
    # Only these end a line; str.splitlines() also splits at characters inside of cells.
    # Not by io.StringIO, which takes four bytes for each character.
    lines = (found[0] for found in _LINE.finditer(text, said.end() if said else 0))
    width = 0
    for number, line in enumerate(lines, 1):
        if '"' in line:
            row = [
                _text_of_formula(cell) if cell.startswith("=") else cell
                for cell in _Quoted(line, lines, delimiter, number, width).cells()
            ]
        else:
            row = line.rstrip("\r\n").split(delimiter)
        width = max(width, len(row))
        yield [unescape(cell) if "'" in cell else cell for cell in row]


def _text_of_formula(cell: str) -> str:
    """Return the text in ="00102", by which programs keep a spreadsheet from making a number of it."""
    return match[1] if (match := _TEXT_AS_FORMULA.fullmatch(cell.rstrip())) else cell


def delimiter_of(text: str) -> str:
    """Return the delimiter of the header line: the one of , ; tab and | that appears most often outside quotes."""
    header = next((line for line in first_lines(text) if line.strip()), "")
    return max(DELIMITERS, key=_outside_quotes(header).count)


def first_lines(text: str) -> list[str]:
    """Return the first lines of a file, without one that names its separator."""
    said = _SEPARATOR_LINE.match(text)
    start = said.end() if said else 0
    stream = io.StringIO(text[start : start + _MAX_CHARACTERS], newline="")
    return [line.rstrip("\r\n") for line, _place in zip(stream, range(_MAX_LINES), strict=False)]


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


class _Quoted:
    """One row that has quotes, which may go on over several lines."""

    def __init__(self, line: str, following: Iterator[str], delimiter: str, number: int, width: int) -> None:
        self.line = line
        self.following = following
        self.delimiter = delimiter
        self.number = number
        """The number of the row, for sentences."""
        self.width = width
        """How many cells the rows before have."""
        self.found: list[str] = []

    def cells(self) -> list[str]:
        """Return the cells of the row."""
        at = 0
        while True:
            start = self._after_blanks(at)
            if self.line[start : start + 1] == '"':
                at, is_last = self._read_quoted(start + 1)
            else:
                at, is_last = self._read_plain(at)
            if is_last:
                return self.found

    def _after_blanks(self, at: int) -> int:
        while self.line[at : at + 1] == " ":
            at += 1
        return at

    def _read_plain(self, at: int) -> tuple[int, bool]:
        end = self.line.find(self.delimiter, at)
        if end == -1:
            self.found.append(self.line[at:].rstrip("\r\n"))
            return at, True
        self.found.append(self.line[at:end])
        return end + 1, False

    def _read_quoted(self, start: int) -> tuple[int, bool]:
        """Read a cell whose text begins at `start`. Returns where the next one begins, and whether there is none."""
        parts, at, is_bare = [], start, False
        breaks = length = 0
        while True:
            quote = self.line.find('"', at)
            if quote == -1:
                parts.append(self.line[at:])
                length += len(self.line)
                self.line, at = self._next_line(length), 0
                breaks += 1
                continue
            parts.append(self.line[at:quote])
            if self.line[quote + 1 : quote + 2] == '"':
                parts.append('"')
                at = quote + 2
                continue
            after = self._after_blanks(quote + 1)
            is_last = self.line[after : after + 1] in ("", "\r", "\n")
            if is_last or self.line.startswith(self.delimiter, after):
                self._append("".join(parts), swallows=breaks > 0 and (is_bare or self._has_rows("".join(parts))))
                return after + len(self.delimiter), is_last
            parts.append('"')
            at, is_bare = quote + 1, True

    def _next_line(self, length: int) -> str:
        line = next(self.following, None)
        if line is None or length > MAX_CELL_LENGTH:
            raise FileError(
                _("Row %(row)d has a quote that is not closed. Close it, or write the quote twice inside of quotes.")
                % {"row": self.number}
            )
        return line

    def _append(self, cell: str, *, swallows: bool) -> None:
        if swallows:
            raise FileError(
                _(
                    "Row %(row)d has a quote that seems not to be closed, because other rows follow in the same cell. "
                    "Close it, or write a quote that belongs to the text twice inside of quotes."
                )
                % {"row": self.number}
            )
        self.found.append(cell)

    def _has_rows(self, cell: str) -> bool:
        """Whether a line in a cell is as wide as the rows are, and its first cells look like those of this row."""
        before = len(self.found)
        return (
            self.width > 2
            and before > 1
            and any(
                line.count(self.delimiter) == self.width - 1
                and list(map(_shape, line.split(self.delimiter)[:before])) == list(map(_shape, self.found))
                for line in re.split(r"\r\n|\r|\n", cell)[1:]
            )
        )


def _shape(cell: str) -> tuple[bool, bool, bool]:
    return "@" in cell, _SHAPE.search(cell) is not None, not cell.strip()
