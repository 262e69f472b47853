"""What an import costs: ours, a stock ModelResource of django-import-export, and a bare bulk_create of ready objects.

Each importer reads the first N sample assignments from a file into a database that holds the departments, shifts and
employees, in a process of its own and with a fresh database, and then imports the same file again. The stock resource
and bulk_create run in the project without the cache, so that they do not pay for it.
"""

from __future__ import annotations

import csv
import shutil
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, medians, present, scratch_folder
from benchmarks.worker import SETTINGS, Worker
from scheduling.samples import SAMPLES_DIR

PLAIN = "benchmarks.plain"
ROUNDS = 5
DATABASE = "db.sqlite3"

BARS = (
    Bar(
        "ours_rows_per_s",
        "at least 25 times stock",
        lambda figures: figures["ours_rows_per_s"] >= 25 * figures["stock_rows_per_s"],
    ),
    Bar(
        "ours_again_rows_per_s",
        "at least 40 times stock again",
        lambda figures: figures["ours_again_rows_per_s"] >= 40 * figures["stock_again_rows_per_s"],
    ),
    Bar("ours_queries", "at most 25", lambda figures: figures["ours_queries"] <= 25),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=1000, metavar="N", help="How many assignments (1000)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"How often each imports ({ROUNDS}).")
    options = parser.parse_args()
    present(f"Import of {options.rows:,} assignments", measure(options.rows, options.rounds), BARS, options.json)


def measure(rows: int, rounds: int = ROUNDS) -> Figures:
    """Return the median rows per second of each importer, and the queries of ours."""
    with scratch_folder() as folder:
        file = folder / "assignments.csv"
        _write_sample(file, rows)
        with Worker(__spec__.name, folder / "template", settings=PLAIN) as template:
            template.call("migrate")
            template.call("prepare")
            template.call("checkpoint")
        return medians([_round(folder, number, file) for number in range(rounds)])


def _round(folder: Path, number: int, file: Path) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for importer, settings in (("import_stock", PLAIN), ("import_ours", SETTINGS), ("create_in_bulk", PLAIN)):
        own = folder / f"{importer}-{number}"
        own.mkdir()
        shutil.copy(folder / "template" / DATABASE, own / DATABASE)
        with Worker(__spec__.name, own, settings=settings) as worker:
            figures |= worker.call(importer, file=str(file))
    return figures


def _write_sample(file: Path, rows: int) -> None:
    lines = (SAMPLES_DIR / "assignments.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    if not 0 < rows < len(lines):
        sys.exit(f"There are {len(lines) - 1:,} sample assignments: --rows takes 1 to {len(lines) - 1}, not {rows}.")
    file.write_text("".join(islice(lines, rows + 1)), encoding="utf-8")


# -- in the workers ---------------------------------------------------------------------------------------------------


def prepare() -> None:
    """Fill the database that all importers start from."""
    from benchmarks.people import add_employees, add_shifts

    add_employees()
    add_shifts()


def import_ours(file: str) -> dict[str, float]:
    """Import as `manage.py import_csv assignments FILE` does, twice."""
    from scheduling.imports.engine.files import read_path
    from scheduling.imports.kinds.assignments import AssignmentResource

    def run() -> Any:
        return AssignmentResource().import_data(read_path(Path(file)))

    first, again = _twice(run)
    rows = first["result"].total_rows
    assert (first["result"].new, again["result"].unchanged) == (rows, rows)
    return {
        "ours_rows_per_s": rows / first["seconds"],
        "ours_again_rows_per_s": rows / again["seconds"],
        "ours_queries": first["result"].queries,
        "ours_again_queries": again["result"].queries,
    }


def import_stock(file: str) -> dict[str, float]:
    """Import with a stock resource, as the library's documentation shows it, twice."""
    import tablib

    from benchmarks.stock import StockAssignmentResource

    def run() -> Any:
        dataset = tablib.Dataset().load(Path(file).read_text(encoding="utf-8"), format="csv")
        return StockAssignmentResource().import_data(dataset, raise_errors=True)

    first, again = _twice(run)
    rows = first["result"].total_rows
    assert (first["result"].totals["new"], again["result"].totals["skip"]) == (rows, rows)
    return {"stock_rows_per_s": rows / first["seconds"], "stock_again_rows_per_s": rows / again["seconds"]}


def create_in_bulk(file: str) -> dict[str, float]:
    """Store ready objects in one transaction, which is the least that any import must do."""
    from django.db import transaction

    from scheduling.models import ScheduleAssignment

    objects = _ready_objects(Path(file))
    started = time.perf_counter()
    with transaction.atomic():
        ScheduleAssignment.objects.bulk_create(objects)
    return {"bulk_create_rows_per_s": len(objects) / (time.perf_counter() - started)}


def _ready_objects(file: Path) -> list[Any]:
    from datetime import date, timedelta

    from scheduling.models import Department, Employee, Schedule, ScheduleAssignment, Shift

    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    employees = dict(Employee.objects.values_list("email", "pk"))
    shifts = dict(Shift.objects.values_list("name", "pk"))
    departments = dict(Department.objects.values_list("code", "pk"))
    dates = [date.fromisoformat(row["date"]) for row in rows]
    weeks = [
        (departments[row["department_code"]], day - timedelta(days=day.weekday()))
        for row, day in zip(rows, dates, strict=True)
    ]
    schedules = {
        (department, monday): Schedule.objects.create(department_id=department, week_start=monday)
        for department, monday in dict.fromkeys(weeks)
    }
    return [
        ScheduleAssignment(
            schedule=schedules[week],
            employee_id=employees[row["employee_email"]],
            shift_id=shifts[row["shift_name"]],
            date=day,
            status=row["status"],
            notes=row["notes"],
        )
        for row, day, week in zip(rows, dates, weeks, strict=True)
    ]


def _twice(run: Any) -> list[dict[str, Any]]:
    """Run something twice; return the result and the seconds of each run."""
    outcomes = []
    for _ in range(2):
        started = time.perf_counter()
        result = run()
        outcomes.append({"result": result, "seconds": time.perf_counter() - started})
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
