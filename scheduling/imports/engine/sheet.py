"""A file column by column: lists of values, and what is wrong with the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import tablib
from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from scheduling.imports.engine import values
from scheduling.imports.engine.columns import Column, converter, read_column
from scheduling.imports.engine.files import MAX_ROWS
from scheduling.imports.engine.headers import map_headers, require
from scheduling.imports.engine.problems import FileError, Problem, shown
from scheduling.imports.engine.spelling import folded
from scheduling.imports.engine.tables import Table
from scheduling.imports.engine.values import DateOrder
from scheduling.models.constraints import Blame

# A name that is longer is a mistake, for which nothing is chosen.
MAX_NAME_LENGTH = 200


class Sheet:
    """The rows of a file, column by column.

    Rows are addressed by their position, from 0. People are told the number in the file, `numbers[position]`.
    """

    def __init__(
        self,
        dataset: tablib.Dataset,
        columns: Sequence[Column],
        kind: str,
        words: Mapping[str, Iterable[str]] | None = None,
        chosen: Mapping[str, str] | None = None,
    ) -> None:
        """Map the headers. Raises FileError if the file is of another kind, too long, or lacks a required column.

        `words` has the names of columns in other languages, `chosen` our columns by the headers that the user says.
        """
        aliases = {column.name: column.aliases for column in columns}
        self.headers = map_headers(dataset.headers or (), aliases, kind, words, chosen)
        known = self.headers.columns
        needed = (column for column in columns if column.required and not any(name in known for name in column.instead))
        require(self.headers, (column.name for column in needed), aliases, kind)
        self.size = len(dataset)
        if self.size > MAX_ROWS:
            rows, most = (number_format(count, force_grouping=True) for count in (self.size, MAX_ROWS))
            text = _("The file has %(rows)s rows. At most %(most)s can be imported at once.")
            raise FileError(text % {"rows": rows, "most": most})
        self._cells: list[list[Any]] = _columns_of(dataset)
        self.numbers: Sequence[int] = getattr(dataset, "row_numbers", range(2, self.size + 2))
        self.columns = {column.name: column for column in columns if column.name in self.headers.columns}
        self.values: dict[str, list[Any]] = {}
        """The values of all rows, by column. None where the cell was refused."""
        self.problems: dict[int, list[Problem]] = {}
        """Why rows are refused, by position."""
        self.is_repeated = False
        """Whether a row of the file has become several, of the same number."""
        self.stands_for: dict[str, str] = {}
        """By the name of a column that the file lacks, the column that has its values instead."""
        self.filled_in: set[str] = set()
        """The columns that were added to the table because the file lacks them. Nobody can mend their cells."""
        self.undecided: set[str] = set()
        """The columns with values of type `Several`."""
        self._spellings: dict[tuple[str, str], str] = {}
        self.unknown: dict[str, dict[str, set[int]]] = {}
        """The names that nobody has, or several, with the numbers of their rows, by column."""
        self.chosen: dict[str, Counter[tuple[str, str]]] = {}
        """By column, in how many rows a name of the file is read as another one that the user has chosen."""
        self.order: DateOrder | None = None
        """The order of day and month in dates such as 11/05/2026. None if there are none."""
        self.warnings: list[Problem] = []
        """What people should know about rows that are imported nevertheless."""
        self.notes: list[str] = [*getattr(dataset, "notes", ()), *self._unneeded_columns(dataset.headers or ())]
        """Sentences about what was guessed or left out when the file was read."""

    def _unneeded_columns(self, headers: Sequence[Any]) -> Iterator[str]:
        """Tell which columns are not read because another one means the same; refuse rows with two addresses."""
        for place, name in self.headers.unneeded.items():
            words = {"column": shown(headers[place]), "read": self.headers.spelled[name]}
            yield _("The column '%(column)s' was left out, because '%(read)s' means the same.") % words
            reason = _("The columns '%(column)s' and '%(read)s' mean the same and have different values.") % words
            columns = (self._cells[place], self._cells[self.headers.columns[name]])
            for position, row in enumerate(zip(*columns, strict=True)):
                both = {str(cell).strip().casefold() for cell in row} - {""}
                if len(both) == 2 and all("@" in value for value in both):
                    self.refuse(position, name, reason)

    def repeat(self, times: Sequence[int]) -> list[int]:
        """Repeat each row as often as said, with the same number. Returns the position at which each of them was."""
        places = [position for position, count in enumerate(times) for __ in range(count)]
        if len(places) > MAX_ROWS:
            raise FileError(
                _("The days of all rows are %(days)s. At most %(most)s can be imported at once.")
                % {"days": number_format(len(places), force_grouping=True), "most": number_format(MAX_ROWS)}
            )
        self._cells = [[cells[place] for place in places] for cells in self._cells]
        self.numbers = [self.numbers[place] for place in places]
        self.values = {name: [cells[place] for place in places] for name, cells in self.values.items()}
        # What is wrong with the row is wrong with each of them.
        problems = self.problems
        self.problems = {position: [*problems[place]] for position, place in enumerate(places) if place in problems}
        self.size = len(places)
        self.is_repeated = len(places) > len(times)
        return places

    def cell(self, position: int, column: str) -> Any:
        """Return one cell as it is in the file."""
        return self._cells[self.headers.columns[column]][position]

    def ignored_columns(self) -> Iterator[tuple[str, list[Any]]]:
        """Yield the header and the cells of each column that is not read, but for those that the user leaves out.

        Of a column that means the same as another one, only the cells that differ from it are not read.
        """
        for place, header in self.headers.not_read.items():
            cells = self._cells[place]
            if (read := self.headers.unneeded.get(place)) is not None:
                pairs = zip(cells, self.cells(read), strict=True)
                cells = [cell if folded(cell) != folded(other) else "" for cell, other in pairs]
            yield header, cells

    def row(self, position: int) -> list[Any]:
        """Return one row as it is in the file."""
        return [cells[position] for cells in self._cells]

    def cells(self, column: str) -> list[Any]:
        """Return all cells of a column as they are in the file."""
        return self._cells[self.headers.columns[column]]

    def read(self, field_of: Callable[[Column], models.Field[Any, Any] | None], order: DateOrder | None) -> None:
        """Parse and validate every column. The order of day and month is decided here unless it is given."""
        order = self.order = order or self._date_order(field_of)
        for name, column in self.columns.items():
            self.values[name], reasons = read_column(self.cells(name), converter(column, field_of(column), order))
            for position, reason in reasons.items():
                self.refuse(position, name, reason)

    def _date_order(self, field_of: Callable[[Column], models.Field[Any, Any] | None]) -> DateOrder | None:
        dates = [
            name
            for name, column in self.columns.items()
            if isinstance(field_of(column), models.DateField) or column.parse is values.date
        ]
        cells = [cell for name in dates for cell in self.cells(name)]
        return values.date_order(cells, [self.headers.spelled[name] for name in dates])

    def refuse(self, position: int, column: str, reason: str) -> None:
        """Note why a row cannot be imported. Without a column, the reason is about the row as a whole."""
        self.problems.setdefault(position, []).append(self._problem(position, column, reason))

    def refuse_all(self, positions: Sequence[int], blames: Mapping[int, Blame]) -> None:
        """Refuse what the database has refused. The reasons go by the place in `positions`."""
        for place, blame in blames.items():
            self.refuse(positions[place], self.column_of(blame.fields), blame.reason)

    def column_of(self, fields: Iterable[str]) -> str:
        """Return the column of the file that fills the first of these fields, or an empty text if there is none."""
        columns = {column.field_name: name for name, column in self.columns.items()}
        return next((columns[field] for field in fields if field in columns), "")

    def note_unknown(self, position: int, column: str, name: Any) -> None:
        """Note a name that nobody has, or that several have, so that the user can choose what it means."""
        if len(str(name)) > MAX_NAME_LENGTH:
            return
        names = self.unknown.setdefault(column, {})
        spelled = self._spellings.setdefault((column, folded(name)), shown(name, MAX_NAME_LENGTH))
        names.setdefault(spelled, set()).add(self.numbers[position])

    def warn(self, position: int, column: str, reason: str) -> None:
        """Note what people should know about a row that is imported nevertheless."""
        self.warnings.append(self._problem(position, column, reason))

    def _problem(self, position: int, column: str, reason: str) -> Problem:
        column = self.stands_for.get(column, column)
        at = self.headers.columns.get(column)
        if at is None:
            at = next((place for place, header in self.headers.not_read.items() if header == column), None)
        value = "" if at is None else shown(self._cells[at][position])
        header = self.headers.spelled.get(column, column)
        return Problem(row=self.numbers[position], column=header, value=value, reason=reason)

    def refuse_repeated(self, keys: Iterable[Hashable | None], column: str, reason: str) -> None:
        """Refuse each row that has the key of an earlier row. {row} in the reason becomes the number of that row."""
        first: dict[Hashable, int] = {}
        for position, key in enumerate(keys):
            if key is None:
                continue
            earlier = first.setdefault(key, position)
            if earlier != position:
                self.refuse(position, column, reason.format(row=self.numbers[earlier]))

    def keys(self, columns: Sequence[str]) -> list[tuple[Any, ...] | None]:
        """Return the values of each row in these columns, or None for a row that lacks one of them."""
        return [None if None in key else key for key in zip(*(self.values[name] for name in columns), strict=True)]

    @property
    def sound(self) -> list[int]:
        """The positions of the rows with which nothing is wrong so far."""
        if not self.problems:
            return list(range(self.size))
        return [position for position in range(self.size) if position not in self.problems]

    @property
    def rows_of_file(self) -> int:
        """How many rows the file has."""
        return len(set(self.numbers)) if self.is_repeated else self.size

    @property
    def refused_parts(self) -> dict[int, list[int]]:
        """The refused positions by the number of the row in the file. A row that has become several has several."""
        found: dict[int, list[int]] = {}
        for position in sorted(self.problems):
            found.setdefault(self.numbers[position], []).append(position)
        return found

    @property
    def refused_rows(self) -> dict[int, int]:
        """The position of each refused row by its number: the first one of a row that has become several."""
        return {number: positions[0] for number, positions in self.refused_parts.items()}

    def all_problems(self) -> list[Problem]:
        """Return every problem, in the order of the rows. A row that has become several has each of its own once."""
        found = [problem for position in sorted(self.problems) for problem in self.problems[position]]
        return list(dict.fromkeys(found)) if self.is_repeated else found


def _columns_of(dataset: tablib.Dataset) -> list[list[Any]]:
    """Return the cells by columns. A table that was read from a file has them so, and they are not copied."""
    if isinstance(dataset, Table):
        return dataset.columns
    return [list(column) for column in zip(*dataset, strict=True)] or [[] for _header in dataset.headers or ()]
