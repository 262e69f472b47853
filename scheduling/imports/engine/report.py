"""What a run has done, as the result that django-import-export, the pages and the command read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

import tablib
from django.utils.translation import gettext as _

from scheduling.imports.engine.chosen_values import sentences_about
from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.results import ImportResult, UnknownValue
from scheduling.imports.engine.run import FileRun
from scheduling.imports.engine.sheet import Sheet

HEADER_OF_REASONS = "Error"
"""As django-import-export calls the column. A file of no kind has one of this name."""


def result_of(run: FileRun, *, collect_failed_rows: bool) -> ImportResult:
    """Return the result of a run that has written. With `collect_failed_rows` it has a table of the refused rows."""
    sheet, result = run.sheet, ImportResult()
    result.total_rows = sheet.rows_of_file
    result.rows = run.outcomes
    result.diff_headers = [sheet.headers.spelled[name] for name in sheet.columns]
    result.mapping = {sheet.headers.spelled[name]: name for name in sheet.columns}
    result.reading = {**getattr(run.dataset, "reading", {}), "date_order": sheet.order or ""}
    result.notes = [*sheet.notes, *_ignored_columns(run), *sentences_about(sheet), *run.notes]
    result.unknown = _unknown_values(run)
    result.problems = sheet.all_problems()
    result.warnings = sorted(sheet.warnings, key=attrgetter("row"))
    result.totals.update(run.outcomes.totals())
    result.label = run.describe
    result.lookups.update(run.lookups)
    for positions in sheet.refused_parts.values():
        problems = [problem for position in positions for problem in sheet.problems[position]]
        result.refuse(positions[0], problems, _shown_cells(sheet, positions[0]), also=positions[1:])
    if collect_failed_rows:
        _collect_failed_rows(result, run)
    return result


def _ignored_columns(run: FileRun) -> Iterator[str]:
    if unknown := run.sheet.headers.unknown:
        text = _("Ignored, because a file of %(kind)s has no such column: %(columns)s.")
        yield text % {"kind": run.kind.label, "columns": ", ".join(map(shown, unknown))}
    if left_out := run.sheet.headers.left_out:
        yield _("Left out, as you have chosen: %(columns)s.") % {"columns": ", ".join(map(shown, left_out))}


def _unknown_values(run: FileRun) -> list[UnknownValue]:
    """Return the names that nobody has, and then those for which something is chosen, the most frequent first."""
    sheet = run.sheet
    # A full name may be in two columns, the first and the last name, and has no header then.
    headers = {**run.kind.labels, **{name: sheet.headers.spelled[name] for name in sheet.columns}}
    found = [
        UnknownValue(column=column, header=headers[column], given=given, rows=rows, known=known)
        for column, counts in sheet.chosen.items()
        for (given, known), rows in counts.items()
    ]
    found += [
        UnknownValue(
            column=column,
            header=headers[column],
            given=given,
            rows=len(numbers),
            new=run.chosen_values.wants_new(column, given),
        )
        for column, names in sheet.unknown.items()
        for given, numbers in names.items()
    ]
    order = list(headers)
    return sorted(found, key=lambda one: (bool(one.known or one.new), order.index(one.column), -one.rows, one.given))


def _shown_cells(sheet: Sheet, position: int) -> tuple[str, ...]:
    return tuple(shown(sheet.cell(position, name)) for name in sheet.columns)


def _collect_failed_rows(result: ImportResult, run: FileRun) -> None:
    """Fill a table with the refused rows as they are in the file, and a last column with the reasons."""
    sheet = run.sheet
    # A row with a first and a last day has become several of the same number.
    reasons: dict[int, list[str]] = {}
    for problem in sheet.all_problems():
        reasons.setdefault(problem.row, []).append(problem.reason)
    rows = {number: sheet.row(position) for number, position in sheet.refused_rows.items()}
    result.failed_dataset = refused_rows(run.dataset.headers or (), rows, reasons)


def refused_rows(
    headers: Sequence[Any], rows: Mapping[int, Sequence[Any]], reasons: Mapping[int, Iterable[str]]
) -> tablib.Dataset:
    """Return a table of the rows for which there are reasons, with these in its last column, both by their numbers."""
    texts = ["" if header is None else str(header) for header in headers]
    # The file may be one that was made here, and mended: the old reasons go.
    kept = [place for place, header in enumerate(texts) if header != HEADER_OF_REASONS]
    table = tablib.Dataset(headers=[*(texts[place] for place in kept), HEADER_OF_REASONS])
    for number in sorted(reasons):
        if number in rows:
            cells = rows[number]
            table.append([*(cells[place] for place in kept), "; ".join(dict.fromkeys(reasons[number]))])
    return table
