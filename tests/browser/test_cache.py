"""The page of the cache: what two processes did, the buttons, a user who may only look, and an outage."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from django.conf import settings as project_settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from caching import cache_manager
from caching.coherence.publishing import publisher
from caching.monitoring import history
from caching.monitoring.stats import COUNTERS, CacheStats
from scheduling.models import Employee, Shift
from tests.browser.hotel import Hotel, member_of
from tests.browser.looks import DESK, Looks
from tests.caching.conftest import _quick_probes, network  # noqa: F401  (fixtures)
from tests.processes import Child
from tests.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/admin/caching/cachesample/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def directory(settings: Settings, tmp_path: Path) -> Path:
    """Count in a directory of this test alone."""
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
    return tmp_path


@pytest.fixture
def enter(page: Page, live_server: LiveServer) -> Callable[[User], None]:
    """Let the browser be signed in, without the form, which other tests use."""

    def as_user(user: User) -> None:
        client = Client()
        client.force_login(user)
        name = project_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    return as_user


def another_host(minutes: int) -> int:
    """Store what another host counted in the last minutes; return its reads."""
    now, total = timezone.now(), Counter[str]()
    for minute in reversed(range(1, minutes)):
        total += Counter(hits_local=80 + minute % 9 * 5, misses=9 + minute % 7, loads=9, load_ns=9 * 3_000_000)
        total += Counter(loads_within_1024us=3, loads_within_2048us=4, loads_within_4096us=2)
        total += Counter(invalidated_save=minute % 4, invalidated_import=12 * (minute == 20), invalidated_bulk=1)
        counts = CacheStats(counts=MappingProxyType({**dict.fromkeys(COUNTERS, 0), **total}))
        history.record(lambda counts=counts: {"employee/email": counts}, now - minute * MINUTE, host="web2")  # type: ignore[misc]
    return counts.total_requests


def write_past_django(email: str) -> None:
    connection.ensure_connection()
    connection.connection.execute(f"UPDATE scheduling_employee SET first_name = 'Eve' WHERE email = '{email}'")
    connection.connection.commit()


def press(page: Page, name: str, repair: bool = False) -> str:
    """Press a button of the page, agree to what it says, and return what it answers."""
    page.locator(".cache-actions").get_by_role("link", name=name).click()
    if repair:
        page.get_by_label("Drop what differs, in every process").check()
    page.get_by_role("button", name=name).click()
    return page.locator(".messagelist").inner_text()


class StaffTests:
    def test_see_two_processes_and_verify_clear_and_warm(
        self,
        page: Page,
        directory: Path,
        hotel: Hotel,
        enter: Callable[[User], None],
        start_child: Callable[..., Child],
        screenshot: Callable[[str], None],
    ) -> None:
        other = start_child(directory)
        other.run(
            "from caching.monitoring.questions import agent; from scheduling.models import Employee; agent.start()"
        )
        emails = [person.email for person in (*hotel.cooks, *hotel.bartenders)]
        other.run(f"[Employee.objects.get_by_email(email) for email in 12 * {emails!r}] and None")
        for _ in range(15):
            for email in emails:
                Employee.objects.get_by_email(email)
            Shift.objects.get_by_id(hotel.early.pk)
        hotel.amy.save()
        write_past_django(emails[1])

        reads = 27 * len(emails) + 15 + another_host(minutes=55)

        enter(member_of("Administrator", "kim"))
        page.goto(PAGE)
        expect(page.get_by_role("status")).to_contain_text("The cache is switched on and serves.")
        expect(page.get_by_role("status")).to_contain_text("2 hosts, 2 processes of this host")
        card = page.locator(".cache-card").filter(has_text="Reads")
        expect(card.locator(".cache-value")).to_have_text(f"{reads:,}")
        assert Looks(page).problems_here() == []
        # Each name of a legend has the colour that it has in the picture.
        colours = page.locator(".cache-legend li").evaluate_all(
            "items => items.map(item => getComputedStyle(item).borderInlineStartColor)"
        )
        assert len(set(colours[:3])) == len(set(colours[3:6])) == 3
        page.set_viewport_size({"width": DESK["width"], "height": 1230})
        screenshot("cache")

        answer = press(page, "Verify", repair=True)
        # Both hold it. The first that is asked drops it in both.
        assert "STALE, somebody has written past Django: 1, namely" in answer
        assert f"employee email:{emails[1]} (process {other.pid})" in answer
        assert "They were dropped." in answer
        assert "None is stale" in press(page, "Verify")
        assert "Cleared every cache type: every process loads anew." in press(page, "Clear")
        page.get_by_role("link", name="Warm employee").click()
        page.get_by_role("button", name="Warm").click()
        expect(page.locator(".messagelist")).to_contain_text("Warmed employee: loaded")
        labels = LogEntry.objects.order_by("pk").values_list("object_repr", flat=True)
        assert [label.partition(":")[0] for label in labels] == ["Verify", "Verify", "Clear", "Warm"]
        assert other.run(f"Employee.objects.get_by_email({emails[1]!r}).first_name") == "Eve"

    def test_who_may_only_look_finds_no_button(
        self, page: Page, directory: Path, hotel: Hotel, enter: Callable[[User], None]
    ) -> None:
        enter(member_of("Manager", "kim"))
        page.goto(PAGE)
        expect(page.get_by_role("heading", name="By type")).to_be_visible()
        expect(page.locator(".cache-actions, .cache-row-actions")).to_have_count(0)
        for name in ("clear", "warm", "verify", "reset"):
            answer = page.goto(f"{PAGE}{name}/")
            assert answer is not None
            assert answer.status == 403
        answer = page.goto("/admin/")
        expect(page.get_by_role("link", name="Cache statistics").first).to_be_visible()

    def test_an_outage_is_said_in_words(
        self,
        page: Page,
        network: Proxy,  # noqa: F811
        hotel: Hotel,
        enter: Callable[[User], None],
    ) -> None:
        enter(member_of("Administrator", "kim"))
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        network.cut()
        wait_until(lambda: publisher.store.is_degraded)
        page.goto(PAGE)
        expect(page.get_by_role("status")).to_contain_text("The cache is degraded: this process cannot reach")
        assert "Not cleared yet: every cache type." in press(page, "Clear")
        expect(page.get_by_role("status")).to_contain_text("wait in the outbox")
        assert Looks(page).problems_here() == []
