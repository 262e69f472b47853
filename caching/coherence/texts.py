"""What a SQL text says before it is parsed: what kind of statement it is, and which tables it names."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_READ = re.compile(r"[\s(]*(?:SELECT|SHOW|PRAGMA|SAVEPOINT)\b[^;]*;?\s*\Z", re.I)
_WITH = re.compile(r"\s*WITH\b[^;]*;?\s*\Z", re.I)
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|INTO)\b", re.I)
_LOCKS = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b", re.I)
_EXPLAIN = re.compile(r"\s*EXPLAIN\b\s*(?:\([^)]*\)|(?:ANALY[SZ]E|VERBOSE)\b|\s+)*", re.I)
_RUNS = re.compile(r"\bANALY[SZ]E\b", re.I)
"""With this word EXPLAIN runs what it explains."""
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_REPEATED_ROWS = re.compile(r"(\((?:%s, )*%s\), )\1+")
_ENDS = "; \t\n\r\f\v"

_TOKENS = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|--[^\n]*|/\*(?:(?!/\*).)*?\*/""", re.S)
_AMBIGUOUS = re.compile(r"""\\|\#|\$\w*\$|/\*!|--[^\s]|\[[^\]'"`]{1,300}['"`]""")
"""Where databases differ on what a quote or a comment is: escapes, dollar quotes, names in brackets.

A name has at most 128 characters, and a search without a limit takes quadratic time on brackets that nobody closes.
"""
_UNPAIRED = re.compile(r"""['"`]|/\*|\*/""")

_CHANGES_NO_ROWS = re.compile(
    r"\s*(?:VACUUM|ANALY[SZ]E|CLUSTER|REINDEX|(?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX)\b", re.I
)
_TAKES_NO_TRANSACTION = re.compile(
    r"\s*(?:(?:COMMIT|ROLLBACK)\s+PREPARED|ALTER\s+TABLE\b.*\bCONCURRENTLY|CALL|DO\b.*\b(?:COMMIT|ROLLBACK)|ALTER\s+SYSTEM"
    r"|(?:CREATE|ALTER|DROP)\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION))\b",
    re.I | re.S,
)
_SETS_ISOLATION = re.compile(r"TRANSACTION_ISOLATION|\bPG_SETTINGS\b", re.I)
# Apart, and whatever is between them: comments may be nested, and one pattern for both words with comments between
# them took eleven seconds for 120 characters.
_ISOLATION = re.compile(r"\bISOLATION(?=\s|/\*|--)", re.I)
_LEVEL = re.compile(r"\bLEVEL\b", re.I)
_SET_CONFIG = re.compile(r"\bSET_CONFIG\b", re.I)
_SETS_ANOTHER = re.compile(r"\bSET_CONFIG\s*\(\s*'(?:(?!ISOLATION)[^'\\])*'\s*,", re.I)


def text_of(sql: Any, connection: BaseDatabaseWrapper) -> str:
    """Return the text of a statement given as bytes, or composed with the driver's own classes."""
    if isinstance(sql, (bytes, bytearray, memoryview)):
        encoding = getattr(getattr(connection.connection, "info", None), "encoding", "utf-8")
        return bytes(sql).decode(encoding, "replace")
    return sql.as_string(connection.connection) if hasattr(sql, "as_string") else str(sql)


def without_comments(sql: str) -> str:
    return _COMMENTS.sub(" ", sql)


def without_repeated_rows(sql: str) -> str:
    """Return the text with one of equal rows of placeholders: a thousand more of them say nothing, and take long."""
    return _REPEATED_ROWS.sub(r"\1", sql)


def without_quoted(sql: str) -> str:
    """Return the text without comments, literals and quoted names; the whole text if these may be read differently."""
    if _AMBIGUOUS.search(sql):
        return sql
    bare = _TOKENS.sub(" ", sql)
    return sql if _UNPAIRED.search(bare) else bare


def is_several(sql: str) -> bool:
    """Whether the text may contain more than one statement; a semicolon at its end separates nothing."""
    return ";" in sql and ";" in without_quoted(sql).rstrip(_ENDS)


def is_plain_read(sql: str) -> bool:
    """Whether the text is a single statement that certainly cannot write."""
    if sql.startswith("SELECT ") and ";" not in sql and "INTO" not in sql.upper():
        return True
    bare = without_quoted(sql)
    if found := _EXPLAIN.match(bare):
        if not _RUNS.search(bare):
            return ";" not in bare.rstrip(_ENDS)
        bare = bare[found.end() :]
    if _READ.match(bare) or _WITH.match(bare):
        return not _WRITES.search(_LOCKS.sub(" ", bare))
    return False


def changes_no_rows(sql: str) -> bool:
    """Whether a single statement concerns only how rows are stored and found: VACUUM, CREATE INDEX CONCURRENTLY."""
    return _CHANGES_NO_ROWS.match(without_comments(sql)) is not None


def takes_no_transaction(sql: str) -> bool:
    """Whether the database refuses to run the statement inside a transaction, or may."""
    return _TAKES_NO_TRANSACTION.match(without_comments(sql)) is not None


def calls_for_isolation(sql: str) -> bool:
    """Whether the text calls set_config, which may change the isolation level: not if it names another setting."""
    calls = len(_SET_CONFIG.findall(sql))
    return calls > 0 and calls > len(_SETS_ANOTHER.findall(sql))


def may_change_isolation(sql: str) -> bool:
    """Whether a statement that is not a plain read may change the isolation level."""
    named = _ISOLATION.search(sql)
    sets_level = named is not None and _LEVEL.search(sql, named.end()) is not None
    return sets_level or _SETS_ISOLATION.search(sql) is not None or calls_for_isolation(sql)


@lru_cache(maxsize=4096)
def table_in_its_schema(table: str) -> str:
    """Return the name of a table as it is inside its schema, folded: a statement may spell or leave out the schema."""
    return table.rpartition(".")[2].strip('"`[] ').lower()


def tables_named(sql: str, tables: Iterable[str]) -> list[str]:
    """Return the tables whose names appear in the text as whole words, in upper or lower case, in any schema."""
    text = sql.lower()
    return [
        table
        for table in tables
        if (name := table_in_its_schema(table)) in text
        and re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])").search(text)
    ]
