import pytest
import tablib

from scheduling import caches
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.preview import MAX_PREVIEW_ROWS, preview_cells, rows_to_show
from scheduling.imports.engine.sheet import Sheet


def sheet(name: str) -> Sheet:
    columns = [Column(name="name"), Column(name="department", lookup=caches.DEPARTMENT_BY_CODE)]
    found = Sheet(tablib.Dataset([name, "KIT"], headers=["name", "department"]), columns, "employees")
    found.read(lambda column: None, None)
    found.values["department"] = [2]
    return found


class RowsToShowTests:
    def test_those_that_change_something_come_first(self) -> None:
        assert rows_to_show([0, 1, 2, 3], {0, 2}) == [1, 3, 0, 2]

    def test_are_limited(self) -> None:
        assert rows_to_show(range(1000), {0}) == list(range(1, MAX_PREVIEW_ROWS + 1))


class PreviewCellsTests:
    def test_a_new_row_is_shown_as_it_is(self) -> None:
        assert preview_cells(sheet("Amy"), 0, {}) == ["Amy", "KIT"]

    def test_a_changed_value_is_shown_beside_the_stored_one(self) -> None:
        cells = preview_cells(sheet("Amy"), 0, {"name": "Bob", "department": 2})
        assert cells == ["<del>Bob</del> <ins>Amy</ins>", "KIT"]

    def test_a_primary_key_is_not_shown(self) -> None:
        assert preview_cells(sheet("Amy"), 0, {"name": "Amy", "department": 1}) == ["Amy", "<ins>KIT</ins>"]

    @pytest.mark.parametrize("stored", ["", None])
    def test_nothing_is_crossed_out_where_nothing_was(self, stored: str | None) -> None:
        assert preview_cells(sheet("Amy"), 0, {"name": stored})[0] == "<ins>Amy</ins>"

    def test_markup_in_a_file_is_escaped(self) -> None:
        assert preview_cells(sheet("<b>"), 0, {"name": "<i>"})[0] == "<del>&lt;i&gt;</del> <ins>&lt;b&gt;</ins>"
