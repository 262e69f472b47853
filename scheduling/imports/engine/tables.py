"""A table that is kept column by column: as rows, its cells would take three times the memory."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, overload

import tablib
from tablib.core import Row

_ROWS_AT_ONCE = 1000
# Of a column in which every text is another one, none is met again.
_MAX_KNOWN = 10_000


class Table(tablib.Dataset):
    """A dataset that knows at which rows of the file its own rows were."""

    def __init__(
        self,
        *rows: Sequence[Any],
        headers: Sequence[Any],
        numbers: Sequence[int],
        notes: Sequence[str] = (),
        columns: list[list[Any]] | None = None,
    ) -> None:
        """Take the rows, or the columns in the place of them."""
        super().__init__(headers=headers)
        self.columns = columns if columns is not None else [list(column) for column in zip(*rows, strict=True)]
        """The cells of each column."""
        self._data = RowsOfColumns(self.columns, len(numbers))
        self.row_numbers = numbers
        """As a spreadsheet counts: the first row is row 1, and blank rows are counted although they are left out."""
        self.notes = list(notes)
        """Sentences about what was guessed or left out when the file was read."""
        self.data = b""
        """The file as it was uploaded."""
        self.reading: dict[str, str] = {}
        """What the bytes have shown: the sheet of a spreadsheet, or the encoding of a text."""

    def append_col(self, col: Sequence[Any], header: str | None = None) -> None:
        """Add a column on the right, in place: tablib would change row by row."""
        self.columns.append(list(col))
        known: list[Any] = getattr(self, "headers", None) or []
        self.headers = [*known, header]


class RowsOfColumns(Sequence[Row]):
    """The rows of a table that is kept by columns, as tablib has them. Each is made when it is asked for."""

    def __init__(self, columns: list[list[Any]], size: int) -> None:
        self._columns = columns
        self._size = size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> list[Row]: ...
    def __getitem__(self, key: int | slice) -> Row | list[Row]:
        if isinstance(key, slice):
            return [self[place] for place in range(*key.indices(self._size))]
        place = range(self._size)[key]
        return Row([column[place] for column in self._columns])

    def __setitem__(self, place: int, row: Sequence[Any]) -> None:
        for column, cell in zip(self._columns, row, strict=True):
            column[place] = cell


class CellsByColumn:
    """Takes rows, and keeps them by columns. Equal texts in a column are one object."""

    def __init__(self, width: int) -> None:
        self.cells: list[list[Any]] = [[] for _ in range(width)]
        self.numbers = array("I")
        self._known: list[dict[str, str]] = [{} for _ in range(width)]
        self._waiting: list[Sequence[Any]] = []

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, number: int, row: Sequence[Any]) -> None:
        self.numbers.append(number)
        self._waiting.append(row)
        if len(self._waiting) == _ROWS_AT_ONCE:
            self.complete()

    def complete(self) -> None:
        """Take the rows that wait for others, because a thousand at once are much faster."""
        for cells, known, new in zip(self.cells, self._known, zip(*self._waiting, strict=True), strict=False):
            if len(known) > _MAX_KNOWN:
                known.clear()
            cells += [known.setdefault(cell, cell) if type(cell) is str else cell for cell in new]
        self._waiting.clear()
