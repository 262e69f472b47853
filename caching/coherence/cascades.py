"""Rows that the database itself changes when others are deleted or written; no statement names them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from django.apps import apps
from django.db import models

from .texts import table_in_its_schema
from .watched import further_tables, tables, watched_models


@cache
def changed_by_the_database() -> Mapping[str, frozenset[str]]:
    """Return, by table, the labels of watched models whose rows the database changes when rows of it are deleted.

    This happens with DB_CASCADE, DB_SET_NULL and DB_SET_DEFAULT, which came with Django 6.1.
    """
    referring: defaultdict[str, set[type[models.Model]]] = defaultdict(set)
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and hasattr(field.remote_field.on_delete, "on_delete_sql"):
                referring[field.remote_field.model._meta.db_table].add(model)
    return {table: frozenset(_reached(table, referring)) for table in tuple(referring)}


def _reached(table: str, referring: Mapping[str, set[type[models.Model]]]) -> Iterator[str]:
    """Yield the labels of watched models that a deletion reaches, directly or through other models."""
    seen: set[type[models.Model]] = set()
    reached = [table]
    while reached:
        for model in referring.get(reached.pop(), set()) - seen:
            seen.add(model)
            reached.append(model._meta.db_table)
            yield from (watched.label for watched in tables.get(model._meta.db_table, ()))


def written_through(named: Iterable[str]) -> set[str]:
    """Return the labels of the models whose rows are written with these tables, as ``watch(…, tables=…)`` declares.

    One declaration leads to the next: who writes to a view writes to the table that is declared to be written through
    it, and so to whatever a trigger of that table writes.
    """
    reached, found = {table_in_its_schema(table) for table in named}, set[str]()
    while more := {
        label
        for label, also in further_tables.items()
        if label not in found and not reached.isdisjoint(map(table_in_its_schema, also))
    }:
        own = {table_in_its_schema(watched_models[label]._meta.db_table) for label in more}
        found |= more
        found.update(
            entry.label for table, entries in tables.items() if table_in_its_schema(table) in own for entry in entries
        )
        reached |= own
    return found
