import datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from tablib import Dataset

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.schedules import ScheduleResource
from scheduling.models import Schedule
from tests.factories import MONDAY, DepartmentFactory, ScheduleFactory

pytestmark = pytest.mark.django_db

HEADERS = ["department_code", "week_start", "version", "status"]


def imported(*rows: tuple[Any, ...], headers: list[str] = HEADERS) -> ImportResult:
    return ScheduleResource().import_data(Dataset(*rows, headers=headers))


def reasons(result: ImportResult) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.reason) for problem in result.problems]


@pytest.fixture(autouse=True)
def _kitchen() -> None:
    DepartmentFactory(code="KIT", name="Kitchen")


class ImportTests:
    def test_creates_weeks_as_drafts_with_their_sundays(self) -> None:
        result = imported(("Kitchen", "30.11.2026"), headers=["Department", "Week"])

        assert result.new == 1
        schedule = Schedule.objects.get()
        assert (schedule.week_start, schedule.week_end) == (MONDAY, MONDAY + datetime.timedelta(days=6))
        assert (schedule.version, schedule.status) == (1, "draft")

    def test_changes_a_draft_and_leaves_the_rest(self) -> None:
        department = DepartmentFactory(code="BAR")
        ScheduleFactory(department=department)
        ScheduleFactory(department=department, version=2)

        result = imported(("BAR", MONDAY, 1, "pending"), ("BAR", MONDAY, 2, "draft"), ("KIT", MONDAY, "", ""))

        assert (result.new, result.updated, result.unchanged) == (1, 1, 1)
        assert Schedule.objects.get(department=department, version=1).status == "pending"

    @pytest.mark.parametrize("status", ["approved", "published", "archived"])
    def test_leaves_decisions_to_people(self, status: str) -> None:
        ScheduleFactory(department=DepartmentFactory(code="BAR"), status=status)

        result = imported(("KIT", MONDAY, 1, status), ("BAR", MONDAY, 1, "draft"))

        sentence = "An import makes drafts and pending schedules. Approve, publish and archive them in the admin."
        assert reasons(result) == [(2, "status", sentence), (3, "status", sentence)]
        assert not result.saved

    def test_an_unchanged_decision_is_fine(self) -> None:
        ScheduleFactory(department=DepartmentFactory(code="BAR"), status="published")

        assert imported(("BAR", MONDAY, 1, "published")).unchanged == 1

    @pytest.mark.parametrize(
        ("row", "column", "sentence"),
        [
            (("KIT", "2026-12-01", 1, ""), "week_start", "2026-12-01 is not a Monday."),
            (("KITT", MONDAY, 1, ""), "department_code", "No department has the code 'KITT'. Did you mean 'KIT'?"),
            (("KIT", MONDAY, 0, ""), "version", "Ensure this value is greater than or equal to 1."),
        ],
    )
    def test_refuses(self, row: tuple[Any, ...], column: str, sentence: str) -> None:
        assert reasons(imported(row)) == [(2, column, sentence)]

    def test_refuses_a_row_twice(self) -> None:
        result = imported(("KIT", MONDAY, 1, ""), ("KIT", MONDAY, 1, "pending"))

        assert reasons(result) == [(3, "department_code", "Row 2 has the same department, week and version.")]

    def test_costs_the_same_for_many(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        weeks = [("KIT", MONDAY + datetime.timedelta(days=7 * week), 1, "draft") for week in range(50)]

        with django_assert_max_num_queries(9):
            assert imported(*weeks).new == 50
