"""What an import answers: the Result of django-import-export, with counts, problems and look-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import ngettext
from import_export.results import InvalidRow, Result, RowResult

from scheduling.imports.engine.problems import Problem

PREVIEW_ROWS = 100
MOST_WARNINGS = 20


class ImportedRow(RowResult):
    """The outcome of one row. Its defaults are shared: a list and a dict per row are felt in 20,000 rows."""

    errors: Any = ()
    validation_error = None
    diff: Any = None
    row_values: Mapping[str, Any] = {}
    object_id: Any = None
    object_repr: str | None = None
    instance: Any = None
    original: Any = None

    def __init__(self, import_type: str = RowResult.IMPORT_TYPE_SKIP) -> None:
        self.import_type = import_type


class ImportResult(Result):
    """The outcome of one import."""

    def __init__(self) -> None:
        super().__init__()
        self.saved = False
        """Whether the rows are in the database: not after a dry run, nor where rows were refused."""
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        """What people should know of rows that do not stand in the way of the import, by row."""
        self.notes: list[str] = []
        """Sentences about what was done or left out besides the rows."""
        self.mapping: dict[str, str] = {}
        """The file's header -> our column."""
        self.lookups: Counter[str] = Counter()
        """Look-ups of natural keys by who answered: batch, and what filled it: local, shared, database, missing."""
        self.label: Callable[[int], str] = str
        """The row at a position as the admin's history names it."""
        self.queries = 0
        self.seconds = 0.0

    @property
    def new(self) -> int:
        return self.totals[RowResult.IMPORT_TYPE_NEW]

    @property
    def updated(self) -> int:
        return self.totals[RowResult.IMPORT_TYPE_UPDATE]

    @property
    def unchanged(self) -> int:
        return self.totals[RowResult.IMPORT_TYPE_SKIP]

    @property
    def refused(self) -> int:
        """How many rows are wrong."""
        return self.totals[RowResult.IMPORT_TYPE_INVALID]

    @property
    def failed(self) -> bool:
        """Whether anything stands in the way of saving the whole file."""
        return bool(self.base_errors or self.refused)

    @property
    def sentences(self) -> list[str]:
        """What is wrong with the file as a whole; empty if it could be read."""
        return [str(error.error) for error in self.base_errors]

    @property
    def warning_notes(self) -> list[str]:
        """The warnings as sentences with the number of the row, at most 20 of them, and how many more there are."""
        notes = [warning.sentence for warning in self.warnings[:MOST_WARNINGS]]
        more = len(self.warnings) - MOST_WARNINGS
        if more <= 0:
            return notes
        text = ngettext("And %(count)s more warning.", "And %(count)s more warnings.", more)
        return [*notes, text % {"count": number_format(more, force_grouping=True)}]

    def valid_rows(self) -> list[RowResult]:
        """The rows for the preview page: at most 100, those that change something first."""
        shown = [row for row in self.rows if row.diff is not None]
        return sorted(shown, key=RowResult.is_skip)

    @property
    def rows_not_shown(self) -> int:
        return max(0, self.new + self.updated + self.unchanged - len(self.valid_rows()))

    def refuse(self, position: int, problems: list[Problem], values: tuple[Any, ...]) -> None:
        """Note that a row is refused, as the preview page shows it."""
        by_column: dict[str, list[str]] = {}
        for problem in problems:
            by_column.setdefault(problem.column or "row", []).append(problem.reason)
        row = self.rows[position]
        if row.import_type is not None:
            self.totals[row.import_type] -= 1
        row.import_type = RowResult.IMPORT_TYPE_INVALID
        row.validation_error = ValidationError(by_column)
        self.totals[row.import_type] += 1
        self.invalid_rows.append(
            InvalidRow(number=problems[0].row, validation_error=row.validation_error, values=values)
        )
