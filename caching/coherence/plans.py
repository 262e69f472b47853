"""The tags that a SQL statement publishes. Each text is parsed once; after that a write costs a few look-ups."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from ..keys import any_row_tag, row_tag
from .cascades import changed_by_the_database, forget_changes, written_through
from .statements import Columns, Write, parse
from .tags import MAX_ROWS, tags_of_unknown_rows, value_tags
from .texts import (
    calls_for_isolation,
    changes_no_rows,
    is_plain_read,
    is_several,
    may_change_isolation,
    table_in_its_schema,
    tables_named,
    takes_no_transaction,
    without_comments,
    without_repeated_rows,
)
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
    may_change_isolation: bool = False
    takes_no_transaction: bool = False
    """Whether the database may refuse the statement inside a transaction."""


_plans: dict[str, Plan | None] = {}
_CONTROL_WORDS = re.compile(
    r"\s*(?:COMMIT|END|ROLLBACK|ABORT|RELEASE|SET|PREPARE\s+TRANSACTION|(?:BEGIN|START)\b.*\bISOLATION)\b", re.I | re.S
)
_MEANS_OTHERS = re.compile(
    r"\bTRUNCATE\b.*\bCASCADE\b|\b(?:ALTER|DROP)\s+SCHEMA\b|\bALTER\s+TYPE\b.*\bRENAME\s+VALUE\b|\bU&\"", re.I | re.S
)
"""A statement that may write to tables that it does not name, or not as they are spelled."""
_RUNS_OTHERS = re.compile(
    r"(?:\A|;|\*/)\s*(?:(?:CALL|EXECUTE|EXPLAIN\b[^;]*\bEXECUTE|CREATE\b[^;]*\bAS\s+EXECUTE)\b"
    r"|DO\b.*(?:\b(?:CALL|EXECUTE|PERFORM|SELECT)\b|:=))",
    re.I | re.S,
)
"""A statement that runs what is written elsewhere: a procedure, a prepared statement, a text that a block composes."""
CONTROL = Plan("", lambda params, many, announced: set())
"""The plan of a statement that may end a transaction by hand or change its isolation level."""
UNWATCHED = Plan("", lambda params, many, announced: set())
"""The plan of a statement that may write, but to no watched table."""
ISOLATION = Plan("", lambda params, many, announced: set(), may_change_isolation=True)
"""The plan of a SELECT that may change the isolation level."""
_BEGIN = re.compile(r"\s*(?:BEGIN|START)\b", re.I)


def forget_plans() -> None:
    """Forget all plans, because the set of watched models has changed."""
    _plans.clear()
    forget_changes()


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
    is_long = len(sql) > _MAX_PARSED_SQL
    if is_long:
        sql = without_repeated_rows(sql)
    if is_plain_read(sql):
        return ISOLATION if calls_for_isolation(sql) else None
    several = is_several(sql)
    bare = without_comments(sql)
    if not several:
        # First of all: what else such a statement names, in a literal or a comment, is not what it writes.
        if _CONTROL_WORDS.match(bare):
            return CONTROL
        if changes_no_rows(sql):
            return UNWATCHED
    write = None if several or is_long else parse(sql.rstrip("; \t\n"))
    if write:
        targets, others = _written_by(write)
        if targets or others:
            return Plan(_cause_of(write, sql, targets), _exact_tags(write, targets, others))
    cascades = changed_by_the_database()
    labels: set[str] = set()
    known = {*tables, *cascades}
    means_any = _MEANS_OTHERS.search(sql) or _RUNS_OTHERS.search(bare)
    named = known if means_any else tables_named(sql, known)
    for table in named:
        labels.update(target.label for target in tables.get(table, ()))
        labels.update(cascades.get(table, ()))
    labels |= written_through(named)
    isolation = may_change_isolation(sql)
    if not labels:
        if isolation or several:
            return CONTROL
        return None if _BEGIN.match(bare) else UNWATCHED
    tags = {tag for label in labels for tag in tags_of_unknown_rows(label)}
    return Plan(
        "bulk" if is_long and sql.startswith("INSERT ") else "safety_net",
        lambda params, many, announced: set(tags),
        several,
        isolation,
        takes_no_transaction(sql),
    )


def _written_by(write: Write) -> tuple[tuple[WatchedTable, ...], frozenset[str]]:
    """Return what the write means for watched models, and the labels of those of which other rows change with it."""
    # By the name inside the schema: which schema is meant may depend on the search_path.
    name = table_in_its_schema(write.table)
    targets = tuple(target for table, meant in tables.items() if table_in_its_schema(table) == name for target in meant)
    others = written_through([write.table]) - {target.label for target in targets}
    if write.verb != "delete":
        return targets, frozenset(others)
    cascades = changed_by_the_database().items()
    return targets, frozenset(others).union(
        *(labels for table, labels in cascades if table_in_its_schema(table) == name)
    )


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
        return not target.elsewhere and (not target.through or target.row_column in after)
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
