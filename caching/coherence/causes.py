"""The cause under which an invalidation is counted and logged."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_cause: ContextVar[str | None] = ContextVar("caching_cause", default=None)


@contextmanager
def cause(name: str) -> Iterator[None]:
    """Count and log the invalidations inside the block under this cause."""
    token = _cause.set(name)
    try:
        yield
    finally:
        _cause.reset(token)


def current_cause(default: str) -> str:
    return _cause.get() or default
