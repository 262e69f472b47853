"""Two planners with the same page: no change of one is undone by the other."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client

from scheduling.models import Department, Employee, Rule, Schedule, ScheduleAssignment, Shift
from tests.factories import EmployeeFactory, RuleFactory, SkillFactory
from tests.scheduling.admin.browsing import logged_in
from tests.scheduling.admin.pages import errors_in, url
from tests.scheduling.admin.planners import OpenPage, week
from tests.scheduling.policy.cases import DAY, TUESDAY, World, change, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def robin(log_in: Callable[[str], Client]) -> Client:
    return log_in("Planner")


@pytest.fixture
def kim(log_in: Callable[[str], Client]) -> Client:
    return log_in("Manager")


def now(row: ScheduleAssignment) -> ScheduleAssignment:
    return ScheduleAssignment.objects.get(pk=row.pk)


class UntouchedRowTests:
    def test_keeps_what_a_colleague_has_made_of_it(self, world: World, robin: Client, kim: Client) -> None:
        first, second = world.stored(world.early, TUESDAY), world.stored(world.early, TUESDAY + 2 * DAY)
        page = week(kim, world.week)
        week(robin, world.week).touch(first, status="cancelled", notes="Called in sick").save()

        assert page.touch(second, notes="Keys").save().status_code == 302

        assert (now(first).status, now(first).notes, now(second).notes) == ("cancelled", "Called in sick", "Keys")

    def test_is_not_in_the_history_of_who_did_not_touch_it(self, world: World, robin: Client, kim: Client) -> None:
        first, second = world.stored(world.early, TUESDAY), world.stored(world.late, TUESDAY + 2 * DAY)
        page = week(kim, world.week)
        week(robin, world.week).touch(first, notes="x").save()
        page.touch(second, notes="y").save()

        by_row = {entry.object_id: entry.user.username for entry in self.history(ScheduleAssignment)}
        assert by_row == {str(first.pk): "planner", str(second.pk): "manager"}
        own = {entry.user.username: entry.change_message for entry in self.history(Schedule)}
        assert ("Early" in own["planner"], "Late" in own["planner"]) == (True, False)
        assert ("Early" in own["manager"], "Late" in own["manager"]) == (False, True)

    def history(self, model: Any) -> Any:
        return LogEntry.objects.filter(content_type__model=model._meta.model_name).select_related("user")

    def test_disappears_with_a_notice_when_it_was_deleted(self, world: World, robin: Client, kim: Client) -> None:
        first, second = world.stored(world.early, TUESDAY), world.stored(world.early, TUESDAY + 2 * DAY)
        page = week(kim, world.week)
        week(robin, world.week).touch(first, DELETE="on").save()

        response = page.touch(second, notes="Keys").save()

        assert response.status_code == 302
        assert list(ScheduleAssignment.objects.values_list("pk", "notes")) == [(second.pk, "Keys")]
        said = kim.get(response["Location"]).text
        assert "No longer here, because it was deleted or moved meanwhile by planner" in said
        assert "Amy Adams, Early (06:00–14:00)" in said

    def test_disappears_from_a_page_that_is_refused(self, world: World, robin: Client, kim: Client) -> None:
        first, second = world.stored(world.early, TUESDAY), world.stored(world.early, TUESDAY + 2 * DAY)
        page = week(kim, world.week)
        first.delete()
        response = page.touch(second, date=TUESDAY.isoformat(), shift="").save()
        assert response.status_code == 200
        assert list(page.rows) == [second.pk]
        assert page.touch(second, shift=str(world.late.pk)).save().status_code == 302
        assert now(second).shift == world.late

    def test_is_saved_by_nobody_when_nothing_was_touched(self, world: World, robin: Client) -> None:
        row = world.stored(world.early, TUESDAY, notes="two\nlines")
        before = now(row).updated_at
        assert week(robin, world.week).save().status_code == 302
        assert now(row).updated_at == before
        assert not LogEntry.objects.exists()

    def test_does_not_stop_the_others_when_it_refers_to_what_is_gone(self, world: World, robin: Client) -> None:
        row = world.stored(world.early, TUESDAY)
        other = world.stored(world.late, TUESDAY + 2 * DAY, employee=EmployeeFactory(department=world.kitchen))
        page = week(robin, world.week)
        world.amy.delete()
        assert page.touch(other, notes="x").save().status_code == 302
        assert not ScheduleAssignment.objects.filter(pk=row.pk).exists()


class ConflictTests:
    """Of a row that both have changed."""

    @pytest.fixture
    def row(self, world: World) -> ScheduleAssignment:
        return world.stored(world.early, TUESDAY)

    @pytest.fixture
    def page(self, row: ScheduleAssignment, world: World, robin: Client, kim: Client) -> OpenPage:
        page = week(kim, world.week)
        week(robin, world.week).touch(row, status="cancelled", notes="Sick").save()
        return page.touch(row, status="confirmed")

    def test_shows_both_values_and_who_wrote_the_other(self, page: OpenPage, row: ScheduleAssignment) -> None:
        assert page.save().status_code == 200
        assert page.asks
        assert "This row was changed after you opened the page, by planner, " in page.response.text
        assert "you have entered “confirmed”, stored is “cancelled”" in page.response.text
        assert "stored is “Sick”" in page.response.text
        assert now(row).status == "cancelled"

    def test_asks_until_it_is_decided(self, page: OpenPage) -> None:
        page.save()
        assert page.save().status_code == 200
        assert page.asks

    def test_keeps_mine_and_what_i_did_not_touch(self, page: OpenPage, row: ScheduleAssignment) -> None:
        page.save()
        assert page.answer("mine").save().status_code == 302
        assert (now(row).status, now(row).notes) == ("confirmed", "Sick")

    def test_takes_theirs(self, page: OpenPage, row: ScheduleAssignment) -> None:
        page.save()
        assert page.answer("theirs").save().status_code == 302
        assert (now(row).status, now(row).notes) == ("cancelled", "Sick")

    def test_asks_again_when_it_has_changed_once_more(self, page: OpenPage, row: ScheduleAssignment) -> None:
        page.save()
        change(row, status="declined")
        assert page.answer("mine").save().status_code == 200
        assert "stored is “declined”" in page.response.text
        assert "someone else, without an entry in the history" not in page.response.text

    def test_names_nobody_for_a_write_without_history(self, world: World, row: ScheduleAssignment, kim: Client) -> None:
        page = week(kim, world.week).touch(row, status="confirmed")
        change(row, status="declined")
        page.save()
        assert "by someone else, without an entry in the history" in page.response.text

    def test_is_none_when_both_want_the_same(self, world: World, row: ScheduleAssignment, kim: Client) -> None:
        page = week(kim, world.week).touch(row, status="declined")
        change(row, status="declined")
        assert page.save().status_code == 302

    def test_with_who_deletes_the_row(self, world: World, row: ScheduleAssignment, kim: Client) -> None:
        page = week(kim, world.week).touch(row, DELETE="on")
        change(row, notes="Has the keys")
        assert page.save().status_code == 200
        assert "stored is “Has the keys”" in page.response.text
        assert page.answer("theirs").save().status_code == 302
        assert now(row).notes == "Has the keys"

    def test_with_who_deletes_the_row_all_the_same(self, world: World, row: ScheduleAssignment, kim: Client) -> None:
        page = week(kim, world.week).touch(row, DELETE="on")
        change(row, notes="Has the keys")
        page.save()
        assert page.answer("mine").save().status_code == 302
        assert not ScheduleAssignment.objects.exists()

    @pytest.mark.parametrize(("which", "left"), [("mine", ["Keys"]), ("theirs", [])])
    def test_with_who_has_deleted_it(
        self, which: str, left: list[str], world: World, row: ScheduleAssignment, robin: Client, kim: Client
    ) -> None:
        page = week(kim, world.week).touch(row, notes="Keys")
        week(robin, world.week).touch(row, DELETE="on").save()
        assert page.save().status_code == 200
        assert "it was deleted or moved meanwhile, by planner" in page.response.text
        assert page.answer(which).save().status_code == 302
        assert list(ScheduleAssignment.objects.values_list("notes", flat=True)) == left

    def test_of_both_deleting_is_none(self, world: World, row: ScheduleAssignment, robin: Client, kim: Client) -> None:
        page = week(kim, world.week).touch(row, DELETE="on")
        week(robin, world.week).touch(row, DELETE="on").save()
        assert page.save().status_code == 302

    @pytest.mark.parametrize("shown", ["", "forged"])
    def test_is_every_difference_when_the_page_does_not_say_what_it_showed(
        self, shown: str, world: World, row: ScheduleAssignment, kim: Client
    ) -> None:
        page = week(kim, world.week).touch(row, notes="x")
        page.form["shown"] = shown
        assert page.save().status_code == 200
        assert "This page did not say what it had shown" in page.response.text
        assert now(row).notes == ""


class FormOfOneRowTests:
    """Pages of employees, departments, shifts, rules, skills, types of shifts and assignments."""

    def test_merges_what_two_have_changed_on_request(self, world: World, kim: Client) -> None:
        first_aid = SkillFactory(name="First aid")
        page = OpenPage(kim, url("change", world.amy)).type(role="Chef", skills=[str(first_aid.pk)])
        change(world.amy, phone="0123")
        assert page.save().status_code == 200
        assert "you have entered “Chef”" in page.response.text
        assert page.answer("mine").save().status_code == 302
        amy = Employee.objects.get(pk=world.amy.pk)
        assert (amy.role, amy.phone, list(amy.skills.all())) == ("Chef", "0123", [first_aid])

    def test_writes_nothing_that_was_not_touched(self, world: World, kim: Client) -> None:
        page = OpenPage(kim, url("change", world.amy))
        change(world.amy, phone="0123")
        assert page.save().status_code == 302
        assert Employee.objects.get(pk=world.amy.pk).phone == "0123"
        assert not LogEntry.objects.exists()

    def test_of_a_rule_compares_its_parameters(self, kim: Client) -> None:
        rule = RuleFactory(kind=Rule.Kind.REST_PERIOD, parameters={"min_hours": 11})
        page = OpenPage(kim, url("change", rule)).type(min_hours="12")
        change(rule, parameters={"min_hours": 9})
        assert page.save().status_code == 200
        assert "you have entered “12”, stored is “9”" in page.response.text
        assert page.answer("theirs").save().status_code == 302
        assert Rule.objects.get().parameters == {"min_hours": 9}

    @pytest.mark.parametrize("which", ["mine", "theirs"])
    def test_of_a_row_that_is_gone_offers_to_add_it_again(self, which: str, log_in: Any) -> None:
        admin = logged_in(User.objects.create_superuser("kim"))
        department = Department.objects.create(name="Spa", code="SPA")
        page = OpenPage(admin, url("change", department)).type(description="Third floor")
        department.delete()
        assert page.save().status_code == 200
        assert "it was deleted or moved meanwhile" in page.response.text
        assert page.answer(which).save().status_code == 302
        found = list(Department.objects.values_list("name", "description"))
        assert found == ([("Spa", "Third floor")] if which == "mine" else [])

    def test_of_one_assignment(self, world: World, kim: Client) -> None:
        row = world.stored(world.early, TUESDAY)
        page = OpenPage(kim, url("change", row)).type(notes="Keys")
        change(row, status="cancelled")
        assert page.save().status_code == 200
        assert page.answer("mine").save().status_code == 302
        assert (now(row).status, now(row).notes) == ("cancelled", "Keys")

    def test_of_a_shift_leaves_its_rows_alone(self, world: World, kim: Client) -> None:
        page = OpenPage(kim, url("change", world.early)).type(name="Dawn")
        change(world.early, name="Morning")
        assert page.save().status_code == 200
        assert page.answer("mine").save().status_code == 302
        assert Shift.objects.get(pk=world.early.pk).name == "Dawn"

    def test_says_which_rows_were_typed_when_the_schedule_is_gone(self, world: World, kim: Client) -> None:
        row = world.stored(world.early, TUESDAY)
        page = week(kim, world.week).touch(row, notes="Has the keys")
        world.week.delete()
        response = page.save()
        said = kim.get(response["Location"]).text
        assert "Nothing was saved: this row was deleted meanwhile" in said
        assert "Amy Adams, Early (06:00–14:00), 2026-12-01, Has the keys" in said

    def test_says_which_rows_were_typed_when_the_schedule_was_published(self, world: World, robin: Client) -> None:
        row = world.stored(world.early, TUESDAY)
        page = week(robin, world.week).touch(row, notes="Has the keys")
        change(world.week, status="published")
        response = page.save()
        assert "Has the keys" in robin.get(response["Location"]).text
        assert now(row).notes == ""


class OrderOfOneSaveTests:
    """Delete, then move, then add."""

    def test_a_person_moves_by_a_day_each(self, world: World, robin: Client) -> None:
        rows = [world.stored(world.early, TUESDAY + day * DAY) for day in range(3)]
        page = week(robin, world.week)
        for row in rows:
            page.touch(row, date=(row.date + DAY).isoformat())
        assert page.save().status_code == 302
        assert [now(row).date for row in rows] == [row.date + DAY for row in rows]
        assert not ScheduleAssignment.objects.filter(superseded=True).exists()

    def test_two_people_swap(self, world: World, robin: Client) -> None:
        ben = EmployeeFactory(department=world.kitchen)
        amys, bens = world.stored(world.early, TUESDAY), world.stored(world.early, TUESDAY, employee=ben)
        page = week(robin, world.week)
        page.touch(amys, employee=str(ben.pk)).touch(bens, employee=str(world.amy.pk))
        assert page.save().status_code == 302
        assert (now(amys).employee, now(bens).employee) == (ben, world.amy)

    def test_a_deleted_row_leaves_its_place_to_another_and_to_a_new_one(self, world: World, robin: Client) -> None:
        first, second = world.stored(world.early, TUESDAY), world.stored(world.early, TUESDAY + DAY)
        page = week(robin, world.week).touch(second, DELETE="on").touch(first, date=second.date.isoformat())
        page.add(employee=world.amy.pk, shift=world.early.pk, date=TUESDAY)
        assert page.save().status_code == 302
        assert now(first).date == TUESDAY + DAY
        assert not ScheduleAssignment.objects.filter(pk=second.pk).exists()
        assert ScheduleAssignment.objects.filter(date=TUESDAY).exclude(pk=first.pk).count() == 1

    def test_a_place_that_is_taken_is_named_with_its_person(self, world: World, robin: Client) -> None:
        first, second = world.stored(world.early, TUESDAY), world.stored(world.early, TUESDAY + DAY)
        page = week(robin, world.week).touch(first, date=second.date.isoformat())
        assert errors_in(page.save()) == ["Amy Adams already has Early (06:00–14:00) on 2026-12-02 in Kitchen."]


@pytest.mark.django_db(transaction=True)
class SimultaneousSaveTests:
    def test_waits_for_the_other_and_then_sees_what_it_has_written(self, world: World) -> None:
        row = world.stored(world.early, TUESDAY)
        kim = logged_in(User.objects.create_superuser("kim"))
        page = week(kim, world.week).touch(row, status="confirmed")
        answers: list[int] = []

        def save() -> None:
            answers.append(page.save().status_code)
            connection.close()

        with transaction.atomic():
            change(row, status="declined")
            saving = Thread(target=save)
            saving.start()
            saving.join(0.3)
            assert answers == []
        saving.join()
        assert answers == [200]
        assert page.asks
        assert now(row).status == "declined"
