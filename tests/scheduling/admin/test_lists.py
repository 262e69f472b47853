"""Lists and forms of plans: what they show, and that they cost the same whatever they hold."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduling.admin.plan_forms import MOST_ROWS
from scheduling.models import Schedule, ScheduleAssignment, Shift
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)
from tests.scheduling.admin.pages import row_of, send_week, url
from tests.scheduling.policy.cases import DAY, TUESDAY, World, change, make_world

MOST_QUERIES = 10


def queries(client: Client, address: str, **asked: str) -> int:
    """Return what a page costs the second time."""
    client.get(address, asked)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, asked).status_code == 200
    return len(captured)


def monday_of_today() -> datetime.date:
    today = timezone.localdate()
    return today - today.weekday() * DAY


def assign() -> ScheduleAssignment:
    return ScheduleAssignmentFactory(date=timezone.localdate(), schedule__week_start=monday_of_today())  # type: ignore[no-any-return]


# With real transactions: inside of one that has written, nothing is read from the cache.
@pytest.mark.django_db(transaction=True)
class ListCostTests:
    @pytest.mark.parametrize(
        ("model", "asked"),
        [
            *((model, asked) for model in (Schedule, ScheduleAssignment, Shift) for asked in ({}, {"q": "a"})),
            *((model, {"staffing": "under"}) for model in (Schedule, Shift)),
            *((model, {"week": "this"}) for model in (Schedule, ScheduleAssignment)),
        ],
        ids=str,
    )
    def test_at_most_ten_queries_for_1_row_and_for_30(
        self, asked: dict[str, str], model: Any, planner: Client, admin_client: Client
    ) -> None:
        assign()
        address = url("changelist", model=model)
        few = queries(planner, address, **asked)
        for _ in range(29):
            assign()
        assert queries(planner, address, **asked) == few <= MOST_QUERIES
        assert queries(admin_client, address, **asked) <= MOST_QUERIES


@pytest.mark.django_db(transaction=True)
class FormCostTests:
    @pytest.fixture
    def plan(self) -> Callable[[int], tuple[Schedule, Shift]]:
        schedule = ScheduleFactory(week_start=monday_of_today())
        shift = ShiftFactory(required_staff=0)

        def people(count: int) -> tuple[Schedule, Shift]:
            for _ in range(count):
                employee = EmployeeFactory(department=schedule.department)
                today = timezone.localdate()
                ScheduleAssignmentFactory(schedule=schedule, shift=shift, employee=employee, date=today)
            return schedule, shift

        return people

    @pytest.mark.parametrize("which", [0, 1], ids=["schedule", "shift"])
    @pytest.mark.parametrize("group", ["planner", "viewer"])
    def test_at_most_ten_queries_for_1_row_and_for_30(
        self, group: str, which: int, plan: Any, request: pytest.FixtureRequest
    ) -> None:
        client = request.getfixturevalue(group)
        address = url("change", plan(1)[which])
        few = queries(client, address)
        plan(29)
        assert queries(client, address) == few <= MOST_QUERIES

    def test_a_check_costs_the_same_for_2_rows_and_for_30(self, plan: Any, planner: Client) -> None:
        """All of them are changed to what the policy refuses: nothing is saved, so all queries are those of a look."""
        counts = []
        for more in (2, 28):
            schedule, _shift = plan(more)
            change(schedule.department, active=False)
            rows = [row_of(row, notes="x") for row in schedule.assignments.all()]
            send_week(planner, schedule, *rows)
            with CaptureQueriesContext(connection) as captured:
                assert send_week(planner, schedule, *rows).status_code == 200
            counts.append(len(captured))
            change(schedule.department, active=True)
        assert counts[0] == counts[1]

    def test_a_large_week_is_shown_by_day(self, planner: Client) -> None:
        schedule = ScheduleFactory(week_start=MONDAY)
        for number in range(70):
            ScheduleAssignmentFactory(schedule=schedule, date=MONDAY + (number % 7) * DAY)
        page = planner.get(url("change", schedule), {"day": "2026-12-02"})
        (formset,) = page.context["inline_admin_formsets"]
        assert {form.instance.date for form in formset.formset.initial_forms} == {MONDAY + 2 * DAY}
        assert formset.formset.initial_form_count() == 10
        assert 'href="?day=2026-12-02" aria-current="page"' in page.text
        # Saved and continued, it is the same day again.
        row = row_of(formset.formset.initial_forms[0].instance, notes="Keys")
        address = f"{url('change', schedule)}?day=2026-12-02"
        sent = {"assignments-TOTAL_FORMS": 1, "assignments-INITIAL_FORMS": 1, "_continue": "1"}
        sent |= {f"assignments-0-{name}": value for name, value in row.items()}
        assert planner.post(address, sent)["Location"] == address

    def test_what_a_page_has_no_room_for_is_a_link_away(self, planner: Client) -> None:
        shift, today = ShiftFactory(), timezone.localdate()
        schedule = ScheduleFactory(week_start=monday_of_today())
        for _ in range(MOST_ROWS + 3):
            ScheduleAssignmentFactory(shift=shift, schedule=schedule, date=today)
        for parent in (shift, schedule):
            page = planner.get(url("change", parent), {"day": today.isoformat()})
            (formset,) = page.context["inline_admin_formsets"]
            assert formset.formset.initial_form_count() == MOST_ROWS
            assert "3 more assignments are in the list of assignments." in page.text
            rows = planner.get(page.context["all_rows"]).context["cl"].queryset
            assert rows.count() == MOST_ROWS + 3

    def test_a_shift_shows_the_coming_seven_days(self, planner: Client) -> None:
        shift = ShiftFactory()
        today = timezone.localdate()
        for days in (-1, 0, 6, 7):
            date = today + days * DAY
            monday = date - date.weekday() * DAY
            ScheduleAssignmentFactory(shift=shift, date=date, schedule__week_start=monday)
        page = planner.get(url("change", shift))
        (formset,) = page.context["inline_admin_formsets"]
        assert [form.instance.date for form in formset.formset.initial_forms] == [today, today + 6 * DAY]
        assert 'name="required_staff"' not in page.text


@pytest.mark.django_db
class StaffingTests:
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
        page = planner.get(url("changelist", model=Schedule), {"staffing": "under"})
        assert "nobody planned" in page.text

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


@pytest.mark.django_db
class FilterTests:
    def test_by_week(self, planner: Client) -> None:
        monday = monday_of_today()
        for weeks in (-1, 0, 1):
            ScheduleFactory(week_start=monday + 7 * weeks * DAY)
        for name, weeks in (("last", -1), ("this", 0), ("next", 1)):
            (shown,) = planner.get(url("changelist", model=Schedule), {"week": name}).context["cl"].result_list
            assert shown.week_start == monday + 7 * weeks * DAY

    def test_by_version(self, planner: Client) -> None:
        old, new = ScheduleAssignmentFactory(superseded=True), ScheduleAssignmentFactory()
        address = url("changelist", model=ScheduleAssignment)
        for asked, shown in (({}, {new}), ({"version": "superseded"}, {old}), ({"version": "all"}, {old, new})):
            assert set(planner.get(address, asked).context["cl"].result_list) == shown

    def test_by_type(self, planner: Client) -> None:
        one, _other = ScheduleAssignmentFactory(), ScheduleAssignmentFactory()
        asked = {"shift_type": str(one.shift.shift_type_id)}
        shown = planner.get(url("changelist", model=ScheduleAssignment), asked).context["cl"].result_list
        assert list(shown) == [one]

    @pytest.mark.parametrize("model", [Schedule, ScheduleAssignment, Shift])
    def test_by_a_department_with_all_below(self, model: Any, planner: Client) -> None:
        kitchen = DepartmentFactory()
        pastry = DepartmentFactory(parent=DepartmentFactory(parent=kitchen))
        for department in (kitchen, pastry, DepartmentFactory()):
            ScheduleAssignmentFactory(schedule__department=department, shift__department=department)
        address = url("changelist", model=model)
        for chosen, rows in ((kitchen, 2), (pastry, 1)):
            assert planner.get(address, {"within": chosen.pk}).context["cl"].queryset.count() == rows
        assert planner.get(address, {"within": "x"}).context["cl"].queryset.count() == 0
