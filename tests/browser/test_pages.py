"""Every page of the admin, in both languages, by day and by night, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from itertools import product
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from caching.models import CacheSample
from scheduling.samples import SAMPLES_DIR
from tests.browser.hotel import Hotel, fill, member_of
from tests.browser.looks import DESK, PHONE, Looks
from tests.factories import NotificationFactory
from tests.scheduling.admin.pages import url

pytestmark = pytest.mark.django_db(transaction=True)
LANGUAGES = ("en", "de")
FILES = ("departments", "employees", "shift_types", "shifts", "schedules", "rules", "assignments")
KINDS = ("first", "lists", "additions", "changes", "files", "acts")
OF_LONG_TESTS = ("additions", "changes", "files", "acts")
"""What is looked at in German by ``make prove`` alone: forms, whose words are above and below each other.

With the widths of lists it is the other way round, since German words are longer."""


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, page: Page, live_server: Any) -> str:
    page.context.add_cookies([{"name": "django_language", "value": request.param, "url": live_server.url}])
    return str(request.param)


@pytest.fixture
def administrator(page: Page, live_server: Any, admin_user: User) -> User:
    """Let the browser be signed in, without the form, which other tests use."""
    client = Client()
    client.force_login(admin_user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    return admin_user


def addresses(kind: str, hotel: Hotel, user: User) -> Iterator[str]:
    request = RequestFactory().get("/admin/")
    request.user = user
    if kind == "first":
        yield from ("/admin/", "/admin/scheduling/", "/admin/password_change/", "/admin/nothing/", "/nothing")
    for model, model_admin in admin.site._registry.items():
        if kind == "lists":
            yield of(model, "changelist")
        elif kind == "additions" and model_admin.has_add_permission(request):
            yield of(model, "add")
        elif kind == "changes" and model is not CacheSample:  # whose list is one page for all of them
            yield of(model, "change", model._default_manager.order_by("pk")[0].pk)
        elif kind == "files":
            for page in ("import", "export"):
                try:
                    yield of(model, page)
                except NoReverseMatch:
                    assert model in (User, Group) or not hasattr(model_admin, "resource_classes")
    if kind == "acts":
        yield from (url(act, hotel.next_week) for act in ("submit", "copy", "history", "delete", "change"))
        yield url("delete", hotel.kitchen)
        yield url("new_version", hotel.this_week)


def of(model: Any, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def pages() -> Iterator[Any]:
    """Yield each kind of pages in each language."""
    for language, kind in product(LANGUAGES, KINDS):
        long = language == "de" and kind in OF_LONG_TESTS
        yield pytest.param(language, kind, marks=[pytest.mark.long] if long else [], id=f"{language}-{kind}")


class EveryPageTests:
    @pytest.mark.parametrize(("language", "kind"), [*pages()], indirect=["language"])
    def test_is_for_everybody(self, kind: str, language: str, page: Page, hotel: Hotel, administrator: User) -> None:
        fill(hotel)
        member_of("Planner")
        call_command("import_csv", "shift_types", str(SAMPLES_DIR / "shift_types.csv"), stdout=StringIO())
        looks = Looks(page, with_colours=language == "en")
        problems = [problem for address in addresses(kind, hotel, administrator) for problem in looks.problems(address)]
        assert not problems, "\n".join(problems)
        expect(page.locator("html")).to_have_attribute("lang", language)

    def test_so_is_the_login(self, language: str, page: Page) -> None:
        assert Looks(page).problems("/admin/") == []
        expect(page.locator("html")).to_have_attribute("lang", language)


class ListTests:
    """With the sample files, whose names and addresses are as long as real ones."""

    @pytest.mark.parametrize("language", ["de", pytest.param("en", marks=pytest.mark.long)], indirect=True)
    def test_shows_its_last_column_whole(self, language: str, page: Page, administrator: User) -> None:
        for name in FILES:
            call_command("import_csv", name, str(SAMPLES_DIR / f"{name}.csv"), stdout=StringIO())
        NotificationFactory.create_batch(3, title="Front office: your shifts in the week of 30 Nov 2026")
        NotificationFactory(read_at=timezone.now())
        looks = Looks(page)
        lists = [of(model, "changelist") for model in admin.site._registry]
        problems = [problem for address in lists for problem in looks.cut_off_column(address)]
        assert not problems, "\n".join(problems)
        assert page.viewport_size == DESK
        expect(page.locator("html")).to_have_attribute("lang", language)


class FirstPageTests:
    def test_says_what_needs_attention(
        self, page: Page, hotel: Hotel, sign_in: Callable[[User], None], screenshot: Callable[[str], None]
    ) -> None:
        fill(hotel)
        robin = member_of("Manager", "robin")
        hotel.cooks[1].user = robin
        hotel.cooks[1].save()
        hotel.amy.notifications.update(recipient=hotel.cooks[1])
        sign_in(robin)
        for tile in ("12 open shifts next week", "1 schedule awaits approval", "1 unread notification"):
            expect(page.get_by_role("link", name=tile)).to_be_visible()
        screenshot("index")
        page.get_by_role("button", name="Deutsch").click()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        screenshot("index-german")
        page.get_by_role("button", name="English").click()
        page.set_viewport_size(PHONE)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        screenshot("phone")
