"""Skills, shift types and shifts that the parameters of rules name: as they are stored, whatever a file's capitals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import models

from scheduling.imports.engine.problems import did_you_mean
from scheduling.imports.engine.references import MAX_CANDIDATES
from scheduling.imports.engine.spelling import folded
from scheduling.models.rules import NAMED, no_row_has


class _Rows:
    """The rows of one model by name and code. One query."""

    def __init__(self, model: type[models.Model], using: str) -> None:
        self._model = model
        self._using = using

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """The code of each row by its name; an empty text where it has none."""
        has_code = any(field.name == "code" for field in self._model._meta.concrete_fields)
        rows = self._model._default_manager.using(self._using).order_by()
        return dict(rows.values_list("name", "code" if has_code else models.Value("")))

    @cached_property
    def _by_spelling(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name, code in self.codes.items():
            for spelling in (name, code):
                found.setdefault(folded(spelling), set()).add(name)
        return found

    def meant(self, name: str) -> Sequence[str]:
        """Return the stored names that a name or a code may mean."""
        return [name] if name in self.codes else sorted(self._by_spelling.get(folded(name), ()))


class StoredNames:
    """The names that the parameters of rules can have. A query for each model that is asked for."""

    def __init__(self, using: str) -> None:
        self._rows = {model: _Rows(model, using) for model in NAMED.values()}

    def names_of(self, model: type[models.Model]) -> frozenset[str]:
        """Return the names of all rows of a model."""
        return frozenset(self._rows[model].codes)

    def stored(self, parameter: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return the names as they are stored, each once, and those that the first doubtful one may mean.

        A name that nobody has stays as it is: a rule that is stored with it may keep it.
        """
        found: list[str] = []
        for name in names:
            meant = self._rows[NAMED[parameter]].meant(name)
            if len(meant) > 1:
                return found, [*meant]
            found += meant or [name]
        return list(dict.fromkeys(found)), []

    def suggestion(self, parameter: Any, names: Iterable[str], sentence: str) -> str:
        """Return " Did you mean …?" for the sentence about the one of these names that nobody has."""
        model = NAMED[parameter]
        unknown = (name for name in names if no_row_has(model, name, parameter).message == sentence)
        return next((did_you_mean(name, [*self._rows[model].codes][:MAX_CANDIDATES]) for name in unknown), "")
