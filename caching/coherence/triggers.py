"""Triggers that write rows of watched models, which no statement names: what has to be declared for them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

from .texts import table_in_its_schema
from .watched import further_tables, tables, watched_models

_TRIGGERS = {
    "postgresql": """
        SELECT t.tgname, c.relname, p.prosrc
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY c.relname, t.tgname
    """,
    "sqlite": "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY tbl_name, name",
}
_NAME = r'(?:"[^"]+"|`[^`]+`|\[[^]]+\]|[\w$]+)'
_WRITES = re.compile(
    r"\b(?:(?:INSERT|REPLACE|MERGE)(?:\s+OR\s+\w+)?\s+INTO|DELETE\s+FROM|UPDATE(?:\s+OR\s+\w+)?|TRUNCATE(?:\s+TABLE)?)"
    rf"\s+(?:ONLY\s+)?((?:{_NAME}\s*\.\s*)?{_NAME})",
    re.I,
)
"""A table that a statement writes to, and what stands before it."""
_BEGIN = re.compile(r"\bBEGIN\b", re.I)
"""The end of what stands in a trigger of SQLite before its statements: when it runs, and for which table."""
_SETS = re.compile(
    rf"(?:(?:;|\b(?:BEGIN|THEN|ELSE|LOOP)|\A)\s*NEW\.({_NAME})\s*:?=)|(?:\bINTO\s+(?:STRICT\s+)?NEW\.({_NAME}))", re.I
)
"""A column of the row that is written, to which a trigger gives another value."""


@dataclass(frozen=True)
class Undeclared:
    """A trigger of a table that writes rows of a model, of which no ``watch(…, tables=…)`` says so."""

    name: str
    table: str
    label: str


def undeclared_triggers(connection: BaseDatabaseWrapper) -> Iterator[Undeclared]:
    """Yield the triggers of a database that write rows of watched models in another way than was declared.

    They are read as texts. What a trigger composes, and what functions write that it calls, is not found.
    """
    if connection.vendor not in _TRIGGERS:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS[connection.vendor])
        triggers = cursor.fetchall()
    for name, table, text in triggers:
        body = _BEGIN.split(text, maxsplit=1)[-1] if connection.vendor == "sqlite" else text
        written_tables = set(map(table_in_its_schema, _WRITES.findall(body)))
        for label, model in watched_models.items():
            written = table_in_its_schema(model._meta.db_table) in written_tables
            if (written or _sets_a_watched_column(body, table, label)) and not _is_declared(table, label):
                yield Undeclared(name, table, label)


def _sets_a_watched_column(body: str, table: str, label: str) -> bool:
    """Whether a trigger gives a row that is written another value of a field by which entries are selected."""
    columns = {column.casefold() for entry in tables.get(table, ()) if entry.label == label for column in entry.by}
    given = (assigned or selected for assigned, selected in _SETS.findall(body))
    return any(name.strip('"').casefold() in columns for name in given)


def _is_declared(table: str, label: str) -> bool:
    return table_in_its_schema(table) in map(table_in_its_schema, further_tables.get(label, ()))
