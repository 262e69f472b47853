import datetime
from pathlib import Path
from typing import Any

import pytest
import tablib
from django.db import connection
from django.test.utils import CaptureQueriesContext
from import_export.exceptions import ImportError as StockImportError

from caching import cache_manager
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.assignments import AssignmentResource, AssignmentRun
from scheduling.models import Employee, Schedule, ScheduleAssignment
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)

HEADERS = ["employee_email", "shift_name", "date", "status", "notes"]


def run(*rows: list[Any], headers: list[str] = HEADERS, dry_run: bool = False, **options: Any) -> ImportResult:
    resource = AssignmentResource(date_order=options.pop("date_order", None))
    return resource.import_data(tablib.Dataset(*rows, headers=headers), dry_run=dry_run, **options)


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.new, result.updated, result.unchanged, result.refused


def reasons(result: ImportResult) -> list[tuple[int, str, str, str]]:
    return [(problem.row, problem.column, problem.value, problem.reason) for problem in result.problems]


@pytest.fixture
def amy(db: None) -> Employee:
    ShiftFactory(name="Early")
    ShiftFactory(name="Night shift")
    return EmployeeFactory(email="amy@example.com", department=DepartmentFactory(name="Kitchen", code="KIT"))


class UpsertTests:
    def test_a_new_row_is_stored_with_its_source(self, amy: Employee) -> None:
        result = run(["Amy@example.com ", "Early", "2026-12-02", "confirmed", "Bring keys"])
        assert counts(result) == (1, 0, 0, 0)
        assert result.saved
        assignment = ScheduleAssignment.objects.get()
        assert (assignment.employee, assignment.shift.name, assignment.date) == (
            amy,
            "Early",
            datetime.date(2026, 12, 2),
        )
        assert (assignment.status, assignment.notes, assignment.priority) == ("confirmed", "Bring keys", 5)
        assert assignment.source == "import"
        assert assignment.created_at is not None
        assert result.rows[0].object_id == assignment.pk

    def test_a_changed_row_is_updated_in_its_columns_alone(self, amy: Employee) -> None:
        run(["amy@example.com", "Early", "2026-12-02", "assigned", "Bring keys"])
        before = ScheduleAssignment.objects.get()
        result = run(["amy@example.com", "Early", "2026-12-02", "confirmed"], headers=HEADERS[:4])
        after = ScheduleAssignment.objects.get()
        assert counts(result) == (0, 1, 0, 0)
        assert (after.pk, after.status, after.notes) == (before.pk, "confirmed", "Bring keys")
        assert after.created_at == before.created_at
        assert after.updated_at > before.updated_at

    def test_an_unchanged_row_is_skipped(self, amy: Employee) -> None:
        row = ["amy@example.com", "Early", "2026-12-02", "assigned", ""]
        run(row)
        before = ScheduleAssignment.objects.get().updated_at
        result = run(row)
        assert counts(result) == (0, 0, 1, 0)
        assert ScheduleAssignment.objects.get().updated_at == before

    def test_dates_of_a_spreadsheet_are_no_change(self, amy: Employee) -> None:
        run(["amy@example.com", "Early", "2026-12-02", "assigned", ""])
        result = run(["amy@example.com", "Early", datetime.datetime(2026, 12, 2), "Assigned", None])
        assert counts(result) == (0, 0, 1, 0)

    def test_columns_that_are_not_ours_are_left_out_and_named(self, amy: Employee) -> None:
        result = run(["amy@example.com", "Early", "2026-12-02", "9"], headers=["Login", "shift", "datum", "Shoe size"])
        assert result.new == 1
        assert result.notes[0] == "Ignored, because a file of assignments has no such column: Shoe size."
        assert result.mapping == {"Login": "employee_email", "shift": "shift_name", "datum": "date"}


class ScheduleTests:
    def test_a_missing_schedule_is_created_as_a_draft_and_counted(self, amy: Employee) -> None:
        result = run(
            ["amy@example.com", "Early", "2026-12-02", "", ""], ["amy@example.com", "Early", "2026-12-06", "", ""]
        )
        schedule = Schedule.objects.get()
        assert (schedule.department, schedule.week_start, schedule.week_end) == (
            amy.department,
            MONDAY,
            datetime.date(2026, 12, 6),
        )
        assert (schedule.status, schedule.version) == ("draft", 1)
        assert result.notes == ["1 new draft schedule, for a week that had none."]

    def test_the_highest_version_of_the_week_takes_the_row(self, amy: Employee) -> None:
        ScheduleFactory(department=amy.department, version=1, status="published")
        second = ScheduleFactory(department=amy.department, version=2)
        assert run(["amy@example.com", "Early", "2026-12-02", "", ""]).new == 1
        assert ScheduleAssignment.objects.get().schedule == second

    def test_a_file_may_name_another_department_by_code_or_name(self, amy: Employee) -> None:
        bar = DepartmentFactory(name="Bar", code="B1")
        headers = [*HEADERS[:3], "department"]
        run(["amy@example.com", "Early", "2026-12-02", "B1"], headers=headers)
        run(["amy@example.com", "Early", "2026-12-03", "bar"], headers=headers)
        assert {row.schedule.department for row in ScheduleAssignment.objects.all()} == {bar}

    def test_a_row_stays_where_it_is_unless_the_file_names_a_department(self, amy: Employee) -> None:
        bar = ScheduleFactory(department=DepartmentFactory(code="BAR"))
        row = ["amy@example.com", "Early", "2026-12-02"]
        run([*row, "BAR"], headers=[*HEADERS[:3], "department"])
        assert counts(run(row, headers=HEADERS[:3])) == (0, 0, 1, 0)
        assert ScheduleAssignment.objects.get().schedule == bar
        assert counts(run([*row, "KIT"], headers=[*HEADERS[:3], "department"])) == (0, 1, 0, 0)
        assert ScheduleAssignment.objects.get().schedule.department.code == "KIT"

    @pytest.mark.parametrize("status", ["published", "archived"])
    def test_a_read_only_schedule_takes_no_changes(self, amy: Employee, status: str) -> None:
        ScheduleFactory(department=amy.department, status=status)
        result = run(["amy@example.com", "Early", "2026-12-02", "", ""])
        assert reasons(result) == [
            (
                2,
                "date",
                "2026-12-02",
                f"The schedule of Kitchen for the week of 2026-11-30 is {status} and cannot be changed.",
            )
        ]
        assert not ScheduleAssignment.objects.exists()

    def test_an_unchanged_row_of_a_published_schedule_is_no_error(self, amy: Employee) -> None:
        row = ["amy@example.com", "Early", "2026-12-02", "assigned", ""]
        run(row)
        Schedule.objects.update(status="published")
        assert counts(run(row)) == (0, 0, 1, 0)
        assert counts(run([*row[:3], "confirmed", ""])) == (0, 0, 0, 1)


class ProblemTests:
    def test_every_problem_of_every_row_is_told_at_once(self, amy: Employee) -> None:
        result = run(
            ["ami@example.com", "Nigth shift", "2026-12-02", "", ""],
            ["amy@example.com", "Early", "soon", "asigned", ""],
            ["", "Early", "2026-12-02", "", ""],
            ["amy@example.com", "Early", "2026-12-03", "", ""],
        )
        assert counts(result) == (1, 0, 0, 3)
        assert not result.saved
        told = reasons(result)
        assert (
            2,
            "employee_email",
            "ami@example.com",
            "No employee has the e-mail 'ami@example.com'. Did you mean 'amy@example.com'?",
        ) in told
        assert (
            2,
            "shift_name",
            "Nigth shift",
            "No shift has the name 'Nigth shift'. Did you mean 'Night shift'?",
        ) in told
        assert (3, "date", "soon", "Write a date, such as 2026-05-31.") in told
        assert any(row == 3 and "Did you mean 'assigned'?" in reason for row, _, _, reason in told)
        assert (4, "employee_email", "", "A value is needed here.") in told
        assert not ScheduleAssignment.objects.exists()
        assert not Schedule.objects.exists()

    def test_a_repeated_row_names_the_first_one(self, amy: Employee) -> None:
        row = ["amy@example.com", "Early", "2026-12-02", "", ""]
        result = run(row, ["amy@example.com", "Early", "2026-12-03", "", ""], ["AMY@example.com", *row[1:]])
        assert reasons(result) == [
            (4, "employee_email", "AMY@example.com", "Row 2 has the same employee, shift and date.")
        ]

    def test_values_are_judged_by_the_field(self, amy: Employee) -> None:
        result = run(["amy@example.com", "Early", "2026-12-02", "11"], headers=[*HEADERS[:3], "priority"])
        assert reasons(result) == [(2, "priority", "11", "Ensure this value is less than or equal to 10.")]

    def test_a_missing_column_is_one_sentence(self, amy: Employee) -> None:
        result = run(*[["amy@example.com", "Early"]] * 3, headers=["email", "shift"])
        assert result.sentences == [
            "The column 'date' (also called 'start_date', 'shift_date', 'work_date' or 'datum') is missing."
        ]
        assert (result.problems, result.saved) == ([], False)

    def test_a_date_that_can_be_read_in_two_ways_asks(self, amy: Employee) -> None:
        row = ["amy@example.com", "Early", "11/05/2026", "", ""]
        assert "Say which it is" in run(row).sentences[0]
        assert run(row, date_order="dmy").new == 1
        assert ScheduleAssignment.objects.get().date == datetime.date(2026, 5, 11)

    def test_valid_rows_only_by_choice(self, amy: Employee) -> None:
        rows = ["amy@example.com", "Early", "2026-12-02", "", ""], ["nobody", "Early", "2026-12-02", "", ""]
        result = run(*rows, rollback_on_validation_errors=False, collect_failed_rows=True)
        assert (counts(result), result.saved) == ((1, 0, 0, 1), True)
        assert ScheduleAssignment.objects.count() == 1
        assert result.failed_dataset.headers == [*HEADERS, "Error"]
        assert result.failed_dataset[0][0] == "nobody"

    def test_raises_the_first_problem_when_asked_to(self, amy: Employee) -> None:
        with pytest.raises(StockImportError) as raised:
            run(["nobody", "Early", "2026-12-02", "", ""], raise_errors=True)
        assert raised.value.number == 2
        with pytest.raises(StockImportError, match="The column 'date'"):
            run(["amy@example.com", "Early"], headers=["email", "shift"], raise_errors=True)

    def test_a_row_that_the_database_refuses_is_named(self, amy: Employee, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another import may insert a row between the look and the INSERT: here the look is made to find nothing."""
        run(["amy@example.com", "Early", "2026-12-03", "", ""])
        monkeypatch.setattr(AssignmentRun, "find_existing", lambda self, keys: {})
        monkeypatch.setattr(AssignmentRun, "check", lambda self, keys, new, changed: None)
        rows = [["amy@example.com", "Early", f"2026-12-0{day}", "", ""] for day in (2, 3, 4)]
        result = run(*rows)
        assert reasons(result) == [(3, "date", "2026-12-03", "The employee already works this shift on this date.")]
        assert counts(result) == (2, 0, 0, 1)
        assert ScheduleAssignment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class CacheTests:
    def test_one_read_after_the_import_is_a_hit(self) -> None:
        held = ScheduleAssignmentFactory(shift__name="Early", employee__email="amy@example.com")
        assert len(ScheduleAssignment.objects.for_schedule(held.schedule_id)) == 1
        result = run(["amy@example.com", "Early", "2026-12-02", "", ""])
        assert result.saved
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rows = ScheduleAssignment.objects.for_schedule(held.schedule_id)
        assert (len(rows), len(queries)) == (2, 0)

    def test_look_ups_are_counted_by_the_tier_that_answered(self) -> None:
        ScheduleAssignmentFactory(shift__name="Early", employee__email="amy@example.com")
        EmployeeFactory(email="bob@example.com")
        assert Employee.objects.get_by_email("amy@example.com")
        rows = [[email, "Early", "2026-12-02", "", ""] for email in ("amy@example.com", "bob@example.com")]
        result = run(*rows)
        # Two e-mails and a shift to find, each asked for by two rows.
        assert result.lookups == {"batch": 4, "local": 1, "shared": 0, "database": 2, "missing": 0}

    def test_a_dry_run_leaves_no_row_and_no_trace_in_the_cache(self) -> None:
        held = ScheduleAssignmentFactory(shift__name="Early", employee__email="amy@example.com")
        ScheduleAssignment.objects.for_schedule(held.schedule_id)
        assert Employee.objects.get_by_email("amy@example.com")
        before = cache_manager.get_stats()
        result = run(["amy@example.com", "Early", "2026-12-02", "", ""], dry_run=True)
        assert (counts(result), result.saved) == ((1, 0, 0, 0), False)
        assert ScheduleAssignment.objects.count() == 1
        after = cache_manager.get_stats()
        assert {name: after[name] for name in ("sets", "deletes", "cache_sizes")} == {
            name: before[name] for name in ("sets", "deletes", "cache_sizes")
        }
        with CaptureQueriesContext(connection) as queries:
            assert len(ScheduleAssignment.objects.for_schedule(held.schedule_id)) == 1
            assert Employee.objects.get_by_email("amy@example.com")
        assert len(queries) == 0

    def test_a_refused_file_leaves_the_cache_as_it_is(self) -> None:
        held = ScheduleAssignmentFactory(shift__name="Early", employee__email="amy@example.com")
        ScheduleAssignment.objects.for_schedule(held.schedule_id)
        rows = ["amy@example.com", "Early", "2026-12-02", "", ""], ["nobody", "Early", "2026-12-02", "", ""]
        assert not run(*rows).saved
        with CaptureQueriesContext(connection) as queries:
            assert len(ScheduleAssignment.objects.for_schedule(held.schedule_id)) == 1
        assert len(queries) == 0

    def test_a_row_that_is_deleted_meanwhile_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
    ) -> None:
        # Foreign keys are checked at COMMIT, and a COMMIT that fails leaves its intent to expire: not in the next test.
        settings.CACHING = {**settings.CACHING, "DIRECTORY": tmp_path}
        amy = EmployeeFactory(email="amy@example.com")
        ShiftFactory(name="Early")
        ScheduleFactory(department=amy.department)
        prepare = AssignmentRun.prepare

        def delete_and_prepare(self: AssignmentRun, keys: Any) -> None:
            prepare(self, keys)
            Employee.objects.filter(pk=amy.pk).delete()

        monkeypatch.setattr(AssignmentRun, "prepare", delete_and_prepare)
        result = run(["amy@example.com", "Early", "2026-12-02", "", ""])
        assert result.sentences == [
            "A row that the file refers to was deleted during the import. Import the file again."
        ]
        assert not result.saved


@pytest.mark.django_db(transaction=True)
class CostTests:
    def test_a_thousand_rows_take_at_most_25_queries_and_again_6(self) -> None:
        department = DepartmentFactory()
        EmployeeFactory.create_batch(100, department=department)
        ShiftFactory.create_batch(2)
        emails = Employee.objects.values_list("email", flat=True)
        shifts = ["Early", "Late"]
        for name, start, end in zip(shifts, (6, 14), (14, 22), strict=True):
            ShiftFactory(name=name, start_time=datetime.time(start), end_time=datetime.time(end))
        days = [MONDAY + datetime.timedelta(days=day) for day in range(5)]
        rows = [[email, shift, day.isoformat(), "", ""] for email in emails for shift in shifts for day in days]
        cache_manager.clear()
        with CaptureQueriesContext(connection) as queries:
            result = run(*rows)
        assert (len(rows), counts(result)) == (1000, (1000, 0, 0, 0))
        assert len(queries) <= 25
        assert result.queries <= len(queries)
        with CaptureQueriesContext(connection) as queries:
            assert counts(run(*rows)) == (0, 0, 1000, 0)
        assert len(queries) <= 8
