import datetime
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine import dates, headers, problems, texts, times, values

DAY = datetime.date(2026, 3, 1)


class TextTests:
    @pytest.mark.parametrize(
        ("cell", "text"),
        [
            *((" a\xa0b ", "a b"), (1001.0, "1001"), (1.5, "1.5"), (7, "7"), ("a\u202fb", "a b")),
            *(("\u200bamy\u200b", "amy"), ("Fru\u0308h", "Früh"), ("\ufeffA", "A"), ("+49\u202c 1", "+49 1")),
        ],
    )
    def test_is_what_a_person_sees(self, cell: Any, text: str) -> None:
        assert texts.text(cell) == text

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            *((DAY, "made a date"), (datetime.time(3), "made a date"), (True, "yes or no"), (2.004e20, "15 digits")),
            *(
                (1e15, "15 digits"),
                (float("nan"), "15 digits"),
                ("a\x0bb", "cannot be shown"),
                ("\ud800", "cannot be shown"),
                ("O\x92Brien", "cannot be shown"),
                ("Early\x85", "cannot be shown"),
                ("J\ufffdrgen", "letter was lost"),
                (datetime.timedelta(hours=30), "made a date"),
            ),
        ],
    )
    def test_what_a_spreadsheet_made_of_a_text_is_refused(self, cell: Any, reason: str) -> None:
        with pytest.raises(ValueError, match=reason):
            texts.text(cell)

    def test_a_number_that_is_shown_in_another_way_is_refused(self) -> None:
        cell = texts.ShownNumber(102)
        cell.format_code = "00000"
        with pytest.raises(ValueError, match=r"the number 102.*\(00102\)"):
            texts.text(cell)

    @given(st.text(st.characters(exclude_categories=["C"], exclude_characters="\N{REPLACEMENT CHARACTER}")))
    def test_an_email_is_normalised_as_the_field_does(self, cell: str) -> None:
        assert texts.email(cell) == texts.text(cell).strip().lower()


class CodeTests:
    @pytest.mark.parametrize("cell", ["00102", "1E5", "3-1", "A.1", 102.0, "Dec"])
    def test_reads_what_is_whole(self, cell: Any) -> None:
        assert texts.code(cell) == texts.written(cell)

    @pytest.mark.parametrize("cell", ["2.0042E+20", "4,47E+11", 1.1, "1-Mar", "Mar-01", "01. Mrz"])
    def test_what_has_lost_digits_is_refused(self, cell: Any) -> None:
        with pytest.raises(ValueError, match="spreadsheet"):
            texts.code(cell)

    @pytest.mark.parametrize(
        "cell",
        [
            *("01.03.2026", "2026-03-01", "3/1/2026", "2026-03-01 00:00:00", "1/3/2026 12:00:00 AM", "2026/3/1"),
            *("2026-03-01T00:00:00Z", "1-Mar-26", "01. Mrz 2026", "Mar-2026"),
        ],
    )
    def test_a_date_is_refused(self, cell: str) -> None:
        with pytest.raises(ValueError, match="made a date of this"):
            texts.code(cell)

    @pytest.mark.parametrize(
        "cell", ["01.02.03", "2026-13", "2026-02-99", "31-31-2026", "2026", "2026-1", "A 2026-03-01"]
    )
    def test_what_only_looks_like_one_is_read(self, cell: str) -> None:
        assert texts.code(cell) == cell

    @pytest.mark.parametrize("cell", ["'00999", '="00999"', "'7"])
    def test_a_mark_for_spreadsheets_is_not_a_part_of_it(self, cell: str) -> None:
        with pytest.raises(ValueError, match="programs mark a text"):
            texts.code(cell)

    @pytest.mark.parametrize("cell", ["491701234567.0", "0170,00"])
    def test_a_phone_number_has_no_decimals(self, cell: str) -> None:
        with pytest.raises(ValueError, match=r"number with decimals .* such as \d+\.$"):
            texts.phone(cell)

    def test_a_phone_number_is_no_number(self) -> None:
        assert texts.phone("+44 7700 900001") == "+44 7700 900001"
        with pytest.raises(ValueError, match="loses a \\+ or a 0"):
            texts.phone(447700900001.0)


class SeenTests:
    @pytest.mark.parametrize(
        ("cell", "shown"),
        [
            *((102.0, "102"), (46357.0, "46357"), (491701234567.0, "491701234567"), (42.300000000000004, "42.3")),
            *((datetime.timedelta(hours=30), "30:00"), (-datetime.timedelta(minutes=90), "-1:30")),
            *(
                (datetime.timedelta(seconds=61), "0:01:01"),
                (None, "None"),
                ("O\x92Brien", "O\\x92Brien"),
                ("a\nb", "a\nb"),
            ),
        ],
    )
    def test_is_what_the_spreadsheet_shows(self, cell: Any, shown: str) -> None:
        assert texts.seen(cell) == shown

    def test_a_number_that_is_shown_in_another_way_is_seen_so(self) -> None:
        cell = texts.ShownNumber(102)
        cell.said = "#102"
        assert texts.seen(cell) == "#102"
        with pytest.raises(ValueError, match=r"the number 102.*\(#102\)"):
            texts.text(cell)


class BlankTests:
    def test_what_cannot_be_seen_is_blank(self) -> None:
        assert all(map(texts.is_blank, [None, "", " \t", "\u200b", "\xa0\ufeff"]))
        assert not any(map(texts.is_blank, [0.0, False, "0", "\u200bx"]))


CELLS: dict[str, Callable[[int], str]] = {
    "blanks between": lambda length: "1" + " " * length + "x",
    "digits": lambda length: "1" * length,
    "quotes": lambda length: '"' * length + "x",
    "quoted names": lambda length: '"a' * length,
    "separators": lambda length: '"a,' * length,
    "signs": lambda length: "-" * length,
    "words": lambda length: "a " * length,
    "groups": lambda length: "1" + ",111" * length + "x",
}
PARSERS: dict[str, Callable[[Any], Any]] = {
    "text": texts.text,
    "code": texts.code,
    "phone": texts.phone,
    "email": texts.email,
    "boolean": values.boolean,
    "integer": values.integer,
    "decimal": values.decimal,
    "time": times.time,
    "date": dates.date,
    "names": values.names,
    "choice": values.choice({"a": "some words", "b": "other words"}),
    "order": lambda cell: dates.date_order([cell], ["date"]),
    "header": headers.normalise,
    "shown": problems.shown,
}


class LinearTimeTests:
    """Doubled cells take at most about twice the time, whatever they contain."""

    @pytest.mark.parametrize("parser", PARSERS)
    def test_a_longer_cell_takes_no_more_than_its_share(self, parser: str) -> None:
        for make in CELLS.values():
            small, large = (self.best_of_three(PARSERS[parser], make(length)) for length in (4_000, 16_000))
            # Four times as long: 4 in linear time, 16 in quadratic. Below 2 ms, the clock says more than the parser.
            assert large < max(0.002, small * 10)

    def best_of_three(self, parse: Callable[[Any], Any], cell: str) -> float:
        taken = []
        for _ in range(3):
            started = time.process_time()
            with suppress(ValueError):
                parse(cell)
            taken.append(time.process_time() - started)
        return min(taken)
