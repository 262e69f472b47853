from typing import Any

import pytest
import tablib

from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.files import MAX_ROWS, read_table
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.sheet import Sheet
from scheduling.models import ShiftType

COLUMNS = (Column(name="name", aliases=("title",), required=True), Column(name="active"))


def sheet(*rows: list[Any], headers: tuple[str, ...] = ("Title", "active")) -> Sheet:
    return Sheet(tablib.Dataset(*rows, headers=headers), COLUMNS, "shift types")


def read(found: Sheet) -> Sheet:
    found.read(lambda column: ShiftType._meta.get_field(column.field_name), None)
    return found


class ReadingTests:
    def test_has_the_values_of_each_column(self) -> None:
        found = read(sheet(["Early", "yes"], [" Late ", "no"]))
        assert found.values == {"name": ["Early", "Late"], "active": [True, False]}
        assert found.cells("name") == ["Early", " Late "]
        assert found.cell(1, "active") == "no"

    def test_refuses_the_rows_of_cells_that_cannot_be_read(self) -> None:
        found = read(sheet(["Early", "perhaps"], ["", "no"], ["Late", "no"]))
        assert [(problem.row, problem.column, problem.value) for problem in found.all_problems()] == [
            (2, "active", "perhaps"),
            (3, "Title", ""),
        ]
        assert found.sound == [2]

    def test_a_required_column_must_be_there(self) -> None:
        with pytest.raises(FileError, match="The column 'name'"):
            sheet(["yes"], headers=("active",))

    def test_too_many_rows_are_one_sentence(self) -> None:
        with pytest.raises(FileError, match=r"The file has 200,001 rows\. At most 200,000 can be imported at once\."):
            sheet(*[["Early", "yes"]] * (MAX_ROWS + 1))


class ProblemTests:
    def test_numbers_are_those_of_the_file(self) -> None:
        found = Sheet(read_table(b"name\n\nEarly\n\nLate\n"), COLUMNS, "shift types")
        found.refuse(1, "name", "Wrong.")
        assert found.all_problems()[0].row == 5

    def test_a_problem_of_the_whole_row_has_no_column(self) -> None:
        found = sheet(["Early", "yes"])
        found.refuse(0, "", "Wrong.")
        assert (found.all_problems()[0].column, found.all_problems()[0].value) == ("", "")

    def test_a_warning_refuses_nothing(self) -> None:
        found = sheet(["Early", "yes"])
        found.warn(0, "name", "Odd.")
        assert found.sound == [0]
        assert [warning.reason for warning in found.warnings] == ["Odd."]


class KeyTests:
    def test_a_row_that_lacks_a_value_has_no_key(self) -> None:
        found = read(sheet(["Early", "yes"], ["", "no"]))
        assert found.keys(("name", "active")) == [("Early", True), None]

    def test_a_repeated_key_names_the_first_row(self) -> None:
        found = sheet(["a", ""], ["b", ""], ["a", ""])
        found.refuse_repeated(["a", None, "a"], "name", "Row {row} has the same name.")
        assert [(problem.row, problem.reason) for problem in found.all_problems()] == [
            (4, "Row 2 has the same name."),
        ]
