import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine import values
from scheduling.imports.engine.problems import FileError

MAY_11 = datetime.date(2026, 5, 11)


class TextTests:
    @pytest.mark.parametrize(("cell", "text"), [(" a\xa0b ", "a b"), (1001.0, "1001"), (1.5, "1.5"), (7, "7")])
    def test_is_what_a_person_sees(self, cell: Any, text: str) -> None:
        assert values.text(cell) == text

    @given(st.text())
    def test_an_email_is_normalised_as_the_field_does(self, cell: str) -> None:
        assert values.email(cell) == values.text(cell).strip().lower()


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


class TimeTests:
    @pytest.mark.parametrize(
        ("cell", "time"),
        [
            ("9:00", (9, 0)),
            ("09:00:00", (9, 0)),
            ("9:00 AM", (9, 0)),
            ("9a", (9, 0)),
            ("9:30 p.m.", (21, 30)),
            ("12 am", (0, 0)),
            ("12pm", (12, 0)),
            ("17.30", (17, 30)),
            ("9", (9, 0)),
            (datetime.time(22, 0), (22, 0)),
            (datetime.datetime(1899, 12, 31, 6, 0), (6, 0)),
            (datetime.timedelta(hours=6, minutes=15), (6, 15)),
            (0.25, (6, 0)),
        ],
    )
    def test_reads_what_people_write(self, cell: Any, time: tuple[int, int]) -> None:
        assert values.time(cell) == datetime.time(*time)

    @pytest.mark.parametrize("cell", ["25:00", "9:75", "13 pm", "0am", "noon", "", datetime.timedelta(days=2)])
    def test_anything_else_is_refused(self, cell: Any) -> None:
        with pytest.raises(ValueError, match="Write a time of day"):
            values.time(cell)

    @given(st.times(timezones=st.none()).map(lambda time: time.replace(microsecond=0)))
    def test_reads_back_every_time(self, time: datetime.time) -> None:
        assert values.time(time.isoformat()) == time
        assert values.time(time.strftime("%I:%M:%S %p")) == time


class DateTests:
    @pytest.mark.parametrize(
        "cell",
        [
            "2026-05-11",
            "2026/5/11",
            " 2026-05-11 00:00:00",
            "2026-05-11T08:00:00Z",
            "11.05.2026",
            "11.5.2026",
            MAY_11,
            datetime.datetime(2026, 5, 11),
        ],
    )
    def test_reads_what_can_be_read_in_one_way(self, cell: Any) -> None:
        assert values.date_in(None)(cell) == MAY_11

    def test_reads_slashes_in_the_order_given(self) -> None:
        assert values.date_in("dmy")("11/05/2026") == MAY_11
        assert values.date_in("mdy")("05/11/2026") == MAY_11

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            ("2026-02-30", "There is no such day"),
            ("11.05.26", "four digits"),
            ("next Monday", "Write a date, such as 2026-05-31"),
            (45000.0, "Write a date"),
        ],
    )
    def test_anything_else_is_refused(self, cell: Any, reason: str) -> None:
        with pytest.raises(ValueError, match=reason):
            values.date_in("dmy")(cell)

    @given(st.dates(), st.sampled_from(["dmy", "mdy"]))
    def test_reads_back_every_date(self, date: datetime.date, order: values.DateOrder) -> None:
        written = (
            f"{date.day}/{date.month}/{date.year:04}" if order == "dmy" else f"{date.month}/{date.day}/{date.year:04}"
        )
        assert values.date_in(order)(written) == date
        assert values.date_in(order)(date.isoformat()) == date


class DateOrderTests:
    def test_a_part_above_12_settles_it(self) -> None:
        assert values.date_order(["11/05/2026", "31/05/2026"], ["date"]) == "dmy"
        assert values.date_order(["11/05/2026", "05/31/2026"], ["date"]) == "mdy"

    def test_no_such_date_needs_no_order(self) -> None:
        assert values.date_order(["2026-05-11", "11.05.2026", "", None, 5.0], ["date"]) is None

    def test_a_date_that_is_the_same_in_both_orders_needs_no_answer(self) -> None:
        assert values.date_order(["05/05/2026"], ["date"]) == "dmy"

    def test_asks_when_nothing_settles_it(self) -> None:
        with pytest.raises(FileError) as raised:
            values.date_order(["11/05/2026", "2026-01-01"], ["Start date"])
        assert str(raised.value) == (
            "The dates in 'Start date', for example 11/05/2026, can be read with the day first or with the month "
            "first, and no date in the file settles it. Say which it is, or write them as 2026-05-31."
        )

    def test_refuses_a_file_that_has_both(self) -> None:
        with pytest.raises(FileError, match="Some of the dates in 'date' have the day first, others the month"):
            values.date_order(["31/05/2026", "05/31/2026"], ["date"])

    def test_a_date_that_is_none_settles_nothing(self) -> None:
        with pytest.raises(FileError, match="Say which it is"):
            values.date_order(["31/31/2026", "11/05/2026"], ["date"])

    @given(st.lists(st.dates(), min_size=1), st.sampled_from(["dmy", "mdy"]))
    def test_never_guesses_wrong(self, dates: list[datetime.date], order: values.DateOrder) -> None:
        pattern = "{d.day}/{d.month}/{d.year:04}" if order == "dmy" else "{d.month}/{d.day}/{d.year:04}"
        written = [pattern.format(d=date) for date in dates]
        try:
            parse = values.date_in(values.date_order(written, ["date"]))
        except FileError:
            return
        assert [parse(cell) for cell in written] == dates


class ChoiceTests:
    parse = staticmethod(values.choice({"full_time": "full time", "part_time": "part time"}))

    @pytest.mark.parametrize("cell", ["full_time", "Full time", "FULL-TIME", " full  time "])
    def test_takes_value_and_label_in_any_spelling(self, cell: str) -> None:
        assert self.parse(cell) == "full_time"

    def test_a_typo_gets_a_suggestion(self) -> None:
        with pytest.raises(ValueError, match=r"Write 'full time' or 'part time'\. Did you mean 'full time'\?"):
            self.parse("ful time")


class NamesTests:
    def test_splits_at_the_usual_separators(self) -> None:
        assert values.names("Forklift|First aid; Barista, First aid\nX") == ("Barista", "First aid", "Forklift", "X")

    @given(
        st.lists(
            st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from('|;,"\n '), min_size=1), unique=True
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
