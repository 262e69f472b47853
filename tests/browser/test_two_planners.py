"""Two planners in two browsers, with the same week open: what each of them sees of the other's changes."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Browser, Dialog, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from scheduling.models import Schedule, ScheduleAssignment
from tests.browser.conftest import PASSWORD, PATIENCE
from tests.browser.hotel import Hotel, member_of
from tests.browser.looks import Looks
from tests.browser.test_planning import save
from tests.scheduling.admin.pages import url

SignIn = Callable[[User], None]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def robin(browser: Browser, live_server: LiveServer, hotel: Hotel) -> Iterator[Page]:
    """The browser of Robin, who has the next week of the kitchen open."""
    client = Client()
    client.force_login(member_of("Planner", "robin"))
    context = browser.new_context(base_url=live_server.url, locale="en-GB")
    name = project_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.goto(url("change", hotel.next_week))
    yield opened
    context.close()


def row(page: Page, assignment: ScheduleAssignment) -> Locator:
    return page.locator("#assignments-group tr.form-row").filter(
        has=page.locator(f'input[name$="-id"][value="{assignment.pk}"]')
    )


class TwoPlannersTests:
    def test_see_each_other_s_changes_and_lose_none(
        self, page: Page, sign_in: SignIn, hotel: Hotel, robin: Page
    ) -> None:
        both, robins, kims, gone = (hotel.assign(person, hotel.early, 1) for person in hotel.cooks[:4])
        sign_in(member_of("Manager", "kim"))
        for planner in (robin, page):
            planner.goto(url("change", hotel.next_week))
        row(robin, both).get_by_label("Status").select_option("cancelled")
        row(robin, robins).get_by_label("Notes").fill("Has the keys")
        row(robin, gone).get_by_role("checkbox").check()
        save(robin)
        expect(robin.get_by_text("was changed successfully")).to_be_visible()

        row(page, both).get_by_label("Status").select_option("confirmed")
        row(page, kims).get_by_label("Notes").fill("Until noon")
        save(page)
        expect(page.get_by_text("No longer here, because it was deleted or moved meanwhile by robin")).to_be_visible()
        expect(page.locator(".conflict")).to_contain_text("you have entered “confirmed”, stored is “cancelled”")
        expect(page.locator(".conflict")).to_contain_text("This row was changed after you opened the page, by robin")
        expect(row(page, kims).get_by_label("Notes")).to_have_value("Until noon")
        expect(row(page, robins).get_by_label("Notes")).to_have_value("Has the keys")
        expect(row(page, gone)).to_have_count(0)
        assert Looks(page).problems_here() == []

        page.get_by_label("Keep what I have entered").check()
        save(page)
        expect(page.get_by_text("was changed successfully")).to_be_visible()
        saved = {each.pk: (each.status, each.notes) for each in ScheduleAssignment.objects.all()}
        assert saved == {
            both.pk: ("confirmed", ""),
            robins.pk: ("assigned", "Has the keys"),
            kims.pk: ("assigned", "Until noon"),
        }

    def test_take_a_step_only_with_the_plan_that_they_have_seen(
        self, page: Page, sign_in: SignIn, hotel: Hotel
    ) -> None:
        stored = hotel.assign(hotel.amy, hotel.night, 1)
        sign_in(member_of("Planner", "kim"))
        page.goto(url("submit", hotel.next_week))
        ScheduleAssignment.objects.filter(pk=stored.pk).update(notes="Not before ten")
        page.get_by_role("button", name="Submit for approval").click()
        expect(page.get_by_role("alert").first).to_contain_text("the plan has changed since this page was shown")
        assert Schedule.objects.get(pk=hotel.next_week.pk).status == "draft"
        page.get_by_role("button", name="Submit for approval").click()
        expect(page.get_by_text("1 schedule is now pending.")).to_be_visible()


class TypedRowsTests:
    def test_are_not_left_without_a_question(self, robin: Page, hotel: Hotel) -> None:
        stored = hotel.assign(hotel.amy, hotel.night, 1)
        robin.goto(url("change", hotel.next_week))
        asked: list[str] = []

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        robin.on("dialog", stay)
        row(robin, stored).get_by_label("Notes").press_sequentially("Keys")
        robin.get_by_role("link", name="Home").click()
        expect(row(robin, stored).get_by_label("Notes")).to_have_value("Keys")
        assert asked == ["beforeunload"]

        save(robin)
        expect(robin.get_by_text("was changed successfully")).to_be_visible()
        robin.goto(url("change", hotel.next_week))
        robin.get_by_role("link", name="Home").click()
        expect(robin.get_by_role("heading", name="Staff scheduling")).to_be_visible()
        assert asked == ["beforeunload"]

    def test_are_there_again_after_a_session_that_has_ended(self, page: Page, sign_in: SignIn, hotel: Hotel) -> None:
        stored = hotel.assign(hotel.amy, hotel.night, 1)
        kim = member_of("Planner", "kim")
        sign_in(kim)
        page.goto(url("change", hotel.next_week))
        row(page, stored).get_by_label("Notes").fill("Keys")
        Session.objects.all().delete()
        save(page)
        expect(page.get_by_text("Your session has ended. Log in again.")).to_be_visible()
        expect(page.get_by_text("What you have entered is kept: log in to go on.")).to_be_visible()

        page.get_by_label("Username").fill("kim")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text("Your login had ended. This is what you have entered")).to_be_visible()
        expect(row(page, stored).get_by_label("Notes")).to_have_value("Keys")
        assert ScheduleAssignment.objects.get().notes == ""
        save(page)
        expect(page.get_by_text("was changed successfully")).to_be_visible()
        assert ScheduleAssignment.objects.get().notes == "Keys"
