"""The assignments of a week copied to the next one."""

import pytest
from django.contrib.admin.models import LogEntry

from scheduling.calendar import WEEK
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.workflow.copying import carry_out, prepare
from tests.factories import ScheduleFactory
from tests.scheduling.policy.cases import MONDAY, TUESDAY, World, change

pytestmark = pytest.mark.django_db


class PrepareTests:
    def test_writes_nothing(self, world: World) -> None:
        world.stored(world.early, MONDAY)

        copy = prepare([world.week])

        assert copy.proposal.summary == "1 assignment will be copied to the following week."
        assert Schedule.objects.count() == ScheduleAssignment.objects.count() == 1

    def test_leaves_out_what_is_called_off(self, world: World) -> None:
        world.stored(world.early, MONDAY, status="cancelled")

        assert prepare([world.week]).proposal.errors == ["There is nothing to copy."]

    def test_leaves_out_what_the_policy_refuses_with_its_reason(self, world: World) -> None:
        world.stored(world.early, MONDAY)
        world.stored(world.early, TUESDAY)
        change(world.amy, end_date=MONDAY + WEEK)

        copy = prepare([world.week])

        assert [row.date for row in copy.rows] == [MONDAY + WEEK]
        assert len(copy.proposal.left_out) == 1


class CarryOutTests:
    def test_makes_a_draft_where_the_next_week_has_none(self, world: World, user: int) -> None:
        world.stored(world.early, MONDAY)

        carry_out(prepare([world.week]), user)

        row = ScheduleAssignment.objects.latest("pk")
        assert (row.date, row.schedule.week_start, row.schedule.status) == (MONDAY + WEEK, MONDAY + WEEK, "draft")
        assert LogEntry.objects.get().change_message == "Copied from the previous week."

    def test_adds_to_the_highest_version_of_the_next_week(self, world: World, user: int) -> None:
        world.stored(world.early, MONDAY)
        ScheduleFactory(department=world.kitchen, week_start=MONDAY + WEEK)
        second = ScheduleFactory(department=world.kitchen, week_start=MONDAY + WEEK, version=2)

        carry_out(prepare([world.week]), user)

        assert second.assignments.get().date == MONDAY + WEEK
