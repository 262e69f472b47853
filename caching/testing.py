"""For the tests of applications that use this cache.

Under Django's TestCase every read is right without any of this: the test's transaction has written, so it stores
nothing and reads the database. To test *what is cached*, a test must commit. With pytest-django::

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
    """Start the block with nothing cached and nothing counted, by the settings of now; forget it all afterwards."""
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
