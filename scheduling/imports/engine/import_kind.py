"""The declaration of one kind of import: its model, its columns, and what identifies a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models

from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.headers import KnownHeaders
from scheduling.imports.engine.values import Parser
from scheduling.imports.engine.words import Words


@dataclass(frozen=True, kw_only=True)
class ImportKind:
    """What is the same for every file of one kind. `FileRun` does the work."""

    name: str
    """As programs call it: "employees"."""
    label: Any
    """As people call it, translated."""
    model: type[models.Model]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """The columns that identify a row, both in the file and in the database."""
    duplicate_reason: Any
    """Why a second row with the same key is refused; {row} stands for the number of the first one."""
    ignores_case: bool = False
    """Whether a key that is spelled like a stored one but for capitals means that one. Then the key is one text."""
    required_for_new: tuple[str, ...] = ()
    """The columns that a file must have if it has new rows. A file that only updates rows does not need them."""
    doubtful: Mapping[str, Mapping[str, Parser]] = field(default_factory=dict)
    """Headers whose meaning only the values tell, as `normalise` spells them: by our columns, what reads their cells.

    No column has one of them as another name.
    """
    values_for_new: Mapping[str, Any] = field(default_factory=dict)
    """Values of new rows for fields that the file does not have, by attribute."""

    @property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """The other names of each column."""
        return {column.name: column.aliases for column in self.columns}

    @cached_property
    def words(self) -> Words:
        """The names of each column in the languages of the project."""
        return Words(self.columns, self.field_of)

    @cached_property
    def known_headers(self) -> KnownHeaders:
        """By what a file of this kind is told from titles and other sheets."""
        names = {other: name for name, others in self.aliases.items() for other in others}
        names.update((column.name, column.name) for column in self.columns)
        required = frozenset(column.name for column in self.columns if column.required and not column.instead)
        return KnownHeaders(names, required, self.words)

    @property
    def labels(self) -> dict[str, str]:
        """What people call each column, in their language."""
        get_field = self.model._meta.get_field
        return {one.name: str(one.label or get_field(one.field_name).verbose_name) for one in self.columns}  # type: ignore[union-attr]

    def field_of(self, column: Column) -> models.Field[Any, Any] | None:
        """Return the model field that stores the values of a column, or None if no single field does."""
        return self.model._meta.get_field(column.field_name) if column.stored else None  # type: ignore[return-value]

    def attname(self, name: str) -> str:
        """Return the attribute that holds the values of a column: "department_id" for "department_code"."""
        column = next((column for column in self.columns if column.name == name), None)
        return self.model._meta.get_field(column.field_name if column else name).attname  # type: ignore[union-attr]
