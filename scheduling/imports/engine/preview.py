"""The preview page: which rows it shows, and their cells with what would change."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html

from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.sheet import Sheet

if TYPE_CHECKING:
    from scheduling.imports.engine.run import FileRun

MAX_PREVIEW_ROWS = 100


def prepare_preview(run: FileRun, keys: Sequence[Any], changed: Sequence[int]) -> None:
    """Give the rows that the page shows their cells."""
    differ, tracked = set(changed), run.tracked
    unchanged = {position for position, key in enumerate(keys) if key in run.existing} - differ
    for position in rows_to_show(run.sheet.sound, unchanged):
        stored = run.existing[keys[position]][1:] if position in differ else ()
        run.outcomes[position].diff = preview_cells(run.sheet, position, dict(zip(tracked, stored, strict=False)))


def rows_to_show(positions: Sequence[int], unchanged: Container[int]) -> list[int]:
    """Return at most MAX_PREVIEW_ROWS of the positions, in their order; those that change something come first."""
    return sorted(positions, key=unchanged.__contains__)[:MAX_PREVIEW_ROWS]


def preview_cells(sheet: Sheet, position: int, stored: Mapping[str, Any]) -> list[str]:
    """Return the cells of a row, with old and new values marked where the row differs from what is stored.

    `stored` has the stored values by column. It is empty for rows that are new or unchanged.
    """
    return [_cell(sheet, name, position, stored) for name in sheet.columns]


def _cell(sheet: Sheet, name: str, position: int, stored: Mapping[str, Any]) -> str:
    new = shown(sheet.cell(position, name))
    if name not in stored or stored[name] == sheet.values[name][position]:
        return new
    # The stored value of a foreign key is a primary key, which means nothing to people.
    if sheet.columns[name].lookup is not None or stored[name] in (None, ""):
        return format_html("<ins>{}</ins>", new)
    return format_html("<del>{}</del> <ins>{}</ins>", shown(stored[name]), new)
