"""Prepared transactions: what was written before PREPARE TRANSACTION becomes true with COMMIT PREPARED.

Another connection, and another process, may finish what this one has prepared. A transaction that this process has not
prepared may have written anything.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .causes import current_cause
from .tags import tags_of_unknown_rows
from .texts import without_comments
from .watched import watched_labels

if TYPE_CHECKING:
    from .watcher import ConnectionWatcher

_MAX_PREPARED = 1000
_STATEMENT = re.compile(
    r"\s*(?P<phase>PREPARE\s+TRANSACTION|COMMIT\s+PREPARED|ROLLBACK\s+PREPARED)\s+(?:'(?P<name>(?:[^'\\]|'')*)'|(?P<mark>%s))?",
    re.I,
)

_prepared: OrderedDict[tuple[str, str], set[str]] = OrderedDict()


def phase_of(sql: str, params: Any) -> tuple[str, str | None]:
    """Return PREPARE, COMMIT or ROLLBACK and the name of the transaction, None if unknown; "" for other statements."""
    found = _STATEMENT.match(without_comments(sql))
    if not found:
        return "", None
    phase = found["phase"].split()[0].upper()
    if found["mark"] and isinstance(params, (list, tuple)) and len(params) == 1 and isinstance(params[0], str):
        return phase, params[0]
    return phase, None if found["name"] is None else found["name"].replace("''", "'")


def prepare(alias: str, name: str | None, tags: set[str]) -> None:
    """Remember what the transaction has written."""
    if name is not None:
        _prepared[alias, name] = set(tags)
        if len(_prepared) > _MAX_PREPARED:
            _prepared.popitem(last=False)


def finish(alias: str, name: str | None) -> set[str]:
    """Return what a prepared transaction has written: all rows of all watched models if nobody here knows."""
    found = None if name is None else _prepared.pop((alias, name), None)
    if found is not None:
        return found
    return {tag for label in watched_labels() for tag in tags_of_unknown_rows(label)}


def run(watcher: "ConnectionWatcher", phase: str, name: str | None, statement: Callable[[], Any], cursor: Any) -> Any:
    """Run PREPARE TRANSACTION, COMMIT PREPARED or ROLLBACK PREPARED on the watched connection."""
    if phase == "PREPARE":
        prepared = watcher.dirty
        result = watcher.discarding(statement)
        prepare(watcher.alias, name, prepared)
        return result
    if watcher.in_transaction():
        # The database refuses it.
        return statement()
    written = finish(watcher.alias, name)
    if phase == "ROLLBACK" or not written:
        return statement()
    watcher.mark(written, current_cause("safety_net"))
    return watcher.autocommitted(statement, cursor, alone=True)
