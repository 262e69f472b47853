"""Assignments that are cancelled, and that count again."""

import pytest
from django.contrib.admin.models import LogEntry

from scheduling.models import Notification, ScheduleAssignment
from scheduling.workflow.cancelling import ACTIONS, Prepared, carry_out, prepare
from tests.scheduling.policy.cases import MONDAY, World, change

pytestmark = pytest.mark.django_db


def prepared(name: str, may_edit_published: bool = False) -> Prepared:
    rows = ScheduleAssignment.objects.select_related("employee", "shift", "schedule__department").order_by("pk")
    return prepare(ACTIONS[name], list(rows), may_edit_published)


class PrepareTests:
    def test_says_what_will_be_done_and_writes_nothing(self, world: World) -> None:
        row = world.stored(world.early, MONDAY)

        assert prepared("cancel").proposal.summary == "1 assignment will be cancelled."
        row.refresh_from_db()
        assert row.status == "assigned"

    def test_leaves_out_what_already_has_the_status(self, world: World) -> None:
        world.stored(world.early, MONDAY, status="cancelled")

        assert prepared("cancel").proposal.errors == ["None of the selected assignments can be changed this way."]

    def test_leaves_out_what_the_policy_refuses_with_its_reason(self, world: World) -> None:
        world.stored(world.early, MONDAY, status="cancelled")
        change(world.amy, is_active=False)

        assert prepared("reactivate").proposal.left_out == ["Amy Adams is not active."]


class CarryOutTests:
    def test_changes_the_status_and_writes_history(self, world: World, user: int) -> None:
        row = world.stored(world.early, MONDAY, status="declined")

        carry_out(prepared("reactivate"), user)

        row.refresh_from_db()
        assert row.status == "assigned"
        assert LogEntry.objects.get().change_message == "Changed to assigned."

    def test_tells_the_employees_of_a_published_schedule(self, world: World, user: int) -> None:
        world.stored(world.early, MONDAY)
        change(world.week, status="published")

        carry_out(prepared("cancel", may_edit_published=True), user)

        assert Notification.objects.get().body == "Cancelled: Mon 30 Nov: Early (06:00–14:00)"
