"""What the tests of the page share: a directory of their own, samples, users."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.monitoring import history
from caching.monitoring.stats import COUNTERS, CacheStats
from caching.testing import fill_history

NOW = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
PAGE = "/admin/caching/cachesample/"


@pytest.fixture(autouse=True)
def _directory(settings: Settings, tmp_path: Path) -> None:
    """Count in a directory of this test alone."""
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}


def counted(**counts: int) -> CacheStats:
    return CacheStats(counts=MappingProxyType({**dict.fromkeys(COUNTERS, 0), **counts}))


def summary(*stretches: dict[str, int], seconds: int = 60, now: datetime = NOW) -> history.Summary:
    """Return what a kind counted in stretches of a minute, of which the last begins now."""
    several = [counted(**counts) for counts in stretches]
    moments = [now - timedelta(seconds=seconds) * (len(several) - 1 - number) for number in range(len(several))]
    return history.Summary(
        seconds, dict(zip(moments, several, strict=True)), {"employee/email": sum(several, CacheStats())}
    )


def samples(now: datetime, hosts: int, kinds: int, **counts: int) -> None:
    """Store all samples that the history keeps, with the same counts in each."""
    fill_history(
        {f"type{kind}/id": counts for kind in range(kinds)}, now, hosts=[f"host{host}" for host in range(hosts)]
    )


def read_something(reads: int = 5) -> None:
    """Read one key: the first time it is loaded, then it is a hit."""
    for _ in range(reads):
        cache_manager.get_or_load("general", "id:1", lambda: 1)


@pytest.fixture
def client_of(db: None) -> Callable[..., Client]:
    """Return a function that signs in a member of staff with these permissions of the cache."""

    def sign_in(*permissions: str, name: str = "amy") -> Client:
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def may_do_all(client_of: Callable[..., Client]) -> Any:
    return client_of("view_cache_stats", "clear_cache", "warm_cache", name="boss")
