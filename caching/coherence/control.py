"""Statements that begin, end or change a transaction by hand, beside Django's own."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import two_phase
from .texts import is_several, without_comments

if TYPE_CHECKING:
    from .watcher import ConnectionWatcher


def run(watcher: "ConnectionWatcher", sql: str, params: Any, statement: Callable[[], Any], cursor: Any) -> Any:
    """Run a statement that may change or end a transaction by hand."""
    words = without_comments(sql).upper().split(None, 3)
    phase, name = two_phase.phase_of(sql, params)
    if phase:
        return two_phase.run(watcher, phase, name, statement, cursor)
    of_a_savepoint = words[:1] == ["RELEASE"] or "TO" in words[1:3]
    # With autocommit off, the outermost savepoint of SQLite is the transaction, and to release it commits.
    inside = watcher.connection.in_atomic_block and watcher.connection.commit_on_exit
    if not (of_a_savepoint and inside):
        watcher.isolation = None
    harmless = words[:1] == ["SET"] or (of_a_savepoint and inside)
    if harmless and not is_several(sql):
        return statement()
    return ending(watcher, statement)


def ending(watcher: "ConnectionWatcher", statement: Callable[[], Any]) -> Any:
    """Run a statement that may end the transaction of the connection."""
    return watcher.around(statement) if watcher.dirty else watcher.discarding(statement)
