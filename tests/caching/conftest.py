"""What the tests of the cache share: a clock, a manager on that clock, a shared tier of files, a faulty one."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db.models.signals import m2m_changed, post_delete, post_save
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.coherence import invalidation
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


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Give ``watch``, undone when the test ends, with what look-ups have bound to cache types."""
    bound = {name: set(models) for name, models in cache_manager._models.items()}
    monkeypatch.setattr(cache_manager, "_models", defaultdict(set, bound))
    watched = {label: dict(fields) for label, fields in invalidation._watched.items()}
    targets = {table: list(found) for table, found in invalidation._targets.items()}
    yield invalidation.watch
    for label in set(invalidation._watched) - set(watched):
        for signal in (post_save, post_delete, m2m_changed):
            signal.receivers = [found for found in signal.receivers if found[0][0] != f"caching:{label}"]
            signal.sender_receivers_cache.clear()
    invalidation._watched.clear()
    invalidation._watched.update(watched)
    invalidation._targets.clear()
    invalidation._targets.update(targets)
    invalidation._plans.clear()
    for remembered in (invalidation.labels_of, invalidation.changed_by_the_database):
        remembered.cache_clear()
