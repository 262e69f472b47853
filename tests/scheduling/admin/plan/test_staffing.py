"""How many people shifts have of those that they need, in lists and as words."""

import pytest
from django.test import Client
from django.utils import timezone

from scheduling.admin.plan.staffing import coverage, coverage_by_schedule, staffing_of
from scheduling.models import Schedule, Shift
from tests.factories import EmployeeFactory
from tests.scheduling.admin.pages import url
from tests.scheduling.policy.cases import DAY, TUESDAY, World, change, make_world


class StaffingOfTests:
    @pytest.mark.parametrize(
        ("people", "required", "maximum", "found"),
        [(1, 2, None, "under"), (2, 2, None, "full"), (9, 2, None, "full"), (2, 1, 2, "full"), (3, 1, 2, "over")],
    )
    def test_compares_people_with_the_limits(self, people: int, required: int, maximum: int | None, found: str) -> None:
        assert staffing_of(people, required, maximum) == found


class CoverageTests:
    def test_says_in_words_what_the_colour_says(self) -> None:
        assert coverage(1, 2, "under") == '<span class="staffing staffing-under">1 of 2 under</span>'
        assert coverage(2, 2, "full") == '<span class="staffing staffing-full">2 of 2</span>'


@pytest.mark.django_db
class CoverageByScheduleTests:
    def test_counts_no_shift_twice_and_no_one_who_has_cancelled(self) -> None:
        world = make_world()
        change(world.early, required_staff=2)
        world.stored(world.early, TUESDAY)
        world.stored(world.early, TUESDAY, employee=EmployeeFactory(), status="cancelled")
        found = coverage_by_schedule([world.week])
        assert list(found) == [world.week.pk]
        assert "1 of 2 under" in found[world.week.pk].text
        assert found[world.week.pk].open_shifts == 1


@pytest.mark.django_db
class ListTests:
    @pytest.fixture
    def world(self) -> World:
        return make_world()

    @pytest.mark.parametrize(
        ("required", "most", "found", "words"),
        [(2, None, "under", "1 of 2 under"), (1, 1, "full", "1 of 1"), (0, None, "full", "1 of 0"), (0, 0, "over", "")],
    )
    def test_of_schedules(
        self, required: int, most: int | None, found: str, words: str, world: World, planner: Client
    ) -> None:
        change(world.early, required_staff=required, max_staff=most)
        world.stored(world.early, TUESDAY)
        address = url("changelist", model=Schedule)
        for staffing in ("under", "full", "over"):
            shown = planner.get(address, {"staffing": staffing}).context["cl"].result_list
            assert len(shown) == (staffing == found)
        week = "0 of 0" if required == 0 else words
        assert week in planner.get(address).text

    def test_of_a_schedule_without_anybody(self, world: World, planner: Client) -> None:
        page = planner.get(url("changelist", model=Schedule), {"staffing": "empty"})
        assert "no one assigned" in page.text
        assert planner.get(url("changelist", model=Schedule), {"staffing": "under"}).context["cl"].result_count == 0

    def test_of_a_version_that_has_been_replaced(self, world: World, planner: Client) -> None:
        world.stored(world.early, TUESDAY, superseded=True)
        assert "replaced by a newer version" in planner.get(url("changelist", model=Schedule)).text

    @pytest.mark.parametrize(
        ("required", "most", "found", "words"),
        [(3, None, "under", "1 of 3 under"), (1, None, "full", "1 of 1"), (0, 0, "over", "1 of 0 over")],
    )
    def test_of_shifts_on_a_day(
        self, required: int, most: int | None, found: str, words: str, world: World, planner: Client
    ) -> None:
        tomorrow = timezone.localdate() + DAY
        change(world.early, required_staff=required, max_staff=most)
        world.stored(world.early, tomorrow)
        world.stored(world.early, tomorrow, employee=EmployeeFactory(), status="cancelled")
        address = url("changelist", model=Shift)
        for staffing in ("under", "full", "over"):
            shown = planner.get(address, {"staffing": staffing, "day": tomorrow.isoformat()}).context["cl"].result_list
            assert (world.early in shown) is (staffing == found)
        assert words in planner.get(address, {"day": tomorrow.isoformat()}).text

    def test_each_department_needs_its_own_staff(self, world: World, planner: Client) -> None:
        today = timezone.localdate()
        change(world.early, required_staff=2)
        for department in (world.kitchen, world.bar):
            world.stored(world.early, today, department=department, employee=EmployeeFactory())
        assert "2 of 4 under" in planner.get(url("changelist", model=Shift)).text
