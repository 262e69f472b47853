"""What the run of an import has to say later: its errors, what was mended by hand, and the rows that were left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import tablib
from django.utils.translation import gettext

from scheduling.imports.choices import resource_kwargs
from scheduling.imports.engine.files import Upload, read_table
from scheduling.imports.engine.mending import Mended, MendedCell, changed_cells
from scheduling.imports.engine.problems import FileError, Problem
from scheduling.imports.engine.recording import READ_AS
from scheduling.imports.engine.report import refused_rows
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.kinds import KINDS
from scheduling.models import ImportRun
from scheduling.models.guarded import AnyUser, hidden_from


def problems_for(user: AnyUser, run: ImportRun) -> Iterator[Problem]:
    """Yield each error, without the values of columns that are hidden from the user."""
    shows = _shown_headers(user, run)
    for row, header, value, reason in run.problems:
        # Without a header, it is about the row as a whole.
        if header and not shows(header):
            # The reason quotes the value.
            yield Problem(row, header, "", gettext("You may not see this column."))
        else:
            yield Problem(row, header, value, reason)


def mended_for(user: AnyUser, run: ImportRun) -> Iterator[MendedCell]:
    """Yield each cell that was mended by hand, without those of columns that are hidden from the user."""
    # The page of a run that is running is loaded every two seconds, and this reads the file.
    if not run.options.get("mended") or run.outcome == ImportRun.Outcome.RUNNING:
        return
    shows = _shown_headers(user, run)
    for cell in _mended_cells(bytes(run.file), KINDS[run.kind](**resource_kwargs(run.options)), run.options["mended"]):
        if shows(cell.header):
            yield cell


def _shown_headers(user: AnyUser, run: ImportRun) -> Callable[[str], bool]:
    """Return whether the user may see what is below a header: if anything is hidden, only what is known not to be."""
    kind = KINDS[run.kind].kind
    hidden = hidden_from(user, kind.model)
    seen = {column.name for column in kind.columns if column.field_name not in hidden}
    columns = run.options.get(READ_AS, {})
    return lambda header: not hidden or columns.get(header) in seen


def has_left_out_rows(run: ImportRun) -> bool:
    """Whether an import has left out rows. Of a file that was refused no row was imported."""
    return bool(run.refused) and run.outcome in (*ImportRun.IN_PLACE, ImportRun.Outcome.UNDONE)


def left_out_rows(run: ImportRun) -> tablib.Dataset:
    """Return the refused rows as they were imported, with what was mended. Raises FileError without a table."""
    table = KINDS[run.kind](**resource_kwargs(run.options)).read_upload(Upload(bytes(run.file)))
    reasons: dict[int, list[str]] = {}
    for row, __, ___, reason in run.problems:
        reasons.setdefault(row, []).append(reason)
    return refused_rows(table.headers or (), dict(zip(table.row_numbers, table, strict=True)), reasons)


def _mended_cells(data: bytes, resource: FileResource, mended: Mended) -> list[MendedCell]:
    """Return the cells of a file that were mended by hand, without what they were if the file is no longer there."""
    try:
        table: tablib.Dataset = read_table(data, resource.known_headers, resource.read_options)
    except FileError:
        table = tablib.Dataset()
    return changed_cells(table, mended)
