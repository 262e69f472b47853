"""A schedule's way from draft to archived: who takes which step, what stands in the way, who is told."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.models import Employee, Notification, Schedule, ScheduleAssignment
from scheduling.workflow.steps import STEPS
from tests.factories import EmployeeFactory, ScheduleAssignmentFactory, ScheduleFactory
from tests.scheduling.admin.conftest import LogIn
from tests.scheduling.admin.pages import CONFIRMED, act, token_in, url
from tests.scheduling.policy.cases import DAY, TUESDAY, World, change, make_world

pytestmark = pytest.mark.django_db
MAY = {
    "Viewer": set(),
    "Planner": {"submit"},
    "Manager": set(STEPS),
    "Administrator": set(STEPS),
}


@pytest.fixture
def world() -> World:
    return make_world()


def status_of(schedule: Schedule) -> str:
    return str(Schedule.objects.values_list("status", flat=True).get(pk=schedule.pk))


class RoleTests:
    @pytest.mark.parametrize("group", MAY)
    @pytest.mark.parametrize("name", STEPS)
    def test_takes_the_step_or_is_refused(self, name: str, group: str, world: World, log_in: LogIn) -> None:
        client, step = log_in(group), STEPS[name]
        before = sorted(step.before)[0]
        change(world.week, status=before)
        address, allowed = url(name, world.week), name in MAY[group]

        assert (f'href="{address}"' in client.get(url("change", world.week)).text) is allowed
        assert (f'<option value="{name}">' in client.get(url("changelist", model=Schedule)).text) is allowed
        assert client.get(address).status_code == (200 if allowed else 403)
        assert client.post(address, {"carry_out": "1"}).status_code == (302 if allowed else 403)
        assert status_of(world.week) == (step.after if allowed else before)

    def test_nobody_who_is_not_logged_in(self, world: World, client: Client) -> None:
        assert client.post(url("publish", world.week), {"carry_out": "1"}).status_code == 302
        assert status_of(world.week) == "draft"


class StepTests:
    def test_a_look_changes_nothing(self, world: World, manager: Client) -> None:
        page = manager.get(url("submit", world.week))
        assert "1 schedule will be pending." in page.text
        manager.post(url("submit", world.week))
        assert status_of(world.week) == "draft"

    def test_is_said_to_be_done(self, world: World, manager: Client) -> None:
        answer = manager.post(url("submit", world.week), {"carry_out": "1"}, follow=True)
        assert [str(told) for told in answer.context["messages"]] == ["1 schedule is now pending."]

    def test_a_post_without_a_token_is_refused(self, world: World, manager: Client) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = manager.cookies
        assert strict.post(url("submit", world.week), {"carry_out": "1"}).status_code == 403

    def test_a_step_that_does_not_lead_on_is_refused(self, world: World, manager: Client) -> None:
        page = manager.post(url("publish", world.week), {"carry_out": "1"})
        assert page.context["proposal"].errors == [
            f"{world.week} is draft. A schedule with this status cannot be published."
        ]
        assert 'type="submit" name="carry_out"' not in page.text
        assert status_of(world.week) == "draft"

    def test_one_of_many_that_cannot_holds_all(self, world: World, manager: Client) -> None:
        other = ScheduleFactory(department=world.bar, status="pending")
        act(manager, "submit", [world.week, other], Schedule, carry_out="1")
        assert (status_of(world.week), status_of(other)) == ("draft", "pending")

    def test_each_schedule_has_its_history(self, world: World, manager: Client) -> None:
        other = ScheduleFactory(department=world.bar)
        answer = act(manager, "submit", [world.week, other], Schedule, carry_out="1")
        assert answer.status_code == 302
        assert {(entry.object_id, entry.change_message) for entry in LogEntry.objects.all()} == {
            (str(schedule.pk), "Changed from draft to pending.") for schedule in (world.week, other)
        }

    def test_a_warning_that_nobody_has_read_is_shown_first(self, world: World, manager: Client) -> None:
        """The box stands for the warnings that were shown; meanwhile there are others."""
        world.stored(world.early, TUESDAY)
        change(world.early, required_staff=2)
        change(world.week, status="approved")
        page = act(manager, "publish", [world.week], Schedule)
        change(world.early, required_staff=3)

        answer = act(manager, "publish", [world.week], Schedule, carry_out="1", **{CONFIRMED: token_in(page)})

        assert answer.context["proposal"].warnings == [
            "Early (06:00–14:00) on 2026-12-01 in Kitchen has 1 of 3 required people."
        ]
        assert status_of(world.week) == "approved"


class PublishTests:
    def publish(self, client: Client, *schedules: Schedule) -> None:
        answer = act(client, "publish", schedules, Schedule, carry_out="1")
        assert answer.status_code == 302, answer.context["proposal"]

    def test_everybody_in_it_is_told_at_once(self, world: World, manager: Client) -> None:
        bob = EmployeeFactory(first_name="Bob", department=world.kitchen)
        world.stored(world.early, TUESDAY)
        world.stored(world.late, TUESDAY + DAY)
        world.stored(world.late, TUESDAY, employee=bob)
        world.stored(world.night, TUESDAY, employee=EmployeeFactory(), status="declined")
        change(world.week, status="approved")
        assert list(Notification.objects.unread_for(world.amy.pk)) == []

        self.publish(manager, world.week)

        (told,) = Notification.objects.unread_for(world.amy.pk)
        assert told.title == "Kitchen: your shifts in the week of 30 Nov 2026"
        assert told.body.splitlines() == [
            "You have 2 shifts:",
            "Tue 1 Dec: Early (06:00–14:00)",
            "Wed 2 Dec: Late (14:00–22:00)",
        ]
        assert told.link == url("change", world.week)
        assert [told.body.splitlines()[0] for told in Notification.objects.unread_for(bob.pk)] == ["You have 1 shift:"]
        assert Notification.objects.count() == 2

    def test_the_version_before_is_archived(self, world: World, manager: Client) -> None:
        gone = EmployeeFactory(department=world.kitchen)
        world.stored(world.early, TUESDAY, employee=gone)
        change(world.week, status="published")
        second = ScheduleFactory(department=world.kitchen, version=2, status="approved")
        world.stored(world.early, TUESDAY + DAY, schedule=second)

        self.publish(manager, second)

        assert (status_of(world.week), status_of(second)) == ("archived", "published")
        assert ScheduleAssignment.objects.current().get().schedule == second
        assert [told.body for told in Notification.objects.unread_for(gone.pk)] == [
            "You no longer have any shifts in Kitchen this week."
        ]
        entry = LogEntry.objects.get(object_id=str(world.week.pk))
        assert entry.change_message == "Archived because a newer version was published."

    def test_what_is_replaced_is_no_overlap(self, world: World, manager: Client) -> None:
        world.stored(world.early, TUESDAY)
        change(world.week, status="published")
        second = ScheduleFactory(department=world.kitchen, version=2, status="approved")
        change(world.late, start_time="13:00")
        world.stored(world.late, TUESDAY, schedule=second)
        self.publish(manager, second)

    def test_the_number_of_queries_does_not_depend_on_the_people(self, world: World, manager: Client) -> None:
        counts = []
        for number, people in enumerate((2, 40)):
            schedule = ScheduleFactory(department=world.kitchen, version=number + 5, status="approved")
            for _ in range(people):
                employee = EmployeeFactory(department=world.kitchen)
                ScheduleAssignmentFactory(schedule=schedule, employee=employee, shift=world.early)
            with CaptureQueriesContext(connection) as queries:
                self.publish(manager, schedule)
            counts.append(len(queries))
        # The second one archives the first besides: three statements and an entry.
        assert counts[1] - counts[0] <= 6
        assert Employee.objects.count() == 43
