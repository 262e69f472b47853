"""The page of a schedule: new versions, deleted drafts, and copies of a week seven days later."""

import pytest
from django.test import Client

from scheduling.attention import MAX_SENTENCES
from scheduling.models import Employee, Schedule, ScheduleAssignment
from scheduling.policy import check, errors
from tests.factories import EmployeeFactory, ScheduleFactory, SkillFactory
from tests.scheduling.admin.browsing import WARM, logged_in, queries, staff
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


class FindingsTests:
    """What the policy finds in the plan as it is stored, at the top of its page."""

    @pytest.fixture
    def bob(self, world: World) -> Employee:
        """Amy's rest is too short, she lacks a skill on two days, and Bob is no longer employed."""
        change(world.week, status="draft")
        world.early.required_skills.add(SkillFactory(name="First aid"))
        change(world.early, required_staff=2)
        world.stored(world.late, TUESDAY - DAY)
        world.stored(world.early, TUESDAY + 2 * DAY)
        bob = EmployeeFactory(first_name="Bob", last_name="Brown", department=world.kitchen, end_date=MONDAY)
        world.stored(world.night, TUESDAY + 3 * DAY, employee=bob)
        return bob  # type: ignore[no-any-return]

    def test_are_grouped_by_person_with_errors_first(self, world: World, bob: Employee, planner: Client) -> None:
        found = planner.get(url("change", world.week)).context["findings"]

        assert (found.errors, found.warnings, found.all_open_shifts) == (3, 1, 2)
        amy, bob_s = found.people
        assert [list(sentence) for sentence in bob_s.sentences] == [
            ["error", "Bob Brown is employed until 2026-11-30, so no longer on 2026-12-04.", 1]
        ]
        assert [severity for severity, _sentence, _times in amy.sentences] == ["error", "error", "warning"]
        assert "Amy Adams rests 8 h before Early (06:00–14:00) on 2026-12-01" in amy.sentences[2][1]
        assert list(found.open_shifts) == [
            "Early (06:00–14:00) on 2026-12-01 in Kitchen has 1 of 2 required people.",
            "Early (06:00–14:00) on 2026-12-03 in Kitchen has 1 of 2 required people.",
        ]

    def test_are_shown_before_the_form(self, world: World, bob: Employee, planner: Client) -> None:
        text = planner.get(url("change", world.week)).text
        shown = " ".join(text.split())

        assert "Found in this plan: 3 errors, 1 warning, 2 open shifts" in shown
        assert "<strong>Error:</strong> Bob Brown is employed until 2026-11-30" in shown
        assert shown.index("Found in this plan") < shown.index("Amy Adams rests") < shown.index('class="module aligned')

    def test_are_in_the_language_of_the_reader(self, world: World, bob: Employee, planner: Client) -> None:
        assert "Found in this plan" in planner.get(url("change", world.week)).text
        german = planner.get(url("change", world.week), headers={"accept-language": "de"}).text
        assert "In diesem Plan gefunden:" in german
        assert "30.11.2026" in german

    def test_say_once_what_is_true_of_several_days(self, world: World, planner: Client) -> None:
        change(world.week, status="draft")
        world.stored(world.early, TUESDAY + DAY)
        change(world.amy, is_active=False)
        assert "Amy Adams is not active. (2 times)" in planner.get(url("change", world.week)).text

    def test_are_not_there_where_there_are_none(self, world: World, planner: Client) -> None:
        assert "Found in this plan" not in planner.get(url("change", world.week)).text

    @pytest.mark.parametrize("status", ["archived", "published"])
    def test_of_what_is_archived_are_left_out(self, status: str, world: World, bob: Employee, planner: Client) -> None:
        change(world.week, status=status)
        assert ("Found in this plan" in planner.get(url("change", world.week)).text) is (status == "published")

    def test_are_for_those_who_see_assignments(self, world: World, bob: Employee) -> None:
        text = logged_in(staff("view_schedule")).get(url("change", world.week)).text
        assert "Found in this plan" not in text
        assert "Bob Brown is employed" not in text

    def test_are_bounded(self, world: World, planner: Client) -> None:
        change(world.week, status="draft")
        for number in range(MAX_SENTENCES + 3):
            person = EmployeeFactory(first_name="P", last_name=f"{number:02}", is_active=False)
            world.stored(world.late, TUESDAY, employee=person)
        found = planner.get(url("change", world.week)).context["findings"]
        assert (len(found.people), found.more) == (MAX_SENTENCES, 3)

    @WARM
    def test_cost_no_query_once_they_are_cached_and_are_never_stale(self) -> None:
        world = make_world()
        change(world.early, required_staff=2)
        world.stored(world.early, TUESDAY)
        client = logged_in(staff("view_schedule", "change_schedule", "view_scheduleassignment"))
        assert queries(client, url("change", world.week)) <= 6
        assert "1 open shift<" in client.get(url("change", world.week)).text
        world.stored(world.early, TUESDAY, employee=EmployeeFactory(department=world.kitchen))
        assert "Found in this plan" not in client.get(url("change", world.week)).text
        change(world.amy, is_active=False)
        assert "Amy Adams is not active." in client.get(url("change", world.week)).text
        german = client.get(url("change", world.week), headers={"accept-language": "de"}).text
        assert "In diesem Plan gefunden:" in german
        assert "Amy Adams is not active." not in german


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
