import csv
import datetime
import io
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine import files, survey
from scheduling.imports.engine.files import ReadOptions, Upload, read_path, read_table
from scheduling.imports.engine.headers import KnownHeaders
from scheduling.imports.engine.problems import FileError


def xlsx(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


class CSVTests:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_reads_any_usual_encoding_and_delimiter(self, encoding: str, delimiter: str) -> None:
        lines = [["name", "town"], ["Zoë", "Kraków" if encoding != "cp1252" else "Köln"]]
        text = "\r\n".join(delimiter.join(line) for line in lines)
        table = read_table(text.encode(encoding))
        assert table.headers == lines[0]
        assert list(table) == [tuple(lines[1])]

    def test_a_delimiter_in_quotes_does_not_count(self) -> None:
        assert read_table(b'"a,b,c,d";e\n1;2\n').headers == ["a,b,c,d", "e"]

    def test_believes_the_line_that_excel_writes(self) -> None:
        table = read_table(b"sep=;\na,b;c\n1;2\n")
        assert (table.headers, list(table)) == (["a,b", "c"], [("1", "2")])

    def test_leaves_blank_rows_out_and_counts_them(self) -> None:
        table = read_table(b"\na,b\n1,2\n,\n\n3,4\n")
        assert list(table) == [("1", "2"), ("3", "4")]
        assert list(table.row_numbers) == [3, 6]

    def test_fills_short_rows_and_drops_blank_cells_at_the_end(self) -> None:
        assert list(read_table(b"a,b,\n1\n1,2,,,\n")) == [("1", ""), ("1", "2")]

    def test_a_row_that_is_too_long_is_named(self) -> None:
        with pytest.raises(FileError) as raised:
            read_table(b"name,town\nAmy,York\nBob,New York, NY\n")
        assert str(raised.value) == (
            "Row 3 has 3 cells, but the header has 2. Put a value that contains the separator in double quotes."
        )

    def test_a_header_below_pages_of_notes_is_found(self) -> None:
        known = KnownHeaders({"name": "name", "town": "town"}, frozenset({"name"}))
        notes = "".join(f"Note {number}, and more\n" for number in range(1, 180))
        table = read_table(f"{notes}name;town\nAmy;York, UK\n".encode(), known)
        assert list(table) == [("Amy", "York, UK")]
        assert table.notes[0].endswith("'Note 5, and more' and 174 more (row 1–179).")

    def test_a_value_may_have_several_lines(self) -> None:
        assert list(read_table(b'a,b\n"x\ny",2\n')) == [("x\ny", "2")]

    @given(st.binary(max_size=200))
    def test_any_bytes_give_a_table_or_a_sentence(self, data: bytes) -> None:
        with suppress(FileError):
            assert read_table(data).headers

    @given(
        st.lists(
            st.tuples(
                st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), st.text(st.characters(codec="utf-8"))
            )
        )
    )
    def test_reads_back_what_was_written(self, rows: list[tuple[str, str]]) -> None:
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows([("name", "text"), *rows])
        if "\0" not in stream.getvalue():
            assert list(read_table(stream.getvalue().encode())) == rows


class XLSXTests:
    def test_reads_the_types_of_cells(self) -> None:
        day = datetime.date(2026, 11, 30)
        table = read_table(xlsx(["a", "b", "c"], ["x", 1.5, day]))
        assert table.headers == ["a", "b", "c"]
        assert list(table) == [("x", 1.5, day)]

    def test_a_value_beside_the_table_is_named_with_its_place(self) -> None:
        with pytest.raises(FileError) as raised:
            read_table(xlsx(["a", "b"], [1, 2], [1, 2, None, None, "L = Late"]))
        assert str(raised.value) == (
            "Row 3 has 'L = Late' in column E, which has no header. Give the column a header, or clear the cell."
        )

    def test_counts_rows_as_the_spreadsheet_does(self) -> None:
        assert list(read_table(xlsx(["a"], [None], ["x"])).row_numbers) == [3]

    def test_a_broken_one_is_a_sentence(self) -> None:
        with pytest.raises(FileError, match="The spreadsheet cannot be read"):
            read_table(xlsx(["a"])[:200])

    def test_one_that_unpacks_to_too_much_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(survey, "MAX_UNPACKED_BYTES", 1000)
        with pytest.raises(FileError, match="unpacks to more than 0 MB"):
            read_table(xlsx(["a"]))


class UploadTests:
    def test_is_read_once_in_the_same_way(self) -> None:
        upload, known = Upload(b"Titel\na;b\n1;2\n"), KnownHeaders({"a": "a", "b": "b"}, frozenset({"a"}))

        table = upload.table(known, ReadOptions())
        assert (table.headers, list(table)) == (["a", "b"], [("1", "2")])
        assert upload.table(replace(known), ReadOptions()) is table
        assert upload.table(known.and_chosen({"other": "a"}), ReadOptions()) is not table
        assert upload.table(known, ReadOptions(encoding="cp1252")) is not table

    def test_that_is_no_table_raises_each_time(self) -> None:
        upload, known = Upload(b""), KnownHeaders({}, frozenset())
        for _ in range(2):
            with pytest.raises(FileError, match="The file is empty"):
                upload.table(known)


class LimitTests:
    def test_an_empty_file(self) -> None:
        for data in (b"", b"\n\n", b"\xef\xbb\xbf"):
            with pytest.raises(FileError, match="The file is empty"):
                read_table(data)

    def test_a_large_file(self) -> None:
        with pytest.raises(FileError, match=r"The file has 50\.0 MB\. At most 50 MB can be imported"):
            read_table(b"a" * (files.MAX_BYTES + 1))

    def test_many_rows(self) -> None:
        with pytest.raises(FileError, match="more than 200,000 rows"):
            read_table(b"a\n" + b"1\n" * 200_001)

    def test_many_rows_with_many_columns(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "MAX_CELLS", 30)
        assert len(read_table(b"a,b,c\n" + b"1,2,3\n" * 10)) == 10
        with pytest.raises(FileError, match="more than 10 rows"):
            read_table(b"a,b,c\n" + b"1,2,3\n" * 11)

    def test_many_columns(self) -> None:
        with pytest.raises(FileError, match="At most 200"):
            read_table(b",".join([b"a"] * 201))

    @pytest.mark.parametrize(
        "data", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 50, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]
    )
    def test_other_kinds_of_files(self, data: bytes) -> None:
        with pytest.raises(FileError):
            read_table(data)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="No such file"):
            read_path(tmp_path / "none.csv")
