"""What an import returns: the Result of django-import-export, with counts, problems and look-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import ngettext
from import_export.results import InvalidRow, Result, RowResult

from scheduling.imports.engine.file_columns import FileColumn
from scheduling.imports.engine.mending import WrongRows
from scheduling.imports.engine.problems import Problem

MAX_WARNINGS = 20
MAX_REASONS = 20


class ImportedRow(RowResult):
    """The outcome of one row.

    The defaults are attributes of the class: a list and a dict for each of 20,000 rows would be noticeable.
    """

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


@dataclass(frozen=True, kw_only=True)
class UnknownValue:
    """A name in a file that nobody has, or for which the user has chosen another one."""

    column: str
    header: str
    given: str
    rows: int
    """In how many rows it is."""
    known: str = ""
    """What the user has chosen."""
    new: bool = False
    """Whether the user wants it to be made."""


class ImportResult(Result):
    """The outcome of one import."""

    def __init__(self) -> None:
        super().__init__()
        self.saved = False
        """Whether the rows are in the database. False after a dry run, and if rows were refused."""
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        """What people should know about rows that are imported nevertheless, in the order of the rows."""
        self.notes: list[str] = []
        """Sentences about what was created or left out besides the rows."""
        self.wrong = WrongRows()
        """The refused rows of a dry run as the preview shows them."""
        self.reading: dict[str, str] = {}
        """What the file itself has shown of how it is read: the encoding or the sheet, and the order of dates."""
        self.mapping: dict[str, str] = {}
        """Our column, by the header in the file."""
        self.unknown: list[UnknownValue] = []
        """The names that nobody has, and those for which the user has chosen others."""
        self.columns: list[FileColumn] = []
        """The columns of the file, whether it could be imported or not. Empty if it is no table."""
        self.lookups: Counter[str] = Counter()
        """How many natural keys were looked up in the batch, and what filled it: local, shared, database, missing."""
        self.label: Callable[[int], str] = str
        """Returns the row at a position as the admin's history names it."""
        self.queries = 0
        self.seconds = 0.0
        self.run: UUID | None = None
        """The key of the ImportRun, once there is one."""

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
        """How many rows of the file cannot be imported. The other counts are of what is stored."""
        return self.totals[RowResult.IMPORT_TYPE_INVALID]

    @property
    def failed(self) -> bool:
        """Whether anything prevents the whole file from being saved."""
        return bool(self.base_errors or self.refused)

    @property
    def sentences(self) -> list[str]:
        """What is wrong with the file as a whole; empty if it could be read."""
        return [str(error.error) for error in self.base_errors]

    @property
    def warning_notes(self) -> list[str]:
        """The first warnings as sentences with the number of the row, and one about how many more there are."""
        notes = [warning.sentence for warning in self.warnings[:MAX_WARNINGS]]
        more = len(self.warnings) - MAX_WARNINGS
        if more <= 0:
            return notes
        text = ngettext("And %(count)s more warning.", "And %(count)s more warnings.", more)
        return [*notes, text % {"count": number_format(more, force_grouping=True)}]

    @property
    def other_problems(self) -> list[str]:
        """What is wrong with the rows that the preview has no room for: a sentence for each column and reason.

        The most frequent ones come first. A file of 20,000 wrong rows would otherwise be a page of 28 MB.
        """
        counted = Counter((problem.column, problem.reason) for problem in self.wrong.rest)
        texts = [self._counted(column, reason, count) for (column, reason), count in counted.most_common(MAX_REASONS)]
        more = counted.total() - sum(count for _, count in counted.most_common(MAX_REASONS))
        if more:
            text = ngettext("And %(count)s more error.", "And %(count)s more errors.", more)
            texts.append(text % {"count": number_format(more, force_grouping=True)})
        return texts

    @staticmethod
    def _counted(column: str, reason: str, count: int) -> str:
        text = ngettext("%(count)s more row: %(reason)s", "%(count)s more rows: %(reason)s", count)
        text = text % {"count": number_format(count, force_grouping=True), "reason": reason}
        return f"{column}: {text}" if column else text

    def valid_rows(self) -> list[RowResult]:
        """Return the rows that the preview page shows; those that change something come first."""
        with_cells = [row for row in self.rows if row.diff is not None]
        return sorted(with_cells, key=RowResult.is_skip)

    @property
    def rows_not_shown(self) -> int:
        return max(0, self.new + self.updated + self.unchanged - len(self.valid_rows()))

    def refuse(
        self, position: int, problems: list[Problem], values: tuple[Any, ...], *, also: Iterable[int] = ()
    ) -> None:
        """Count a row as refused, with its reasons as the preview page shows them.

        A row that has become several is `also` at other positions, which are not counted again.
        """
        by_column: dict[str, list[str]] = {}
        for problem in problems:
            by_column.setdefault(problem.column or "row", []).append(problem.reason)
        error = ValidationError(by_column)
        for place in (position, *also):
            row = self.rows[place]
            if row.import_type is not None:
                self.totals[row.import_type] -= 1
            row.import_type = RowResult.IMPORT_TYPE_INVALID
            row.validation_error = error
        self.totals[RowResult.IMPORT_TYPE_INVALID] += 1
        self.invalid_rows.append(InvalidRow(number=problems[0].row, validation_error=error, values=values))
