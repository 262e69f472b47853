import datetime
import io
from typing import Any

import openpyxl
import pytest
from tablib import Dataset

from scheduling.exports.formats import CSV, MAX_TEXT_LENGTH, XLSX


def table(*values: Any) -> Dataset:
    return Dataset(values, headers=[f"column {number}" for number in range(len(values))])


def csv_line(*values: Any) -> str:
    return CSV().export_data(table(*values)).decode("utf-8-sig").splitlines()[1]


def xlsx_cells(*values: Any) -> list[Any]:
    sheet = openpyxl.load_workbook(io.BytesIO(XLSX().export_data(table(*values)))).active
    return [cell.value for cell in sheet[2]]


class CSVTests:
    def test_begins_with_a_byte_order_mark_and_the_headers(self) -> None:
        assert CSV().export_data(table("Zoë")) == "\ufeffcolumn 0\r\nZoë\r\n".encode()

    def test_writes_booleans_as_words_and_none_as_nothing(self) -> None:
        assert csv_line(True, False, None) == "yes,no,"

    def test_marks_texts_that_a_spreadsheet_would_compute(self) -> None:
        assert csv_line("=1+1", -1, datetime.date(2026, 11, 30)) == "'=1+1,-1,2026-11-30"


class XLSXTests:
    def test_gives_each_cell_the_type_of_its_value(self) -> None:
        moment, time = datetime.datetime(2026, 11, 30), datetime.time(6, 30)
        assert xlsx_cells("text", 1.5, True, moment.date(), time) == ["text", 1.5, True, moment, time]

    def test_leaves_the_cell_of_none_empty(self) -> None:
        assert xlsx_cells(None, 1) == [None, 1]

    def test_takes_the_longest_text_that_a_cell_holds(self) -> None:
        assert len(xlsx_cells("x" * MAX_TEXT_LENGTH)[0]) == MAX_TEXT_LENGTH

    def test_refuses_a_longer_text_with_the_number_of_the_row(self) -> None:
        with pytest.raises(ValueError, match="Row 2 has a text of more than 32767 characters"):
            XLSX().export_data(table("x" * (MAX_TEXT_LENGTH + 1)))
