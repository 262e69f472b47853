"""What a run has done, as the result that django-import-export, the pages and the command read."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.engine.run import FileRun
from scheduling.imports.engine.sheet import Sheet

HEADER_OF_REASONS = "Error"
"""As django-import-export calls the column. A file of no kind has one of this name."""


def result_of(run: FileRun, *, collect_failed_rows: bool) -> ImportResult:
    """Return the result of a run that has written. With `collect_failed_rows` it has a table of the refused rows."""
    sheet, result = run.sheet, ImportResult()
    result.total_rows = sheet.size
    result.rows = run.outcomes
    result.diff_headers = [sheet.headers.spelled[name] for name in sheet.columns]
    result.mapping = {sheet.headers.spelled[name]: name for name in sheet.columns}
    result.notes = [*sheet.notes, *_ignored_columns(run), *run.notes]
    result.problems = sheet.all_problems()
    result.warnings = sorted(sheet.warnings, key=attrgetter("row"))
    result.totals.update(run.outcomes.totals())
    result.label = run.describe
    result.lookups.update(run.lookups)
    for position in sorted(sheet.problems):
        result.refuse(position, sheet.problems[position], _shown_cells(sheet, position))
    if collect_failed_rows:
        _collect_failed_rows(result, run)
    return result


def _ignored_columns(run: FileRun) -> Iterator[str]:
    if unknown := run.sheet.headers.unknown:
        text = _("Ignored, because a file of %(kind)s has no such column: %(columns)s.")
        yield text % {"kind": run.kind.label, "columns": ", ".join(map(shown, unknown))}


def _shown_cells(sheet: Sheet, position: int) -> tuple[str, ...]:
    return tuple(shown(sheet.cell(position, name)) for name in sheet.columns)


def _collect_failed_rows(result: ImportResult, run: FileRun) -> None:
    """Fill a table with the refused rows as they are in the file, and a last column with the reasons."""
    sheet = run.sheet
    headers = ["" if header is None else str(header) for header in run.dataset.headers or ()]
    # The file may be one that was made here, and mended: the old reasons go.
    kept = [place for place, header in enumerate(headers) if header != HEADER_OF_REASONS]
    result.add_dataset_headers([headers[place] for place in kept])
    rows: dict[int, list[int]] = {}
    for position in sorted(sheet.problems):
        # A row with a first and a last day has become several.
        rows.setdefault(sheet.numbers[position], []).append(position)
    for positions in rows.values():
        reasons = dict.fromkeys(problem.reason for position in positions for problem in sheet.problems[position])
        cells = sheet.row(positions[0])
        result.failed_dataset.append([*(cells[place] for place in kept), "; ".join(reasons)])
