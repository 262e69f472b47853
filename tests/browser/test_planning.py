"""A week from the first assignment to the message that somebody reads, as each role goes through it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from scheduling.models import Department, Schedule, ScheduleAssignment
from tests.browser.hotel import DAY, Hotel, fill, member_of
from tests.browser.looks import Looks
from tests.scheduling.admin.pages import url

SignIn = Callable[[User], None]
Screenshot = Callable[[str], None]

pytestmark = pytest.mark.django_db(transaction=True)


def new_row(page: Page) -> Locator:
    return page.locator("#assignments-group tr.form-row:not(.has_original):not(.empty-form)").last


def choose(page: Page, row: Locator, field: str, words: str, name: str) -> None:
    """Look for a few letters in an autocomplete, and take what it finds."""
    row.locator(f".field-{field} .select2-selection").click()
    page.locator(".select2-container--open .select2-search__field").fill(words)
    page.get_by_role("option", name=name, exact=True).click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


class PlannerTests:
    def test_plans_what_the_policy_allows_and_confirms_what_it_warns_of(
        self, page: Page, sign_in: SignIn, hotel: Hotel, screenshot: Screenshot
    ) -> None:
        fill(hotel)
        hotel.assign(hotel.amy, hotel.evening, 2, hotel.elsewhere)
        before = ScheduleAssignment.objects.count()
        wednesday, thursday = hotel.monday + 2 * DAY, hotel.monday + 3 * DAY
        sign_in(member_of("Planner", "robin"))

        page.get_by_role("row", name="Kitchen draft").get_by_role("link", name="Kitchen").click()
        expect(page.get_by_role("heading", name="The week")).to_be_visible()
        row = new_row(page)
        choose(page, row, "employee", "ada", "Amy Adams")
        choose(page, row, "shift", "lat", "Late (14:00–22:00)")
        row.get_by_label("Day", exact=True).select_option(wednesday.isoformat())
        save(page)
        expect(new_row(page).locator(".field-shift .errorlist")).to_have_text(
            f"Amy Adams works Evening (16:00–23:00) on {wednesday} in Bar at the same time."
        )

        new_row(page).get_by_label("Day", exact=True).select_option(thursday.isoformat())
        choose(page, new_row(page), "shift", "ear", "Early (06:00–14:00)")
        save(page)
        expect(page.locator(".plan-warnings li").filter(has_text="rests")).to_have_text(
            f"Amy Adams rests 7 h after Evening (16:00–23:00) on {wednesday} in Bar; the minimum is 11 h "
            "(Eleven hours of rest)."
        )
        assert ScheduleAssignment.objects.count() == before
        screenshot("warning")
        assert Looks(page).problems_here() == []

        page.get_by_label("I have read the warnings. Save anyway.").check()
        save(page)
        expect(page.get_by_text("was changed successfully")).to_be_visible()
        saved = ScheduleAssignment.objects.get(employee=hotel.amy, schedule=hotel.next_week)
        assert (saved.shift, saved.date) == (hotel.early, thursday)

    @pytest.mark.parametrize("width", [1280, 800])
    def test_sees_the_whole_name_of_a_schedule(self, width: int, page: Page, sign_in: SignIn, hotel: Hotel) -> None:
        Department.objects.filter(pk=hotel.kitchen.pk).update(name="Kitchen of the rooftop restaurant")
        sign_in(member_of("Administrator"))
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(url("change", hotel.this_week))
        name, tools = page.evaluate(
            """() => {
                const text = document.createRange();
                text.selectNodeContents(document.querySelector('#content h2'));
                const places = [text, document.querySelector('.object-tools')];
                return places.map((one) => one.getBoundingClientRect().toJSON());
            }"""
        )
        assert tools["bottom"] <= name["top"] or tools["top"] >= name["bottom"] or tools["left"] >= name["right"]

    def test_needs_no_mouse(self, page: Page, sign_in: SignIn, hotel: Hotel) -> None:
        sign_in(member_of("Planner"))
        page.goto(url("change", hotel.next_week))
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
        page.keyboard.press("Enter")

        tab_to(page, new_row(page).get_by_role("combobox", name="Employee"))
        search(page, "ada", "Amy Adams")
        tab_to(page, new_row(page).get_by_role("combobox", name="Shift"))
        search(page, "ear", "Early (06:00–14:00)")
        tab_to(page, new_row(page).get_by_label("Day", exact=True))
        page.keyboard.type("Tue")
        tab_to(page, page.get_by_role("button", name="Save", exact=True))
        page.keyboard.press("Enter")

        box = page.get_by_label("I have read the warnings. Save anyway.")
        expect(box).to_be_focused()
        page.keyboard.press("Space")
        expect(box).to_be_checked()
        tab_to(page, page.get_by_role("button", name="Save", exact=True))
        page.keyboard.press("Enter")
        expect(page.get_by_text("was changed successfully")).to_be_visible()
        saved = ScheduleAssignment.objects.get()
        assert (saved.employee, saved.shift, saved.date) == (hotel.amy, hotel.early, hotel.monday + DAY)

    def test_leaves_a_published_week_alone_and_makes_a_new_version(
        self, page: Page, sign_in: SignIn, hotel: Hotel
    ) -> None:
        stored = hotel.assign(hotel.amy, hotel.early, 1, hotel.this_week)
        sign_in(member_of("Planner"))
        page.goto(url("change", hotel.this_week))
        expect(page.get_by_text("This schedule is published and cannot be changed")).to_be_visible()
        expect(page.get_by_role("region", name="The week").get_by_text("Amy Adams")).to_be_visible()
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
        expect(page.locator("#content-main").locator("select, textarea, input:not([type=hidden])")).to_have_count(0)

        page.get_by_role("link", name="New version").click()
        expect(page.get_by_text("Version 2 will be a draft with 1 assignment.")).to_be_visible()
        page.get_by_role("button", name="New version").click()
        expect(page.get_by_text("This is the new version. Publish it when it is ready.")).to_be_visible()
        expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
        version = Schedule.objects.get(department=hotel.kitchen, week_start=hotel.this_week.week_start, version=2)
        assert version.assignments.get().employee == stored.employee
        assert Schedule.objects.get(pk=hotel.this_week.pk).status == Schedule.Status.PUBLISHED


def tab_to(page: Page, element: Locator, most: int = 80) -> None:
    """Press Tab until the element has the focus."""
    for _number in range(most):
        if element.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{most} times Tab do not lead to {element}")


def search(page: Page, words: str, name: str) -> None:
    """Open the autocomplete that has the focus, look for a few letters, and take the first that it finds."""
    page.keyboard.press("Enter")
    page.keyboard.type(words)
    expect(page.locator(".select2-results__option--highlighted")).to_have_text(name)
    page.keyboard.press("Enter")


class ViewerTests:
    def test_sees_the_week_and_is_offered_nothing(self, page: Page, sign_in: SignIn, hotel: Hotel) -> None:
        hotel.assign(hotel.amy, hotel.early, 1)
        sign_in(member_of("Viewer"))
        page.goto(url("change", hotel.next_week))
        expect(page.get_by_role("region", name="The week").get_by_text("Amy Adams")).to_be_visible()
        offered = ("Save", "Submit for approval", "Approve", "Publish", "New version", "Copy to next week", "Delete")
        self.expect_none(page, *offered)
        expect(page.locator("#content-main").locator("select, textarea, input:not([type=hidden])")).to_have_count(0)
        for model in ("schedule", "scheduleassignment", "employee", "shift"):
            page.goto(f"/admin/scheduling/{model}/")
            expect(page.locator("#changelist")).to_be_visible()
            expect(page.locator("select[name=action]")).to_have_count(0)
            expect(page.locator(".object-tools").get_by_role("link")).to_have_text(["Export"])

    def expect_none(self, page: Page, *names: str) -> None:
        for name in names:
            expect(page.locator("#content").get_by_role("link", name=name)).to_have_count(0)
            expect(page.locator("#content").get_by_role("button", name=name)).to_have_count(0)

    def test_is_refused_at_the_addresses(self, page: Page, sign_in: SignIn, hotel: Hotel) -> None:
        sign_in(member_of("Viewer"))
        acts = [url(act, hotel.next_week) for act in ("submit", "publish", "new_version", "copy", "delete")]
        files = [url(act, model=ScheduleAssignment) for act in ("add", "import")]
        for address in (*acts, *files):
            response = page.goto(address)
            assert response is not None
            assert (address, response.status) == (address, 403)
            expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()
        assert Schedule.objects.get(pk=hotel.next_week.pk).status == Schedule.Status.DRAFT


class ManagerTests:
    def test_publishes_and_the_person_reads_it(self, page: Page, sign_in: SignIn, hotel: Hotel) -> None:
        hotel.assign(hotel.amy, hotel.night, 1)
        hotel.amy.notifications.all().delete()
        hotel.amy.user = User.objects.create_user("amy", is_staff=True)
        hotel.amy.save()
        sign_in(member_of("Manager"))
        page.goto(url("change", hotel.next_week))
        for step, becomes in (("Submit for approval", "pending"), ("Approve", "approved"), ("Publish", "published")):
            page.get_by_role("link", name=step).click()
            expect(page.get_by_text(f"1 schedule will be {becomes}.")).to_be_visible()
            page.get_by_role("button", name=step).click()
            expect(page.get_by_text(f"1 schedule is now {becomes}.")).to_be_visible()
            assert Schedule.objects.get(pk=hotel.next_week.pk).status == becomes
        expect(page.get_by_text("People are notified of every change.")).to_be_visible()

        sign_in(hotel.amy.user)
        expect(page.get_by_role("link", name="1 unread notification")).to_be_visible()
        page.get_by_role("link", name="Kitchen: your shifts in the week of").click()
        expect(page.get_by_text("You have 1 shift:")).to_be_visible()
        expect(page.get_by_text("Night (22:00–06:00)")).to_be_visible()
        page.get_by_role("button", name="Mark as read").click()
        expect(page.get_by_text("1 notification marked as read.")).to_be_visible()
        page.goto("/admin/")
        expect(page.get_by_role("link", name="0 unread notifications")).to_be_visible()
        expect(page.get_by_role("link", name="Kitchen: your shifts in the week of")).to_have_count(0)
