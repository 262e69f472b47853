"""The tags of a model: those that a written row publishes, and those that a selection depends on."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from ..exceptions import NotWatched
from ..keys import all_rows_tag, any_row_tag, row_tag, value_tag
from .columns import column_of, value_meant
from .models_by_label import ModelOrLabel, model_named
from .spelling import canonical
from .watched import labels_of, watched_children, watched_fields

MAX_ROWS = 256
"""A transaction that writes more rows of a model publishes the tag of all rows instead."""


@dataclass(frozen=True, slots=True)
class Selection:
    """All rows of a model with a given value in a watched field; created by ``rows_where``."""

    model: type[models.Model]
    tag: str


def rows_where(model: ModelOrLabel, **field: Any) -> Selection:
    """Return the selection of the rows whose field has a given value, such as ``rows_where(Shift, name="Night")``.

    Use it in ``depends_on``: the cached value then depends on these rows only. Raises NotWatched if the field is not
    watched.
    """
    if len(field) != 1:
        raise TypeError(f"rows_where takes one field and its value, not {len(field)}.")
    ((name, value),) = field.items()
    found = model_named(model)
    return Selection(found, selection_tag(found, name, value))


def selection_tag(model: type[models.Model], name: str, value: Any) -> str:
    """Return the tag of all rows whose field has this value; the field must be watched."""
    label = labels_of(model)[0]
    field = column_of(model, name)
    value = value_meant(field, value)
    if field.primary_key:
        return row_tag(label, canonical(field)(value))
    if field.attname not in watched_fields[label]:
        raise NotWatched(
            f"{label} is not watched by {name!r}. Declare watch({model.__name__}, by=({name!r},)) at start-up."
        )
    return value_tag(label, field.attname, canonical(field)(value))


def row_tags_of(model: type[models.Model], pk: Any) -> list[str]:
    """Return the tags of one row: one for the model and one for each of its parents."""
    spelled = pk if pk.__class__ is int else canonical(model._meta.pk)(pk)
    return [row_tag(label, spelled) for label in labels_of(model)]


def tags_of_key(model: type[models.Model], pk: Any) -> set[str]:
    """Return the tags of one row; those of unknown rows if only the database knows its key, or what that is."""
    try:
        return set(row_tags_of(model, pk))
    except (ValidationError, TypeError, ValueError):
        return {tag for label in labels_of(model) for tag in tags_of_unknown_rows(label)}


def tags_of_row(row: models.Model) -> set[str]:
    """Return the tags that a write of this instance publishes: the row, its values of watched fields, "any row"."""
    tags: set[str] = set()
    children = watched_children(type(row))
    for label in (*labels_of(type(row)), *children):
        if not children.get(label, True):
            tags.update(tags_of_unknown_rows(label))
            continue
        try:
            tags |= {any_row_tag(label), row_tag(label, canonical(row._meta.pk)(row.pk))}
        except (ValidationError, TypeError, ValueError):
            tags.update(tags_of_unknown_rows(label))
        for attname, field in watched_fields[label].items():
            if attname not in row.__dict__:
                continue
            tags |= value_tags(label, attname, canonical(field), (row.__dict__[attname],)) or {all_rows_tag(label)}
    return tags


def tags_of_model(model: type[models.Model]) -> set[str]:
    """Return the tags that a write to unknown rows of the model publishes."""
    labels = (*labels_of(model), *watched_children(model))
    return {tag for label in labels for tag in (all_rows_tag(label), any_row_tag(label))}


def value_tags(label: str, attname: str, spell: Callable[[Any], Any], values: Iterable[Any]) -> set[str] | None:
    """Return the tags of some values of a watched field; None if only the database knows one of them."""
    try:
        return {value_tag(label, attname, spell(value)) for value in values}
    except (ValidationError, TypeError, ValueError):
        return None


def tags_of_unknown_rows(label: str) -> tuple[str, str]:
    """Return the tags that a write to unknown rows publishes for one label."""
    return all_rows_tag(label), any_row_tag(label)


_LABEL = re.compile(r"[^.#/]*\.[^.#/]*(?=[#./])")
"""What stands before the row, the field or "all rows" in the tag of a model."""


class DirtyTags(set[str]):
    """The tags of a transaction, with those of a model replaced by "all rows" of it once they are more than MAX_ROWS.

    Adding costs what is added, however many tags and watched models there are: they are sorted by model once, when the
    transaction has more than MAX_ROWS of them.
    """

    __slots__ = ("_by_label",)

    def __init__(self, tags: Iterable[str] = ()) -> None:
        super().__init__()
        self._by_label: defaultdict[str, set[str]] | None = None
        self.add_all(tags)

    def add_all(self, tags: Iterable[str]) -> None:
        self.update(tags)
        if len(self) <= MAX_ROWS:
            return
        if self._by_label is None:
            self._by_label, tags = defaultdict(set), tuple(self)
        for tag in tags:
            found = _LABEL.match(tag)
            if found and found[0] in watched_fields:
                self._add_to_model(found[0], tag)

    def _add_to_model(self, label: str, tag: str) -> None:
        own = self._by_label[label]  # type: ignore[index]  # add_all has made it
        own.add(tag)
        if len(own) > MAX_ROWS:
            self.difference_update(own)
            own.clear()
            own.update(tags_of_unknown_rows(label))
            self.update(own)
