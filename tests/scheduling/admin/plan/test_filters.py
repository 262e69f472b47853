"""Filters of the lists of plans: what each shows, and that none of them adds a query for each row."""

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from scheduling.models import Schedule, ScheduleAssignment, Shift
from tests.factories import DepartmentFactory, ScheduleAssignmentFactory, ScheduleFactory
from tests.scheduling.admin.browsing import queries
from tests.scheduling.admin.pages import this_monday, url
from tests.scheduling.policy.cases import DAY

MAX_QUERIES = 10


def assign() -> ScheduleAssignment:
    return ScheduleAssignmentFactory(date=timezone.localdate(), schedule__week_start=this_monday())  # type: ignore[no-any-return]


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
        few = queries(planner, address, asked)
        for _ in range(29):
            assign()
        assert queries(planner, address, asked) == few <= MAX_QUERIES
        assert queries(admin_client, address, asked) <= MAX_QUERIES


@pytest.mark.django_db
class FilterTests:
    def test_by_week(self, planner: Client) -> None:
        monday = this_monday()
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

    def test_shifts_by_the_day_on_which_people_are_counted(self, planner: Client) -> None:
        tomorrow: datetime.date = timezone.localdate() + DAY
        assignment = ScheduleAssignmentFactory(date=tomorrow, shift__required_staff=1)
        assignment.shift.department = assignment.schedule.department
        assignment.shift.save()
        address = url("changelist", model=Shift)
        for asked, people in (({}, 0), ({"day": tomorrow.isoformat()}, 1), ({"day": "nonsense"}, 0)):
            (shown,) = planner.get(address, asked).context["cl"].result_list
            assert shown.people == people
