"""A real Chromium against the real server: what staff see, and that the console stays silent.

Without a browser these tests are skipped, and say so; in continuous integration (CI is set) they fail instead.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.hotel import Hotel, open_hotel
from tests.browser.looks import DESK

PASSWORD = "of a test, and nowhere else"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30_000
"""Milliseconds that a step may take: a busy machine is slow, and no test is about that."""
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Without a sandbox, which root does not get; without the calls home that a closed network would refuse one by one."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        reason = f"There is no browser: none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # The driver runs an event loop in this thread, beside which Django refuses the ORM; nothing awaits it here.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=executable, args=list(SWITCHES))
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page in a browser of its own; its test fails when the console shows an error, a CSP violation among them."""
    context = browser.new_context(base_url=live_server.url, viewport=DESK, locale="en-GB")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    said: list[str] = []
    asked: set[str] = set()

    def note_address(response: Response) -> None:
        if response.request.is_navigation_request():
            asked.add(response.url)

    def note_error(message: ConsoleMessage) -> None:
        # The browser says so too when it is shown a page of ours that refuses, which is what a test asked for.
        refused = message.text.startswith("Failed to load resource") and message.location["url"] in asked
        if message.type == "error" and not refused:
            said.append(f"{opened.url}: {message.text}")

    opened.on("response", note_address)
    opened.on("console", note_error)
    opened.on("pageerror", lambda error: said.append(f"{opened.url}: {error}"))
    yield opened
    context.close()
    assert said == []


@pytest.fixture
def hotel(transactional_db: None) -> Hotel:
    return open_hotel()


@pytest.fixture
def sign_in(page: Page, settings: Settings) -> Callable[[User], None]:
    """Sign a user in as a person does; whoever was signed in before is signed out."""

    def as_user(user: User) -> None:
        user.set_password(PASSWORD)
        user.save()
        page.context.clear_cookies()
        page.goto("/admin/")
        page.get_by_label("Username").fill(user.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("button", name="Log out")).to_be_visible()

    return as_user


@pytest.fixture
def screenshot(page: Page) -> Callable[[str], None]:
    """Keep a picture of the page, if SCREENSHOTS names a folder: those of the README are made so."""

    def keep(name: str) -> None:
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=Path(folder) / f"{name}.png")

    return keep
