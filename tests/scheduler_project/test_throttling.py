"""Logins that really fail."""

import datetime
import logging
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings as project_settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.management import call_command
from django.db.models import F
from django.test import Client, RequestFactory
from django.urls import reverse

from caching import cache_manager
from scheduler_project.throttling import client_address

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
LOCKED = "Too many failed logins"
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture(autouse=True)
def amy(settings: Any) -> User:
    return User.objects.create_user("amy", password=PASSWORD, is_staff=True)


def log_in(client: Client, password: str, username: str = "amy", address: str = HERE, **headers: str) -> Any:
    form = {"username": username, "password": password}
    return client.post(reverse("admin:login"), form, REMOTE_ADDR=address, headers=headers)


def fail(client: Client, times: int, **how: Any) -> list[int]:
    """Return the statuses of so many logins with a wrong password."""
    return [log_in(client, f"wrong {number}", **how).status_code for number in range(times)]


def wait(minutes: int) -> None:
    """Let time pass for the failures so far."""
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - datetime.timedelta(minutes=minutes))


class LockTests:
    def test_the_fifth_failure_locks(self, client: Client) -> None:
        assert fail(client, 6) == [200, 200, 200, 200, 429, 429]

    def test_the_right_password_does_not_help_then(self, client: Client) -> None:
        fail(client, 5)

        assert log_in(client, PASSWORD).status_code == 429
        assert "_auth_user_id" not in client.session

    def test_the_answer_says_what_to_do(self, client: Client) -> None:
        fail(client, 5)
        response = log_in(client, PASSWORD)

        assert LOCKED in response.text
        assert "No password is tried for this user from here for 15 minutes." in response.text
        assert response["Retry-After"] == "900"
        assert "no-store" in response["Cache-Control"]

    def test_says_the_same_of_a_user_who_does_not_exist(self, client: Client) -> None:
        fail(client, 5, username="nobody")

        assert log_in(client, PASSWORD, username="nobody").text == self.locked_page(client)

    def locked_page(self, client: Client) -> str:
        fail(client, 5)
        return log_in(client, PASSWORD).text

    def test_another_address_and_another_user_are_not_concerned(self, client: Client) -> None:
        User.objects.create_user("bob", password=PASSWORD, is_staff=True)
        fail(client, 5)

        assert log_in(Client(), PASSWORD, address=ELSEWHERE).status_code == 302
        assert log_in(Client(), PASSWORD, username="bob").status_code == 302

    def test_another_browser_is_the_same_client(self, client: Client) -> None:
        for number in range(5):
            fail(client, 1, user_agent=f"browser {number}")

        assert log_in(client, PASSWORD).status_code == 429

    def test_a_session_that_is_open_goes_on(self, client: Client) -> None:
        log_in(client, PASSWORD)
        fail(Client(), 5)

        assert client.get(reverse("admin:index")).status_code == 200

    def test_nothing_else_than_logins_is_refused(self, client: Client) -> None:
        fail(client, 5)

        assert client.get(reverse("admin:login")).status_code == 200
        assert client.get("/healthz").status_code == 200


class EndTests:
    def test_after_15_minutes_a_password_is_tried_again(self, client: Client) -> None:
        fail(client, 5)
        wait(14)
        assert log_in(client, PASSWORD).status_code == 429

        wait(2)

        assert log_in(client, PASSWORD).status_code == 302

    def test_attempts_during_the_lock_do_not_prolong_it(self, client: Client) -> None:
        fail(client, 5)
        wait(10)
        fail(client, 5)
        wait(6)

        assert log_in(client, PASSWORD).status_code == 302

    def test_a_login_forgets_the_failures_before_it(self, client: Client) -> None:
        fail(client, 4)
        log_in(client, PASSWORD)
        client.logout()

        assert fail(client, 4) == [200] * 4

    @pytest.mark.parametrize(
        "command", [["axes_reset"], ["axes_reset_username", "amy"], ["axes_reset_ip", HERE]], ids=lambda words: words[0]
    )
    def test_a_command_unlocks(self, command: list[str], client: Client) -> None:
        fail(client, 5)

        call_command(*command)

        assert log_in(client, PASSWORD).status_code == 302

    def test_clearing_every_cache_does_not(self, client: Client) -> None:
        fail(client, 5)

        cache_manager.clear()
        for cache in caches.all(initialized_only=True):
            cache.clear()

        assert log_in(client, PASSWORD).status_code == 429


class TracesTests:
    def test_a_log_has_the_address_and_neither_name_nor_password(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG, logger="axes"):
            fail(client, 5, user_agent="Firefox")
            wait(16)
            log_in(client, PASSWORD)

        assert HERE in caplog.text
        for secret in ("amy", "wrong", "Firefox", PASSWORD):
            assert secret not in caplog.text

    def test_a_row_has_what_the_count_needs(self, client: Client) -> None:
        form = {"username": "amy", "password": "wrong", "next": "/admin/?q=Okafor", "csrfmiddlewaretoken": "token"}
        client.post(reverse("admin:login") + "?next=/admin/%3Fq=Okafor", form)

        kept = " ".join(str(value) for value in AccessAttempt.objects.values_list()[0])

        assert "amy" in kept
        for surplus in ("wrong", "Okafor", "token\n"):
            assert surplus not in kept

    def test_who_logged_in_is_not_recorded(self, client: Client) -> None:
        log_in(client, PASSWORD)
        client.logout()

        assert not AccessLog.objects.exists()

    def test_expired_rows_are_deleted_at_the_next_login(self, client: Client) -> None:
        fail(client, 5)
        wait(16)

        log_in(client, PASSWORD, address=ELSEWHERE)

        assert not AccessAttempt.objects.exists()

    def test_the_admin_does_not_offer_to_edit_it(self) -> None:
        assert not [model for model in admin.site._registry if model._meta.app_label == "axes"]


class AddressTests:
    @pytest.mark.parametrize(
        ("proxies", "peer", "forwarded", "counted"),
        [
            ([], HERE, "", HERE),
            ([], "127.0.0.1", "203.0.113.9", "127.0.0.1"),
            (["10.0.0.1"], "10.0.0.2", "203.0.113.9", "10.0.0.2"),
            (["10.0.0.1"], "10.0.0.1", "203.0.113.9", "203.0.113.9"),
            (["10.0.0.1"], "10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            (["10.0.0.0/8"], "10.0.0.1", "198.51.100.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
            (["*"], "10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
            (["10.0.0.1"], "10.0.0.1", "", "10.0.0.1"),
            (["10.0.0.1"], "10.0.0.1", "no address", "10.0.0.1"),
            (["10.0.0.1"], "", "203.0.113.9", "203.0.113.9"),
            ([], "", "203.0.113.9", None),
            ([], "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
            ([], "::ffff:192.0.2.1", "", HERE),
        ],
    )
    def test_is(self, proxies: list[str], peer: str, forwarded: str, counted: str | None, settings: Any) -> None:
        settings.TRUSTED_PROXIES = proxies
        request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-for": forwarded})

        assert client_address(request) == counted

    def test_a_made_up_one_is_no_way_out(self, client: Client) -> None:
        """Also on this host, whose word gunicorn takes when it says https."""
        for number in range(4):
            fail(client, 1, address="127.0.0.1", x_forwarded_for=f"203.0.113.{number}")

        assert fail(client, 1, address="127.0.0.1", x_forwarded_for="203.0.113.9") == [429]

    def test_behind_a_trusted_proxy_each_client_is_counted(self, client: Client, settings: Any) -> None:
        settings.TRUSTED_PROXIES = ["127.0.0.1"]
        fail(client, 5, address="127.0.0.1", x_forwarded_for="203.0.113.9")

        assert log_in(client, PASSWORD, address="127.0.0.1", x_forwarded_for="203.0.113.9").status_code == 429
        assert log_in(client, PASSWORD, address="127.0.0.1", x_forwarded_for="203.0.113.8").status_code == 302

    def test_without_one_failures_still_count(self, client: Client) -> None:
        assert fail(client, 5, address="")[-1] == 429


class ClientOfTestsTests:
    def test_logs_in_both_ways(self, client: Client, amy: User) -> None:
        assert client.login(username="amy", password=PASSWORD)
        client.logout()
        client.force_login(amy)

        assert client.get(reverse("admin:index")).status_code == 200

    def test_is_not_locked_by_the_failures_of_its_own_logins(self, client: Client) -> None:
        assert [client.login(username="amy", password="wrong") for _ in range(6)] == [False] * 6
        assert client.login(username="amy", password=PASSWORD)


def test_the_counts_are_rows() -> None:
    assert project_settings.AXES_HANDLER == "axes.handlers.database.AxesDatabaseHandler"
