"""What the pages of plans share. Of two planners who save the same row, the slower one is told and keeps the input."""

import pytest
from django.test import Client

from scheduling.admin.plan import assignment_forms, formsets
from scheduling.models import ScheduleAssignment
from scheduling.policy import check
from tests.scheduling.admin.pages import errors_in, row_of, send_form, send_week
from tests.scheduling.policy.cases import TUESDAY, World, make_world

pytestmark = pytest.mark.django_db
IN_WORDS = "Amy Adams already has Early (06:00–14:00) on 2026-12-01 in Kitchen."


@pytest.fixture
def world() -> World:
    """Amy has the shift already: somebody else has saved it."""
    world = make_world()
    world.stored(world.early, TUESDAY)
    return world


@pytest.fixture
def too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first check find nothing, as it is made before the other planner saves; a second one is made after."""
    looks = iter([lambda *args, **kwargs: []])
    for module in (assignment_forms, formsets):
        monkeypatch.setattr(module, "check", lambda *args, **kwargs: next(looks, check)(*args, **kwargs))


class LostRaceTests:
    def test_of_an_inline(self, too_early: None, world: World, planner: Client) -> None:
        response = send_week(planner, world.week, row_of(world.planned(world.early, TUESDAY), notes="typed"))
        assert response.status_code == 200
        assert errors_in(response) == [IN_WORDS]
        assert 'value="typed"' in response.text
        assert ScheduleAssignment.objects.count() == 1

    def test_of_a_form(self, too_early: None, world: World, planner: Client) -> None:
        assert errors_in(send_form(planner, world.planned(world.early, TUESDAY))) == [IN_WORDS]

    def test_that_a_second_look_does_not_see(
        self, world: World, planner: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(formsets, "check", lambda *args, **kwargs: [])
        response = send_week(planner, world.week, row_of(world.planned(world.early, TUESDAY), notes="typed"))
        assert errors_in(response) == ["The employee already works this shift on this date.", IN_WORDS]
        assert 'value="typed"' in response.text
        assert ScheduleAssignment.objects.count() == 1


class RowThatIsGoneTests:
    def test_one_of_another_schedule_is_not_touched(self, world: World, planner: Client) -> None:
        other = world.stored(world.late, TUESDAY, department=world.bar)
        response = send_week(planner, world.week, row_of(other, notes="x"))
        assert response.status_code == 200
        other.refresh_from_db()
        assert other.notes == ""
