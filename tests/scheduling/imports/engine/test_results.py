from scheduling.imports.engine.problems import Problem
from scheduling.imports.engine.results import MAX_WARNINGS, ImportedRow, ImportResult


def result(*types: str) -> ImportResult:
    found = ImportResult()
    found.rows = [ImportedRow(import_type) for import_type in types]
    for import_type in types:
        found.totals[import_type] += 1
    return found


class CountTests:
    def test_counts_by_what_happened(self) -> None:
        found = result("new", "new", "update", "skip")
        assert (found.new, found.updated, found.unchanged, found.refused) == (2, 1, 1, 0)
        assert not found.failed

    def test_a_refused_row_counts_as_nothing_else(self) -> None:
        found = result("new", "new")
        found.refuse(1, [Problem(row=3, column="name", value="x", reason="Wrong.")], ("x",))
        assert (found.new, found.refused, found.failed) == (1, 1, True)
        assert found.invalid_rows[0].number == 3
        assert found.invalid_rows[0].field_specific_errors == {"name": ["Wrong."]}


class PreviewTests:
    def test_rows_with_cells_are_shown_and_changes_come_first(self) -> None:
        found = result("skip", "new", "new")
        found.rows[0].diff, found.rows[1].diff = ["a"], ["b"]
        assert found.valid_rows() == [found.rows[1], found.rows[0]]
        assert found.rows_not_shown == 1


class WarningTests:
    def test_the_first_are_sentences_and_the_others_counted(self) -> None:
        found = ImportResult()
        found.warnings = [Problem(row=row, column="", value="", reason="Odd.") for row in range(2, 2 + MAX_WARNINGS)]
        assert found.warning_notes[-1] == "Row 21: Odd."
        found.warnings *= 2
        assert len(found.warning_notes) == MAX_WARNINGS + 1
        assert found.warning_notes[-1] == "And 20 more warnings."
