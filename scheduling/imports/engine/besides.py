"""What an import makes besides its rows, because they need it: departments, skills, types of shifts, drafts.

Only what this import has inserted itself is told and recorded. What somebody else makes at the same moment is used as
it is, and stays when the import is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from scheduling.imports.engine import bulk
from scheduling.imports.engine.references_to import references_to
from scheduling.models.constraints import Blame

Told = Callable[[list[Any]], str]
"""Returns the sentence about rows that were made."""


@dataclass
class _Made:
    """Rows of one model that were made together, by primary key."""

    model: type[models.Model]
    rows: dict[Any, Any]
    told: Told


class Besides:
    """What one import has made besides its rows, inside its transaction."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._made: list[_Made] = []

    @property
    def created(self) -> dict[type[models.Model], list[Any]]:
        """The primary keys by model. What may refer to others comes after them."""
        found: dict[type[models.Model], list[Any]] = {}
        for made in self._made:
            if made.rows:
                found.setdefault(made.model, []).extend(made.rows)
        return found

    def create(self, rows: Sequence[models.Model], told: Told) -> tuple[list[Any], dict[int, Blame]]:
        """Insert rows of one model. Returns their primary keys, and by position why the database refuses rows.

        A row that is refused has no key: as a rule somebody else has made it since it was looked up. INSERT itself says
        what it has inserted, so there is no moment in between.
        """
        if not rows:
            return [], {}
        model = type(rows[0])
        pks, refused = bulk.create(model, bulk.columns_of(model, rows), self._using, lambda done: None)
        made = {pk: row for place, (pk, row) in enumerate(zip(pks, rows, strict=True)) if place not in refused}
        self._made.append(_Made(model, made, told))
        return [None if place in refused else pk for place, pk in enumerate(pks)], refused

    def settle(self, *, refused: bool) -> list[str]:
        """Delete what no written row needs, if rows were refused. Returns the sentences about the rest.

        Without refused rows every one is needed, which costs no query to know.
        """
        if refused:
            self._delete_unneeded()
        return [made.told([*made.rows.values()]) for made in self._made if made.rows]

    def _delete_unneeded(self) -> None:
        # The last first: a draft that was made needs the department that was made for it.
        for made in reversed(self._made):
            needed = references_to(made.model, made.rows, self._using)
            gone = [pk for pk in made.rows if pk not in needed]
            for chunk in bulk.chunks(gone):
                made.model._base_manager.using(self._using).filter(pk__in=chunk).delete()
            for pk in gone:
                del made.rows[pk]
