from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine import values
from scheduling.models import Employee


class BooleanTests:
    @pytest.mark.parametrize("cell", ["yes", "Y", "TRUE", "1", 1.0, True, " x "])
    def test_yes(self, cell: Any) -> None:
        assert values.boolean(cell) is True

    @pytest.mark.parametrize("cell", ["no", "N", "False", "0", 0.0, False, "Nein"])
    def test_no(self, cell: Any) -> None:
        assert values.boolean(cell) is False

    def test_anything_else_is_refused(self) -> None:
        with pytest.raises(ValueError, match="Write yes or no"):
            values.boolean("perhaps")


class NumberTests:
    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            ("12.5", "12.5"),
            ("12,50", "12.50"),
            ("1.234,5", "1234.5"),
            ("1,234.50", "1234.50"),
            ("€ 12", "12"),
            ("12 EUR", "12"),
            (12.5, "12.5"),
            (3, "3"),
            ("1'234.5", "1234.5"),
            ("-3", "-3"),
        ],
    )
    def test_reads_what_people_write(self, cell: Any, number: str) -> None:
        assert values.decimal(cell) == Decimal(number)

    @pytest.mark.parametrize(("cell", "number"), [("1,234,567", "1234567"), ("1\u202f234", "1234"), ("0,125", "0.125")])
    def test_reads_groups_of_three_digits(self, cell: str, number: str) -> None:
        assert values.decimal(cell) == Decimal(number)

    def test_what_floating_point_adds_is_not_there(self) -> None:
        assert values.decimal(42.300000000000004) == Decimal("42.3")

    @pytest.mark.parametrize("cell", ["12 34", "1,23,456", "1e5", "5-", "1" * 41, float("nan"), 1e300, True, "٣"])
    def test_what_is_no_number_is_refused(self, cell: Any) -> None:
        with pytest.raises(ValueError, match="Write a number"):
            values.decimal(cell)

    def test_a_comma_that_can_be_both_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"can be read as 1\.234 or as 1234"):
            values.decimal("1,234")

    @pytest.mark.parametrize("cell", ["", "twelve", "1-2", float("nan"), float("inf"), "--1", "٣"])
    def test_anything_else_is_refused(self, cell: Any) -> None:
        with pytest.raises(ValueError, match="Write a number"):
            values.decimal(cell)

    def test_an_integer_has_no_fraction(self) -> None:
        assert values.integer("40.0") == 40
        with pytest.raises(ValueError, match="whole number"):
            values.integer("37.5")

    @given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-99_999, max_value=99_999))
    def test_reads_back_every_price(self, price: Decimal) -> None:
        assert values.decimal(str(price)) == price


class ChoiceTests:
    parse = staticmethod(values.choice({"full_time": "full time", "part_time": "part time"}))

    @pytest.mark.parametrize("cell", ["full_time", "Full time", "FULL-TIME", " full  time "])
    def test_takes_value_and_label_in_any_spelling(self, cell: str) -> None:
        assert self.parse(cell) == "full_time"

    def test_takes_labels_in_the_languages_of_the_project(self) -> None:
        parse = values.choice(dict(Employee.EmploymentType.choices))
        assert (parse("Vollzeit"), parse("part time")) == ("full_time", "part_time")

    def test_a_typo_gets_a_suggestion(self) -> None:
        with pytest.raises(ValueError, match=r"Write 'full time' or 'part time'\. Did you mean 'full time'\?"):
            self.parse("ful time")


class NamesTests:
    def test_splits_at_the_usual_separators(self) -> None:
        assert values.names("Forklift|First aid; Barista, First aid\nX") == ("Barista", "First aid", "Forklift", "X")

    @given(
        st.lists(
            st.text(
                st.characters(exclude_categories=["C", "Z"], exclude_characters="\N{REPLACEMENT CHARACTER}")
                | st.sampled_from('|;,"\n '),
                min_size=1,
            ).map(values.text),
            unique=True,
        )
    )
    def test_come_back_from_a_cell_whatever_separates_them(self, names: list[str]) -> None:
        stripped = [name.strip() for name in dict.fromkeys(names) if name.strip()]

        assert values.split_names(values.joined(stripped)) == list(dict.fromkeys(stripped))

    @pytest.mark.parametrize(
        ("cell", "names"),
        [
            ('"Beer, wine"|First aid', ["Beer, wine", "First aid"]),
            ('"5"" pipe"; Welding', ['5" pipe', "Welding"]),
            ('5" pipe, Welding', ['5" pipe', "Welding"]),
            ('"open, Welding', ['"open', "Welding"]),
            (" |;,", []),
        ],
    )
    def test_in_quotes_may_contain_what_separates(self, cell: str, names: list[str]) -> None:
        assert values.split_names(cell) == names
