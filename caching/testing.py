"""Fixtures for the tests of applications that use this cache.

Under Django's TestCase, reads are correct without any of this: the transaction of the test has written, so the cache
stores nothing and every read asks the database. To test *what is cached*, a test must commit. With pytest-django::

    pytest_plugins = ["caching.testing"]

    def test_the_second_read_asks_nobody(committed_cache, django_assert_num_queries):
        ...
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .coherence.publishing import publisher
from .reading.manager import CacheManager, cache_manager


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
