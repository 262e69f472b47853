import time
from contextlib import suppress

import pytest

from scheduling.imports.engine.csv_rows import csv_rows, delimiter_of, first_lines
from scheduling.imports.engine.problems import FileError

HEADER = "email,shift,date,notes\n"
ROW = "amy@example.com,Late,2026-12-01,"
NEXT = "bob@example.com,Late,2026-12-02,"


class QuoteTests:
    @pytest.mark.parametrize(
        ("written", "cell"),
        [
            ('24" pan', '24" pan'),
            ('6" x 4"', '6" x 4"'),
            ('"24" pan"', '24" pan'),
            ('"24"" pan"', '24" pan'),
            ('"a, b"', "a, b"),
            (' "a, b" ', "a, b"),
            ('""', ""),
            ('""""', '"'),
            ('"line 1\r\nline, 2"', "line 1\r\nline, 2"),
            ('"keys\nbadge, map, phone, torch"', "keys\nbadge, map, phone, torch"),
            ("it's", "it's"),
        ],
    )
    def test_a_cell_is_what_was_written(self, written: str, cell: str) -> None:
        rows = list(csv_rows(f"{HEADER}{ROW}{written}\n{NEXT}x\n"))
        assert [row[3] for row in rows] == ["notes", cell, "x"]

    @pytest.mark.parametrize(
        "written",
        [
            '"bring keys\n' + NEXT + "\n",
            '"bring keys\n' + NEXT + '"\n',
            '"bring keys\n' + NEXT + '"ok"\n',
            '"bring keys\n' + NEXT + '24"\n' + NEXT + "x\n",
            '"' + "x" * 40_000 + "\n" + NEXT + '"\n',
        ],
    )
    def test_a_quote_that_is_not_closed_swallows_no_rows(self, written: str) -> None:
        with pytest.raises(FileError, match="Row 2 has a quote that"):
            list(csv_rows(HEADER + ROW + written))

    def test_takes_linear_time(self) -> None:
        for make in (lambda size: '"a\n' * size, lambda size: '"",' * size, lambda size: '"a" ' * size):
            taken = []
            for size in (20_000, 80_000):
                started = time.process_time()
                with suppress(FileError):
                    list(csv_rows(make(size), ","))
                taken.append(time.process_time() - started)
            assert taken[1] < max(0.05, taken[0] * 10)


class MarkedTextTests:
    @pytest.mark.parametrize(
        ("written", "cell"),
        [
            *(('="00102"', "00102"), ('"=""00102"""', "00102"), ("'00102", "00102"), ("'+49 170", "+49 170")),
            *(("'0170 / 12-34", "0170 / 12-34"), ('=""', ""), ("''00102", "'00102")),
        ],
    )
    def test_is_the_text(self, written: str, cell: str) -> None:
        assert list(csv_rows(f"a;b\n{written};x\n")) == [["a", "b"], [cell, "x"]]

    @pytest.mark.parametrize("written", ["=A1", '=T("1")', '="1"&"2"', "'tis", "'90s", "'O'", "00102'"])
    def test_anything_else_stays(self, written: str) -> None:
        assert list(csv_rows(f"a;b\n{written};x\n"))[1] == [written, "x"]


class DelimiterTests:
    @pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;"])
    def test_believes_the_line_that_excel_writes(self, said: str, line_end: str) -> None:
        assert list(csv_rows(line_end.join([said, "a,b;c", "1;2", ""]))) == [["a,b", "c"], ["1", "2"]]
        assert first_lines(line_end.join([said, "a,b;c", "1;2", ""])) == ["a,b;c", "1;2"]

    def test_is_that_of_the_header(self) -> None:
        assert delimiter_of('\n"a,b,c,d";e\n1,2,3,4\n') == ";"

    def test_only_line_breaks_end_a_line(self) -> None:
        assert list(csv_rows("a,b\x0bc\u2028d\n")) == [["a", "b\x0bc\u2028d"]]
