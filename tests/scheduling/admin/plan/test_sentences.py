"""Every sentence of the policy, in a form, in both inlines and by actions: the words of the cases, as in an import."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.policy import POLICY
from tests.scheduler_project.test_security import check
from tests.scheduling.admin.pages import (
    CONFIRMED,
    act,
    errors_in,
    row_of,
    send_form,
    send_shift,
    send_week,
    token_in,
)
from tests.scheduling.policy.cases import CASES, TUESDAY, Case, World, change, make_world

pytestmark = pytest.mark.django_db
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
# A schedule is judged as a whole, in the order of its days: of two the later is told of the earlier.
OF_THE_LATER = {
    "Amy Adams rests 8 h before Early (06:00–14:00) on 2026-12-02 in Kitchen; the minimum is 10 h.": (
        "Amy Adams rests 8 h after Late (14:00–22:00) on 2026-12-01 in Kitchen; the minimum is 10 h."
    )
}
OF_THE_SHIFT = {
    "With Amy Adams, Early (06:00–14:00) on 2026-12-01 in Kitchen has 1 of 2 required people.": (
        "Early (06:00–14:00) on 2026-12-01 in Kitchen has 1 of 2 required people."
    )
}
"""A plan that is complete lacks people on a shift, whoever was the last to be assigned to it."""
IN_WORDS = "Amy Adams already has Early (06:00–14:00) on 2026-12-01 in Kitchen."


@pytest.fixture
def world() -> World:
    return make_world()


def planned(case: Case, world: World) -> ScheduleAssignment:
    case.prepare(world)
    world.week.refresh_from_db()
    return world.planned(getattr(world, case.shift), case.date, schedule=world.week)


def is_said(response: Any, case: Case) -> None:
    """Assert that the page refuses for exactly this reason, or asks about exactly this warning, with nothing inline."""
    assert response.status_code == 200
    check(response)
    if case.severity == "error":
        assert errors_in(response) == [case.message]
    else:
        assert errors_in(response) == []
        assert response.context["warned"].warnings.all == [case.message]
    assert case.message in unescape(response.text)


class FormTests:
    @EVERY_CASE
    def test_says(self, case: Case, world: World, planner: Client) -> None:
        assignment = planned(case, world)
        stored = ScheduleAssignment.objects.count()

        response = send_form(planner, assignment)

        is_said(response, case)
        assert ScheduleAssignment.objects.count() == stored
        if case.severity == "warning":
            assert send_form(planner, assignment, **{CONFIRMED: token_in(response)}).status_code == 302
            assert ScheduleAssignment.objects.count() == stored + 1

    def test_says_of_a_duplicate(self, world: World, planner: Client) -> None:
        world.stored(world.early, TUESDAY)

        assert errors_in(send_form(planner, world.planned(world.early, TUESDAY))) == [IN_WORDS]


class WeekInlineTests:
    @EVERY_CASE
    def test_says(self, case: Case, world: World, planner: Client) -> None:
        assignment = planned(case, world)
        stored = ScheduleAssignment.objects.count()

        response = send_week(planner, world.week, row_of(assignment))

        if case.code == "editable_schedule":
            # Nobody is offered a row: the page says why in words of its own (test_published.py).
            assert response.status_code == 302
            assert ScheduleAssignment.objects.count() == stored
            return
        is_said(response, case)
        assert ScheduleAssignment.objects.count() == stored
        if case.severity == "warning":
            sent = send_week(planner, world.week, row_of(assignment), **{CONFIRMED: token_in(response)})
            assert sent.status_code == 302
            assert ScheduleAssignment.objects.count() == stored + 1

    def test_says_of_a_duplicate(self, world: World, planner: Client) -> None:
        row = row_of(world.planned(world.early, TUESDAY))

        assert errors_in(send_week(planner, world.week, row, row)) == [IN_WORDS]


class ShiftInlineTests:
    @EVERY_CASE
    def test_says(self, case: Case, world: World, planner: Client) -> None:
        assignment = planned(case, world)
        stored = ScheduleAssignment.objects.count()

        response = send_shift(planner, assignment.shift, row_of(assignment))

        is_said(response, case)
        assert ScheduleAssignment.objects.count() == stored


class PublishTests:
    """What a schedule may hold that was fine when it was entered."""

    @EVERY_CASE
    def test_says(self, case: Case, world: World, manager: Client) -> None:
        planned(case, world).save()
        if case.code == "editable_schedule":
            return  # it is published or archived already, which is said in other words: test_steps.py
        change(world.week, status="approved")

        response = act(manager, "publish", [world.week], Schedule, carry_out="1")

        said = response.context["proposal"]
        check(response)
        message = {**OF_THE_LATER, **OF_THE_SHIFT}.get(case.message, case.message)
        assert (said.errors if case.severity == "error" else said.warnings) == [message]
        assert message in unescape(response.text)
        world.week.refresh_from_db()
        assert world.week.status == "approved"
        if case.severity == "warning":
            act(manager, "publish", [world.week], Schedule, carry_out="1", **{CONFIRMED: token_in(response)})
            world.week.refresh_from_db()
            assert world.week.status == "published"


class ReactivateTests:
    @EVERY_CASE
    def test_says(self, case: Case, world: World, planner: Client) -> None:
        assignment = planned(case, world)
        assignment.status = "cancelled"
        assignment.save()

        response = act(planner, "reactivate", [assignment], ScheduleAssignment, carry_out="1")

        said = response.context["proposal"]
        assert (said.left_out if case.severity == "error" else said.warnings) == [case.message]
        assert case.message in unescape(response.text)
        assignment.refresh_from_db()
        assert assignment.status == "cancelled"


class EverySentenceTests:
    def test_has_a_case(self) -> None:
        assert {part.__name__ for part in POLICY} == {case.code for case in CASES} | {"no_duplicates"}
