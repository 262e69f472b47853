"""Each test of coherence has generations of its own: some leave an intent that would live for half a minute."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db.models.signals import m2m_changed, post_delete, post_save
from pytest_django.fixtures import Settings

from caching.coherence import invalidation


@pytest.fixture(autouse=True)
def directory(_fresh_cache: None, settings: Settings, tmp_path: Path) -> Path:
    """The folder of this test's shared memory, for its children too."""
    folder = tmp_path / "shared"
    folder.mkdir()
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(folder)}
    return folder


@pytest.fixture
def watching() -> Iterator[Callable[..., None]]:
    """Give ``watch``, undone when the test ends."""
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
