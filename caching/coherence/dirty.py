"""What the open transactions of this process have written. They read it from the database and store nothing."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, Protocol
from weakref import ref

from django.db import connections
from django.utils.connection import ConnectionDoesNotExist


class Watcher(Protocol):
    """The part of a connection's watcher that this module uses."""

    alias: str
    connection: Any
    dirty: set[str]


dirty_watchers: set[ref[Any]] = set()
"""The watchers in this process whose transaction has written, to watched tables or others. Usually empty, and then a
read checks nothing else.

The references are weak, so that the connection of a thread that died inside a transaction is still closed as usual.
"""


_numbers = count(1)
_last_rollback = 0


def last_rollback() -> int:
    """Return a number that changes with each rollback of writes in this process; it invalidates loads under way."""
    return _last_rollback


def is_of_django(watcher: Any) -> bool:
    """Whether this thread uses the watched connection under its alias: not one that an application has made for itself.

    Such a connection may have an alias that no settings know.
    """
    try:
        return connections[watcher.alias] is watcher.connection
    except ConnectionDoesNotExist:
        return False


def _dirty_in_this_thread() -> Iterator[Watcher]:
    for reference in tuple(dirty_watchers):
        watcher = reference()
        if watcher is not None and is_of_django(watcher):
            yield watcher


def rolled_back() -> None:
    """Record that this process has rolled back writes."""
    global _last_rollback
    _last_rollback = next(_numbers)


def dirty_here() -> bool:
    """Whether an open transaction of this thread has written anything, so that what it reads may be rolled back."""
    return any(True for _ in _dirty_in_this_thread())


def is_dirty(tags: Iterable[str]) -> bool:
    """Whether an open transaction of this thread has written anything that one of the tags stands for."""
    return any(not watcher.dirty.isdisjoint(tags) for watcher in _dirty_in_this_thread())
