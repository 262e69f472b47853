"""What an invalidation is counted and logged as."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_cause: ContextVar[str | None] = ContextVar("caching_cause", default=None)


@contextmanager
def cause(name: str) -> Iterator[None]:
    """Name what invalidations inside the block are counted and logged as."""
    token = _cause.set(name)
    try:
        yield
    finally:
        _cause.reset(token)


def current_cause(default: str) -> str:
    return _cause.get() or default
