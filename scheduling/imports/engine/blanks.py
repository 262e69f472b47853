"""Empty cells that are no value: a stored row keeps what it has, and a new row gets the default of the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from scheduling.imports.engine.columns import UNFILLED

if TYPE_CHECKING:
    from scheduling.imports.engine.run import FileRun


def fill_keys(run: FileRun) -> None:
    """Fill empty cells of the key with the default: what identifies a row cannot be asked of the row."""
    values = run.sheet.values
    for name in run.kind.key:
        if UNFILLED in values.get(name, ()) and not run.sheet.columns[name].identifies:
            default = _field(run, name).get_default()
            values[name] = [default if value is UNFILLED else value for value in values[name]]


def fill_blanks(run: FileRun, keys: Sequence[Any]) -> None:
    """Fill the empty cells of stored rows with what is stored, and those of new rows with the default.

    Refuse new rows that need a value where there is no default.
    """
    values = run.sheet.values
    # The primary key precedes the tracked values.
    for index, name in enumerate(run.tracked, 1):
        if UNFILLED not in values.get(name, ()):
            continue
        field, column = _field(run, name), values[name]
        for position, value in enumerate(column):
            if value is not UNFILLED:
                continue
            stored = run.existing.get(keys[position])
            column[position] = stored[index] if stored is not None else field.get_default()
            if stored is None and not field.has_default() and position not in run.sheet.problems:
                run.sheet.refuse(position, name, _("A value is needed here."))


def _field(run: FileRun, name: str) -> Any:
    return run.kind.model._meta.get_field(run.kind.attname(name))
