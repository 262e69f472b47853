from typing import Any

import pytest
import tablib

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.departments import DepartmentResource
from scheduling.models import Department
from tests.factories import DepartmentFactory, EmployeeFactory

pytestmark = pytest.mark.django_db
HEADERS = ["code", "name", "parent_code"]


def run(*rows: list[Any], headers: list[str] = HEADERS, **options: Any) -> ImportResult:
    return DepartmentResource().import_data(tablib.Dataset(*rows, headers=headers), **options)


def reasons(result: ImportResult) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.reason) for problem in result.problems]


class TreeTests:
    def test_rows_may_be_in_any_order(self) -> None:
        result = run(["PAS", "Pastry", "KIT"], ["KIT", "Kitchen", "OPS"], ["OPS", "Operations", ""])
        assert (result.new, result.problems) == (3, [])
        assert Department.objects.get(code="PAS").complete_name == "Operations / Kitchen / Pastry"

    def test_a_department_moves_under_a_new_one(self) -> None:
        DepartmentFactory(code="KIT", name="Kitchen")
        result = run(["KIT", "Kitchen", "OPS"], ["OPS", "Operations", ""])
        assert (result.new, result.updated) == (1, 1)
        assert Department.objects.get(code="KIT").parent.code == "OPS"

    def test_again_changes_nothing(self) -> None:
        rows = ["KIT", "Kitchen", "OPS"], ["OPS", "Operations", ""]
        run(*rows)
        assert run(*rows).unchanged == 2

    def test_without_the_column_the_tree_stays(self) -> None:
        run(["KIT", "Kitchen", "OPS"], ["OPS", "Operations", ""])
        assert run(["KIT", "Galley"], headers=["code", "name"]).updated == 1
        assert Department.objects.get(code="KIT").parent.code == "OPS"

    def test_a_cycle_is_refused(self) -> None:
        result = run(["A", "a", "B"], ["B", "b", "A"], ["C", "c", "C"])
        assert reasons(result) == [
            (2, "parent_code", "A department cannot be below itself: A → B → A."),
            (3, "parent_code", "A department cannot be below itself: B → A → B."),
            (4, "parent_code", "A department cannot be below itself: C → C."),
        ]

    def test_an_eleventh_level_is_refused(self) -> None:
        rows = [[f"L{level}", f"Level {level}", f"L{level - 1}" if level > 1 else ""] for level in range(1, 12)]
        result = run(*rows)
        assert reasons(result) == [
            (12, "parent_code", "Departments nest at most 10 levels deep; 'L11' would be at level 11.")
        ]

    def test_an_unknown_parent_gets_a_suggestion(self) -> None:
        result = run(["KIT", "Kitchen", "OSP"], ["OPS", "Operations", ""])
        assert reasons(result) == [(2, "parent_code", "No department has the code 'OSP'. Did you mean 'OPS'?")]

    def test_a_row_below_a_refused_one_says_so(self) -> None:
        result = run(["OPS", "x" * 101, ""], ["KIT", "Kitchen", "OPS"])
        assert [(row, column) for row, column, _ in reasons(result)] == [(2, "name"), (3, "parent_code")]

    def test_active_staff_keep_a_department_open(self) -> None:
        EmployeeFactory(department=DepartmentFactory(code="KIT", name="Kitchen"))
        result = run(["KIT", "no"], headers=["code", "active"])
        assert reasons(result) == [
            (2, "active", "Kitchen (KIT) still has 1 active employee: move or archive them first.")
        ]


class NameTests:
    """What a form refuses, an import refuses: two departments of one name below the same parent."""

    @pytest.fixture(autouse=True)
    def tree(self) -> None:
        hotel = DepartmentFactory(code="HOT", name="Hotel")
        for code, name in (("KIT", "Kitchen"), ("BAR", "Bar")):
            DepartmentFactory(code=code, name=name, parent=hotel)

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            (
                [["H2", "Hotel", ""]],
                [(2, "name", "There is already a top-level department with this name. It has the code 'HOT'.")],
            ),
            (
                [["K2", "Kitchen", "HOT"]],
                [(2, "name", "The parent already has a department with this name. It has the code 'KIT'.")],
            ),
            (
                [["A", "Annex", ""], ["B", "Annex", ""]],
                [(3, "name", "There is already a top-level department with this name. It has the code 'A'.")],
            ),
            ([["K2", "Kitchen", "KIT"]], []),
            # It is judged how they are afterwards.
            ([["H2", "Hotel", ""], ["HOT", "Old Hotel", ""]], []),
            ([["KIT", "Bar", "HOT"], ["BAR", "Kitchen", "HOT"]], []),
            ([["NEW", "Bar", "HOT"], ["BAR", "Lounge", "HOT"]], []),
        ],
    )
    def test_are_unique_below_a_parent(self, rows: list[list[str]], expected: list[tuple[int, str, str]]) -> None:
        result = run(*rows)
        assert reasons(result) == expected
        assert result.saved is not bool(expected)
        if result.saved:
            names = dict(Department.objects.values_list("code", "name"))
            assert {code: names[code] for code, _, _ in rows} == {code: name for code, name, _ in rows}

    def test_are_exchanged_in_a_file_without_parents(self) -> None:
        assert run(["KIT", "Bar"], ["BAR", "Kitchen"], headers=["code", "name"]).updated == 2
        assert run(["KIT", "Bar"], headers=["code", "name"]).unchanged == 1
        assert [row for row, _, _ in reasons(run(["BAR", "Bar"], headers=["code", "name"]))] == [2]

    def test_a_code_in_capitals_is_the_stored_one(self) -> None:
        result = run(["kit", "Galley", "Hotel"], ["bar", "Bar", "hot"])
        assert (result.new, result.updated, result.unchanged) == (0, 1, 1)
        assert Department.objects.get(code="KIT").name == "Galley"

    def test_a_parent_may_be_named(self) -> None:
        assert run(["PAS", "Pastry", "kitchen"]).new == 1
        assert Department.objects.get(code="PAS").parent.code == "KIT"
        DepartmentFactory(code="K2", name="Kitchen")
        assert reasons(run(["ICE", "Ice", "Kitchen"])) == [
            (2, "parent_code", "2 departments are called 'Kitchen'. Write the code: 'K2' or 'KIT'.")
        ]
