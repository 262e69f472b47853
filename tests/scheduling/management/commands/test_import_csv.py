import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

import scheduling.samples
from scheduling.imports.kinds import KINDS
from scheduling.models import Department, Employee, Schedule, ScheduleAssignment, Shift
from tests.factories import DepartmentFactory

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
        assert raised.value.returncode == 1

    def test_asks_for_the_order_of_dates(self, tmp_path: Path) -> None:
        DepartmentFactory(code="KIT")
        header = "email,employee_number,first_name,last_name,department,hire_date"
        file = write(tmp_path / "x.csv", f"{header}\na@example.com,1,A,B,KIT,11/05/2026\n")
        with pytest.raises(CommandError, match="Say which it is"):
            run("employees", file)
        run("employees", file, "--date-order", "mdy")
        assert str(Employee.objects.get().hire_date) == "2026-11-05"
