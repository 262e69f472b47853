"""Which rows and values a SQL statement writes: the cache learns of writes from the statements themselves.

Signals and querysets can only say what is about to be executed; they are wrong if a save fails after ``pre_save`` or a
handler changes the instance. The execute wrapper sees every statement with its parameters, whatever produced it: save,
bulk_create, related managers, cascades, fixtures, migrations, raw SQL. Statements in the forms that Django's compilers
produce are parsed exactly. Any other statement that names a watched table, and is not a plain SELECT, is assumed to
write unknown rows. Each SQL text is parsed once; after that a write costs a few index look-ups.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Columns = Mapping[str, Sequence[Any]]

_COMMENT = re.compile(r"--|/\*")

_NAME = r'["`]([^"`]+)["`]'
_CAST = r"(?:::[\w ]+(?:\([\d, ]+\))?(?:\[\])?)?"
_ROW = rf"\((?:(?:%s{_CAST}|NULL|DEFAULT)(?:, )?)+\)"
_SIZE = re.compile(r"\(\d")
_NAMES = re.compile(_NAME)
_INSERT = re.compile(
    rf"INSERT (?:OR IGNORE )?INTO {_NAME} \((?P<columns>{_NAME}(?:, {_NAME})*)\) "
    rf"(?:VALUES (?P<rows>{_ROW}(?:, {_ROW})*)|SELECT \* FROM UNNEST\((?P<arrays>\(%s\)::[^%]*(?:\(%s\)::[^%]*)*)\))"
    r"(?: ON CONFLICT DO NOTHING)?(?: RETURNING [^%]*)?\Z"
)
_UPDATE = re.compile(rf"UPDATE {_NAME} SET (?P<set>.*) WHERE (?P<where>(?:.*%)?[^%]*?)(?: RETURNING [^%]*)?\Z", re.S)
_DELETE = re.compile(rf"DELETE FROM {_NAME} WHERE (?P<where>(?:.*%)?[^%]*?)(?: RETURNING [^%]*)?\Z", re.S)
_CONDITION = re.compile(rf"{_NAME}\.{_NAME} (?:= %s|IN \(%s(?:, %s)*\))")
_ASSIGNMENT = re.compile(rf"(?:\A|, ){_NAME} = (?:(?P<value>%s{_CAST}|NULL)(?=, [\"`]|\Z))?")
_VALUE = re.compile(rf"%s{_CAST}|NULL|DEFAULT")


@dataclass(frozen=True, slots=True)
class Write:
    """What a statement of one form writes to one table, given the parameters of an execution."""

    verb: Literal["insert", "update", "delete"]
    table: str
    rows: Callable[[Sequence[Any]], Columns]
    """The values before the write, by column of the WHERE clause; all conditions hold together."""
    values: Callable[[Sequence[Any]], Columns]
    """The values after the write, by column."""
    unknown: frozenset[str] = frozenset()
    """Columns set to an expression, a cast or a default, and each other name in the SET clause of an UPDATE."""


def _nothing(params: Sequence[Any]) -> Columns:
    return {}


def parse(sql: str) -> Write | None:
    """Return what the statement writes if it has a form that Django's compilers produce, else None."""
    if ";" in sql or "%%" in sql or _COMMENT.search(sql) or ("`" in sql and '"' in sql):
        return None  # with both quotes, one of them is a part of a name
    if sql.startswith("INSERT "):
        return _parse_insert(sql)
    if sql.startswith("UPDATE "):
        return _parse_update(sql)
    if sql.startswith("DELETE "):
        return _parse_delete(sql)
    return None


def _parse_insert(sql: str) -> Write | None:
    found = _INSERT.match(sql)
    if not found:
        return None
    table, columns = found[1], _NAMES.findall(found["columns"])
    if found["arrays"]:
        if found["arrays"].count("%s") != len(columns):
            return None
        # A cast to a type of a size cuts what is longer: varchar(3)[].
        kinds = found["arrays"].split("%s")[1:]
        cast = {column for column, kind in zip(columns, kinds, strict=True) if _SIZE.search(kind)}

        def arrays(params: Sequence[Any]) -> Columns:
            given = dict(zip(columns, params, strict=True))
            return {column: values for column, values in given.items() if column not in cast}

        return Write("insert", table, _nothing, arrays, frozenset(cast))
    tokens = _VALUE.findall(found["rows"])
    width = len(columns)
    if len(tokens) % width:
        return None
    sent = [token.startswith("%s") for token in tokens]
    if all(sent):
        cast = {columns[at % width] for at, token in enumerate(tokens) if token != "%s"}
        known = {column: at for at, column in enumerate(columns) if column not in cast}
        return Write(
            "insert",
            table,
            _nothing,
            lambda params: {column: params[at::width] for column, at in known.items()},
            frozenset(cast),
        )
    if len(tokens) != width:
        return None
    given = {column: (tokens[at], sum(sent[:at])) for at, column in enumerate(columns)}
    return _write_of_one("insert", table, _nothing, given)


def _parse_update(sql: str) -> Write | None:
    found = _UPDATE.match(sql)
    rows = _parse_where(found[1], found["where"], offset=found["set"].count("%s")) if found else None
    if not found or rows is None:
        return None
    assignments = found["set"]
    given = {
        match[1]: (match["value"], assignments.count("%s", 0, match.end(1)))
        for match in _ASSIGNMENT.finditer(assignments)
    }
    # Any other name in the clause (email = %s, "EMAIL"=%s) may be a column that is set.
    named = dict.fromkeys(re.findall(r"\w+", assignments.lower()), (None, 0))
    return _write_of_one("update", found[1], rows, named | given)


def _write_of_one(
    verb: Literal["insert", "update"],
    table: str,
    rows: Callable[[Sequence[Any]], Columns],
    given: Mapping[str, tuple[str | None, int]],
) -> Write:
    """Return a write that sets each column to a parameter (by position), to NULL, or to an unknown value."""
    # Only the database knows what a cast makes of a value.
    positions = {column: position for column, (token, position) in given.items() if token == "%s"}
    nulls: Columns = {column: (None,) for column, (token, _) in given.items() if token == "NULL"}

    def values(params: Sequence[Any]) -> Columns:
        return {column: (params[position],) for column, position in positions.items()} | dict(nulls)

    return Write(verb, table, rows, values, frozenset(given.keys() - positions.keys() - nulls.keys()))


def _parse_delete(sql: str) -> Write | None:
    found = _DELETE.match(sql)
    rows = _parse_where(found[1], found["where"], offset=0) if found else None
    return Write("delete", found[1], rows, _nothing) if found and rows else None


def _parse_where(table: str, where: str, *, offset: int) -> Callable[[Sequence[Any]], Columns] | None:
    """Parse ``column = %s`` and ``column IN (%s, …)`` joined by AND; ``offset`` parameters precede the clause."""
    text = where[1:-1] if where.startswith("(") and where.endswith(")") else where
    spans: dict[str, slice] = {}
    start = offset
    for condition in text.split(" AND "):
        match = _CONDITION.fullmatch(condition)
        if not match or match[1] != table:
            return None
        stop = start + condition.count("%s")
        spans[match[2]] = slice(start, stop)
        start = stop
    return lambda params: {column: params[span] for column, span in spans.items()}
