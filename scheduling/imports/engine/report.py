"""What a run has done, as the result that django-import-export, the pages and the command read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from operator import attrgetter

from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.engine.run import FileRun
from scheduling.imports.engine.sheet import Sheet


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
    result.totals.update(Counter(row.import_type for row in run.outcomes))
    result.label = run.describe
    result.lookups.update(run.lookups)
    for row in run.outcomes:
        if row.instance is not None:
            row.object_id = row.instance.pk
    for position in sorted(sheet.problems):
        result.refuse(position, sheet.problems[position], _shown_cells(sheet, position))
    if collect_failed_rows:
        _collect_failed_rows(result, sheet)
    return result


def _ignored_columns(run: FileRun) -> Iterator[str]:
    if unknown := run.sheet.headers.unknown:
        text = _("Ignored, because a file of %(kind)s has no such column: %(columns)s.")
        yield text % {"kind": run.kind.label, "columns": ", ".join(map(shown, unknown))}


def _shown_cells(sheet: Sheet, position: int) -> tuple[str, ...]:
    return tuple(shown(sheet.cell(position, name)) for name in sheet.columns)


def _collect_failed_rows(result: ImportResult, sheet: Sheet) -> None:
    result.add_dataset_headers(result.diff_headers)
    for position in sorted(sheet.problems):
        reasons = "; ".join(problem.reason for problem in sheet.problems[position])
        result.failed_dataset.append([*_shown_cells(sheet, position), reasons])
