"""Each test of coherence has generations of its own: some leave an intent that would live for half a minute."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from caching.coherence import outbox
from caching.coherence.publishing import publisher
from caching.coherence.redis import RedisGenerations
from tests.caching.clock import Clock
from tests.caching.coherence.contract import INTENT_SECONDS
from tests.caching.coherence.redis_stores import OpenStore, is_trusting
from tests.conftest import add_alias
from tests.proxy import Proxy
from tests.valkey import Valkey
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def directory(_fresh_cache: None, settings: Settings, tmp_path: Path) -> Path:
    """The folder of this test's shared memory, for its children too."""
    folder = tmp_path / "shared"
    folder.mkdir()
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(folder)}
    return folder


@pytest.fixture
def _quick_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a keeper come back within a blink."""
    monkeypatch.setattr(outbox, "PROBE_SECONDS", 0.02)


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
        store = RedisGenerations(alias, **{"intent_seconds": INTENT_SECONDS, "clock": clock, **options})
        stores.append(store)
        wait_until(lambda: is_trusting(store))
        return store

    yield open_one
    for store in stores:
        store.close()
