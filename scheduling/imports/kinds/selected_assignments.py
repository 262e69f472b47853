"""Files of assignments for rows that somebody has selected before: only for these employees, or for these shifts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tablib
from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext

from scheduling.fields import key_from
from scheduling.imports.engine.headers import map_headers
from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.run import FileRun
from scheduling.imports.kinds.assignments import AssignmentResource, AssignmentRun
from scheduling.models import Employee, Shift

MAX_SELECTED = 200
"""The primary keys are part of an address, which browsers and proxies cut somewhere beyond 2,000 characters."""
MAX_NAMES = 3

COLUMNS: dict[type[Any], str] = {Employee: "employee_email", Shift: "shift_name"}


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The selected rows of one model, to which one column of the file refers."""

    model: type[Employee | Shift]
    rows: Mapping[int, Employee | Shift]

    @classmethod
    def of(cls, text: str) -> Selection | None:
        """Return the selection that a text such as "employee:3,5" describes, or None for any other text. One query.

        It has no rows if they are deleted by now, and then an import refuses everything.
        """
        kind, _, keys = text.partition(":")
        model = next((model for model in COLUMNS if model._meta.model_name == kind), None)
        numbers = [number for key in keys.split(",") if (number := key_from(key)) is not None]
        if model is None or not numbers:
            return None
        return cls(model=model, rows=model._default_manager.in_bulk(numbers[:MAX_SELECTED]))

    @property
    def column(self) -> str:
        return COLUMNS[self.model]

    @property
    def names(self) -> str:
        """Return the selected rows as part of a sentence: "Amy Adams and Bob Brown", "Amy Adams, … and 17 more"."""
        names = [str(row) for row in self.rows.values()] or [f"0 {self.model._meta.verbose_name_plural}"]
        more = len(names) - MAX_NAMES
        if more > 0:
            names[MAX_NAMES:] = [ngettext("%(more)d more", "%(more)d more", more) % {"more": more}]
        return str(get_text_list(names, gettext("and")))

    @property
    def only_value(self) -> str | None:
        """Return the value of the column in every row if one row is selected, None if several are."""
        if len(self.rows) != 1:
            return None
        (row,) = self.rows.values()
        return row.address_or_number if isinstance(row, Employee) else row.name


class SelectedAssignmentRun(AssignmentRun):
    """Refuses assignments of others than the selected employees or shifts."""

    def __init__(self, *args: Any, selection: Selection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.selection = selection

    def read(self) -> None:
        filled_in = self._fill_in()
        super().read()
        self.sheet.filled_in |= filled_in
        self.notes.append(gettext("For %(selected)s only.") % {"selected": self.selection.names})
        self._refuse_others()

    def _fill_in(self) -> set[str]:
        """Add the column of the selection, which a file about one employee or one shift need not have. Return it."""
        dataset, selection = self.dataset, self.selection
        headers = map_headers(dataset.headers or (), self.kind.aliases, self.kind.name, self.kind.words, self.chosen)
        if selection.only_value is not None and selection.column in headers.missing and len(dataset):
            dataset.append_col([selection.only_value] * len(dataset), header=selection.column)
            return {selection.column}
        return set()

    def _refuse_others(self) -> None:
        column, selected = self.selection.column, self.selection.names
        text = gettext("This import is for %(selected)s only, and not for '%(value)s'.")
        for position, pk in enumerate(self.sheet.values[column]):
            if pk is not None and pk not in self.selection.rows:
                words = {"selected": selected, "value": shown(self.sheet.cell(position, column))}
                self.sheet.refuse(position, column, text % words)


class SelectedAssignmentResource(AssignmentResource):
    """Imports assignments, only those for the selection if there is one."""

    def __init__(self, selection: Selection | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.selection = selection

    def new_run(self, dataset: tablib.Dataset) -> FileRun:
        if self.selection is None:
            return super().new_run(dataset)
        return SelectedAssignmentRun(self.kind, dataset, selection=self.selection, **self.run_options)
