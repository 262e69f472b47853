"""The counts for programs."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.monitoring.repeated_selects import selects

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-tests"
PAGES = ("/api/cache/stats/", "/metrics")


@pytest.fixture(autouse=True)
def _token(settings: Settings, tmp_path: Any) -> None:
    settings.CACHING = {**settings.CACHING, "STATS_TOKEN": TOKEN, "DIRECTORY": str(tmp_path)}


def with_token(path: str, token: str = TOKEN, **options: Any) -> Any:
    return Client().get(path, headers={"Authorization": f"Bearer {token}"}, **options)


def logged_in(*permissions: str) -> Client:
    user = User.objects.create_user("amy", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def read_something() -> None:
    cache_manager.get_or_load("general", "id:1", lambda: 1)
    for _ in range(4):
        cache_manager.get_or_load("general", "id:1", lambda: 1)


class AccessTests:
    @pytest.mark.parametrize("path", PAGES)
    def test_a_user_with_the_permission_and_the_token_are_let_in(self, path: str) -> None:
        assert logged_in("view_cache_stats").get(path).status_code == 200
        assert with_token(path).status_code == 200

    @pytest.mark.parametrize("path", PAGES)
    def test_a_user_without_it_is_told_so(self, path: str) -> None:
        answer = logged_in().get(path)
        assert (answer.status_code, answer.json()) == (403, {"error": "You may not see what the cache does."})

    @pytest.mark.parametrize("path", PAGES)
    def test_nobody_is_asked_to_log_in(self, path: str) -> None:
        answer = Client().get(path)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="cache"')
        assert "Authorization: Bearer TOKEN" in answer.json()["error"]

    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("token", ["wrong", "", "a" * 10_000, TOKEN[:-1], TOKEN + "x", "ä"])
    def test_a_wrong_token_is_refused_and_logged_without_the_token(
        self, path: str, token: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, "caching"):
            answer = with_token(path, token)
        assert (answer.status_code, answer.json()) == (401, {"error": "The token is not the one of this server."})
        (record,) = [record for record in caplog.records if record.name == "caching"]
        assert record.getMessage() == f"A wrong token for {path} from 127.0.0.1."

    @pytest.mark.parametrize("path", PAGES)
    def test_without_a_token_in_the_settings_none_is_right(self, path: str, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "STATS_TOKEN": None}
        assert {with_token(path, token).status_code for token in (TOKEN, "", "None")} == {401}

    @pytest.mark.parametrize("path", PAGES)
    def test_a_user_is_not_let_in_by_a_session_when_the_token_is_wrong(self, path: str) -> None:
        client = logged_in("view_cache_stats")
        assert client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401

    @pytest.mark.parametrize("path", PAGES)
    def test_only_reading_is_possible_and_nothing_is_kept_by_browsers(self, path: str) -> None:
        assert Client().post(path).status_code == 405
        assert "no-store" in with_token(path).headers["Cache-Control"]


class StatsTests:
    def test_gives_the_counts_of_all_processes(self) -> None:
        read_something()
        answer = with_token("/api/cache/stats/").json()
        assert (answer["hits"], answer["misses"], answer["hit_rate"]) == (4, 1, 0.8)
        assert answer["types"]["general"]["kinds"]["id"]["total_requests"] == 5
        assert answer["scope"] == {"hosts": 1, "processes": 1, "age_seconds": 0}
        assert answer["schema_version"] == 1
        assert answer["generated_at"].endswith("+00:00")
        assert answer["state"] | {"outbox": 0} == {
            **{"enabled": True, "degraded": False, "breaker_open": False, "shared": False, "outbox": 0}
        }

    @pytest.mark.django_db(transaction=True)
    def test_gives_the_history_up_to_now(self) -> None:
        read_something()
        (point,) = with_token("/api/cache/stats/?since=1h").json()["history"]["points"]
        assert (point["hits"], point["misses"], point["hit_rate"]) == (4, 1, 0.8)
        assert point["load_p50"] > 0

    def test_gives_what_to_cache_next_if_asked(self) -> None:
        selects.forget()
        for _ in range(2):
            selects.note("SELECT a FROM t WHERE b = 'amy'", 10**9)
        assert "next" not in with_token("/api/cache/stats/").json()
        shape = {"text": "SELECT a FROM t WHERE b = ?", "count": 2, "seconds": 2.0}
        assert with_token("/api/cache/stats/?next").json()["next"][0] == shape

    def test_an_unknown_period_lists_the_known_ones(self) -> None:
        answer = with_token("/api/cache/stats/?since=1y")
        assert (answer.status_code, answer.json()) == (
            *(400, {"error": "since is '1y'; allowed: 15m, 1h, 6h, 24h, 7d, 30d."}),
        )
