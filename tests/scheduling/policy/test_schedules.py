"""Whether a schedule accepts an assignment."""

from typing import Any

import pytest

from scheduling.models import Shift
from scheduling.policy import (
    Finding,
    check,
)
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    ScheduleFactory,
)
from tests.scheduling.policy.cases import TUESDAY, World, change

pytestmark = pytest.mark.django_db


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


class EditableScheduleTests:
    def test_what_stays_as_it_is_in_a_published_schedule_is_no_edit(self, world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        change(world.week, status="published")
        assert check([stored]) == []

    @pytest.mark.parametrize("edit", [{"notes": "new"}, {"priority": 9}, {"status": "confirmed"}, {"date": MONDAY}])
    def test_every_field_counts(self, edit: dict[str, Any], world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        change(world.week, status="published")
        for name, value in edit.items():
            setattr(stored, name, value)
        assert codes(check([stored])) == ["editable_schedule"]

    def test_it_is_neither_left_nor_entered(self, world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        change(world.week, status="published")
        stored.schedule = ScheduleFactory(department=world.kitchen, week_start=MONDAY, version=2)
        assert codes(check([stored])) == ["editable_schedule"]
        assert codes(check([], deleted=[stored])) == ["editable_schedule"]
        assert codes(check([world.planned(world.early, MONDAY, schedule=world.week)])) == ["editable_schedule"]

    def test_those_who_may_are_not_told(self, world: World) -> None:
        change(world.week, status="published")
        assert check([world.planned(world.early, TUESDAY)], may_edit_published=True) == []


class NoDuplicatesTests:
    def test_a_stored_one_is_named(self, world: World) -> None:
        world.stored(world.early, TUESDAY, department=world.bar)
        (finding,) = check([world.planned(world.early, TUESDAY)])
        assert finding.message == "Amy Adams already has Early (06:00–14:00) on 2026-12-01 in Bar."
        assert (finding.code, finding.severity, finding.other) == ("no_duplicates", "error", None)

    def test_a_declined_one_is_in_the_way_too(self, world: World) -> None:
        world.stored(world.early, TUESDAY, status="declined")
        (finding,) = check([world.planned(world.early, TUESDAY)])
        assert finding.message == (
            "Amy Adams already has Early (06:00–14:00) on 2026-12-01 in Kitchen (declined): change that one instead."
        )

    def test_two_that_are_given_together(self, world: World) -> None:
        first, second = world.planned(world.early, TUESDAY), world.planned(world.early, TUESDAY)
        (finding,) = check([first, second])
        assert (finding.code, finding.assignment, finding.other) == ("no_duplicates", second, first)


class ShiftOfTheDepartmentTests:
    def test_a_shift_of_a_department_above_is_one_of_its_own(self, world: World) -> None:
        pastry = DepartmentFactory(name="Pastry", parent=world.kitchen)
        change(world.early, department=world.kitchen)
        early = Shift.objects.get(pk=world.early.pk)
        assert check([world.planned(early, TUESDAY, department=pastry)]) == []

    def test_a_shift_of_a_department_below_is_worth_a_note(self, world: World) -> None:
        change(world.early, department=DepartmentFactory(name="Pastry", parent=world.kitchen))
        early = Shift.objects.get(pk=world.early.pk)
        (finding,) = check([world.planned(early, TUESDAY)])
        assert (finding.code, finding.severity) == ("shift_of_the_department", "warning")
