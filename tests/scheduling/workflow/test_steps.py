"""A schedule's way from draft to archived."""

import pytest
from django.contrib.admin.models import LogEntry

from scheduling.models import Notification, Schedule
from scheduling.workflow.steps import STEPS, propose, take
from tests.scheduling.policy.cases import MONDAY, World, change

pytestmark = pytest.mark.django_db


class StepsTests:
    def test_lead_from_draft_to_archived_and_back_to_draft(self) -> None:
        reached = {"draft"}
        for step in (STEPS[name] for name in ("submit", "approve", "publish", "archive")):
            assert step.before & reached
            reached.add(step.after)

        assert reached == set(Schedule.Status.values)
        assert STEPS["return"].after == "draft"

    @pytest.mark.parametrize("name", STEPS)
    def test_every_step_has_a_permission_of_the_model(self, name: str) -> None:
        permissions = {f"scheduling.{codename}" for codename, _text in Schedule._meta.permissions}
        assert STEPS[name].permission in permissions


class ProposeTests:
    def test_says_what_will_be_done(self, world: World) -> None:
        proposal = propose(STEPS["submit"], [world.week])

        assert (proposal.summary, proposal.done) == ("1 schedule will be pending.", "1 schedule is now pending.")
        assert list(proposal.errors) == []

    def test_refuses_a_schedule_with_another_status(self, world: World) -> None:
        proposal = propose(STEPS["publish"], [world.week])

        assert proposal.errors == [f"{world.week} is draft. A schedule with this status cannot be published."]

    def test_refuses_what_the_policy_refuses(self, world: World) -> None:
        world.stored(world.early, MONDAY)
        change(world.amy, is_active=False)

        assert propose(STEPS["submit"], [world.week]).errors == ["Amy Adams is not active."]

    def test_returning_a_schedule_asks_no_policy(self, world: World) -> None:
        world.stored(world.early, MONDAY)
        change(world.amy, is_active=False)
        change(world.week, status="pending")
        world.week.refresh_from_db()

        assert list(propose(STEPS["return"], [world.week]).errors) == []


class TakeTests:
    def test_changes_the_status_and_writes_history(self, world: World, user: int) -> None:
        take(STEPS["submit"], [world.week], user)

        world.week.refresh_from_db()
        assert world.week.status == "pending"
        assert LogEntry.objects.get().change_message == "Changed from draft to pending."

    def test_publishing_tells_the_employees(self, world: World, user: int) -> None:
        world.stored(world.early, MONDAY)
        change(world.week, status="approved")
        world.week.refresh_from_db()

        take(STEPS["publish"], [world.week], user)

        assert Notification.objects.get().recipient == world.amy
