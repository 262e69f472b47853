from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.imports.engine.files import Upload, read_table
from scheduling.imports.engine.mending import (
    MAX_CELLS_SHOWN,
    MAX_LENGTH,
    MAX_MENDED,
    MAX_MENDED_CELLS,
    WrongCell,
    WrongRows,
    mend,
    mended_by,
    text_of,
)
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.tables import Table
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.kinds.shifts import ShiftTypeResource
from scheduling.models import ShiftType
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory

TYPES = b"Name;colour;note\nEarly;red?;a\n;;\nLate;red?;b\nNight;#00ff00;c\n"


def wrong(resource: Any, data: bytes, **options: Any) -> WrongRows:
    found: WrongRows = resource(**options).import_data(Upload(data), dry_run=True).wrong
    return found


def cell(rows: WrongRows, number: int, place: int) -> WrongCell:
    return next(cell for row in rows.rows for cell in row.cells if cell.name == f"{number}-{place}")


class MendTests:
    def test_puts_a_text_in_the_place_of_a_cell(self) -> None:
        table = read_table(TYPES)

        notes = mend(table, {"2": {"colour": "#ff0000"}, "4": {"Name": "Spät", "colour": ""}})

        assert list(table) == [("Early", "#ff0000", "a"), ("Spät", "", "b"), ("Night", "#00ff00", "c")]
        assert table.data == TYPES
        assert notes == ["3 cells were mended by hand."]

    def test_says_what_is_not_there(self) -> None:
        table = read_table(TYPES)

        assert mend(table, {"3": {"colour": "x"}, "99": {"colour": "x"}, "2": {"gone": "x"}}) == [
            "3 cells that were mended by hand are not in the file as it is read now."
        ]
        assert list(table) == list(read_table(TYPES))


class MendedByTests:
    def mended(self, mended: dict[str, dict[str, str]] | None = None, /, **sent: str) -> dict[str, dict[str, str]]:
        fields = {name.replace("_", "-"): text for name, text in sent.items()}
        return mended_by(fields, read_table(TYPES), mended or {})

    def test_takes_what_was_changed(self) -> None:
        assert self.mended(cell_2_1="#ff0000", cell_4_1="red?") == {"2": {"colour": "#ff0000"}}

    def test_takes_it_for_all_equal_values(self) -> None:
        assert self.mended(cell_2_1="#ff0000", same_2_1="1", cell_4_1="red?") == {
            "2": {"colour": "#ff0000"},
            "4": {"colour": "#ff0000"},
        }

    def test_but_not_for_one_that_was_changed_itself(self) -> None:
        for sent in ({"cell_2_1": "#f", "cell_4_1": "#0"}, {"cell_4_1": "#0", "cell_2_1": "#f"}):
            assert self.mended(same_2_1="1", **sent)["4"] == {"colour": "#0"}

    def test_keeps_what_was_mended_before(self) -> None:
        assert self.mended({"2": {"colour": "blue"}}, cell_4_1="red") == {
            "2": {"colour": "blue"},
            "4": {"colour": "red"},
        }

    def test_equal_values_are_those_after_what_was_mended_before(self) -> None:
        assert self.mended({"2": {"colour": "blue"}}, cell_4_1="red", same_4_1="1")["2"] == {"colour": "blue"}

    def test_forgets_a_cell_that_is_again_as_in_the_file(self) -> None:
        assert self.mended({"2": {"colour": "blue"}}, cell_2_1="red?") == {}

    @pytest.mark.parametrize("name", ["cell_3_1", "cell_99_1", "cell_2_9", "cell_x_1", "cell_2_1_1", "cell_99999999_1"])
    def test_knows_no_cells_but_those_of_the_file(self, name: str) -> None:
        assert self.mended(**{name: "x"}) == {}

    def test_takes_a_text_as_one_line_without_what_no_database_stores(self) -> None:
        assert self.mended(cell_2_1=" a\0\r\n b ") == {"2": {"colour": "a b"}}

    def test_is_bounded(self) -> None:
        self.mended(cell_2_1="x" * MAX_LENGTH)
        with pytest.raises(FileError, match=r"Row 2: the text has 501 characters\. At most 500"):
            self.mended(cell_2_1="x" * (MAX_LENGTH + 1))

    @pytest.mark.parametrize("header", ["colour", "c" * MAX_LENGTH])
    def test_the_characters_of_all_are_bounded_with_their_headers(self, header: str) -> None:
        text = "" if len(header) == MAX_LENGTH else "x" * MAX_LENGTH
        rows = range(10, 10 + MAX_MENDED // MAX_LENGTH + 1)
        with pytest.raises(FileError, match=r"^8,001 cells with 4,\d+,\d+ characters are mended here, and at most"):
            self.mended({str(number): {header: text} for number in rows})
        self.mended({str(number): {header: text} for number in rows[:7_000]})

    def test_the_cells_are_bounded_also_if_they_are_empty(self) -> None:
        rows = [str(number) for number in range(10, 10 + MAX_MENDED_CELLS)]
        assert len(self.mended({number: {"colour": ""} for number in rows})) == MAX_MENDED_CELLS
        with pytest.raises(
            FileError, match=r"^100,001 cells with .* at most 100,000 with 4,000,000 are kept\. Correct"
        ):
            self.mended({number: {"colour": ""} for number in rows}, cell_2_1="")


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
OFTEN = st.sampled_from(["a", "b", ""]) | CELLS
TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(OFTEN, min_size=width, max_size=width), max_size=4))


class EveryFormTests:
    @settings(max_examples=100, deadline=None)
    @given(data=st.data(), rows=TABLES)
    def test_leads_to_the_table_that_was_written(self, data: st.DataObject, rows: list[list[str]]) -> None:
        """Cells that were sent are as they were sent, once or twice, and the others as they are in the file."""
        width = len(rows[0]) if rows else 1
        headers = [f"h{place}" for place in range(width)]
        sent_once, mended = {}, {}
        for _ in range(2):
            cells = st.tuples(st.integers(2, 6), st.integers(0, 4))
            sent = data.draw(st.dictionaries(cells, CELLS, max_size=5))
            fields = {f"cell-{number}-{place}": text for (number, place), text in sent.items()}
            mended = mended_by(fields, Table(*rows, headers=headers, numbers=range(2, len(rows) + 2)), mended)
            sent_once.update(sent)
        table = Table(*rows, headers=headers, numbers=range(2, len(rows) + 2))
        mend(table, mended)

        expected = [[text_of(cell) for cell in row] for row in rows]
        for (number, place), text in sent_once.items():
            if number - 2 < len(rows) and place < width:
                expected[number - 2][place] = text_of(text.replace("\0", ""))
        assert [[text_of(cell) for cell in row] for row in table] == expected
        assert sum(map(len, mended.values())) <= len(sent_once)


@pytest.mark.django_db
class WrongRowsTests:
    def test_has_each_wrong_cell_with_its_reason_and_how_many_are_equal(self) -> None:
        found = wrong(ShiftTypeResource, TYPES)

        assert [row.number for row in found.rows] == [2, 4]
        assert found.rows[0].about == [("Name", "Early")]
        first = cell(found, 2, 1)
        assert (first.header, first.text, first.equal, first.can_be_mended) == ("colour", "red?", 2, True)
        assert "colour" in " ".join(first.reasons).lower()

    def test_equal_values_of_which_some_are_right_are_not_mended_at_once(self) -> None:
        """They repeat the first `Early`, with which nothing is wrong."""
        found = wrong(ShiftTypeResource, b"name,colour\nEarly,#ff0000\nEarly,#ff0000\nEarly,#ff0000\n")

        assert {(cell.name, cell.equal) for row in found.rows for cell in row.cells} == {("3-0", 1), ("4-0", 1)}

    def test_what_is_mended_is_right(self) -> None:
        assert not wrong(ShiftTypeResource, TYPES, mended={str(row): {"colour": "#ff0000"} for row in (2, 4)}).rows

    def test_what_is_not_about_one_cell_is_a_sentence_of_the_row(self) -> None:
        DepartmentFactory(code="KIT")
        found = wrong(EmployeeResource, b"email,employee_number,name,department\na@example.com,1,Amy,KIT\n")

        (row,) = found.rows
        assert [*row.reasons, *(reason for cell in row.cells for reason in cell.reasons)]

    @pytest.mark.parametrize(
        "data",
        [
            b"number,shift,date\n99,Early,2026-12-01\n,Early,2026-12-02\n",
            b"full name,shift,date\nZoe Zorn,Early,2026-12-01\n",
            b"first name,last name,shift,date\nZoe,Zorn,Early,2026-12-01\n",
            b"email,start,end,date\namy@example.com,1:00,2:00,2026-12-01\n",
            b"email,shift,date,location\namy@example.com,Early,2026-12-01,Moon\n",
        ],
    )
    def test_a_cell_that_stands_for_a_column_that_the_file_lacks_can_be_mended(self, data: bytes) -> None:
        EmployeeFactory(email="amy@example.com")
        ShiftFactory(name="Early")

        cells = [cell for row in wrong(AssignmentResource, data).rows for cell in row.cells]

        assert cells
        for one in cells:
            assert one.can_be_mended
            mended = mended_by({f"cell-{one.name}": "2:34"}, read_table(data), {})
            assert cell(wrong(AssignmentResource, data, mended=mended), *map(int, one.name.split("-"))).text == "2:34"

    def test_a_long_cell_is_not_mended_here(self) -> None:
        found = wrong(ShiftTypeResource, f"name,colour\nEarly,{'x' * (MAX_LENGTH + 1)}\n".encode())

        assert not cell(found, 2, 1).can_be_mended
        assert len(cell(found, 2, 1).text) == 60

    def test_where_there_is_no_room_each_different_cell_comes_first(self) -> None:
        lines = [f"Type {number},red?" for number in range(MAX_CELLS_SHOWN)]
        found = wrong(ShiftTypeResource, "\n".join(["name,colour", *lines, "Last,blue?"]).encode())

        assert found.rows[-1].number == MAX_CELLS_SHOWN + 2
        assert len(found.rows) + len({problem.row for problem in found.rest}) == MAX_CELLS_SHOWN + 1
        assert cell(found, 2, 1).equal == MAX_CELLS_SHOWN

    def test_nothing_of_it_is_stored(self) -> None:
        wrong(ShiftTypeResource, TYPES)
        assert not ShiftType.objects.exists()
