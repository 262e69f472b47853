import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine.times import time as time_of_day


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
        ],
    )
    def test_reads_what_people_write(self, cell: Any, time: tuple[int, int]) -> None:
        assert time_of_day(cell) == datetime.time(*time)

    @pytest.mark.parametrize("cell", ["25:00", "9:75", "13 pm", "0am", "noon", "", datetime.timedelta(days=2)])
    def test_anything_else_is_refused(self, cell: Any) -> None:
        with pytest.raises(ValueError, match="Write a time of day"):
            time_of_day(cell)

    @given(st.times(timezones=st.none()).map(lambda time: time.replace(microsecond=0)))
    def test_reads_back_every_time(self, time: datetime.time) -> None:
        assert time_of_day(time.isoformat()) == time
        assert time_of_day(time.strftime("%I:%M:%S %p")) == time

    @pytest.mark.parametrize(
        ("cell", "hours"),
        [
            *(
                ("24:00", 0),
                ("24:00:00", 0),
                ("2400", 0),
                (datetime.timedelta(days=1), 0),
                (datetime.date(1900, 1, 1), 0),
            ),
            *((datetime.time(21, 59, 59, 999_000), 22), (datetime.time(23, 59, 59, 700_000), 0), (9.0, 9), (24.0, 0)),
            *(("2:00\u202fPM", 14), ("17 Uhr", 17), ("17h00", 17), ("0800", 8)),
        ],
    )
    def test_reads_the_end_of_a_day_what_was_cut_and_narrow_spaces(self, cell: Any, hours: int) -> None:
        assert time_of_day(cell) == datetime.time(hours)

    @pytest.mark.parametrize("cell", [8.25, 0.375, "8.25", "8.50", "8.75"])
    def test_decimal_hours_are_not_guessed(self, cell: Any) -> None:
        with pytest.raises(ValueError, match="hours with decimals or hours and minutes"):
            time_of_day(cell)

    @pytest.mark.parametrize(
        "cell",
        [
            "24:01",
            "830",
            "8,25",
            "9:00-17:00",
            "9" * 100,
            1.0,
            True,
            datetime.timedelta(hours=30),
            datetime.date(2026, 5, 1),
        ],
    )
    def test_what_is_not_a_time_of_day_is_refused(self, cell: Any) -> None:
        with pytest.raises(ValueError, match=r"[Ww]rite (a|the) time"):
            time_of_day(cell)
