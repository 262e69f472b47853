"""A look at the XML of a spreadsheet before anything is built from it.

A small file can unpack to a thousand times its size, one text can be referred to by a million cells, and two cells far
apart span a range that no memory holds. The XML is read as a stream, so that a file costs no memory until its size is
known. On the way, cells are noted that are not what their value says: errors, formulas that were never computed, and
numbers that are shown with zeros in front.
"""

from __future__ import annotations

import datetime
import functools
import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.texts import MAX_CELL_LENGTH

MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 100_000_000
# Cells with a value, characters of all of them, and the range from the first cell to the last one.
MAX_CELLS = 500_000
MAX_CHARACTERS = 20_000_000
MAX_AREA = 4_000_000
_CHUNK = 1 << 16
_XML = (".xml", ".rels")

Place = tuple[int, int]
"""Row and column, from 0."""

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII | re.IGNORECASE)
# A format that puts zeros, signs or other characters before or between the digits of a whole number.
_PADDED = re.compile(r"[^.;]*(?:00|[\"\\+()]|[0#]-)")


@dataclass
class Found:
    """What a survey has seen of one sheet."""

    cells: int = 0
    rows: int = 0
    columns: int = 0
    """How many rows and columns there are from the first to the last one with a value."""
    errors: dict[Place, str] = field(default_factory=dict)
    """What the cells with an error show."""
    uncomputed: set[Place] = field(default_factory=set)
    """The cells with a formula and no result."""
    padded: dict[Place, str] = field(default_factory=dict)
    """The formats of the cells whose number is shown in another way, in an XLSX file."""
    shown: dict[Place, str] = field(default_factory=dict)
    """What the cells show whose number is shown in another way, in an OpenDocument file."""
    durations: dict[Place, datetime.timedelta] = field(default_factory=dict)
    """The times in an OpenDocument file that are no time of day, such as 24:00 and 30:00."""
    hidden_rows: int = 0
    hidden_ranges: list[tuple[int, int]] = field(default_factory=list)
    """The first and the last column of each range of hidden columns."""

    @property
    def hidden_columns(self) -> list[int]:
        """The hidden columns of the table. Beyond it, people hide all that there are."""
        hidden = (range(first, min(last + 1, self.columns)) for first, last in self.hidden_ranges)
        return sorted({column for columns in hidden for column in columns})


class Survey:
    """Looks at the parts of one file. The limits hold for all of its sheets together."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Check the number of the entries and their size when unpacked. Raises FileError if there is too much."""
        self.archive = archive
        self.parts = {entry.filename.lstrip("/").casefold(): entry for entry in archive.infolist()}
        self.cells = self.characters = self.area = 0
        entries = archive.infolist()
        if len(self.parts) < len(entries):
            raise FileError(_("The spreadsheet cannot be read: %(reason)s.") % {"reason": _("it has a part twice")})
        if len(entries) > MAX_ENTRIES:
            raise too_much(_("it has %s parts") % _number(len(entries)))
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
            raise too_much(_("it unpacks to more than %s MB") % _number(MAX_UNPACKED_BYTES // 1_000_000))

    def check_parts(self) -> None:
        """Unpack every XML part once. Raises BadZipFile if one is larger than it says, or damaged."""
        for name, entry in self.parts.items():
            if name.endswith(_XML):
                with self.archive.open(entry) as stream:
                    while stream.read(_CHUNK):
                        pass

    def parse(self, name: str, start: Callable[..., None], end: Callable[..., None], text: Callable[..., None]) -> bool:
        """Call back for each element and text of a part, by local names. False if there is no such part."""
        entry = self.parts.get(name.lstrip("/").casefold())
        if entry is None:
            return False
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            with self.archive.open(entry) as stream:
                while chunk := stream.read(_CHUNK):
                    parser.Parse(chunk, False)
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise FileError(
                _("The spreadsheet cannot be read: %(reason)s.") % {"reason": f"{posixpath.basename(name)}: {error}"}
            ) from error
        return True

    def count(self, cells: int, characters: int) -> None:
        """Add to what all sheets have, as soon as it is known."""
        self.cells += cells
        self.characters += characters
        if self.cells > MAX_CELLS:
            raise too_much(_("it has more than %s cells with a value") % _number(MAX_CELLS))
        if self.characters > MAX_CHARACTERS:
            raise too_much(_("its texts have more than %s characters") % _number(MAX_CHARACTERS))

    def check_count(self, texts: int) -> None:
        """Refuse more different texts than there can be cells."""
        if texts > MAX_CELLS:
            raise too_much(_("it has more than %s texts") % _number(MAX_CELLS))

    def restart(self) -> None:
        """Count anew, for a sheet that is built without the others."""
        self.cells = self.characters = self.area = 0

    def check_area(self, found: Found) -> None:
        """Refuse a sheet whose first and last cells are too far apart to be one table."""
        self.area += found.rows * found.columns
        if self.area > MAX_AREA:
            last = f"{letters(found.columns - 1)}{found.rows}"
            raise too_much(_("its cells reach as far as %s; delete the ones that do not belong to the table") % last)


def too_much(reason: str) -> FileError:
    """Return the sentence for a spreadsheet that is beyond a limit."""
    return FileError(
        _("The spreadsheet is too large: %(reason)s. Save the sheet alone, or as CSV.") % {"reason": reason}
    )


def check_length(length: int) -> None:
    """Refuse a cell that is longer than a spreadsheet allows."""
    if length > MAX_CELL_LENGTH:
        raise too_much(_("a cell has more than %s characters") % _number(MAX_CELL_LENGTH))


def local(name: str) -> str:
    """Return a name without its prefix."""
    return name.rpartition(":")[2]


def _refuse_doctype(*args: Any) -> None:
    raise FileError(_("The spreadsheet cannot be read: %(reason)s.") % {"reason": "DOCTYPE"})


def place_of(reference: str) -> Place | None:
    """Return the place of a cell such as B7."""
    match = _REFERENCE.fullmatch(reference)
    return None if match is None else (int(match[2]) - 1, _column(match[1]))


@functools.lru_cache(maxsize=1000)
def _column(name: str) -> int:
    column = 0
    for letter in name.upper():
        column = column * 26 + ord(letter) - 64
    return column - 1


def is_padded(format_code: str) -> bool:
    """Whether a format shows more than the digits of a whole number."""
    return _PADDED.match(format_code) is not None


def letters(column: int) -> str:
    """Return the name of a column, from 0, as a spreadsheet shows it."""
    name = ""
    while column >= 0:
        column, letter = divmod(column, 26)
        name, column = chr(65 + letter) + name, column - 1
    return name


def _number(count: int) -> str:
    return number_format(count, force_grouping=True)
