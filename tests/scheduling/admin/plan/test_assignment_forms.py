"""Forms of assignments: what they ask the policy, and fields that do not change what they only show differently."""

import datetime

import pytest

from scheduling.admin.plan.assignment_forms import AssignmentForm, DayField, NotesField
from scheduling.models import ScheduleAssignment
from tests.scheduling.policy.cases import TUESDAY, World, change, make_world


class NotesFieldTests:
    def test_shows_line_breaks_as_spaces_and_takes_them_for_no_change(self) -> None:
        field = NotesField(required=False)
        assert field.prepare_value("Keys\nBadge") == "Keys Badge"
        assert not field.has_changed("Keys\nBadge", "Keys Badge")
        assert field.has_changed("Keys\nBadge", "Keys")


class DayFieldTests:
    def test_turns_a_choice_into_a_date(self) -> None:
        field = DayField(choices=[("2026-12-01", "Tue 1 Dec")])
        assert field.clean("2026-12-01") == datetime.date(2026, 12, 1)
        assert not field.has_changed(datetime.date(2026, 12, 1), "2026-12-01")


@pytest.mark.django_db
class AssignmentFormTests:
    @pytest.fixture
    def world(self) -> World:
        return make_world()

    def form(self, world: World, **more: object) -> AssignmentForm:
        row = world.planned(world.early, TUESDAY)
        data = {
            "schedule": row.schedule_id,
            "employee": row.employee_id,
            "shift": row.shift_id,
            "date": row.date,
            "status": row.status,
            "priority": row.priority,
            **more,
        }
        return AssignmentForm(data, instance=ScheduleAssignment())

    def test_is_valid_if_the_policy_has_nothing_to_say(self, world: World) -> None:
        assert self.form(world).is_valid()

    def test_shows_what_the_policy_refuses(self, world: World) -> None:
        change(world.amy, is_active=False)
        form = self.form(world)
        assert not form.is_valid()
        assert not form.asks_for_confirmation

    def test_takes_a_warning_once_it_is_confirmed(self, world: World) -> None:
        change(world.early, required_staff=2)
        form = self.form(world)
        assert not form.is_valid()
        assert form.asks_for_confirmation
        assert self.form(world, confirmed_warnings=form.warnings.token).is_valid()

    def test_asks_the_policy_nothing_about_an_impossible_date(self, world: World) -> None:
        change(world.amy, is_active=False)
        assert list(self.form(world, date="2026-02-30").errors) == ["date"]
