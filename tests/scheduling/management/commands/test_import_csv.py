import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

import scheduling.samples
from scheduling.imports.engine.files import read_path
from scheduling.imports.kinds import KINDS
from scheduling.models import Department, Employee, ImportRun, Schedule, ScheduleAssignment, Shift, ShiftType
from tests.factories import DepartmentFactory, ShiftFactory

pytestmark = pytest.mark.django_db
SAMPLES = Path(scheduling.samples.__file__).parent


def run(*arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_csv", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def figures(output: str) -> dict[str, str]:
    cells = (line.strip("│").split("│") for line in output.splitlines() if line.count("│") == 3)
    return {name.strip(): value.strip() for name, value in cells}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


class SampleTests:
    def test_every_sample_is_imported_and_imported_again(self) -> None:
        for kind in KINDS:
            assert figures(run(kind, SAMPLES / f"{kind}.csv"))["errors"] == "0"
        counts = [model.objects.count() for model in (Department, Employee, Shift, ScheduleAssignment)]
        assert counts == [40, 1000, 12, 5000]
        assert Schedule.objects.filter(status="draft").count() > 0
        for kind in KINDS:
            told = figures(run(kind, SAMPLES / f"{kind}.csv"))
            assert (told["new"], told["updated"], told["errors"]) == ("0", "0", "0")


class OutputTests:
    def test_tells_counts_look_ups_and_queries(self, tmp_path: Path) -> None:
        DepartmentFactory(code="KIT")
        text = "E-Mail;employee_number;first_name;last_name;department\namy@example.com;1;Amy;Reed;KIT\n"
        told = figures(run("employees", write(tmp_path / "people.csv", text)))
        assert (told["new"], told["updated"], told["unchanged"], told["errors"]) == ("1", "0", "0", "0")
        assert (told["look-ups: batch"], told["look-ups: database"]) == ("1", "1")
        assert int(told["queries"]) > 0
        assert told["duration"].endswith(" s")
        assert "rows/s" in told
        assert told["column E-Mail"] == "email"

    def test_a_dry_run_saves_nothing_and_says_so(self, tmp_path: Path) -> None:
        output = run("departments", write(tmp_path / "d.csv", "code,name\nKIT,Kitchen\n"), "--dry-run")
        assert "nothing saved" in output
        assert figures(output)["new"] == "1"
        assert not Department.objects.exists()

    def test_wrong_rows_end_with_1_and_a_table(self, tmp_path: Path) -> None:
        rows = "\n".join(f"C{n},," for n in range(25))
        out = io.StringIO()
        file = write(tmp_path / "d.csv", f"code,name,parent_code\n{rows}\n")
        with pytest.raises(CommandError, match="25 of 25 rows are wrong, so nothing was saved") as raised:
            call_command("import_csv", "departments", str(file), stdout=out)
        assert raised.value.returncode == 1
        assert out.getvalue().count("A value is needed here.") == 20
        assert "and 5 more" in out.getvalue()
        assert not Department.objects.exists()

    def test_brackets_in_a_file_are_no_markup(self, tmp_path: Path) -> None:
        out = io.StringIO()
        file = write(tmp_path / "d.csv", "code,name,active\nA,[red]A,[bold]\n")
        with pytest.raises(CommandError):
            call_command("import_csv", "departments", str(file), stdout=out)
        assert "[bold]" in out.getvalue()

    def test_has_no_colour_when_it_is_not_a_terminal(self, tmp_path: Path) -> None:
        assert "\x1b" not in run("departments", write(tmp_path / "d.csv", "code,name\nKIT,Kitchen\n"))

    def test_reads_spreadsheets(self, tmp_path: Path) -> None:
        book = openpyxl.Workbook()
        book.active.append(["code", "name"])
        book.active.append([7, "Kitchen"])
        book.save(tmp_path / "d.xlsx")
        run("departments", tmp_path / "d.xlsx")
        assert Department.objects.get().code == "7"


class UsageTests:
    def test_an_unknown_kind_lists_the_known_ones_the_nearest_first(self) -> None:
        with pytest.raises(CommandError) as raised:
            run("employes", "x.csv")
        assert raised.value.returncode == 2
        assert str(raised.value).startswith("Unknown kind of import 'employes'. Known kinds: employees, ")
        assert all(kind in str(raised.value) for kind in KINDS)

    def test_a_missing_file_is_a_sentence(self) -> None:
        with pytest.raises(CommandError, match=r"There is no file none\.csv\.") as raised:
            run("employees", "none.csv")
        assert raised.value.returncode == 2

    def test_a_wrong_file_is_a_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"x\.csv: This does not look like a file of employees") as raised:
            run("employees", write(tmp_path / "x.csv", "isbn,price\n1,2\n"))
        assert raised.value.returncode == 2

    def test_asks_for_the_order_of_dates(self, tmp_path: Path) -> None:
        DepartmentFactory(code="KIT")
        header = "email,employee_number,first_name,last_name,department,hire_date"
        file = write(tmp_path / "x.csv", f"{header}\na@example.com,1,A,B,KIT,11/05/2026\n")
        with pytest.raises(CommandError, match="Say which it is"):
            run("employees", file)
        run("employees", file, "--date-order", "mdy")
        assert str(Employee.objects.get().hire_date) == "2026-11-05"


TYPES = "name,colour\nEarly,#ff0000\n=Late,red?\nNight,blue?\n"


def refused(code: int, *arguments: Any) -> tuple[str, str]:
    """Return what the command prints, and the sentence with which it ends."""
    out = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("import_csv", *map(str, arguments), stdout=out)
    assert raised.value.returncode == code
    return out.getvalue(), str(raised.value)


class MapTests:
    def test_reads_a_column_as_the_one_that_is_named(self, tmp_path: Path) -> None:
        file = write(tmp_path / "d.csv", "Kürzel (neu),Name\nKIT,Kitchen\n")
        assert figures(run("departments", file, "--map", "Kürzel (neu)=code"))["column Kürzel (neu)"] == "code"
        assert Department.objects.get().code == "KIT"
        assert ImportRun.objects.get().options["columns"] == {"Kürzel (neu)": "code"}

    def test_wins_over_the_column_of_that_name(self, tmp_path: Path) -> None:
        DepartmentFactory(code="KIT")
        text = "email,work=mail,employee_number,first_name,last_name,department\na@x.org,b@example.com,1,Amy,Reed,KIT\n"
        output = run("employees", write(tmp_path / "p.csv", text), "--map", "work=mail=email")
        assert Employee.objects.get().email == "b@example.com"
        assert "Ignored, because a file of employees has no such column: email." in output

    @pytest.mark.parametrize(
        ("chosen", "said"),
        [
            ("Cod=code", "The file has no column 'Cod'. It has 'Code' and 'Name'."),
            ("Code=kode", "There is no column 'kode'. Choose 'code', 'name', 'parent_code', "),
            ("Cod=", "The file has no column 'Cod'. It has 'Code' and 'Name'."),
            ("Code", "Write --map A=B for a column A of the file, not 'Code'."),
            ("=code", "Write --map A=B"),
        ],
    )
    def test_says_what_is_not_there(self, chosen: str, said: str, tmp_path: Path) -> None:
        file = write(tmp_path / "d.csv", "Code,Name\nKIT,Kitchen\n")
        assert said in refused(2, "departments", file, "--map", chosen)[1]

    def test_two_columns_cannot_be_one(self, tmp_path: Path) -> None:
        file = write(tmp_path / "d.csv", "A,B,Name\nKIT,BAR,Kitchen\n")
        said = refused(2, "departments", file, "--map", "A=code", "--map", "B=code")[1]
        assert "Two columns of the file are to be read as 'code'." in said

    def test_leaves_out_a_column_that_is_nothing(self, tmp_path: Path) -> None:
        DepartmentFactory(code="KIT", name="Kitchen")
        file = write(tmp_path / "d.csv", "Code,Name\nKIT,Bar\n")
        output = run("departments", file, "--map", "Name=")
        assert "Left out, as you have chosen: Name." in output
        assert Department.objects.get().name == "Kitchen"


class ValueTests:
    def test_reads_a_value_as_the_stored_one_in_all_rows(self, tmp_path: Path) -> None:
        DepartmentFactory(code="KIT")
        text = "name,shift_type,start,end,department\nEarly,Day,06:00,14:00,Kueche\nLate,Day,14:00,22:00, kueche\n"
        output = run("shifts", write(tmp_path / "s.csv", text), "--value", "department_code:Kueche=KIT")
        assert "'Kueche' is read as 'KIT', as you have chosen (2 rows)." in output
        assert [shift.department.code for shift in Shift.objects.select_related("department")] == ["KIT", "KIT"]
        assert ImportRun.objects.get().options["values"] == {"department_code": {"Kueche": "KIT"}}

    @pytest.mark.parametrize(
        ("chosen", "code", "said"),
        [
            ("department_code:Kueche", 2, "Write --value C:A=B for a value A in the column C"),
            ("Kueche=KIT", 2, "Write --value C:A=B"),
            ("department:Kueche=KIT", 2, "The values of 'department' name nothing that is stored. Choose values of "),
            ("department_code:Kueche=KITT", 1, "1 of 1 rows is wrong, so nothing was saved."),
        ],
    )
    def test_says_what_cannot_be_chosen(self, chosen: str, code: int, said: str, tmp_path: Path) -> None:
        DepartmentFactory(code="KIT")
        file = write(tmp_path / "s.csv", "name,shift_type,start,end,department\nEarly,Day,06:00,14:00,Kueche\n")
        assert said in refused(code, "shifts", file, "--value", chosen)[1]


class RejectedTests:
    def test_valid_only_imports_the_valid_rows_and_ends_with_1(self, tmp_path: Path) -> None:
        output, said = refused(1, "shift_types", write(tmp_path / "t.csv", TYPES), "--valid-only")
        assert said.startswith("2 of 3 rows are wrong, and the others were imported.")
        assert ShiftType.objects.get().name == "Early"
        assert figures(output)["run"] == str(ImportRun.objects.get(outcome="imported").pk)

    @pytest.mark.parametrize("suffix", ["csv", "xlsx"])
    def test_the_others_are_mended_and_imported(self, suffix: str, tmp_path: Path) -> None:
        wrong = tmp_path / f"wrong.{suffix}"
        file = write(tmp_path / "t.csv", TYPES)
        said = refused(1, "shift_types", file, "--valid-only", "--rejected", wrong)[1]
        assert said.endswith(f"Correct them in {wrong} and import that.")
        table = read_path(wrong)
        assert table.headers == ["name", "colour", "Error"]
        assert [list(row[:2]) for row in table] == [["=Late", "red?"], ["Night", "blue?"]]
        assert "red?" in table[0][2] or table[0][2]
        if suffix == "csv":
            assert "\n'=Late," in wrong.read_text(encoding="utf-8-sig").replace("\r", "")
        # Half of it is mended, then all of it.
        again = tmp_path / "again.csv"
        half = write(tmp_path / "half.csv", "name,colour,Error\n=Late,#00ff00,old\nNight,blue?,old\n")
        refused(1, "shift_types", half, "--valid-only", "--rejected", again)
        assert read_path(again).headers == ["name", "colour", "Error"]
        run("shift_types", write(again, again.read_text(encoding="utf-8-sig").replace("blue?", "#0000ff")))
        assert set(ShiftType.objects.values_list("name", flat=True)) == {"Early", "=Late", "Night"}

    def test_keeps_columns_that_are_not_read_and_a_row_of_several_days_once(self, tmp_path: Path) -> None:
        ShiftFactory(name="Early")
        text = "email,shift,date,end_date,Shoe size\nnobody@x.org,Early,2026-12-01,2026-12-04,44\n"
        wrong = tmp_path / "wrong.csv"
        refused(1, "assignments", write(tmp_path / "a.csv", text), "--rejected", wrong)
        (row,) = read_path(wrong)
        assert row[:5] == ("nobody@x.org", "Early", "2026-12-01", "2026-12-04", "44")

    def test_is_not_written_if_nothing_is_refused(self, tmp_path: Path) -> None:
        file = write(tmp_path / "t.csv", "name\nEarly\n")
        run("shift_types", file, "--rejected", tmp_path / "wrong.csv")
        assert not (tmp_path / "wrong.csv").exists()

    def test_refuses_a_place_where_it_cannot_be_written(self, tmp_path: Path) -> None:
        file = write(tmp_path / "t.csv", TYPES)
        for place, said in (
            ("wrong.ods", "writes a .csv or .xlsx file, not wrong.ods"),
            ("none/wrong.csv", "There is no folder"),
            ("t.csv", "would write over the file that is imported"),
        ):
            assert said in refused(2, "shift_types", file, "--rejected", tmp_path / place)[1]
        assert not ImportRun.objects.exists()


class UndoTests:
    def test_undoes_the_run_that_was_printed(self, tmp_path: Path) -> None:
        number = figures(run("shift_types", write(tmp_path / "t.csv", "name\nEarly\n")))["run"]
        assert "1 new row deleted" in run("--undo", number, "--dry-run")
        assert ShiftType.objects.exists()
        assert "1 new row deleted" in run("--undo", number[:8])
        assert not ShiftType.objects.exists()

    def test_names_what_it_has_left_and_ends_with_1(self, tmp_path: Path) -> None:
        number = figures(run("shift_types", write(tmp_path / "t.csv", "name\nEarly\nLate\n")))["run"]
        ShiftType.objects.filter(name="Late").update(code="L")
        output, said = refused(1, "--undo", number)
        assert "Late: Changed since: code." in output
        assert said == "1 of the rows are as they were before the undo."

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--undo", "12345678"), "There is no import '12345678'."),
            (("--undo", "12345678", "employees"), "--undo takes the number of an import, and no KIND or FILE."),
            (("--undo="), "There is no import ''."),
            (("employees",), "Say what to import: KIND and FILE, or --undo RUN."),
            ((), "Say what to import"),
        ],
    )
    def test_says_what_cannot_be_undone(self, arguments: Any, said: str) -> None:
        assert said in refused(2, *([arguments] if isinstance(arguments, str) else arguments))[1]

    def test_the_same_file_again_says_so(self, tmp_path: Path) -> None:
        file = write(tmp_path / "t.csv", "name\nEarly\n")
        assert "The same file was imported" not in run("shift_types", file)
        assert "The same file was imported on" in run("shift_types", file)
