"""Checks that every row that a statement has changed was announced: rows before and after, against the tags marked.

It knows nothing of the cache's parser of statements. It reads every table that the text of a statement names, compares,
and asks for each changed row whether the entries that contain it, or that would have to, have lost a tag of theirs.
Tables with many rows are left out, and so are databases other than SQLite.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from caching.coherence import watched
from caching.coherence.spelling import canonical
from caching.coherence.watcher import ConnectionWatcher
from caching.keys import all_rows_tag, any_row_tag, row_tag, value_tag

MAX_ROWS = 300
NAMES = re.compile(r'"((?:[^"]|"")+)"|(\w+)')

Row = dict[str, Any]
Table = dict[Any, Row]
"""The rows of a table by their rowid."""


@dataclass
class Found:
    """What the check has seen."""

    test: str = ""
    statements: int = 0
    rows: int = 0
    unannounced: list[tuple[str, str]] = field(default_factory=list)
    """The test, and what it has changed without a word."""


found = Found()
_marked: list[set[str]] = []


def collect_marks() -> None:
    """Let every tag that a watcher marks be remembered for the statement under way."""
    mark = ConnectionWatcher.mark
    if getattr(mark, "is_collected", False):
        return

    def collected(self: ConnectionWatcher, tags: set[str], cause: str) -> None:
        for marked in _marked:
            marked |= tags
        mark(self, tags, cause)

    collected.is_collected = True  # type: ignore[attr-defined]
    ConnectionWatcher.mark = collected  # type: ignore[method-assign]


def install(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Check the statements of a connection: the receiver of ``connection_created``."""
    if connection.vendor == "sqlite" and not any(isinstance(one, RowCheck) for one in connection.execute_wrappers):
        connection.execute_wrappers.insert(0, RowCheck(connection))


class RowCheck:
    """The wrapper around every statement of one connection."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        text = str(sql)
        tables = () if text.lstrip()[:6].upper() == "SELECT" else reached_by(text, len(watched.watched_models))
        if not tables:
            return execute(sql, params, many, context)
        before, marked = self._read(tables), set[str]()
        _marked.append(marked)
        try:
            return execute(sql, params, many, context)
        finally:
            # Also after an error: executemany() may have changed rows before it.
            _marked.remove(marked)
            found.statements += 1
            for missing in missing_tags(before, self._read(tables), marked):
                found.unannounced.append((found.test, f"{missing} after {text[:300]}"))

    def _read(self, tables: tuple[str, ...]) -> dict[str, Table]:
        contents = {}
        for table in tables:
            quoted = table.replace('"', '""')
            try:
                cursor = self.connection.connection.execute(f'SELECT rowid, * FROM "{quoted}" LIMIT {MAX_ROWS + 1}')
                read = cursor.fetchall()
            except (sqlite3.Error, ValueError):
                # There is no such table, or a value of it is none that its column can have.
                contents[table] = {}
                continue
            names = [column[0] for column in cursor.description[1:]]
            if len(read) <= MAX_ROWS:
                contents[table] = {row[0]: dict(zip(names, row[1:], strict=True)) for row in read}
        return contents


@cache
def reached_by(text: str, number_of_models: int) -> tuple[str, ...]:
    """Return the tables of watched models that a text names, and those of their children."""
    names = {quoted.replace('""', '"') or word for quoted, word in NAMES.findall(text)}
    named = [model for name in names for model in models_by_table(number_of_models).get(name, ())]
    return tuple(sorted({model._meta.db_table for model in (*named, *descendants(named, number_of_models))}))


@cache
def models_by_table(number_of_models: int) -> dict[str, list[type[models.Model]]]:
    """Return the watched models, and those that relate them many-to-many, by their tables."""
    concerned = set(watched.watched_models.values())
    for model in watched.watched_models.values():
        for relation in model._meta.local_many_to_many:
            through = relation.remote_field.through
            # A key of a through model may be in the table of its parent.
            concerned |= {through, *through._meta.get_parent_list()}
    by_table = defaultdict(list)
    for model in concerned:
        by_table[model._meta.db_table].append(model)
    return dict(by_table)


@cache
def children_by_parent(number_of_models: int) -> dict[type[models.Model], list[tuple[type[models.Model], Any]]]:
    """Return the watched models that extend each model, with the field that refers to it."""
    by_parent = defaultdict(list)
    for child in watched.watched_models.values():
        for parent, link in child._meta.parents.items():
            if link is not None:
                by_parent[parent].append((child, link))
    return dict(by_parent)


def descendants(parents: Iterable[type[models.Model]], number_of_models: int) -> Iterator[type[models.Model]]:
    for parent in parents:
        children = [child for child, _ in children_by_parent(number_of_models).get(parent, ())]
        yield from children
        yield from descendants(children, number_of_models)


def missing_tags(before: dict[str, Table], after: dict[str, Table], marked: set[str]) -> Iterator[str]:
    """Yield what is wrong with the tags that were marked while the tables changed."""
    for table in before.keys() & after.keys():
        for rowid in before[table].keys() | after[table].keys():
            old, new = before[table].get(rowid), after[table].get(rowid)
            if old == new:
                continue
            found.rows += 1
            for model in models_by_table(len(watched.watched_models)).get(table, ()):
                yield from _missing_ends(model, (old, new), before, after, marked=marked)
                if not watched.is_watched(model._meta.label):
                    continue
                yield from _missing_of_row(model, old, new, marked)
                for child, row in _children(model, (old, new), before, after):
                    if not _is_marked(child, row, marked):
                        yield f"{child._meta.label} {row} of the changed {model._meta.label} is not announced"


def _missing_of_row(model: type[models.Model], old: Row | None, new: Row | None, marked: set[str]) -> Iterator[str]:
    label = model._meta.label
    if any_row_tag(label) not in marked:
        yield f"{label}: 'any row' is not announced for {old} -> {new}"
    if old is not None and not _is_marked(model, old, marked):
        yield f"{label}: the row is not announced for {old} -> {new}"
    for attname, watched_field in watched.watched_fields[label].items():
        column = watched_field.column
        if new is None or column not in new or (old is not None and old.get(column) == new[column]):
            continue
        tags = {all_rows_tag(label)}
        if (spelled := _spelled(watched_field, new[column])) is not NOT_SPELLED:
            tags.add(value_tag(label, attname, spelled))
        if not tags & marked:
            yield f"{label}: the value of {attname} is not announced for {old} -> {new}"


NOT_SPELLED = object()


def _spelled(key: Any, value: Any) -> Any:
    try:
        return canonical(key)(value)
    except (ValidationError, TypeError, ValueError):
        return NOT_SPELLED


def _is_marked(model: type[models.Model], row: Row, marked: set[str]) -> bool:
    """Whether an entry that contains the row has lost a tag."""
    labels = watched.labels_of(model)
    if not marked.isdisjoint(map(all_rows_tag, labels)):
        return True
    key: Any = model._meta.pk
    spelled = NOT_SPELLED if key.column is None else _spelled(key, row[key.column])
    return spelled is not NOT_SPELLED and not marked.isdisjoint(row_tag(label, spelled) for label in labels)


def _children(
    model: type[models.Model], rows: tuple[Row | None, ...], *states: dict[str, Table]
) -> Iterator[tuple[type[models.Model], Row]]:
    """Yield the rows of child models that are extended by these rows of their parent."""
    for child, link in children_by_parent(len(watched.watched_models)).get(model, ()):
        wanted = [row[link.target_field.column] for row in rows if row is not None]
        for state in states:
            extended = [row for row in state.get(child._meta.db_table, {}).values() if row[link.column] in wanted]
            yield from ((child, row) for row in extended)
            yield from _children(child, tuple(extended), *states)


def _missing_ends(
    model: type[models.Model], change: tuple[Row | None, Row | None], *states: dict[str, Table], marked: set[str]
) -> Iterator[str]:
    """Yield the ends of a many-to-many relation that have got or lost a partner without a word."""
    for through, end, key in ends_of(model, len(watched.watched_models)):
        if through is not model and not any(child is through for child, _ in _children(model, change, *states)):
            # A row of the parent alone relates nothing.
            continue
        label = end._meta.label
        refers_to = key.foreign_related_fields
        for row in change:
            if row is None or row.get(key.column, "") is None or all_rows_tag(label) in marked:
                continue
            named = key.column in row and len(refers_to) == 1 and refers_to[0].primary_key
            spelled = _spelled(key, row[key.column]) if named else NOT_SPELLED
            if spelled is NOT_SPELLED or row_tag(label, spelled) not in marked:
                yield f"{label}: an end of {through._meta.label} is not announced for {change[0]} -> {change[1]}"


@cache
def ends_of(
    table: type[models.Model], number_of_models: int
) -> tuple[tuple[type[models.Model], type[models.Model], Any], ...]:
    """Return what the rows of a table relate many-to-many: the through model, an end, and the foreign key to it."""
    ends = set()
    for model in watched.watched_models.values():
        for relation in model._meta.local_many_to_many:
            through: Any = getattr(relation.remote_field, "through", None)
            if through is None:
                continue
            names = relation.m2m_field_name(), relation.m2m_reverse_field_name()
            keys = [through._meta.get_field(name) for name in names]
            if table in (through, *(key.model for key in keys)):
                # A row of the through model relates, also where a key is in the table of its parent.
                ends |= {(through, key.related_model._meta.concrete_model, key) for key in keys}
    return tuple(found for found in ends if watched.is_watched(found[1]._meta.label))
