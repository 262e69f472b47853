"""The panel of the cache on the first page of the admin."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.template import Context, Template
from django.test import Client
from pytest_django.fixtures import Settings

from caching import cache_manager

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _directory(settings: Settings, tmp_path: Path) -> None:
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}


@pytest.fixture
def amy() -> User:
    user = User.objects.create_user("amy", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_cache_stats"))
    return user


def panel(user: Any) -> str:
    return " ".join(Template("{% load cache_panel %}{% cache_panel user %}").render(Context({"user": user})).split())


def read(times: int) -> None:
    for _ in range(times):
        cache_manager.get_or_load("general", "id:1", lambda: 1)


class CachePanelTests:
    def test_is_only_for_those_who_may_see_it(self, amy: User) -> None:
        assert panel(User.objects.create_user("ben", is_staff=True)) == ""
        assert panel(AnonymousUser()) == ""
        assert '<a href="/admin/caching/cachesample/">What the cache does</a>' in panel(amy)

    def test_says_hit_rate_and_reads_or_that_there_were_none(self, amy: User) -> None:
        assert "Hit rate: no reads yet" in panel(amy)
        assert "database time saved: –" in panel(amy)
        read(10)
        assert "Hit rate: 90.0 %" in panel(amy)
        assert "reads: 10" in panel(amy)

    def test_marks_a_rate_below_the_target(self, amy: User) -> None:
        read(2)
        assert '<span class="is-bad">Hit rate: 50.0 %</span>' in panel(amy)

    def test_says_that_the_cache_is_off(self, amy: User, settings: Settings) -> None:
        assert "The cache is switched on and serves." in panel(amy)
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        assert '<p class="is-bad">The cache is switched off by the settings' in panel(amy)

    def test_makes_no_query_but_for_permissions_and_is_not_counted(
        self, amy: User, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        amy.has_perm("caching.view_cache_stats")
        before = cache_manager.get_stats()
        with django_assert_num_queries(0):
            panel(amy)
        assert cache_manager.get_stats() == before

    def test_stands_on_the_first_page(self, amy: User) -> None:
        client = Client()
        client.force_login(amy)
        page = client.get("/admin/").text
        assert 'class="cache-panel"' in page
        assert "caching/cache.css" in page
