"""Headers such as "from", which may be above dates or above times of day."""

import datetime
from typing import Any

import pytest
import tablib

from scheduling.imports.engine.doubtful_headers import decided
from scheduling.imports.engine.file_columns import columns_of
from scheduling.imports.engine.problems import FileError
from scheduling.imports.kinds.rules import RULES
from scheduling.imports.kinds.shifts import SHIFTS


def file(header: str, *cells: Any, also: tuple[str, ...] = ()) -> tablib.Dataset:
    return tablib.Dataset(
        *[["N", cell, *["2026-12-01"] * len(also)] for cell in cells], headers=["name", header, *also]
    )


class DecidedTests:
    @pytest.mark.parametrize(
        ("header", "cells", "column"),
        [
            ("from", ("24.12.2026", "", "2026-12-26"), "effective_from"),
            ("Von", ("8:00", "22 Uhr", None), "start"),
            ("TO", ("12/24/2026",), "effective_until"),
            ("bis", (datetime.time(8), datetime.timedelta(days=1)), "end"),
            ("Ende", (datetime.date(2026, 12, 24), datetime.datetime(2026, 12, 24)), "effective_until"),
            ("begin", ("0800",), "start"),
        ],
    )
    def test_the_values_settle_what_is_meant(self, header: str, cells: tuple[Any, ...], column: str) -> None:
        assert decided(file(header, *cells), RULES, None) == {header: column}

    @pytest.mark.parametrize(
        ("cells", "shown"),
        [(("24.12.2026", "8:00"), "8:00"), (("Mo",), "Mo"), (("2026",), "2026"), (("24.12.2026", "24.12."), "24.12.")],
    )
    def test_values_of_both_or_of_none_are_refused_with_both_names(self, cells: tuple[str, ...], shown: str) -> None:
        with pytest.raises(FileError) as refused:
            decided(file("from", *cells), RULES, None)
        assert str(refused.value) == (
            f"The column 'from' can mean 'effective_from' or 'start', and '{shown}' does not settle it. Rename it."
        )

    def test_a_column_without_values_is_not_read(self) -> None:
        assert decided(file("from", "", None), RULES, None) is None

    @pytest.mark.parametrize("said", ["start", ""])
    def test_what_the_user_says_counts(self, said: str) -> None:
        assert decided(file("from", "24.12.2026"), RULES, {"FROM": said}) == {"FROM": said}

    @pytest.mark.parametrize("other", ["effective_from", "start_date", "Gültig ab", "von"])
    def test_another_column_of_that_meaning_is_refused(self, other: str) -> None:
        with pytest.raises(FileError, match="both mean 'effective_from'"):
            decided(file("from", "2026-12-01", also=(other,)), RULES, None)

    def test_what_the_user_says_of_another_column_counts(self) -> None:
        with pytest.raises(FileError, match="both mean 'effective_from'"):
            decided(file("from", "2026-12-01", also=("First",)), RULES, {"First": "effective_from"})

    def test_a_spreadsheets_error_is_no_value(self) -> None:
        assert decided(file("from", "#N/A", "8:00"), RULES, None) == {"from": "start"}

    def test_kinds_without_doubt_are_left_alone(self) -> None:
        assert decided(file("from", "8:00"), SHIFTS, None) is None

    def test_no_other_column_has_such_a_name(self) -> None:
        assert not {RULES.known_headers.column(header) for header in RULES.doubtful} - {""}

    def test_the_page_shows_what_is_read(self) -> None:
        assert [one.guess for one in columns_of(file("from", "24.12.2026"), RULES)] == ["name", "effective_from"]
