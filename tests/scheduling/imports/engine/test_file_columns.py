import datetime

import pytest
import tablib
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine.file_columns import FileColumn, columns_of, form_of
from scheduling.imports.kinds import KINDS
from scheduling.imports.kinds.assignments import ASSIGNMENTS


def file(*headers: str, rows: int = 1, cell: object = "x") -> tablib.Dataset:
    return tablib.Dataset(*[[cell] * len(headers)] * rows, headers=headers)


class ColumnsOfTests:
    def test_says_what_each_column_is_read_as(self) -> None:
        found = columns_of(file("Mitarbeiter", "Wann", "Shift"), ASSIGNMENTS, {"Wann": "date"})
        assert found == [
            FileColumn(header="Mitarbeiter", samples=("x",), guess="employee_email", column="employee_email"),
            FileColumn(header="Wann", samples=("x",), guess="", column="date"),
            FileColumn(header="Shift", samples=("x",), guess="shift_name", column="shift_name"),
        ]

    def test_a_choice_takes_a_column_from_the_header_that_was_guessed(self) -> None:
        guessed, chosen = columns_of(file("Date", "Day of work"), ASSIGNMENTS, {"Day of work": "date"})
        assert (guessed.guess, guessed.column, chosen.column) == ("date", "", "date")

    def test_two_headers_of_one_meaning_are_both_shown_with_it(self) -> None:
        assert [one.column for one in columns_of(file("Login", "Work email"), ASSIGNMENTS)] == ["employee_email"] * 2

    def test_shows_three_different_values_on_one_line_each(self) -> None:
        cells = ["", "a", "a", "b\nb", None, "c" * 100, "d"]
        (found,) = columns_of(tablib.Dataset(*[[cell] for cell in cells], headers=["Notes"]), ASSIGNMENTS)
        assert found.samples == ("a", "b b", "c" * 39 + "…")

    def test_shows_other_cells_than_texts(self) -> None:
        (found,) = columns_of(file("Date", cell=datetime.date(2026, 12, 1)), ASSIGNMENTS)
        assert found.samples == ("2026-12-01",)

    def test_a_header_is_shown_once_and_a_blank_one_never(self) -> None:
        assert [one.header for one in columns_of(file("Date", "", "DATE", "Huh"), ASSIGNMENTS)] == ["Date", "Huh"]


class FormOfTests:
    def test_the_order_and_spelling_of_headers_do_not_matter(self) -> None:
        assert form_of(["E-Mail", "Shift *", None]) == form_of([" shift", "e mail", "E-mail"])

    def test_other_headers_are_another_form(self) -> None:
        assert form_of(["a", "b"]) != form_of(["a", "b", "c"])
        assert form_of(["a b"]) != form_of(["a", "b"])

    def test_a_file_without_headers_has_none(self) -> None:
        assert form_of([None, " "]) == ""

    @given(st.lists(st.text(max_size=300)))
    def test_fits_its_field(self, headers: list[str]) -> None:
        assert len(form_of(headers)) in (0, 64)


class LabelsTests:
    @pytest.mark.parametrize("kind", KINDS)
    def test_no_two_columns_of_a_kind_are_called_the_same(self, kind: str) -> None:
        labels = [*KINDS[kind].kind.labels.values()]
        assert all(labels)
        assert len(set(labels)) == len(labels)
