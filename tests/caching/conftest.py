"""What the tests of the cache share: a clock, a manager on that clock, a shared tier of files, a faulty one."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models.signals import m2m_changed, post_delete, post_save
from pytest_django.fixtures import Settings

from caching import cache_manager, watch
from caching.coherence import receivers
from caching.coherence.outbox import drain
from caching.coherence.plans import forget_plans
from caching.coherence.publishing import publisher
from caching.coherence.watched import further_tables, labels_of, tables, watched_fields, watched_models
from caching.reading import places
from caching.reading.manager import CacheManager
from caching.stores.redis import keeper
from caching.stores.redis.store import RedisGenerations
from tests.caching.backends import FaultyCache
from tests.caching.clock import Clock
from tests.caching.stores.contract import INTENT_SECONDS
from tests.caching.stores.redis.stores import OpenStore, is_trusting
from tests.conftest import add_alias
from tests.proxy import Proxy
from tests.valkey import Valkey
from tests.waiting import wait_until


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
    monkeypatch.setattr(cache_manager.runtime, "clock", clock)
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
    monkeypatch.setattr(places, "_declared", dict(places._declared))
    monkeypatch.setattr(receivers, "without_receivers", set(receivers.without_receivers))
    bound = {name: set(models) for name, models in cache_manager._models.items()}
    monkeypatch.setattr(cache_manager, "_models", defaultdict(set, bound))
    fields = {label: dict(fields) for label, fields in watched_fields.items()}
    before = {table: list(found) for table, found in tables.items()}
    models, further = dict(watched_models), {label: set(names) for label, names in further_tables.items()}
    yield watch
    for label in set(watched_fields) - set(fields):
        for signal in (post_save, post_delete, m2m_changed):
            signal.receivers = [found for found in signal.receivers if found[0][0] != f"caching:{label}"]
            signal.sender_receivers_cache.clear()
    watched_fields.clear()
    watched_fields.update(fields)
    for registry, content in ((tables, before), (watched_models, models), (further_tables, further)):
        registry.clear()
        registry.update(content)
    forget_plans()
    labels_of.cache_clear()


@pytest.fixture
def directory(_fresh_cache: None, settings: Settings, tmp_path: Path) -> Path:
    """The folder of this test's shared memory, for its children too."""
    folder = tmp_path / "shared"
    folder.mkdir()
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(folder)}
    return folder


@pytest.fixture
def _quick_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a keeper come back within a blink."""
    monkeypatch.setattr(keeper, "PROBE_SECONDS", 0.02)


@pytest.fixture
def network(shared_valkey: Valkey, settings: Settings, _quick_probes: None) -> Iterator[Proxy]:
    """What lies between this process and the server of its generations."""
    with Proxy(shared_valkey.port) as proxy:
        add_alias(settings, "shared", proxy.url)
        yield proxy
        publisher.forget()


@pytest.fixture
def open_store(db: None, shared_valkey: Valkey, clock: Clock, _quick_probes: None) -> Iterator[OpenStore]:
    """Return a function that opens a store, which trusts its server; all are closed after the test."""
    stores: list[RedisGenerations] = []

    def open_one(alias: str = "shared", **options: Any) -> RedisGenerations:
        defaults = {"intent_seconds": INTENT_SECONDS, "clock": clock, "drain_outbox": drain}
        store = RedisGenerations(alias, **{**defaults, **options})
        stores.append(store)
        wait_until(lambda: is_trusting(store))
        return store

    yield open_one
    for store in stores:
        store.close()
