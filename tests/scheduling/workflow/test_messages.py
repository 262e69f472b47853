"""Who is told what when published shifts change."""

from copy import copy

import pytest

from scheduling.models import Notification, ScheduleAssignment
from scheduling.workflow.messages import Change, described, notify_of_changes, of_changes, of_publication
from tests.factories import EmployeeFactory
from tests.scheduling.policy.cases import MONDAY, TUESDAY, World, change

pytestmark = pytest.mark.django_db


def published(world: World, **values: object) -> ScheduleAssignment:
    """Return a stored assignment of Amy's in a published schedule."""
    change(world.week, status="published")
    world.week.refresh_from_db()
    return world.stored(world.early, MONDAY, schedule=world.week, **values)


class OfPublicationTests:
    def test_everyone_gets_one_message_with_all_shifts_in_order(self, world: World) -> None:
        rows = [world.stored(world.late, TUESDAY), world.stored(world.early, MONDAY)]

        (message,) = of_publication(world.week, rows)

        assert message.recipient_id == world.amy.pk
        assert message.title == "Kitchen: your shifts in the week of 30 Nov 2026"
        assert message.body.splitlines() == [
            "You have 2 shifts:",
            "Mon 30 Nov: Early (06:00–14:00)",
            "Tue 1 Dec: Late (14:00–22:00)",
        ]

    def test_whoever_no_longer_has_a_shift_is_told(self, world: World) -> None:
        (message,) = of_publication(world.week, [], [world.stored(world.early, MONDAY)])

        assert message.body == "You no longer have any shifts in Kitchen this week."

    def test_called_off_assignments_are_nobodys_shifts(self, world: World) -> None:
        assert of_publication(world.week, [world.stored(world.early, MONDAY, status="declined")]) == []


class OfChangesTests:
    def test_nobody_is_told_of_a_schedule_that_is_not_published(self, world: World) -> None:
        assert of_changes([Change(None, world.stored(world.early, MONDAY))]) == []

    def test_another_shift_is_named_before_and_after(self, world: World) -> None:
        before = published(world)
        after = copy(before)
        after.shift = world.late

        (message,) = of_changes([Change(before, after)])

        assert message.title == "One of your shifts has changed"
        assert message.body == "Mon 30 Nov: Early (06:00–14:00) is now Mon 30 Nov: Late (14:00–22:00)"

    def test_a_change_that_the_employee_cannot_see_is_no_message(self, world: World) -> None:
        before = published(world)
        after = copy(before)
        after.notes = "Keys at the front desk"

        assert of_changes([Change(before, after)]) == []

    def test_both_employees_are_told_when_a_shift_goes_to_another(self, world: World) -> None:
        before = published(world)
        after = copy(before)
        after.employee = EmployeeFactory()

        bodies = {message.recipient_id: message.body for message in of_changes([Change(before, after)])}

        assert bodies == {
            world.amy.pk: f"Cancelled: {described(before)}",
            after.employee.pk: f"New: {described(after)}",
        }

    def test_notifying_saves_the_messages(self, world: World) -> None:
        notify_of_changes([Change(published(world), None)])

        assert Notification.objects.get().recipient == world.amy
