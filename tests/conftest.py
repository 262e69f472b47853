"""What every test gets: a cache of its own, a database file that other processes can open, other processes."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings

from caching import cache_manager
from caching.coherence import shared_memory
from caching.coherence.publishing import publisher
from tests.processes import Child

# No test may touch the caches of a developer's checkout. Set here and not in the environment: pytest-django has read
# the settings before any conftest is imported.
os.environ.pop("REDIS_URL", None)
settings.CACHING |= {"DIRECTORY": tempfile.mkdtemp(prefix="caching-"), "SHARED_ALIAS": None}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep a SQLite test database in a file, in WAL mode as in production, so that other processes can open it."""
    default = settings.DATABASES["default"]
    if default["ENGINE"].endswith("sqlite3"):
        default["TEST"] = {**default.get("TEST", {}), "NAME": str(tmp_path_factory.mktemp("database") / "test.sqlite3")}


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Start every test with nothing cached and nothing counted."""
    publisher.forget()
    cache_manager.reconfigure()


@pytest.fixture
def no_collisions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every tag a slot of its own, for tests of what is kept: two that share one by chance are dropped together.

    Not for a test with other processes, which would look into other slots.
    """
    slots = defaultdict(count(shared_memory.slot_of("")).__next__)
    monkeypatch.setattr(shared_memory, "slot_of", slots.__getitem__)


@pytest.fixture
def start_child(transactional_db: None) -> Iterator[Callable[[], Child]]:
    """Return a function that starts another process on the same database and the same cache directory."""
    children: list[Child] = []

    def start() -> Child:
        children.append(Child(Path(settings.CACHING["DIRECTORY"])))
        return children[-1]

    yield start
    for child in children:
        child.stop()


@pytest.fixture
def child(start_child: Callable[[], Child]) -> Child:
    """Another process on the same database and the same cache directory."""
    return start_child()
