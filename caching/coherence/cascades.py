"""Rows that the database itself changes when others are deleted or written; no statement names them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from django.apps import apps
from django.db import models

from .texts import table_in_its_schema
from .watched import further_tables, tables, watched_models


@cache
def changed_by_the_database() -> Mapping[str, frozenset[str]]:
    """Return, by table, the labels of watched models whose rows the database changes when rows of it are deleted.

    This happens with DB_CASCADE, DB_SET_NULL and DB_SET_DEFAULT, which came with Django 6.1, and with what is declared
    to be written when such a row changes.
    """
    return {table: frozenset(_labels_of(_reached_from([table], deletes=True))) for table in _tables_referred_to()}


def forget_changes() -> None:
    """Work out anew what the database changes, because the set of watched models has changed."""
    changed_by_the_database.cache_clear()
    _tables_referring.cache_clear()


def written_through(named: Iterable[str]) -> set[str]:
    """Return the labels of the models whose rows are written with these tables, as ``watch(…, tables=…)`` declares.

    One declaration leads to the next: who writes to a view writes to the table that is declared to be written through
    it, and so to whatever a trigger of that table writes, and to what the database changes if that deletes rows.
    """
    return _labels_of(_reached_from(named, deletes=False))


def _reached_from(named: Iterable[str], *, deletes: bool) -> set[str]:
    """Return the tables that the database writes by itself when these are written, directly or through other tables.

    ``deletes`` says whether rows of the named tables may be deleted. Of the others nobody knows.
    """
    referring, declared = _tables_referring(), _tables_declared()
    begun = set(map(table_in_its_schema, named))
    waiting = [*(declared[table] for table in begun if table in declared)]
    waiting += [referring[table] for table in begun if deletes and table in referring]
    reached: set[str] = set()
    while waiting:
        for table in waiting.pop() - reached:
            reached.add(table)
            waiting += [others[table] for others in (declared, referring) if table in others]
    return reached


def _labels_of(names: set[str]) -> set[str]:
    """Return the labels of the watched models that have rows in these tables."""
    return {
        entry.label for table, entries in tables.items() if table_in_its_schema(table) in names for entry in entries
    }


def _tables_referred_to() -> dict[str, None]:
    """Return the tables of whose deletions the database tells other rows, as the models name them, in order."""
    return dict.fromkeys(field.remote_field.model._meta.db_table for _, field in _keys_of_the_database())


@cache
def _tables_referring() -> Mapping[str, set[str]]:
    """Return, by table, those of which the database changes rows when rows of it are deleted."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for model, field in _keys_of_the_database():
        referred = table_in_its_schema(field.remote_field.model._meta.db_table)
        found[referred].add(table_in_its_schema(model._meta.db_table))
    return found


def _keys_of_the_database() -> "list[tuple[type[models.Model], models.ForeignKey[models.Model, models.Model]]]":
    return [
        (model, field)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and hasattr(field.remote_field.on_delete, "on_delete_sql")
    ]


def _tables_declared() -> Mapping[str, set[str]]:
    """Return, by table, those that are declared to be written with it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for label, also in further_tables.items():
        for table in also:
            found[table_in_its_schema(table)].add(table_in_its_schema(watched_models[label]._meta.db_table))
    return found
