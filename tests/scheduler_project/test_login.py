"""A login with what nobody can have typed."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def amy(settings: Any) -> User:
    return User.objects.create_user("amy", password=PASSWORD, is_staff=True)


def log_in(username: str = "amy", password: str = PASSWORD, **more: str) -> Any:
    return Client().post(reverse("admin:login"), {"username": username, "password": password, **more})


class LoginFormTests:
    @pytest.mark.parametrize("length", [151, 256, 2_000_000])
    def test_a_name_that_is_too_long_is_refused_before_it_is_stored(self, length: int) -> None:
        response = log_in("a" * length)

        assert response.status_code == 200
        assert f"Ensure this value has at most 150 characters (it has {length})." in response.text
        assert not AccessAttempt.objects.exists()

    def test_a_password_that_is_too_long_is_refused_before_it_is_hashed(self) -> None:
        response = log_in(password="a" * 5000)

        assert "Ensure this value has at most 4096 characters (it has 5000)." in response.text
        assert not AccessAttempt.objects.exists()

    def test_the_longest_name_is_counted(self) -> None:
        assert log_in("a" * 150).status_code == 200
        assert len(AccessAttempt.objects.get().username) == 150

    def test_other_fields_are_stored_up_to_a_length(self) -> None:
        log_in("nobody", other="a" * 100_000)

        row = AccessAttempt.objects.get()
        assert max(len(str(value)) for value in AccessAttempt.objects.values_list()[0]) <= 1100, row

    @pytest.mark.parametrize("name", ["a\x00b", "\x00"])
    def test_nul_is_no_name(self, name: str) -> None:
        assert log_in(name).status_code == 400
        assert not AccessAttempt.objects.exists()

    @pytest.mark.parametrize("where", ["https://elsewhere.example/", "//elsewhere.example/", "\r\nX: y"])
    def test_leads_to_the_first_page_if_it_was_sent_elsewhere(self, where: str) -> None:
        response = log_in(next=where)

        assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))
