"""Rows that have become one for each day are counted, refused and told of as one."""

import pytest
import tablib

from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.repeated_rows import refuse_parts
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.engine.run import FileRun
from scheduling.imports.engine.sheet import Sheet
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.imports.kinds.shifts import SHIFT_TYPES
from scheduling.models import ScheduleAssignment
from tests.factories import EmployeeFactory, ShiftFactory

pytestmark = pytest.mark.django_db
HEADERS = ("email", "shift", "date", "end_date", "priority")
GOOD = ("ben@example.com", "Late", "2026-12-09", "2026-12-10", "5")


def imported(*rows: tuple[str, ...], valid_only: bool = False, dry_run: bool = False) -> ImportResult:
    for name in ("amy", "ben"):
        EmployeeFactory(email=f"{name}@example.com")
    ShiftFactory(name="Late", start_time="14:00", end_time="22:00")
    ShiftFactory(name="Evening", start_time="18:00", end_time="23:00")
    return AssignmentResource().import_data(
        tablib.Dataset(*rows, headers=HEADERS), dry_run=dry_run, rollback_on_validation_errors=not valid_only
    )


def told(result: ImportResult) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.reason) for problem in result.problems]


class RefuseWholeTests:
    @pytest.mark.parametrize("dry_run", [True, False])
    def test_what_is_wrong_with_all_days_is_told_and_counted_once(self, dry_run: bool) -> None:
        result = imported(("amy@example.com", "Laet", "2026-12-01", "2026-12-04", "5"), GOOD, dry_run=dry_run)
        assert told(result) == [(2, "shift", "No shift has the name 'Laet'. Did you mean 'Late'?")]
        assert (result.total_rows, result.refused, len(result.invalid_rows)) == (2, 1, 1)

    def test_what_is_wrong_with_a_cell_is_told_without_a_day(self) -> None:
        result = imported(("amy@example.com", "Late", "2026-12-01", "2026-12-04", "high"), GOOD)
        assert told(result) == [(2, "priority", "Write a number.")]

    def test_a_row_of_which_one_day_is_refused_is_refused_as_a_whole(self) -> None:
        taken = ("amy@example.com", "Evening", "2026-12-03", "2026-12-03", "5")
        result = imported(taken, ("amy@example.com", "Late", "2026-12-01", "2026-12-04", "5"), GOOD, valid_only=True)

        ((row, __, reason),) = told(result)
        assert row == 3
        assert reason.startswith("2026-12-03: ")
        assert (result.total_rows, result.refused, result.new) == (3, 1, 3)
        assert ScheduleAssignment.objects.filter(employee__email="amy@example.com").count() == 1

    def test_refused_rows_can_be_downloaded_once(self) -> None:
        rows = [("amy@example.com", "Laet", "2026-12-01", "2026-12-04", "5"), GOOD]
        for name in ("amy", "ben"):
            EmployeeFactory(email=f"{name}@example.com")
        table = tablib.Dataset(*rows, headers=HEADERS)
        result = AssignmentResource().import_data(table, collect_failed_rows=True)
        assert [row[:5] for row in result.failed_dataset] == [rows[0], GOOD]


class RefusePartsTests:
    def test_a_day_that_the_database_refuses_ends_the_import(self) -> None:
        sheet = self.sheet()
        sheet.refuse(1, "name", "Taken.")
        with pytest.raises(FileError, match=r"Row 2: Taken\."):
            refuse_parts(sheet)

    def test_a_row_that_is_refused_as_a_whole_does_not(self) -> None:
        sheet = self.sheet()
        for position in (0, 1):
            sheet.refuse(position, "name", "Taken.")
        refuse_parts(sheet)

    def sheet(self) -> Sheet:
        run = FileRun(SHIFT_TYPES, tablib.Dataset(["Early"], ["Late"], headers=["name"]), using="default")
        run.read()
        run.sheet.repeat([2, 1])
        return run.sheet
