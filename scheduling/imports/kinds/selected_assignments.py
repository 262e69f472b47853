"""An import of assignments for rows that somebody has selected before: for these employees, or for these shifts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tablib
from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext

from scheduling.imports.engine.headers import map_headers
from scheduling.imports.engine.problems import shown
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.models import Employee, Shift

MOST_SELECTED = 200
"""Of one import: the keys are in an address, which browsers and proxies cut somewhere beyond 2,000 characters."""
MOST_NAMES = 3

COLUMNS: dict[type[Any], str] = {Employee: "employee_email", Shift: "shift_name"}


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What was selected: rows of one model, which one column of the file names."""

    model: type[Employee | Shift]
    rows: Mapping[int, Employee | Shift]

    @classmethod
    def of(cls, text: str) -> Selection | None:
        """Return the selection that a text names ("employee:3,5"), None for anything else. One query."""
        kind, _, keys = text.partition(":")
        model = next((model for model in COLUMNS if model._meta.model_name == kind), None)
        numbers = [int(key) for key in keys.split(",") if key.isdecimal()]
        if model is None or not numbers:
            return None
        rows = model._default_manager.in_bulk(numbers[:MOST_SELECTED])
        return cls(model=model, rows=rows) if rows else None

    @property
    def column(self) -> str:
        return COLUMNS[self.model]

    @property
    def names(self) -> str:
        """Return the selected as a sentence has them: "Amy Adams and Bob Brown", "Amy Adams, … and 17 more"."""
        names = [str(row) for row in self.rows.values()]
        more = len(names) - MOST_NAMES
        if more > 0:
            names[MOST_NAMES:] = [ngettext("%(more)d more", "%(more)d more", more) % {"more": more}]
        return str(get_text_list(names, gettext("and")))

    @property
    def only_value(self) -> str | None:
        """Return what the column has in every row if one row is selected, None if there are several."""
        if len(self.rows) != 1:
            return None
        (row,) = self.rows.values()
        return row.email if isinstance(row, Employee) else row.name


class SelectedAssignmentResource(AssignmentResource):
    """An import of assignments, for the selected alone if there is a selection."""

    def __init__(self, selection: Selection | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.selection = selection

    def read(self, dataset: tablib.Dataset) -> None:
        if self.selection is None:
            super().read(dataset)
            return
        self._fill_in(dataset, self.selection)
        super().read(dataset)
        self.notes.append(gettext("For %(selected)s only.") % {"selected": self.selection.names})
        self._refuse_others(self.selection)

    def _fill_in(self, dataset: tablib.Dataset, selection: Selection) -> None:
        """Add the column that a file about one person, or one shift, need not have."""
        aliases = {column.name: column.also for column in self.columns}
        headers = map_headers(dataset.headers or (), aliases, self.kind)
        if selection.only_value is not None and selection.column in headers.missing and len(dataset):
            dataset.append_col([selection.only_value] * len(dataset), header=selection.column)

    def _refuse_others(self, selection: Selection) -> None:
        cells = self.sheet.cells(selection.column)
        text = gettext("This import is for %(selected)s only, and not for '%(value)s'.")
        for position, key in enumerate(self.sheet.values[selection.column]):
            if key is not None and key not in selection.rows:
                told = {"selected": selection.names, "value": shown(cells[position])}
                self.sheet.refuse(position, selection.column, text % told)
