"""What the tests of the cache share: a clock, a manager on that clock, a shared tier of files, a faulty one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.coherence.publishing import publisher
from caching.manager import CacheManager
from tests.caching.backends import FaultyCache
from tests.caching.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def manager(clock: Clock) -> Iterator[CacheManager]:
    """A manager of its own, whose times to live are counted on the clock."""
    manager = CacheManager(clock=clock)
    yield manager
    publisher.listeners.remove(manager._count_invalidation)
    manager.reconfigure()


@pytest.fixture
def ticking(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let the one manager of the process count on the clock too."""
    monkeypatch.setattr(cache_manager, "clock", clock)
    return clock


@pytest.fixture
def file_tier(settings: Settings, tmp_path: Path) -> Path:
    """Hold values in files that all processes share; return their folder."""
    settings.CACHES = {
        **settings.CACHES,
        "files": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(tmp_path / "values"),
        },
    }
    settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "files"}
    return tmp_path / "values"


@pytest.fixture
def faulty(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> type[FaultyCache]:
    """Hold values in a shared tier that fails while ``fault`` is set."""
    for name, value in {"fault": None, "calls": 0, "values": {}}.items():
        monkeypatch.setattr(FaultyCache, name, value)
    settings.CACHES = {**settings.CACHES, "faulty": {"BACKEND": "tests.caching.backends.FaultyCache"}}
    settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "faulty"}
    return FaultyCache
