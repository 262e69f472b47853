"""The watched models, and what a write to each table means for them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models

from ..exceptions import NotWatched
from .columns import followable, identifies
from .spelling import spelled_when_sent


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """What a write to one table means for one watched model."""

    label: str
    row_column: str
    """The column that identifies a row of the model: its primary key, or a foreign key in a through table; else ""."""
    spell_row: Callable[[Any], Any]
    through: bool
    by: Mapping[str, tuple[str, Callable[[Any], Any]]]
    """The watched fields in this table: column -> (attname, function that gives the canonical form)."""
    elsewhere: bool = False
    """Whether a watched field is in another table, so that a new row in this one does not tell its value."""


watched_fields: dict[str, dict[str, "models.Field[Any, Any]"]] = {}
"""The fields by which cached entries are selected: label of the watched model -> attname -> field."""
watched_models: dict[str, type[models.Model]] = {}
"""The watched models, by label."""
further_tables: defaultdict[str, set[str]] = defaultdict(set)
"""Partitions, views and other names of a model's table, by label of the model; declared by hand."""
tables: defaultdict[str, list[WatchedTable]] = defaultdict(list)
"""What a write to a table means for each watched model, by table name."""


def register(model: type[models.Model], by: Iterable[str], also: Iterable[str] = ()) -> None:
    """Register a watched model and its watched fields; raise NotWatched for a field that cannot be watched by value.

    A write to one of the tables in ``also`` is a write to unknown rows of the model.
    """
    label = model._meta.label
    # All or nothing: a model that is refused must not be left half watched.
    followed = [followable(model, name) for name in by]
    through = list(_through_tables(model))
    # The tag of a row already stands for its primary key.
    fields = {field.attname: field for field in followed if not field.primary_key}
    watched_fields.setdefault(label, {}).update(fields)
    watched_models[label] = model
    _register_tables(model, through)
    further_tables[label].update(also)
    children = [other for other in watched_models.values() if issubclass(other, model)]
    for other in children if also else [model]:
        _register_further(other)


def _register_tables(model: type[models.Model], through_tables: Iterable[tuple[str, str]]) -> None:
    label = model._meta.label
    fields = watched_fields[label]
    for base in (model, *model._meta.get_parent_list()):
        table = base._meta.db_table
        by = {
            str(field.column): (attname, spelled_when_sent(field))
            for attname, field in fields.items()
            if field.model._meta.db_table == table
        }
        # A second parent has its own keys: a write to its table does not identify our rows.
        named = base in _share_the_key_of(model) and identifies(base, base._meta.pk)
        column = str(base._meta.pk.column) if named else ""
        # The row of a child may be inserted for a parent's row that has existed for long.
        elsewhere = base is model and len(by) < len(fields)
        _set_table(table, WatchedTable(label, column, spelled_when_sent(base._meta.pk), False, by, elsewhere))
    for through, column in through_tables:
        _set_table(through, WatchedTable(label, column, spelled_when_sent(model._meta.pk), True, {}))


def _register_further(model: type[models.Model]) -> None:
    """Register the tables that were declared for the model or its parents: no column of theirs identifies a row."""
    for base in (model, *model._meta.get_parent_list()):
        for table in further_tables.get(base._meta.label, ()):
            _set_table(table, WatchedTable(model._meta.label, "", spelled_when_sent(model._meta.pk), False, {}, True))


def _share_the_key_of(model: type[models.Model]) -> set[type[models.Model]]:
    """Return the model and those of its parents that share its primary key."""
    key: Any = model._meta.pk
    found = {model, key.model}
    while key.remote_field:
        key = key.target_field
        found.add(key.model)
    return found


def _set_table(table: str, entry: WatchedTable) -> None:
    others = [other for other in tables[table] if (other.label, other.row_column) != (entry.label, entry.row_column)]
    tables[table] = [*others, entry]


def _through_tables(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """Yield (table, column that identifies our row, or "") for each many-to-many relation of the model."""
    sharing = _share_the_key_of(model)
    for field in model._meta.get_fields(include_hidden=True):
        relation = field.remote_field if field.many_to_many else None
        through = getattr(relation, "through", None) or getattr(field, "through", None)
        if through is None or not field.many_to_many:
            continue
        for foreign_key in through._meta.fields:
            if foreign_key.is_relation and issubclass(model, foreign_key.related_model._meta.concrete_model):
                # A foreign key to a field other than our primary key does not identify our row.
                key = foreign_key.foreign_related_fields[0]
                ours = _refers_to_key(foreign_key) and key.model in sharing and identifies(model, key)
                # The keys of a through model may be in the tables of its parents.
                for base in (through, *through._meta.get_parent_list()):
                    has_the_key = ours and foreign_key.model._meta.concrete_model is base._meta.concrete_model
                    yield base._meta.db_table, foreign_key.column if has_the_key else ""


def _refers_to_key(field: Any) -> bool:
    """Whether a relation refers to the primary key and nothing else."""
    return len(field.foreign_related_fields) == 1 and field.foreign_related_fields[0].primary_key


def refers_by_key(through: Any, model: type[models.Model]) -> bool:
    """Whether every relation of the through model with the model refers to its primary key."""
    return all(
        _refers_to_key(field)
        for field in through._meta.fields
        if field.is_relation and issubclass(model, field.related_model._meta.concrete_model)
    )


def watched_children(model: type[models.Model]) -> dict[str, bool]:
    """Return the labels of the watched models that inherit from a model, and whether they share its primary key."""
    concrete = model._meta.concrete_model or model
    return {
        label: concrete in _share_the_key_of(other)
        for label, other in watched_models.items()
        if other is not concrete and issubclass(other, concrete)
    }


def is_watched(label: str) -> bool:
    return label in watched_fields


def watched_labels() -> tuple[str, ...]:
    """Return the labels of all watched models."""
    return tuple(watched_fields)


@cache
def labels_of(model: type[models.Model]) -> list[str]:
    """Return the watched labels of the model's rows: its own label and those of its parents."""
    concrete = model._meta.concrete_model or model
    found = [base._meta.label for base in (concrete, *concrete._meta.get_parent_list())]
    if found[0] not in watched_fields:
        raise NotWatched(
            f"Rows of {found[0]} cannot be cached: its writes are not watched. "
            f"Declare watch({concrete.__name__}) at start-up."
        )
    return found
