"""What open transactions of this process have written: such rows are read from the database, and nothing is stored."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, Protocol
from weakref import ref

from django.db import connections


class Watcher(Protocol):
    """What is asked here of the watcher of a connection."""

    alias: str
    connection: Any
    dirty: set[str]


dirty_watchers: set[ref[Any]] = set()
"""The watchers of this process whose transaction has written, watched or not. Empty nearly always: a read looks only at
that.

Weak, so that the connection of a thread that died inside a transaction is closed as it would be without us.
"""


_numbers = count(1)
_last_rollback = 0


def last_rollback() -> int:
    """Return a number that changes whenever this process rolls back what it has written: such a load is not true."""
    return _last_rollback


def _dirty_in_this_thread() -> Iterator[Watcher]:
    for reference in tuple(dirty_watchers):
        watcher = reference()
        if watcher is not None and connections[watcher.alias] is watcher.connection:
            yield watcher


def rolled_back() -> None:
    """Note that this process has rolled back what it had written."""
    global _last_rollback
    _last_rollback = next(_numbers)


def dirty_here() -> bool:
    """Whether an open transaction of this thread has written anything: what it reads may be rolled back."""
    return any(True for _ in _dirty_in_this_thread())


def is_dirty(tags: Iterable[str]) -> bool:
    """Whether an open transaction of this thread has written something that one of the tags names."""
    return any(not watcher.dirty.isdisjoint(tags) for watcher in _dirty_in_this_thread())
