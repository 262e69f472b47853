"""The assignments on the pages of schedules and shifts: which rows a page has, at a constant number of queries."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduling.admin.plan.formsets import MAX_ROWS
from scheduling.models import Schedule, Shift
from tests.factories import MONDAY, EmployeeFactory, ScheduleAssignmentFactory, ScheduleFactory, ShiftFactory
from tests.scheduling.admin.browsing import queries
from tests.scheduling.admin.pages import page_of, row_of, send_week, this_monday, url
from tests.scheduling.policy.cases import DAY, change

MAX_QUERIES = 10


@pytest.mark.django_db(transaction=True)
class RowsOfAPageTests:
    @pytest.fixture
    def plan(self) -> Callable[[int], tuple[Schedule, Shift]]:
        schedule = ScheduleFactory(week_start=this_monday())
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
        assert queries(client, address) == few <= MAX_QUERIES

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
        sent |= {f"assignments-0-{name}": value for name, value in row.items()} | page_of(row)
        assert planner.post(address, sent)["Location"] == address

    def test_what_a_page_has_no_room_for_is_a_link_away(self, planner: Client) -> None:
        shift, today = ShiftFactory(), timezone.localdate()
        schedule = ScheduleFactory(week_start=this_monday())
        for _ in range(MAX_ROWS + 3):
            ScheduleAssignmentFactory(shift=shift, schedule=schedule, date=today)
        for parent in (shift, schedule):
            page = planner.get(url("change", parent), {"day": today.isoformat()})
            (formset,) = page.context["inline_admin_formsets"]
            assert formset.formset.initial_form_count() == MAX_ROWS
            assert "3 more assignments are not shown here. Open the list of assignments." in page.text
            rows = planner.get(page.context["all_rows"]).context["cl"].queryset
            assert rows.count() == MAX_ROWS + 3

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
