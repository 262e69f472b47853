"""Files as people have them, from their bytes to what is stored: right or refused, and nothing left out in silence."""

import datetime
import io
from typing import Any

import pytest
import xlsxwriter

from scheduling.imports.engine.files import ReadOptions, Upload
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds import KINDS
from scheduling.models import Department, Employee, Schedule, ScheduleAssignment, Shift
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory

pytestmark = pytest.mark.django_db

DAY_1 = datetime.date(2026, 12, 1)
ASSIGNMENT = "employee_email,shift_name,date,notes\namy@example.com,Late,{},{}\n"


@pytest.fixture(autouse=True)
def staff(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    department = DepartmentFactory(code="KIT")
    EmployeeFactory(email="amy@example.com", employee_number="00102", role="Cook", phone="1", department=department)
    ShiftFactory(name="Late")
    ShiftFactory(name="Früh")


def imported(kind: str, data: str | bytes, **options: str) -> ImportResult:
    content = data.encode() if isinstance(data, str) else data
    return KINDS[kind](read_options=ReadOptions(**options)).import_data(Upload(content))


def refusals(result: ImportResult) -> list[tuple[int, str]]:
    """Return row and column of each problem. Nothing was stored."""
    assert not result.saved
    assert result.problems
    return [(problem.row, problem.column) for problem in result.problems]


def xlsx(*rows: list[Any], formats: dict[tuple[int, int], str] | None = None) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": True}) as workbook:
        sheet = workbook.add_worksheet("Plan")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                style = workbook.add_format({"num_format": (formats or {}).get((number, column), "")})
                sheet.write(number, column, value, *([style] if (number, column) in (formats or {}) else []))
    return stream.getvalue()


class QuotesTests:
    def test_inch_marks_are_characters(self) -> None:
        assert imported("assignments", ASSIGNMENT.format(DAY_1, '24" pan')).saved
        assert ScheduleAssignment.objects.get().notes == '24" pan'

    def test_a_text_of_one_line_has_no_others(self) -> None:
        result = imported("employees", 'email,role\namy@example.com,"Chef\nbob@example.com,Cook"\n')
        assert refusals(result) == [(2, "role")]

    def test_an_open_quote_swallows_nothing(self) -> None:
        result = imported("assignments", ASSIGNMENT.format(DAY_1, '"keys\namy@example.com,Late,2026-12-02,'))
        assert result.sentences[0].startswith("Row 2 has a quote that is not closed")
        assert not Schedule.objects.exists()


class EncodingTests:
    DATA = "email,role\namy@example.com,Küchenchef\n".encode("mac_roman")

    def test_a_guess_is_named(self) -> None:
        result = imported("employees", self.DATA)
        assert "Windows-1252" in result.notes[0]
        assert Employee.objects.get().role == "KŸchenchef"

    def test_what_is_said_is_believed(self) -> None:
        assert imported("employees", self.DATA, encoding="mac_roman").notes == []
        assert Employee.objects.get().role == "Küchenchef"

    def test_a_damaged_byte_is_refused(self) -> None:
        result = imported("employees", "email,role\namy@example.com,Küche".encode() + b"\xc3\n")
        assert result.sentences[0].startswith("Row 2 is damaged")


class CellsTests:
    @pytest.mark.parametrize("cell", ["#N/A", "=1/0", "#NV"])
    def test_an_error_erases_nothing(self, cell: str) -> None:
        result = imported("employees", xlsx(["email", "phone"], ["amy@example.com", cell]))
        # The writer gives formulas the result 0, which is a number where a phone number is meant.
        assert refusals(result) == [(2, "phone")]
        assert Employee.objects.get().phone == "1"

    def test_an_error_in_a_csv_file_neither(self) -> None:
        assert refusals(imported("employees", "email,phone\namy@example.com,#REF!\n")) == [(2, "phone")]


class DatesTests:
    @pytest.mark.parametrize(
        "cell", ["2026-11-30T23:00:00.000Z", "1-Dec-2026", "1. Dezember 2026", "2026-11-30 23:59:12"]
    )
    def test_a_day_is_that_day(self, cell: str) -> None:
        assert imported("assignments", ASSIGNMENT.format(cell, "")).saved
        assert ScheduleAssignment.objects.get().date == DAY_1

    @pytest.mark.parametrize("cell", ["2026-12-01 to 2026-12-04", "01.12.2026 - 04.12.2026", "46357", "0001-01-01"])
    def test_what_is_no_day_is_refused(self, cell: str) -> None:
        assert refusals(imported("assignments", ASSIGNMENT.format(cell, ""))) == [(2, "date")]

    def test_a_number_is_not_guessed_to_be_a_day(self) -> None:
        result = imported("assignments", xlsx(["email", "shift", "date"], ["amy@example.com", "Late", 46357]))
        assert refusals(result) == [(2, "date")]

    def test_a_first_and_a_last_day_are_all_the_days_between(self) -> None:
        lines = "Employee Email,Shift,Start Date,Last day\namy@example.com,Late,2026-11-30,2026-12-02\n"
        assert imported("assignments", lines).new == 3
        days = ScheduleAssignment.objects.order_by("date").values_list("date", flat=True)
        assert list(days) == [DAY_1 + datetime.timedelta(days=days) for days in (-1, 0, 1)]
        assert imported("assignments", lines).unchanged == 3

    def test_beside_times_the_last_day_is_that_of_the_shift(self) -> None:
        header = "email,shift,start_date,start_time,end_date,end_time\n"
        ShiftFactory(name="Deep", start_time="22:00", end_time="06:00")
        assert imported("assignments", f"{header}amy@example.com,Deep,2026-12-01,22:00,2026-12-02,06:00\n").new == 1
        result = imported("assignments", f"{header}amy@example.com,Deep,2026-12-01,22:00,2026-12-04,06:00\n")
        assert refusals(result) == [(2, "end_date")]

    def test_a_last_day_before_the_first_is_refused(self) -> None:
        lines = "email,shift,start_date,end_date\namy@example.com,Late,2026-12-01,2026-11-30\n"
        assert refusals(imported("assignments", lines)) == [(2, "end_date")]


class TimesTests:
    def shift(self, start: Any, end: Any) -> ImportResult:
        return imported("shifts", xlsx(["name", "shift_type", "start_time", "end_time"], ["New", "Day", start, end]))

    def test_times_are_rounded_and_days_end_at_24(self) -> None:
        assert self.shift(datetime.time(17, 59, 59, 999_000), "24:00").saved
        new = Shift.objects.get(name="New")
        assert (new.start_time, new.end_time) == (datetime.time(18), datetime.time(0))

    def test_decimal_hours_are_refused(self) -> None:
        assert refusals(self.shift(8.25, 16.5)) == [(2, "start_time"), (2, "end_time")]


class HeaderTests:
    def test_rows_count_as_a_spreadsheet_shows_them(self) -> None:
        lines = "Roster of week 49, printed today\n\nemail,shift,date\namy@example.com,Laet,2026-12-01\n"
        result = imported("assignments", lines)
        assert refusals(result) == [(4, "shift")]
        assert result.notes[0] == "Left out above the header: 'Roster of week 49' (row 1)."

    def test_separators_in_a_header_are_text(self) -> None:
        assert imported("employees", "email,phone (mobile; home; work)\namy@example.com,\n").saved

    def test_german_is_understood(self) -> None:
        assert imported("employees", "E-Mail;Anstellungsart;Stundenlohn\namy@example.com;Teilzeit;18,90\n").saved
        amy = Employee.objects.get()
        assert (amy.employment_type, str(amy.hourly_rate)) == ("part_time", "18.90")

    def test_of_two_columns_that_mean_the_same_both_are_named(self) -> None:
        result = imported("employees", "email,e-mail,role\namy@example.com,amy@example.com,Chef\n")
        assert result.notes == ["The column 'e-mail' was left out, because 'email' means the same."]
        assert refusals(imported("employees", "email,e-mail\namy@example.com,amy@example.org\n")) == [(2, "email")]

    def test_a_value_below_no_header_is_named(self) -> None:
        result = imported("employees", "email,,role\namy@example.com,lost,Chef\n")
        assert result.notes == ["Column 2 was left out, because it has no header; row 2 has a value in it."]


class NumbersTests:
    @pytest.mark.parametrize(
        ("column", "cell", "format"),
        [
            ("employee_number", 102, "General"),
            ("employee_number", 301, "00000"),
            ("employee_number", 2.0042034e20, "0"),
            ("employee_number", datetime.date(2026, 3, 1), "d-m"),
            ("employee_number", True, "General"),
            ("phone", 447700900001, "0"),
            ("role", datetime.date(2026, 3, 1), "d-m"),
        ],
    )
    def test_what_a_spreadsheet_made_of_a_text_is_refused(self, column: str, cell: Any, format: str) -> None:
        data = xlsx(["email", column], ["amy@example.com", cell], formats={(1, 1): format})
        assert refusals(imported("employees", data)) == [(2, column)]

    @pytest.mark.parametrize("cell", ["102", "2.0042E+20", "1-Mar"])
    def test_the_same_in_a_csv_file_that_it_has_saved(self, cell: str) -> None:
        lines = f"email,employee_number\namy@example.com,{cell}\n"
        assert refusals(imported("employees", lines)) == [(2, "employee_number")]

    def test_equal_keys_of_different_types_are_different_cells(self) -> None:
        EmployeeFactory(email="bob@example.com", employee_number="00103")
        data = xlsx(["email", "role"], ["amy@example.com", 1], ["bob@example.com", True])
        assert refusals(imported("employees", data)) == [(3, "role")]


class UnicodeTests:
    def test_what_cannot_be_seen_is_not_meant(self) -> None:
        lines = "email,shift,date\n\u200bamy@example.com\u200b,Fru\u0308h,2026-12-01\n"
        assert imported("assignments", lines).new == 1
        assert ScheduleAssignment.objects.get().shift.name == "Früh"

    def test_a_decomposed_name_is_the_stored_one(self) -> None:
        assert imported("shifts", "name,break_minutes\nFru\u0308h,15\n").updated == 1

    def test_a_code_is_the_stored_one(self) -> None:
        DepartmentFactory(code="SPÄ", name="Spa")
        assert imported("departments", "code,name\nSPA\u0308,Spa\n").unchanged == 1
        assert Department.objects.count() == 2
