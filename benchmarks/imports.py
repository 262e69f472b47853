"""What an import costs: ours, a stock ModelResource of django-import-export, and a bare bulk_create of ready objects.

Each importer reads the first N sample assignments from a file into a database that holds the departments, shifts and
employees, in a process of its own and with a fresh database, and then imports the same file again. Beyond the 5,000
assignments of the sample plan, the plan is repeated in later weeks. The stock resource and bulk_create run in the
project without the cache, so that they do not pay for it. Ours writes its run, with the file and all that its undo
needs.

Of many rows the stock resource imports the first 1,000 only, because its rate does not depend on their number.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, medians, present, scratch_folder
from benchmarks.import_databases import PLAIN, Databases, databases_of, write_sample
from benchmarks.worker import SETTINGS

ADMIN = "benchmarks.import_admin"
ROUNDS = 5
STOCK_ROWS = 1000
ADMIN_ROWS = 1000
COMPARED_ROWS = 10_000
"""With more rows than these, the import of these is measured too."""


def bars(database: str, rows: int) -> list[Bar]:
    """Return what is promised. PostgreSQL has a round trip for each statement, which stock makes for each row."""
    new, again = (25, 100) if database == "sqlite" else (20, 100)
    found = [
        Bar(
            "ours_rows_per_s",
            f"at least {new} times stock",
            lambda figures: figures["ours_rows_per_s"] >= new * figures["stock_rows_per_s"],
        ),
        Bar(
            "ours_rows_per_s",
            "not slower than bulk_create",
            lambda figures: figures["ours_rows_per_s"] >= figures["bulk_create_rows_per_s"],
        ),
        Bar(
            "ours_again_rows_per_s",
            f"at least {again} times stock again",
            lambda figures: figures["ours_again_rows_per_s"] >= again * figures["stock_again_rows_per_s"],
        ),
        Bar("ours_queries", "at most 25", lambda figures: figures["ours_queries"] <= 25),
        Bar(
            "ours_admin_rows_per_s",
            "at least 10 times stock",
            lambda figures: figures["ours_admin_rows_per_s"] >= 10 * figures["stock_admin_rows_per_s"],
        ),
    ]
    if rows > COMPARED_ROWS:
        # A statement takes so many rows, so there are more of them.
        found = [bar for bar in found if bar.figure != "ours_queries"]
        found += [
            Bar(
                "ours_rows_per_s",
                "at least 0.8 of those at 10,000",
                lambda figures: figures["ours_rows_per_s"] >= 0.8 * figures["ours_10000_rows_per_s"],
            ),
            Bar(
                "ours_peak_mb",
                "at most 40 above that of 10,000",
                lambda figures: figures["ours_peak_mb"] <= 40 + figures["ours_10000_peak_mb"],
            ),
        ]
    return found


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=1000, metavar="N", help="How many assignments (1000)")
    parser.add_argument("--rounds", type=int, help=f"How often each imports ({ROUNDS}; 1 with more than 10,000 rows).")
    parser.add_argument(
        "--database", choices=("sqlite", "embedded"), default="sqlite", help="SQLite, or PostgreSQL from a wheel."
    )
    options = parser.parse_args()
    if options.rows < 1:
        sys.exit(f"--rows takes 1 or more, not {options.rows}.")
    rounds = options.rounds or (ROUNDS if options.rows <= COMPARED_ROWS else 1)
    figures = measure(options.rows, rounds, options.database)
    title = f"Import of {options.rows:,} assignments, {options.database}"
    present(title, figures, bars(options.database, options.rows), options.json)


def measure(rows: int, rounds: int = ROUNDS, database: str = "sqlite") -> Figures:
    """Return the median rows per second of each importer, and the queries and the memory of ours."""
    with scratch_folder() as folder, databases_of(folder, database) as databases:
        files = {number: folder / f"assignments-{number}.csv" for number in {rows, *_also(rows)}}
        for number, file in files.items():
            write_sample(file, number)
        with databases.worker("template", PLAIN, __spec__.name) as template:
            template.call("migrate")
            template.call("prepare")
            databases.complete(template)
        return medians([_round(databases, number, files, rows) for number in range(rounds)])


def _also(rows: int) -> set[int]:
    return {min(rows, STOCK_ROWS), min(rows, ADMIN_ROWS), *({COMPARED_ROWS} if rows > COMPARED_ROWS else ())}


def _round(databases: Databases, number: int, files: dict[int, Path], rows: int) -> dict[str, Any]:
    importers: list[tuple[str, str, str, int]] = [
        ("import_stock", PLAIN, __spec__.name, min(rows, STOCK_ROWS)),
        ("import_ours", SETTINGS, __spec__.name, rows),
        ("create_in_bulk", PLAIN, __spec__.name, rows),
        ("through_stock", PLAIN, ADMIN, min(rows, ADMIN_ROWS)),
        ("through_ours", SETTINGS, ADMIN, min(rows, ADMIN_ROWS)),
    ]
    figures: dict[str, Any] = {}
    for importer, settings, module, size in importers:
        with databases.worker(f"{importer}_{number}", settings, module) as worker:
            figures |= worker.call(importer, file=str(files[size]))
    if rows > COMPARED_ROWS:
        with databases.worker(f"fewer_{number}", SETTINGS, __spec__.name) as worker:
            fewer = worker.call("import_ours", file=str(files[COMPARED_ROWS]))
        figures |= {f"ours_10000_{name}": fewer[f"ours_{name}"] for name in ("rows_per_s", "peak_mb")}
    return figures


# -- in the workers ---------------------------------------------------------------------------------------------------


def prepare() -> None:
    """Fill the database that all importers start from."""
    from django.db import connections

    from benchmarks.people import add_employees, add_shifts

    add_employees()
    add_shifts()
    # PostgreSQL copies a database that nobody is connected to.
    connections.close_all()


def import_ours(file: str) -> dict[str, float]:
    """Import as `manage.py import_csv assignments FILE` does, twice."""
    import resource

    from scheduling.imports.engine.files import read_path
    from scheduling.imports.kinds.assignments import AssignmentResource

    def run() -> Any:
        return _small(AssignmentResource().import_data(read_path(Path(file)), file_name=Path(file).name))

    (first,) = _times(1, run)
    # Of the process: Python, Django and the project included.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (again,) = _times(1, run)
    rows = first["result"]["rows"]
    assert (first["result"]["new"], again["result"]["unchanged"]) == (rows, rows), (first, again)
    return {
        "ours_rows_per_s": rows / first["seconds"],
        "ours_again_rows_per_s": rows / again["seconds"],
        "ours_queries": first["result"]["queries"],
        "ours_again_queries": again["result"]["queries"],
        "ours_peak_mb": peak,
        "ours_again_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _small(result: Any) -> dict[str, int]:
    """Return of a result what is compared. Both results at once would be what fills the memory."""
    return {
        "rows": result.total_rows,
        "new": result.new,
        "unchanged": result.unchanged,
        "queries": result.queries,
    }


def import_stock(file: str) -> dict[str, float]:
    """Import with a stock resource, as the library's documentation shows it, twice."""
    import tablib

    from benchmarks.stock import StockAssignmentResource

    def run() -> Any:
        dataset = tablib.Dataset().load(Path(file).read_text(encoding="utf-8"), format="csv")
        return StockAssignmentResource().import_data(dataset, raise_errors=True)

    first, again = _times(2, run)
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


def _times(number: int, run: Any) -> list[dict[str, Any]]:
    """Run something so many times; return the result and the seconds of each run."""
    outcomes = []
    for _ in range(number):
        started = time.perf_counter()
        result = run()
        outcomes.append({"result": result, "seconds": time.perf_counter() - started})
    return outcomes


if __name__ == "__main__":
    sys.exit(main())
