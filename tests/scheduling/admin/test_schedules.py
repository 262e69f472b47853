"""The page of a schedule: new versions, deleted drafts, and copies of a week seven days later."""

import pytest
from django.test import Client

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.policy import check, errors
from tests.factories import EmployeeFactory, ScheduleFactory
from tests.scheduling.admin.conftest import LogIn
from tests.scheduling.admin.pages import act, row_of, send_week, url
from tests.scheduling.policy.cases import DAY, MONDAY, TUESDAY, World, change, make_world

pytestmark = pytest.mark.django_db
WEEK = 7 * DAY


@pytest.fixture
def world() -> World:
    """Amy works Early on Tuesday and has declined Late on Wednesday, in a week that is published."""
    world = make_world()
    world.stored(world.early, TUESDAY, notes="Keys", priority=7)
    world.stored(world.late, TUESDAY + DAY, status="declined")
    change(world.week, status="published")
    return world


def new_version(client: Client, schedule: Schedule) -> Schedule:
    answer = client.post(url("new_version", schedule), {"carry_out": "1"})
    assert answer.status_code == 302
    return Schedule.objects.order_by("-version")[0]


class NewVersionTests:
    def test_is_a_draft_with_copies(self, world: World, planner: Client) -> None:
        assert "Version 2 will be a draft with 2 assignments." in planner.get(url("new_version", world.week)).text
        second = new_version(planner, world.week)
        assert (second.version, second.status, second.week_start) == (2, "draft", MONDAY)
        names = ("employee", "shift", "date", "status", "notes", "priority")
        rows = [list(schedule.assignments.values_list(*names)) for schedule in (world.week, second)]
        assert rows[0] == rows[1]
        assert set(world.week.assignments.values_list("superseded", flat=True)) == {True}

    def test_replaces_the_old_one_for_the_policy(self, world: World, planner: Client) -> None:
        second = new_version(planner, world.week)
        copied = second.assignments.get(shift=world.early)
        assert check([copied]) == []
        assert send_week(planner, second, row_of(copied, shift=world.night.pk)).status_code == 302
        assert errors(check([world.planned(world.early, TUESDAY, department=world.bar)])) == []

    def test_leaves_the_old_one_as_it_is_for_everybody(self, world: World, planner: Client, manager: Client) -> None:
        new_version(planner, world.week)
        page = manager.get(url("change", world.week))
        assert "This version has been replaced by a newer one and can no longer be changed." in page.text
        row = world.week.assignments.get(shift=world.early)
        send_week(manager, world.week, row_of(row, notes="x"))
        row.refresh_from_db()
        assert row.notes == "Keys"
        assert manager.get(url("delete", row)).status_code == 403

    def test_there_is_one_at_a_time(self, world: World, planner: Client) -> None:
        second = new_version(planner, world.week)
        page = planner.post(url("new_version", world.week), {"carry_out": "1"})
        assert page.context["proposal"].errors == [f"There is already a newer version: {second}."]

    def test_a_draft_needs_none(self, world: World, planner: Client) -> None:
        change(world.week, status="draft")
        page = planner.post(url("new_version", world.week), {"carry_out": "1"})
        assert page.context["proposal"].errors == [
            f"{world.week} is draft. Change it directly: it does not need a new version."
        ]

    def test_a_viewer_makes_none(self, world: World, viewer: Client) -> None:
        assert viewer.post(url("new_version", world.week), {"carry_out": "1"}).status_code == 403
        assert url("new_version", world.week) not in viewer.get(url("change", world.week)).text


class DeletedDraftTests:
    def test_lets_the_old_version_count_again(self, world: World, planner: Client, manager: Client) -> None:
        second = new_version(planner, world.week)
        assert manager.post(url("delete", second), {"post": "yes"}).status_code == 302
        assert not Schedule.objects.filter(pk=second.pk).exists()
        assert ScheduleAssignment.objects.current().count() == 2

    def test_by_the_action_of_the_list_too(self, world: World, planner: Client, manager: Client) -> None:
        second = new_version(planner, world.week)
        act(manager, "delete_selected", [second], Schedule, post="yes")
        assert ScheduleAssignment.objects.current().count() == 2

    def test_says_what_cannot_count_again(self, world: World, planner: Client, manager: Client) -> None:
        second = new_version(planner, world.week)
        second.assignments.get(shift=world.early).delete()
        world.stored(world.early, TUESDAY, department=world.bar)
        answer = manager.post(url("delete", second), {"post": "yes"}, follow=True)
        assert "is now assigned elsewhere: Amy Adams, Early, 2026-12-01." in answer.text
        assert world.week.assignments.filter(superseded=True).count() == 1


class CopyTests:
    def copy(self, client: Client, *schedules: Schedule) -> object:
        return act(client, "copy", schedules, Schedule, carry_out="1")

    def test_a_week_becomes_the_next_one(self, world: World, planner: Client) -> None:
        page = planner.get(url("copy", world.week))
        assert "1 assignment will be copied to the following week." in page.text
        answer = planner.post(url("copy", world.week), {"carry_out": "1"}, follow=True)
        assert [str(told) for told in answer.context["messages"]] == ["1 assignment was copied to the following week."]
        copied = Schedule.objects.get(week_start=MONDAY + WEEK)
        assert (copied.department, copied.status, copied.version) == (world.kitchen, "draft", 1)
        row = copied.assignments.get()
        assert (row.employee, row.shift, row.date) == (world.amy, world.early, TUESDAY + WEEK)
        assert (row.status, row.notes, row.priority) == ("assigned", "Keys", 7)

    def test_into_the_draft_that_is_there(self, world: World, planner: Client) -> None:
        draft = ScheduleFactory(department=world.kitchen, week_start=MONDAY + WEEK)
        self.copy(planner, world.week)
        assert draft.assignments.count() == 1

    def test_what_does_not_fit_is_left_out_with_a_sentence(self, world: World, planner: Client) -> None:
        bob = EmployeeFactory(first_name="Bob", last_name="Brown", department=world.kitchen, end_date=TUESDAY)
        world.stored(world.late, TUESDAY, employee=bob)
        page = planner.get(url("copy", world.week))
        assert page.context["proposal"].left_out == [
            "Bob Brown is employed until 2026-12-01, so no longer on 2026-12-08."
        ]
        self.copy(planner, world.week)
        assert Schedule.objects.get(week_start=MONDAY + WEEK).assignments.get().employee == world.amy

    def test_twice_copies_nothing_more(self, world: World, planner: Client) -> None:
        self.copy(planner, world.week)
        page = planner.post(url("copy", world.week), {"carry_out": "1"})
        assert page.context["proposal"].errors == ["There is nothing to copy."]
        assert page.context["proposal"].left_out == [
            "Amy Adams already has Early (06:00–14:00) on 2026-12-08 in Kitchen."
        ]

    def test_not_into_a_published_week(self, world: World, planner: Client) -> None:
        ScheduleFactory(department=world.kitchen, week_start=MONDAY + WEEK, status="published")
        page = planner.post(url("copy", world.week), {"carry_out": "1"})
        assert page.context["proposal"].left_out == [
            "The schedule of Kitchen for the week of 2026-12-07 is published and cannot be changed."
        ]

    @pytest.mark.parametrize(("group", "status"), [("Viewer", 403), ("Planner", 302), ("Manager", 302)])
    def test_needs_its_permission(self, group: str, status: int, world: World, log_in: LogIn) -> None:
        assert log_in(group).post(url("copy", world.week), {"carry_out": "1"}).status_code == status
