"""The list and the form of assignments."""

import pytest
from django.test import Client

from scheduling.models import ScheduleAssignment
from tests.scheduling.admin.browsing import logged_in, page, staff
from tests.scheduling.admin.pages import act, url
from tests.scheduling.policy.cases import TUESDAY, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = make_world()
    world.stored(world.early, TUESDAY)
    return world


def status() -> str:
    return str(ScheduleAssignment.objects.get().status)


class CancelTests:
    def test_asks_first_and_then_cancels(self, world: World, planner: Client) -> None:
        rows = list(ScheduleAssignment.objects.all())
        assert act(planner, "cancel", rows, ScheduleAssignment).status_code == 200
        assert status() == "assigned"
        assert act(planner, "cancel", rows, ScheduleAssignment, carry_out="1").status_code == 302
        assert status() == "cancelled"
        act(planner, "reactivate", rows, ScheduleAssignment, carry_out="1")
        assert status() == "assigned"

    def test_needs_its_permission(self, world: World) -> None:
        client = logged_in(staff("view_scheduleassignment", "change_scheduleassignment"))
        assert '<option value="cancel">' not in client.get(page(ScheduleAssignment, "changelist")).text


class ListTests:
    def test_names_the_department_of_the_schedule(self, world: World, planner: Client) -> None:
        text = planner.get(url("changelist", model=ScheduleAssignment)).text
        assert f">{world.kitchen}</td>" in text
