"""What has become of each row of a file, in a few bytes per row: a file may have 200,000 of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, overload

from django.db import models
from import_export.results import RowResult

from scheduling.imports.engine.changes import kept
from scheduling.imports.engine.results import ImportedRow

TYPES = (RowResult.IMPORT_TYPE_SKIP, RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE)


class Outcomes(Sequence[ImportedRow]):
    """The outcomes of all rows, by position. All of them are unchanged at first.

    A row that is asked for by its position is kept, so that its attributes can be set. Iterating makes the others as it
    goes, and keeps none.
    """

    def __init__(self, size: int) -> None:
        self._types = bytearray(size)
        self.pks: list[Any] = [None] * size
        """The primary keys of the rows that were written, by position."""
        self._kept: dict[int, ImportedRow] = {}

    def __len__(self) -> int:
        return len(self._types)

    @overload
    def __getitem__(self, position: int) -> ImportedRow: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[ImportedRow]: ...
    def __getitem__(self, position: int | slice) -> ImportedRow | Sequence[ImportedRow]:
        if isinstance(position, slice):
            return [self[place] for place in range(*position.indices(len(self)))]
        place = range(len(self))[position]
        if place not in self._kept:
            self._kept[place] = self._row(place)
        return self._kept[place]

    def __iter__(self) -> Iterator[ImportedRow]:
        for position in range(len(self)):
            yield self._kept.get(position) or self._row(position)

    def _row(self, position: int) -> ImportedRow:
        row = ImportedRow(TYPES[self._types[position]])
        row.object_id = self.pks[position]
        return row

    def note(self, position: int, import_type: str, pk: Any) -> None:
        """Note that a row was written."""
        self._types[position] = TYPES.index(import_type)
        self.pks[position] = pk
        if (kept := self._kept.get(position)) is not None:
            kept.import_type, kept.object_id = import_type, pk

    def written(self) -> Iterator[int]:
        """Yield the positions of the rows that were written."""
        return (position for position, pk in enumerate(self.pks) if pk is not None)

    def totals(self) -> Counter[str]:
        """Return how many rows there are of each type."""
        return Counter({name: self._types.count(number) for number, name in enumerate(TYPES)})


class Repeated(Sequence[Any]):
    """A column in which all rows have the same value."""

    def __init__(self, value: Any, size: int) -> None:
        self.value = value
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, place: Any) -> Any:
        return [self.value] * len(range(self.size)[place]) if isinstance(place, slice) else self._at(place)

    def _at(self, place: int) -> Any:
        if not -self.size <= place < self.size:
            raise IndexError(place)
        return self.value

    def __iter__(self) -> Iterator[Any]:
        return repeat(self.value, self.size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def count(self, value: Any) -> int:
        return self.size if value == self.value else 0


class Written:
    """The values of rows as a run has left them, column by column, as they are kept for its undo."""

    def __init__(self) -> None:
        self.pks: list[Any] = []
        self.columns: dict[str, list[Any] | Repeated] = {}
        # One object for equal values, whatever batch they are from.
        self._known: dict[Any, Any] = {}

    def add(self, pks: list[Any], columns: Mapping[str, list[Any]], fields: Sequence[models.Field[Any, Any]]) -> None:
        """Add rows by their primary keys, and their values by attribute, as instances have them."""
        self.pks += pks
        for field in fields:
            values = kept(field, columns[field.attname])
            column = self.columns.setdefault(field.attname, Repeated(values[0], 0) if values else [])
            if isinstance(column, Repeated):
                if values.count(column.value) == len(values):
                    column.size += len(values)
                    continue
                column = self.columns[field.attname] = [column.value] * column.size
            known = self._known
            column += [known.setdefault(value, value) if type(value) is str else value for value in values]

    def table(self, fields: Sequence[models.Field[Any, Any]]) -> tuple[list[Any], Mapping[str, Sequence[Any]]]:
        return self.pks, {field.attname: self.columns.get(field.attname, []) for field in fields}
