"""What every test gets: a cache of its own, a database file that other processes can open, other processes."""

import os
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.utils import translation
from pytest_django.fixtures import Settings

from caching import cache_manager, databases
from caching.coherence.late import late
from caching.coherence.publishing import publisher
from caching.stores import shared_memory
from tests import valkey
from tests.flushing import _faster_flush  # noqa: F401  (a fixture)
from tests.processes import Child
from tests.valkey import Valkey

# No test may touch the caches of a developer's checkout. Set here and not in the environment: pytest-django has read
# the settings before any conftest is imported.
os.environ.pop("REDIS_URL", None)
settings.CACHING |= {"DIRECTORY": tempfile.mkdtemp(prefix="caching-"), "SHARED_ALIAS": None}
# What a password costs is not what a test is about, and each test that signs somebody in would pay for it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A test is not wrong because the machine was busy for a moment.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")
_DIRECTORY = settings.CACHING["DIRECTORY"]
EXPLORED = ("schedules", "steps", "states", "transitions")
COMPARED = ("cells", "sequences", "writes", "reads")
"""What was compared with the database: by the contract of reading, and by random models and writes."""


def pytest_unconfigure() -> None:
    publisher.forget()
    shutil.rmtree(_DIRECTORY, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was explored, in all workers together."""
    total: Counter[str] = Counter()
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if getattr(report, "when", "") == "call":
            for name, number in report.user_properties:
                total[name] += number if name in (*EXPLORED, *COMPARED) else 0
    database = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    where = f"on {database} and {terminalreporter.config.getoption('generations')}"
    for word, names, end in (("Explored", EXPLORED, "."), ("Contract", COMPARED, f" {where}.")):
        numbers = ", ".join(f"{total[name]:,} {name}" for name in names if total[name])
        if numbers:
            terminalreporter.write_line(f"{word}: {numbers}{end}")


@pytest.fixture
def explored(record_property: Callable[[str, Any], None]) -> Callable[..., None]:
    """Return a function that adds to what the run will say was explored, such as ``explored(schedules=12)``."""

    def add(**numbers: int) -> None:
        for name, number in numbers.items():
            record_property(name, number)

    return add


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--generations",
        choices=["memory", "redis"],
        default="memory",
        help="the store of generations for every test that does not choose one: a file, or a Valkey that is started",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests that are marked as long to ``make prove``, which sets LONG_TESTS."""
    if not os.environ.get("LONG_TESTS"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long: a part of make prove"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep a SQLite test database in a file, in WAL mode as in production, so that other processes can open it."""
    default = settings.DATABASES["default"]
    if default["ENGINE"].endswith("sqlite3"):
        default["TEST"] = {**default.get("TEST", {}), "NAME": str(tmp_path_factory.mktemp("database") / "test.sqlite3")}


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> None:
    """Start every test with nothing cached and nothing counted, in the language of the settings."""
    # A request that a test makes leaves its language behind in this thread.
    translation.deactivate()
    late.clear()
    publisher.forget()
    # A test may add an alias, which would be a part of every key from then on.
    databases.note_start()
    cache_manager.reconfigure()
    if request.config.getoption("generations") == "redis":
        request.getfixturevalue("shared_valkey")


@pytest.fixture(scope="session")
def valkey_of_the_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Valkey for all tests of this process of pytest-xdist. It is started by the first test that asks for it."""
    with valkey.running(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def shared_valkey(settings: Settings, valkey_of_the_session: Valkey) -> Valkey:
    """Let the generations and the shared tier be in a Valkey, which is empty."""
    valkey_of_the_session.reset()
    add_alias(settings, "shared", valkey_of_the_session.url)
    settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "shared"}
    return valkey_of_the_session


def add_alias(settings: Settings, name: str, url: str, **options: Any) -> None:
    """Let there be a cache alias on a server until the test ends."""
    settings.CACHES = {**settings.CACHES, name: valkey.alias(url, **options)}


@pytest.fixture
def no_collisions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every tag a slot of its own, for tests of what is kept: two that share one by chance are dropped together.

    Not for a test with other processes, which would look into other slots.
    """
    slots = defaultdict(count(shared_memory.slot_of("")).__next__)
    monkeypatch.setattr(shared_memory, "slot_of", slots.__getitem__)


@pytest.fixture
def start_child(transactional_db: None) -> Iterator[Callable[..., Child]]:
    """Return a function that starts another process on the same database and the same cache directory, or another."""
    children: list[Child] = []

    def start(directory: Path | None = None, **options: Any) -> Child:
        shared = settings.CACHES.get("shared")
        servers = {"REDIS_URL": shared["LOCATION"]} if shared else {}
        children.append(Child(directory or Path(settings.CACHING["DIRECTORY"]), **servers, **options))
        return children[-1]

    yield start
    for child in children:
        child.stop()


@pytest.fixture
def child(start_child: Callable[[], Child]) -> Child:
    """Another process on the same database and the same cache directory."""
    return start_child()
