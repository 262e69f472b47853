import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from scheduling.imports.engine.files import ReadOptions, read_table
from scheduling.imports.engine.headers import KnownHeaders
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.tables import Table
from scheduling.imports.engine.texts import ShownNumber, Unreadable
from tests.scheduling.imports.engine.hostile import ods_of, xlsx_of

KNOWN = KnownHeaders({"name": "name", "code": "code"}, frozenset({"name"}))
TABLE = [["name", "code"], ["Early", "E"]]


def book(fill: Callable[[Any], None]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as workbook:
        fill(workbook)
    return stream.getvalue()


def sheets(**rows: list[list[Any]]) -> bytes:
    """Return a workbook with these sheets. One whose name begins with "hidden" is hidden."""

    def fill(workbook: Any) -> None:
        for name, cells in rows.items():
            sheet = workbook.add_worksheet(name.replace("_", " "))
            for number, row in enumerate(cells):
                sheet.write_row(number, 0, row)
            if name.startswith("hidden"):
                sheet.hide()
        workbook.worksheets()[-1].activate()

    return book(fill)


def read(data: bytes, sheet: str = "") -> Table:
    return read_table(data, KNOWN, ReadOptions(sheet=sheet))


class ChoiceOfSheetTests:
    def test_hidden_sheets_and_instructions_are_passed_over_and_named(self) -> None:
        table = read(sheets(hidden_old=[["name"], ["Old"]], Read_me=[["How to fill in"]], Data=TABLE))
        assert list(table) == [("Early", "E")]
        assert table.notes == [
            "The sheet 'Data' was read. Not read: 'Read me' and 'hidden old (hidden)'. "
            "Say the sheet if another one is meant."
        ]

    def test_another_one_can_be_said(self) -> None:
        data = sheets(First=TABLE, hidden_second=[["name"], ["Late"]])
        assert list(read(data, "Hidden SECOND ")) == [("Late",)]
        with pytest.raises(FileError, match=r"There is no sheet 'Third'. The file has 'First' and 'hidden second'."):
            read(data, "Third")

    def test_a_chart_is_no_sheet_to_read(self) -> None:
        def fill(workbook: Any) -> None:
            chart = workbook.add_chart({"type": "line"})
            chart.add_series({"values": "=Data!$A$1:$A$2"})
            workbook.add_chartsheet("Chart").set_chart(chart)
            workbook.add_worksheet("Data").write_row(0, 0, ["name"])
            workbook.get_worksheet_by_name("Data").write_row(1, 0, ["Early"])

        assert list(read(book(fill))) == [("Early",)]

    def test_where_all_visible_ones_are_empty_the_hidden_ones_are_named(self) -> None:
        with pytest.raises(FileError, match="Say the sheet if a hidden one is meant: 'hidden old'"):
            read(sheets(hidden_old=TABLE, Data=[]))
        with pytest.raises(FileError, match="The file is empty"):
            read(sheets(Data=[]))


class CellTests:
    def test_rows_and_columns_keep_their_places(self) -> None:
        def fill(workbook: Any) -> None:
            sheet = workbook.add_worksheet()
            sheet.write(2, 1, "name")
            sheet.write(40_000, 1, "Early")
            sheet.set_row(40_000, None, None, {"hidden": True})

        table = read(book(fill))
        assert (table.headers, list(table), list(table.row_numbers)) == (["", "name"], [("", "Early")], [40_001])
        assert table.notes == ["The hidden rows of the sheet were read as well (1)."]

    def test_cells_without_a_value_of_their_own_are_not_blank(self) -> None:
        header = "<row><c t='inlineStr'><is><t>name</t></is></c></row>"
        rows = f"{header}<row><c t='e'><v>#N/A</v></c></row><row><c><f>A1</f></c></row>"
        error, formula = (row[0] for row in read(xlsx_of(rows)))
        assert (str(error), str(formula)) == ("#N/A", "a formula")
        assert isinstance(error, Unreadable)
        assert "could not compute" in error.reason
        assert "no result yet" in formula.reason

    def test_an_error_that_cannot_be_read_is_named_with_its_place(self) -> None:
        rows = "<row><c t='inlineStr'><is><t>name</t></is></c></row><row><c/><c t='e'><v>#GETTING_DATA</v></c></row>"
        with pytest.raises(FileError, match=r"The sheet 'S' cannot be read, .* the cell B2 \(#GETTING_DATA\)\."):
            read(xlsx_of(rows))

    def test_hidden_columns_are_told(self) -> None:
        def fill(workbook: Any) -> None:
            sheet = workbook.add_worksheet()
            for number, row in enumerate(TABLE):
                sheet.write_row(number, 0, row)
            sheet.set_column(1, 50, None, None, {"hidden": True})

        assert read(book(fill)).notes == ["The hidden columns of the sheet were read as well: 'B'."]

    def test_numbers_that_are_shown_with_zeros_are_marked(self) -> None:
        def fill(workbook: Any) -> None:
            sheet = workbook.add_worksheet()
            sheet.write(0, 0, "name")
            sheet.write(1, 0, 102, workbook.add_format({"num_format": "00000"}))

        ((cell,),) = read(book(fill))
        assert isinstance(cell, ShownNumber)
        assert (cell, cell.shown) == (102, "00102")

    def test_days_are_counted_from_1904_where_the_workbook_says_so(self) -> None:
        def fill(workbook: Any) -> None:
            sheet = workbook.add_worksheet()
            sheet.write(0, 0, "name")
            sheet.write(1, 0, datetime.date(2026, 12, 1), workbook.add_format({"num_format": "yyyy-mm-dd"}))

        stream = io.BytesIO()
        with xlsxwriter.Workbook(stream, {"date_1904": True}) as workbook:
            fill(workbook)
        assert list(read(stream.getvalue())) == [(datetime.date(2026, 12, 1),)]

    def test_reads_open_document_files_and_their_errors(self) -> None:
        cell = "<table:table-cell office:value-type='string'{}><text:p>{}</text:p></table:table-cell>"
        one = f"<table:table-row>{cell}</table:table-row>"
        error = " xmlns:calcext='c' calcext:value-type='error'"
        table = read(ods_of(one.format("", "name") + one.format("", "Early") + one.format(error, "#N/A")))
        assert table.headers == ["name"]
        assert [str(row[0]) for row in table] == ["Early", "#N/A"]
        assert isinstance(table[1][0], Unreadable)


class OpenDocumentTests:
    TEXT = "<table:table-cell office:value-type='string'><text:p>{}</text:p></table:table-cell>"
    NAME = f"<table:table-row>{TEXT.format('name')}</table:table-row>"

    def cell_of(self, kind: str, value: str, shown: str) -> Any:
        cell = f"<table:table-cell office:value-type='{kind}' {value}><text:p>{shown}</text:p></table:table-cell>"
        ((found,),) = read(ods_of(f"{self.NAME}<table:table-row>{cell}</table:table-row>"))
        return found

    @pytest.mark.parametrize("shown", ["00999", "+999", "9-99", "999 h", "9 99", "(999)"])
    def test_a_number_that_is_shown_in_another_way_is_marked(self, shown: str) -> None:
        cell = self.cell_of("float", "office:value='999'", shown)
        assert isinstance(cell, ShownNumber)
        assert (cell, cell.shown) == (999, shown)

    @pytest.mark.parametrize("shown", ["999", "999.00", "9,99E+02", "1.234", "-1 234 567,8", "0", ""])
    def test_a_number_that_is_shown_as_such_is_not(self, shown: str) -> None:
        assert type(self.cell_of("float", "office:value='999'", shown)) is float

    @pytest.mark.parametrize(
        ("value", "hours"),
        [("PT24H00M00S", 24), ("PT30H00M00S", 30), ("-PT01H00M00S", -1), ("P1DT2H", 26), ("PT8H", 8)],
    )
    def test_a_duration_is_no_text(self, value: str, hours: int) -> None:
        assert self.cell_of("time", f"office:time-value='{value}'", "x") == datetime.timedelta(hours=hours)

    def test_a_time_of_day_is_one(self) -> None:
        assert self.cell_of("time", "office:time-value='PT08H30M00S'", "08:30") == datetime.time(8, 30)

    def test_a_text_is_no_duration(self) -> None:
        assert self.cell_of("string", "", "PT24H00M00S") == "PT24H00M00S"

    def test_hidden_rows_and_columns_are_told(self) -> None:
        cell, hidden = self.TEXT.format("x"), "table:visibility='collapse' table:number-"
        rows = (
            f"<table:table-column/><table:table-column {hidden}columns-repeated='1023'/>{self.NAME}"
            f"<table:table-row table:visibility='filter'>{cell}</table:table-row>"
            f"<table:table-row {hidden}rows-repeated='2'>{cell}{cell}</table:table-row>"
            f"<table:table-row {hidden}rows-repeated='900'><table:table-cell/></table:table-row>"
        )
        data = ods_of(rows.replace(self.NAME, f"<table:table-row>{self.TEXT.format('name')}{cell}</table:table-row>"))
        assert read(data).notes == [
            "The hidden rows of the sheet were read as well (3).",
            "The hidden columns of the sheet were read as well: 'B'.",
        ]
