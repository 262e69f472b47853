import datetime

import pytest

from scheduling.imports.engine.files import read_path
from scheduling.imports.kinds import KINDS
from scheduling.samples import SAMPLES_DIR
from scheduling.samples.generate import FIRST_MONDAY
from scheduling.samples.weeks import PLAN, WEEKS, is_over, moved, this_monday

WEEK = datetime.timedelta(weeks=1)
EARLIER, LATER = FIRST_MONDAY - 30 * WEEK, FIRST_MONDAY + 60 * WEEK


def sample(kind: str, monday: datetime.date = FIRST_MONDAY) -> list[dict[str, str]]:
    """Return the rows of a sample file, moved."""
    return moved(kind, read_path(SAMPLES_DIR / f"{kind}.csv"), monday).dict


def dates(kind: str, monday: datetime.date) -> list[datetime.date]:
    return [datetime.date.fromisoformat(row[PLAN[kind]]) for row in sample(kind, monday)]


class MovedTests:
    def test_this_monday_is_one(self) -> None:
        assert this_monday().weekday() == 0
        assert this_monday() <= datetime.date.today() + datetime.timedelta(days=1)

    @pytest.mark.parametrize("monday", [EARLIER, LATER])
    def test_a_plan_begins_on_the_monday_and_lasts_as_long_as_before(self, monday: datetime.date) -> None:
        assert set(dates("schedules", monday)) == {monday}
        assert min(dates("assignments", monday)) == monday
        assert max(dates("assignments", monday)) == monday + WEEKS * WEEK - datetime.timedelta(days=1)

    def test_every_assignment_keeps_its_day_of_the_week_and_its_order(self) -> None:
        before, after = dates("assignments", FIRST_MONDAY), dates("assignments", LATER)

        assert [date - FIRST_MONDAY for date in before] == [date - LATER for date in after]

    @pytest.mark.parametrize("kind", KINDS)
    def test_nothing_else_changes(self, kind: str) -> None:
        own = {PLAN.get(kind)}
        before, after = sample(kind), sample(kind, LATER)

        for row, as_moved in zip(before, after, strict=True):
            assert {name: cell for name, cell in row.items() if name not in own} == {
                name: cell for name, cell in as_moved.items() if name not in own
            }

    def test_the_rows_keep_their_numbers(self) -> None:
        table = read_path(SAMPLES_DIR / "assignments.csv")

        assert moved("assignments", table, LATER).row_numbers == table.row_numbers

    def test_nobody_is_hired_after_the_plan_begins(self) -> None:
        hired = [datetime.date.fromisoformat(row["hire_date"]) for row in sample("employees", EARLIER)]

        assert max(hired) == EARLIER
        assert min(hired) == min(datetime.date.fromisoformat(row["hire_date"]) for row in sample("employees"))


class OverTests:
    def test_a_plan_lasts_until_the_end_of_its_last_week(self) -> None:
        assert not is_over(this_monday() + WEEK)
        assert not is_over(this_monday())
        assert not is_over(this_monday() - (WEEKS - 1) * WEEK)
        assert is_over(this_monday() - WEEKS * WEEK)
