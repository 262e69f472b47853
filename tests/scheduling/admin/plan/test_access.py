"""A published schedule: read-only, but for those who may, and then people are told."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from scheduling.models import Notification, ScheduleAssignment
from tests.factories import MONDAY, EmployeeFactory, ScheduleFactory
from tests.scheduling.admin.pages import (
    CONFIRMED,
    act,
    errors_in,
    row_of,
    send_form,
    send_shift,
    send_week,
    token_in,
    url,
)
from tests.scheduling.policy.cases import DAY, TUESDAY, World, change, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Amy works Early on Tuesday, in a week that is published."""
    world = make_world()
    world.stored(world.early, TUESDAY)
    change(world.week, status="published")
    return world


@pytest.fixture
def stored(world: World) -> ScheduleAssignment:
    return ScheduleAssignment.objects.select_related("schedule").get()


def disabled_in(page: Any, assignment: ScheduleAssignment) -> set[str]:
    """Return the fields of a row that its page shows and does not let anybody change."""
    (formset,) = page.context["inline_admin_formsets"]
    (form,) = (form for form in formset.formset.initial_forms if form.instance == assignment)
    return {name for name, field in form.fields.items() if field.disabled}


class ReadOnlyTests:
    @pytest.mark.parametrize("status", ["published", "archived"])
    def test_a_planner_sees_it_and_changes_nothing(
        self, status: str, world: World, stored: ScheduleAssignment, planner: Client
    ) -> None:
        change(world.week, status=status)
        page = planner.get(url("change", world.week))
        assert "Amy Adams" in page.text
        assert f"This schedule is {status} and cannot be changed. Make a new version to change it." in page.text
        assert 'name="_save"' not in page.text
        assert 'name="assignments-0-employee"' not in page.text
        assert planner.get(url("delete", stored)).status_code == 403

    def test_a_form_that_was_opened_before_is_told_why(
        self, world: World, stored: ScheduleAssignment, planner: Client, viewer: Client
    ) -> None:
        why = "Nothing was saved. This schedule is published and cannot be changed. Make a new version to change it."
        for send in (
            lambda client: send_week(client, world.week, row_of(stored, notes="x")),
            lambda client: send_form(client, stored, notes="x"),
        ):
            assert send(viewer).status_code == 403
            answer = send(planner)
            assert answer.status_code == 302
            assert why in planner.get(answer["Location"]).text
        stored.refresh_from_db()
        assert stored.notes == ""

    def test_so_is_one_of_a_version_that_was_replaced(
        self, world: World, stored: ScheduleAssignment, manager: Client
    ) -> None:
        ScheduleFactory(department=world.kitchen, week_start=MONDAY, version=2)
        answer = send_week(manager, world.week, row_of(stored, notes="x"))
        assert (
            "Nothing was saved. This version has been replaced by a newer one" in manager.get(answer["Location"]).text
        )

    def test_its_rows_on_the_page_of_a_shift_are_to_be_read(
        self, world: World, stored: ScheduleAssignment, planner: Client, manager: Client
    ) -> None:
        today = timezone.localdate()
        change(stored, date=today, notes="Keys\nand lamps")
        draft = world.stored(world.early, today, employee=EmployeeFactory(), department=world.bar)
        page = planner.get(url("change", world.early))
        assert "Rows of published schedules are read-only" in page.text
        assert disabled_in(page, stored) == {"date", "employee", "schedule", "status", "notes", "DELETE"}
        assert disabled_in(page, draft) == set()

        # What a browser sends of a row that is disabled: what is hidden in it.
        untouched = {"id": stored.pk, "shift": world.early.pk}
        answer = send_shift(planner, world.early, untouched, row_of(draft, notes="Badge"))
        assert answer.status_code == 302
        stored.refresh_from_db()
        draft.refresh_from_db()
        assert (stored.notes, draft.notes) == ("Keys\nand lamps", "Badge")

        page = manager.get(url("change", world.early))
        assert "are read-only" not in page.text
        assert disabled_in(page, stored) == set()

    def test_a_row_that_was_to_be_changed_before_is_refused_beside_it(
        self, world: World, stored: ScheduleAssignment, planner: Client
    ) -> None:
        answer = send_shift(planner, world.early, row_of(stored, status="declined"))
        assert errors_in(answer) == [
            "The schedule of Kitchen for the week of 2026-11-30 is published and cannot be changed."
        ]

    def test_a_row_that_nobody_touched_is_never_refused(
        self, world: World, stored: ScheduleAssignment, planner: Client
    ) -> None:
        """A page that was opened before, and notes in lines, which a browser sends in one."""
        change(stored, notes="Keys\n and lamps ")
        assert send_shift(planner, world.early, row_of(stored, notes="Keys  and lamps")).status_code == 302
        stored.refresh_from_db()
        assert stored.notes == "Keys\n and lamps "

    def test_nothing_gets_into_it(self, world: World, planner: Client) -> None:
        response = send_form(planner, world.planned(world.late, TUESDAY + DAY))
        assert errors_in(response) == [
            "The schedule of Kitchen for the week of 2026-11-30 is published and cannot be changed."
        ]

    def test_nobody_deletes_it(self, world: World, admin_client: Client) -> None:
        assert admin_client.get(url("delete", world.week)).status_code == 403


class WithThePermissionTests:
    def test_a_change_is_told_to_the_person(self, world: World, stored: ScheduleAssignment, manager: Client) -> None:
        assert "People are notified of every change." in manager.get(url("change", world.week)).text
        assert list(Notification.objects.unread_for(world.amy.pk)) == []

        assert send_week(manager, world.week, row_of(stored, shift=world.late.pk)).status_code == 302

        (told,) = Notification.objects.unread_for(world.amy.pk)
        assert (told.title, told.body) == (
            "One of your shifts has changed",
            "Tue 1 Dec: Early (06:00–14:00) is now Tue 1 Dec: Late (14:00–22:00)",
        )
        assert (told.kind, told.link) == ("assignment", url("change", world.week))

    def test_a_new_one_and_a_deleted_one_are_told_in_one_message(
        self, world: World, stored: ScheduleAssignment, manager: Client
    ) -> None:
        new = world.planned(world.night, TUESDAY, schedule=world.week)
        send_week(manager, world.week, row_of(stored, DELETE="on"), row_of(new))
        (told,) = Notification.objects.unread_for(world.amy.pk)
        assert told.title == "2 of your shifts have changed"
        assert set(told.body.splitlines()) == {
            "New: Tue 1 Dec: Night (22:00–06:00)",
            "Cancelled: Tue 1 Dec: Early (06:00–14:00)",
        }

    def test_a_note_is_no_news(self, world: World, stored: ScheduleAssignment, manager: Client) -> None:
        send_week(manager, world.week, row_of(stored, notes="Bring the keys"))
        assert ScheduleAssignment.objects.get().notes == "Bring the keys"
        assert not Notification.objects.exists()

    def test_the_form_tells_too(self, world: World, stored: ScheduleAssignment, manager: Client) -> None:
        assert send_form(manager, stored, status="cancelled").status_code == 302
        assert [told.body for told in Notification.objects.all()] == ["Cancelled: Tue 1 Dec: Early (06:00–14:00)"]

    def test_a_deletion_tells_too(self, world: World, stored: ScheduleAssignment, manager: Client) -> None:
        manager.post(url("delete", stored), {"post": "yes"})
        assert not ScheduleAssignment.objects.exists()
        assert [told.body for told in Notification.objects.all()] == ["Cancelled: Tue 1 Dec: Early (06:00–14:00)"]

    def test_so_does_the_action(self, world: World, stored: ScheduleAssignment, manager: Client) -> None:
        change(world.early, required_staff=1)
        page = act(manager, "cancel", [stored], ScheduleAssignment, carry_out="1")
        assert page.context["proposal"].warnings == [
            "Without Amy Adams, Early (06:00–14:00) on 2026-12-01 in Kitchen has 0 of 1 required people."
        ]
        assert not Notification.objects.exists()
        confirmed = {"carry_out": "1", CONFIRMED: token_in(page)}
        assert act(manager, "cancel", [stored], ScheduleAssignment, **confirmed).status_code == 302
        assert "1 assignment is now cancelled." in manager.get(url("changelist", model=ScheduleAssignment)).text
        stored.refresh_from_db()
        assert stored.status == "cancelled"
        assert [told.body for told in Notification.objects.unread_for(world.amy.pk)] == [
            "Cancelled: Tue 1 Dec: Early (06:00–14:00)"
        ]

    def test_a_planner_cancels_nothing_in_it(self, stored: ScheduleAssignment, planner: Client) -> None:
        page = act(planner, "cancel", [stored], ScheduleAssignment, carry_out="1")
        assert page.context["proposal"].left_out == [
            "The schedule of Kitchen for the week of 2026-11-30 is published and cannot be changed."
        ]
        stored.refresh_from_db()
        assert stored.status == "assigned"
