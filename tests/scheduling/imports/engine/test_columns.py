import datetime
from decimal import Decimal
from typing import Any

import pytest

from scheduling.imports.engine.columns import UNFILLED, Column, blank, converter, read_column
from scheduling.models import Employee


def field(name: str, model: Any = Employee) -> Any:
    return model._meta.get_field(name)


class ColumnTests:
    def test_fills_the_field_of_its_name_unless_it_names_one(self) -> None:
        assert Column(name="email").field_name == "email"
        assert Column(name="department_code", field="department").field_name == "department"


class ReadColumnTests:
    def test_parses_each_spelling_once(self) -> None:
        parsed: list[str] = []

        def parse(cell: str) -> int:
            parsed.append(cell)
            return int(cell)

        assert read_column(["1", "2", "1"], parse) == ([1, 2, 1], {})
        assert parsed == ["1", "2"]

    def test_gives_the_reason_of_every_refused_cell(self) -> None:
        def parse(cell: str) -> str:
            if cell == "bad":
                raise ValueError("Wrong.")
            return cell

        assert read_column(["bad", "good", "bad"], parse) == ([None, "good", None], {0: "Wrong.", 2: "Wrong."})


class ConverterTests:
    @pytest.mark.parametrize(
        ("name", "cell", "value"),
        [
            ("email", " Amy@Example.com ", "amy@example.com"),
            ("is_active", "no", False),
            ("hire_date", "31.05.2026", datetime.date(2026, 5, 31)),
            ("hourly_rate", "12,50", Decimal("12.50")),
            ("max_hours_per_week", "38", 38),
            ("employment_type", "Part time", "part_time"),
            ("role", " Cook ", "Cook"),
        ],
    )
    def test_reads_cells_by_the_type_of_the_field(self, name: str, cell: str, value: object) -> None:
        assert converter(Column(name=name), field(name), None)(cell) == value

    def test_the_field_validates_the_value(self) -> None:
        values, reasons = read_column(["200"], converter(Column(name="x"), field("max_hours_per_week"), None))
        assert values == [None]
        assert reasons == {0: "Ensure this value is less than or equal to 168."}

    def test_a_parser_of_the_column_wins(self) -> None:
        assert converter(Column(name="role", parse=str.upper), field("role"), None)("cook") == "COOK"


class BlankTests:
    @pytest.mark.parametrize(("name", "value"), [("hire_date", None), ("phone", ""), ("email", None)])
    def test_is_what_a_field_stores_that_can_be_empty(self, name: str, value: object) -> None:
        assert blank(Column(name=name), field(name)) == value

    @pytest.mark.parametrize("name", ["max_hours_per_week", "is_active", "employment_type"])
    def test_says_nothing_where_the_field_has_a_default(self, name: str) -> None:
        assert blank(Column(name=name), field(name)) is UNFILLED

    def test_says_nothing_about_what_only_identifies_the_row(self) -> None:
        assert blank(Column(name="employee_number", identifies=True), field("employee_number")) is UNFILLED

    def test_is_left_to_the_kind_where_another_column_can_take_its_place(self) -> None:
        assert blank(Column(name="email", required=True, instead=("employee_number",)), field("email")) is None

    @pytest.mark.parametrize("column", [Column(name="first_name"), Column(name="phone", required=True)])
    def test_is_refused_where_a_value_is_needed(self, column: Column) -> None:
        with pytest.raises(ValueError, match="A value is needed here"):
            blank(column, field(column.name))

    def test_is_none_for_a_column_that_no_single_field_stores(self) -> None:
        assert blank(Column(name="skills", stored=False), None) is None
