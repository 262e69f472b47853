"""The tags that a SQL statement publishes. Each text is parsed once; after that a write costs a few look-ups."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from ..keys import any_row_tag, row_tag
from .cascades import changed_by_the_database
from .statements import Columns, Write, is_plain_read, parse, tables_named, without_comments
from .tags import MAX_ROWS, tags_of_unknown_rows, value_tags
from .watched import WatchedTable, tables

_MAX_PARSED_SQL = 20_000
_MAX_PLANS = 4096

TagsOf = Callable[[Any, bool, "Announced | None"], set[str]]


@dataclass(frozen=True, slots=True)
class Announced:
    """New values, by column, of a statement whose text hides them from the parser."""

    table: str
    values: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one SQL text writes to watched tables: ``tags`` computes the tags from the parameters."""

    cause: str
    tags: TagsOf
    may_commit: bool = False
    """Whether the text may contain several statements, and so a COMMIT."""


_plans: dict[str, Plan | None] = {}
_CONTROL_WORDS = re.compile(
    r"\s*(?:COMMIT|END|ROLLBACK|ABORT|RELEASE|SET|(?:BEGIN|START)\b.*\bISOLATION)\b", re.I | re.S
)
_TRUNCATES_OTHERS = re.compile(r"\bTRUNCATE\b.*\bCASCADE\b", re.I | re.S)
CONTROL = Plan("", lambda params, many, announced: set())
"""The plan of a statement that may end a transaction by hand or change its isolation level."""
UNWATCHED = Plan("", lambda params, many, announced: set())
"""The plan of a statement that may write, but to no watched table."""
_BEGIN = re.compile(r"\s*(?:BEGIN|START)\b", re.I)


def forget_plans() -> None:
    """Forget all plans, because the set of watched models has changed."""
    _plans.clear()
    changed_by_the_database.cache_clear()


def plan_of(sql: str) -> Plan | None:
    """Return the plan of a SQL text; None if the statement writes nothing."""
    try:
        return _plans[sql]
    except KeyError:
        if sql.startswith(("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO ")) and ";" not in sql:
            # Savepoint names are unique, so these texts are not worth remembering.
            return None if sql.startswith("SAVEPOINT") else CONTROL
        plan = _make_plan(sql)
        if len(sql) <= _MAX_PARSED_SQL:
            if len(_plans) >= _MAX_PLANS:
                _plans.clear()
            _plans[sql] = plan
        return plan


def _make_plan(sql: str) -> Plan | None:
    if is_plain_read(sql):
        return None
    long_insert = len(sql) > _MAX_PARSED_SQL and sql.startswith("INSERT ")
    write = None if len(sql) > _MAX_PARSED_SQL else parse(sql)
    cascades = changed_by_the_database()
    if write:
        targets = tuple(tables.get(write.table, ()))
        others = cascades.get(write.table, frozenset()) if write.verb == "delete" else frozenset()
        if targets or others:
            return Plan(_cause_of(write, sql, targets), _exact_tags(write, targets, others))
    labels: set[str] = set()
    known = {*tables, *cascades}
    for table in known if _TRUNCATES_OTHERS.search(sql) else tables_named(sql, known):
        labels.update(target.label for target in tables.get(table, ()))
        labels.update(cascades.get(table, ()))
    if not labels:
        bare = without_comments(sql)
        if _CONTROL_WORDS.match(bare) or ";" in sql:
            return CONTROL
        return None if _BEGIN.match(bare) else UNWATCHED
    tags = {tag for label in labels for tag in tags_of_unknown_rows(label)}
    return Plan("bulk" if long_insert else "safety_net", lambda params, many, announced: set(tags), ";" in sql)


def _cause_of(write: Write, sql: str, targets: tuple[WatchedTable, ...]) -> str:
    if targets and all(target.through for target in targets):
        return "m2m"
    if write.verb == "delete":
        return "delete"
    return "bulk" if " IN (" in sql or "), (" in sql or "UNNEST" in sql else "save"


def _exact_tags(write: Write, targets: tuple[WatchedTable, ...], cascaded: frozenset[str]) -> TagsOf:
    always = {tag for label in cascaded for tag in tags_of_unknown_rows(label)}

    def tags(params: Any, many: bool, announced: Announced | None) -> set[str]:
        executions = params if many else (params or (),)
        found = set(always)
        try:
            for one in executions:
                before, after = write.rows(one), write.values(one)
                for target in targets:
                    found |= _tags_of_write(write, target, before, after, announced)
        except (ValidationError, LookupError, TypeError, ValueError, OverflowError):
            # The parameters are named, or the database will refuse them.
            return always.union(*(tags_of_unknown_rows(target.label) for target in targets))
        return found

    return tags


def _names_rows(write: Write, target: WatchedTable, before: Columns, after: Columns) -> bool:
    """Whether the statement names the rows that it changes. An INSERT changes existing rows only in a through table."""
    if write.verb == "insert":
        return not target.through or target.row_column in after
    return target.row_column in before


def _tags_of_write(
    write: Write,
    target: WatchedTable,
    before: Columns,
    after: Columns,
    announced: Announced | None,
) -> set[str]:
    label = target.label
    rows = (*before.get(target.row_column, ()), *after.get(target.row_column, ()))
    if len(rows) > MAX_ROWS or not _names_rows(write, target, before, after):
        return set(tags_of_unknown_rows(label))
    tags = {any_row_tag(label), *(row_tag(label, target.spell_row(row)) for row in rows)}
    for column, (attname, spell) in target.by.items():
        values = after.get(column)
        if column in write.unknown and announced is not None and announced.table == write.table:
            values = announced.values.get(column)
        elif values is None and write.verb != "insert" and write.unknown.isdisjoint((column, column.lower())):
            # The statement does not set the column.
            continue
        if values is None or len(values) > MAX_ROWS:
            return set(tags_of_unknown_rows(label))
        known = value_tags(label, attname, spell, values)
        if known is None:
            return set(tags_of_unknown_rows(label))
        tags |= known
    return tags
