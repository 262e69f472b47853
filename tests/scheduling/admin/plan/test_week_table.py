"""The table of a week: a row for each shift that anyone works, a column for each day."""

import pytest

from scheduling.admin.plan.days import week_of
from scheduling.admin.plan.week_table import MAX_NAMES, WeekTable
from scheduling.models import ScheduleAssignment
from tests.factories import EmployeeFactory
from tests.scheduling.policy.cases import TUESDAY, World, change, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def table_of(world: World) -> WeekTable:
    rows = ScheduleAssignment.objects.select_related("employee", "shift").filter(schedule=world.week)
    return WeekTable(week_of(world.week), rows)


class WeekTableTests:
    def test_has_the_people_of_a_shift_on_their_day(self, world: World) -> None:
        change(world.early, required_staff=2)
        world.stored(world.early, TUESDAY)
        ((shift, cells),) = table_of(world).rows
        assert shift == "Early (06:00–14:00)"
        (cell,) = filter(None, cells)
        assert cells.index(cell) == 1
        assert cell.names == ["Amy Adams"]
        assert "1 of 2 under" in cell.coverage

    def test_sorts_shifts_by_their_start(self, world: World) -> None:
        world.stored(world.late, TUESDAY)
        world.stored(world.early, TUESDAY, employee=EmployeeFactory())
        assert [shift for shift, _cells in table_of(world).rows] == ["Early (06:00–14:00)", "Late (14:00–22:00)"]

    def test_leaves_out_assignments_that_do_not_count(self, world: World) -> None:
        world.stored(world.early, TUESDAY, status="cancelled")
        assert table_of(world).rows == []

    def test_shows_a_shift_whose_people_have_all_declined_as_open(self, world: World) -> None:
        change(world.early, required_staff=2)
        world.stored(world.early, TUESDAY, status="declined")
        table = table_of(world)
        ((_shift, cells),) = table.rows
        (cell,) = filter(None, cells)
        assert (cell.names, table.open_shifts) == ([], 1)
        assert "0 of 2 under" in cell.coverage

    def test_shows_what_a_newer_version_has_replaced_and_finds_nothing_open(self, world: World) -> None:
        change(world.early, required_staff=2)
        world.stored(world.early, TUESDAY, superseded=True)
        table = table_of(world)
        assert (len(table.rows), table.open_shifts) == (1, 0)

    def test_names_a_few_people_and_counts_the_others(self, world: World) -> None:
        for _ in range(MAX_NAMES + 2):
            world.stored(world.early, TUESDAY, employee=EmployeeFactory())
        ((_shift, cells),) = table_of(world).rows
        (cell,) = filter(None, cells)
        assert (len(cell.names), cell.more) == (MAX_NAMES, 2)
