import csv
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from scheduling.fields import normalise_email
from scheduling.samples import SAMPLES_DIR
from scheduling.samples.generate import write_all

FILES = (
    "departments.csv",
    "employees.csv",
    "shift_types.csv",
    "shifts.csv",
    "schedules.csv",
    "assignments.csv",
    "rules.csv",
)


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLES_DIR / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def span(shift: dict[str, str], day: date) -> tuple[datetime, datetime]:
    """Return start and end; the end is on the next day when it is not after the start."""
    start, end = (datetime.combine(day, time.fromisoformat(shift[name])) for name in ("start_time", "end_time"))
    return start, end if end > start else end + timedelta(days=1)


class GeneratorTests:
    def test_writes_the_committed_files_byte_for_byte(self, tmp_path: Path) -> None:
        write_all(tmp_path)

        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
        for name in FILES:
            assert (tmp_path / name).read_bytes() == (SAMPLES_DIR / name).read_bytes(), name


class FilesTests:
    @pytest.mark.parametrize(("name", "count"), list(zip(FILES, (40, 1000, 4, 12, 30, 5000, 5), strict=True)))
    def test_have_so_many_rows(self, name: str, count: int) -> None:
        assert len(rows(name)) == count

    def test_departments_name_parents_that_came_before(self) -> None:
        seen = {""}
        for row in rows("departments.csv"):
            assert row["parent_code"] in seen
            seen.add(row["code"])

    def test_people_are_unique_and_their_departments_exist(self) -> None:
        people = rows("employees.csv")
        codes = {row["code"] for row in rows("departments.csv")}

        assert len({row["email"] for row in people}) == len({row["employee_number"] for row in people}) == 1000
        assert {row["department_code"] for row in people} <= codes
        assert all(row["email"] == normalise_email(row["email"]) and row["email"].isascii() for row in people)
        assert all(row["email"].endswith(".example.com") for row in people)

    def test_assignments_name_people_shifts_and_departments_that_exist(self) -> None:
        home = {row["email"]: row["department_code"] for row in rows("employees.csv")}
        shifts = {row["name"] for row in rows("shifts.csv")}

        for row in rows("assignments.csv"):
            assert home[row["employee_email"]] == row["department_code"]
            assert row["shift_name"] in shifts


class PlanTests:
    def test_everyone_rests_ten_hours_and_keeps_to_the_contract(self) -> None:
        allowed = {row["email"]: timedelta(hours=int(row["max_hours_per_week"])) for row in rows("employees.csv")}
        shifts = {row["name"]: row for row in rows("shifts.csv")}
        worked: dict[tuple[str, date], timedelta] = defaultdict(timedelta)
        last_end: dict[str, datetime] = {}

        for row in rows("assignments.csv"):  # in order of date
            person, day = row["employee_email"], date.fromisoformat(row["date"])
            shift = shifts[row["shift_name"]]
            start, end = span(shift, day)
            assert start - last_end.get(person, datetime.min) >= timedelta(hours=10)
            last_end[person] = end
            worked[person, day - timedelta(days=day.weekday())] += (
                end - start - timedelta(minutes=int(shift["break_minutes"]))
            )

        assert all(hours <= allowed[person] for (person, _), hours in worked.items())
