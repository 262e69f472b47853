"""Fixtures for the tests of applications that use this cache.

Under Django's TestCase, reads are correct without any of this: the transaction of the test has written, so the cache
stores nothing and every read asks the database. To test *what is cached*, a test must commit. With pytest-django::

    pytest_plugins = ["caching.testing"]

    def test_the_second_read_asks_nobody(committed_cache, django_assert_num_queries):
        ...

``as_on_start``, ``fill_history``, ``take_sample`` and ``invalidation_log`` are for those who measure or show what the
cache does by itself: warming, a page with a month of history, the cost of a sample, the cost of a line in the log.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import MappingProxyType

import pytest

from .coherence.publishing import publisher
from .monitoring import history, warm_start
from .monitoring.most_read import MostRead
from .monitoring.questions import log as invalidation_log
from .monitoring.stats import COUNTERS, CacheStats
from .reading.manager import CacheManager, cache_manager

__all__ = ["as_on_start", "committed_cache", "fill_history", "fresh_cache", "invalidation_log", "take_sample"]


@contextmanager
def fresh_cache() -> Iterator[CacheManager]:
    """Run the block with an empty cache, zero counts and the current settings; discard everything afterwards."""
    publisher.forget()
    cache_manager.reconfigure()
    try:
        yield cache_manager
    finally:
        publisher.forget()
        cache_manager.reconfigure()


@pytest.fixture
def committed_cache(transactional_db: None) -> Iterator[CacheManager]:
    """An empty cache for a test that commits, as a TransactionTestCase does."""
    with fresh_cache() as manager:
        yield manager


def fill_history(kinds: Mapping[str, Mapping[str, int]], now: datetime, hosts: Iterable[str] = ()) -> int:
    """Store a row for each stretch of time that the history keeps, as if the kinds had been in use all the time.

    ``kinds`` gives by "type/kind" what is counted in every stretch, by the names of the counters. ``hosts`` are the
    hosts that count it, by default this one. Returns the number of rows.
    """
    from .models import CacheSample

    rows = [
        CacheSample(host=host, seconds=seconds, at=at, type=type_name, kind=kind, counts=counts)
        for seconds, kept in history.KEPT.items()
        for at in _stretches(now, seconds, kept)
        for host in tuple(hosts) or (history.host_name(),)
        for (type_name, _, kind), counts in ((name.partition("/"), counts) for name, counts in kinds.items())
    ]
    return len(CacheSample.objects.bulk_create(rows, batch_size=5000))


def _stretches(now: datetime, seconds: int, kept: timedelta) -> Iterator[datetime]:
    """Yield when each stretch of a length began that is kept, the newest first."""
    at = history.start_of(now, seconds)
    while at >= now - kept:
        yield at
        at -= timedelta(seconds=seconds)


def take_sample(kinds: Mapping[str, Mapping[str, int]], now: datetime, host: str | None = None) -> int:
    """Add to the history what was counted until now, as the thread that takes the samples does it once a minute.

    ``kinds`` gives by "type/kind" the counts since the start, by the names of the counters. Returns the number of
    kinds whose counts have grown since the last sample of that host, by default this one.
    """
    none = dict.fromkeys(COUNTERS, 0)
    found = {name: CacheStats(counts=MappingProxyType({**none, **counts})) for name, counts in kinds.items()}
    return history.record(lambda: found, now, host=host)


def as_on_start() -> Callable[[], int]:
    """Return a function that warms as a process does that starts, and returns the number of entries that it has stored.

    It warms what is declared, and what was read most in this process since the function was called last.
    """
    most_read = MostRead()

    def warm() -> int:
        most_read.remember()
        return warm_start.fill()

    return warm
