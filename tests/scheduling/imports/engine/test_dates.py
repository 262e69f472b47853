import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine import dates
from scheduling.imports.engine.problems import FileError

MAY_11 = datetime.date(2026, 5, 11)
DATES = st.dates(datetime.date(dates.FIRST_YEAR, 1, 1), datetime.date(dates.LAST_YEAR, 12, 31))


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
        assert dates.date_in(None)(cell) == MAY_11

    def test_reads_slashes_in_the_order_given(self) -> None:
        assert dates.date_in("dmy")("11/05/2026") == MAY_11
        assert dates.date_in("mdy")("05/11/2026") == MAY_11

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            ("2026-02-30", "There is no such day"),
            ("11-05-26", "four digits"),
            ("next Monday", "Write a date, such as 2026-05-31"),
            (45000.0, "This is a number"),
        ],
    )
    def test_anything_else_is_refused(self, cell: Any, reason: str) -> None:
        with pytest.raises(ValueError, match=reason):
            dates.date_in("dmy")(cell)

    @given(DATES, st.sampled_from(["dmy", "mdy"]))
    def test_reads_back_every_date(self, date: datetime.date, order: dates.DateOrder) -> None:
        written = (
            f"{date.day}/{date.month}/{date.year:04}" if order == "dmy" else f"{date.month}/{date.day}/{date.year:04}"
        )
        assert dates.date_in(order)(written) == date
        assert dates.date_in(order)(date.isoformat()) == date

    @pytest.mark.parametrize(
        "cell",
        [
            *(
                "11-May-2026",
                "May 11, 2026",
                "11. Mai 2026",
                "11 May 26",
                "2026-May-11",
                "Mon 11 May 2026",
                "Mo, 11.05.2026",
            ),
            *("20260511", "11.05.26", "11.05.2026 14:30", "2026-05-10T22:00:00.000Z", "2026-05-11 00:30 +02:00"),
            *("2026-05-10 23:59:12", datetime.datetime(2026, 5, 10, 23, 59, 12)),
            datetime.datetime(2026, 5, 10, 23, 59, 59, 900_000),
        ],
    )
    def test_reads_months_in_letters_zones_and_lost_seconds(self, cell: Any, settings: Any) -> None:
        settings.TIME_ZONE = "Europe/Berlin"
        assert dates.date(cell) == MAY_11

    @pytest.mark.parametrize(
        "cell",
        [
            *(
                "2026-05-11 to 2026-05-14",
                "11.05.2026 - 14.05.2026",
                "2026-05-11/14",
                "2026-05-11 (Mon)",
                "46153",
                "May 26",
            ),
            *("Tue 11 May 2026", "2026-05-11 25:00", "0001-01-01", "9999-12-31", "11.05.", "2026-05.11", "1" * 100),
            *("2026-05-11 08:00-16:00", "11.05.2026 14:00 -22:00", "11.05.2026 06:00-14", "2026-05-11T10:00-22:00"),
            *(True, datetime.time(3), datetime.datetime(2026, 5, 11, 23, 59, 59), "2026-05-11 23:59"),
        ],
    )
    def test_nothing_of_a_cell_is_thrown_away(self, cell: Any) -> None:
        with pytest.raises(ValueError, match=r"[Ww]rite|no such"):
            dates.date(cell)


class ClockTests:
    @pytest.mark.parametrize(
        ("cell", "clock"),
        [
            ("2026-05-11 14:30", datetime.time(14, 30)),
            ("11.05.2026 2:30 pm", datetime.time(14, 30)),
            (datetime.datetime(2026, 5, 11, 22), datetime.time(22)),
            ("2026-05-11T20:00:00Z", datetime.time(22)),
            ("2026-05-11T22:00:00Z", None),
            *((cell, None) for cell in ("2026-05-11", "2026-05-11 00:00", datetime.date(2026, 5, 11), "14:30", 5)),
            (datetime.datetime(2026, 5, 10, 23, 59, 12), None),
            ("2026-05-11 25:00", None),
        ],
    )
    def test_beside_a_date_is_that_of_here(self, cell: Any, clock: datetime.time | None, settings: Any) -> None:
        settings.TIME_ZONE = "Europe/Berlin"
        assert dates.clock_of(cell, None) == clock


class DateOrderTests:
    def test_a_part_above_12_settles_it(self) -> None:
        assert dates.date_order(["11/05/2026", "31/05/2026"], ["date"]) == "dmy"
        assert dates.date_order(["11/05/2026", "05/31/2026"], ["date"]) == "mdy"

    def test_no_such_date_needs_no_order(self) -> None:
        assert dates.date_order(["2026-05-11", "11.05.2026", "", None, 5.0], ["date"]) is None

    def test_a_date_that_is_the_same_in_both_orders_needs_no_answer(self) -> None:
        assert dates.date_order(["05/05/2026"], ["date"]) == "dmy"

    def test_asks_when_nothing_settles_it(self) -> None:
        with pytest.raises(FileError) as raised:
            dates.date_order(["11/05/2026", "2026-01-01"], ["Start date"])
        assert str(raised.value) == (
            "The dates in 'Start date', for example 11/05/2026, can be read with the day first or with the month "
            "first, and no date in the file settles it. Say which it is, or write them as 2026-05-31."
        )

    def test_refuses_a_file_that_has_both(self) -> None:
        with pytest.raises(FileError, match="Some of the dates in 'date' have the day first, others the month"):
            dates.date_order(["31/05/2026", "05/31/2026"], ["date"])

    def test_a_date_that_is_none_settles_nothing(self) -> None:
        with pytest.raises(FileError, match="Say which it is"):
            dates.date_order(["31/31/2026", "11/05/2026"], ["date"])

    @given(st.lists(DATES, min_size=1), st.sampled_from(["dmy", "mdy"]))
    def test_never_guesses_wrong(self, days: list[datetime.date], order: dates.DateOrder) -> None:
        pattern = "{d.day}/{d.month}/{d.year:04}" if order == "dmy" else "{d.month}/{d.day}/{d.year:04}"
        written = [pattern.format(d=date) for date in days]
        try:
            parse = dates.date_in(dates.date_order(written, ["date"]))
        except FileError:
            return
        assert [parse(cell) for cell in written] == days

    def test_years_of_two_digits_are_settled_by_the_same_file(self) -> None:
        assert dates.date_order(["12/1/26", "12/15/26", "Tue 12/1/26 08:00"], ["date"]) == "mdy"
        assert dates.date_in("mdy")("12/1/26") == datetime.date(2026, 12, 1)
        with pytest.raises(FileError, match="12/1/26"):
            dates.date_order(["12/1/26"], ["date"])
