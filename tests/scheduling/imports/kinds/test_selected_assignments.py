from typing import Any

import pytest
import tablib

from scheduling.imports.engine.files import Upload
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.selected_assignments import SelectedAssignmentResource, Selection
from scheduling.models import Employee, ScheduleAssignment
from tests.factories import EmployeeFactory, ShiftFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def amy() -> Employee:
    ShiftFactory(name="Early")
    EmployeeFactory(email="bob@example.com")
    return EmployeeFactory(email="amy@example.com", first_name="Amy", last_name="Adams")


def imported(selection: Selection | None, *rows: list[Any], headers: list[str]) -> ImportResult:
    return SelectedAssignmentResource(selection=selection).import_data(tablib.Dataset(*rows, headers=headers))


class SelectionTests:
    def test_is_read_from_a_text(self, amy: Employee) -> None:
        selection = Selection.of(f"employee:{amy.pk}")
        assert selection is not None
        assert (selection.column, selection.only_value) == ("employee_email", "amy@example.com")
        assert selection.names == str(amy)

    @pytest.mark.parametrize("text", ["", "employee:", "employee:x", "department:1", "nonsense"])
    def test_any_other_text_is_none(self, text: str) -> None:
        assert Selection.of(text) is None

    def test_names_three_and_counts_the_others(self) -> None:
        shifts = [ShiftFactory(name=f"S{number}") for number in range(5)]
        selection = Selection.of("shift:" + ",".join(str(shift.pk) for shift in shifts))
        assert selection is not None
        assert selection.only_value is None
        assert selection.names.endswith("and 2 more")


class SelectedAssignmentResourceTests:
    def test_fills_in_the_column_of_the_only_employee(self, amy: Employee) -> None:
        selection = Selection.of(f"employee:{amy.pk}")
        result = imported(selection, ["Early", "2026-12-02"], headers=["shift", "date"])
        assert (result.new, result.notes[0]) == (1, f"For {amy} only.")
        assert ScheduleAssignment.objects.get().employee == amy

    def test_offers_no_field_for_a_cell_of_the_column_that_was_filled_in(self, amy: Employee) -> None:
        """What is written into it would go into a column that the file does not have."""
        Employee.objects.update(is_active=False)
        resource = SelectedAssignmentResource(selection=Selection.of(f"employee:{amy.pk}"))
        result = resource.import_data(Upload(b"shift,date\nEarly,2026-12-02\nErly,2026-12-03\n"), dry_run=True)
        first, second = result.wrong.rows
        assert (first.cells, [reason.partition(":")[0] for reason in first.reasons]) == ([], ["employee_email"])
        assert [(cell.header, cell.can_be_mended) for cell in second.cells] == [("shift", True)]
        assert first.about == [("shift", "Early"), ("date", "2026-12-02")]

    def test_refuses_the_rows_of_others(self, amy: Employee) -> None:
        rows = [[email, "Early", "2026-12-02"] for email in ("amy@example.com", "bob@example.com")]
        result = imported(Selection.of(f"employee:{amy.pk}"), *rows, headers=["email", "shift", "date"])
        assert [(problem.row, problem.reason) for problem in result.problems] == [
            (3, f"This import is for {amy} only, and not for 'bob@example.com'.")
        ]
        assert not result.saved

    @pytest.mark.parametrize("headers", [["email", "shift", "date"], ["shift", "date"]])
    def test_refuses_all_rows_if_the_selected_ones_are_deleted(self, headers: list[str], amy: Employee) -> None:
        row = ["amy@example.com", "Early", "2026-12-02"][-len(headers) :]
        result = imported(Selection.of("employee:999999"), row, headers=headers)
        assert not result.saved
        if result.problems:
            reason = "This import is for 0 employees only, and not for 'amy@example.com'."
            assert [problem.reason for problem in result.problems] == [reason]

    def test_without_a_selection_it_imports_all(self, amy: Employee) -> None:
        rows = [[email, "Early", "2026-12-02"] for email in ("amy@example.com", "bob@example.com")]
        assert imported(None, *rows, headers=["email", "shift", "date"]).new == 2
