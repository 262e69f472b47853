"""What full caches take: every type of the table of sizes, full of realistic rows, in bytes by tracemalloc.

The rows are those of the sample files, as many times as the type has room for; each is read by its key, as pages do.
The memory is what Python has allocated for the entries of a type and still holds, with keys, stamps and tables. The
estimate is what ``manage.py cache stats`` and the page of the cache show.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, present, scratch_folder
from benchmarks.worker import Worker

MAX_MB = 5
MAX_ERROR_PERCENT = 20

BARS = (
    Bar("all_types_mb", f"at most {MAX_MB}", lambda figures: figures["all_types_mb"] <= MAX_MB),
    Bar(
        "abs_estimate_error_percent",
        f"at most {MAX_ERROR_PERCENT}",
        lambda figures: figures["abs_estimate_error_percent"] <= MAX_ERROR_PERCENT,
    ),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="How much of the room is filled (1).")
    options = parser.parse_args()
    with scratch_folder() as folder, Worker(__spec__.name, folder) as worker:
        worker.call("migrate")
        figures = worker.call("measure", share=options.share)
    present("Memory of full caches", figures, BARS, options.json)


def measure(share: float) -> Figures:
    """Return the megabytes of all types and of each, and how far the estimates are from that, in percent."""
    import gc
    import tracemalloc

    from caching import cache_manager

    readers = _readers(share)
    for read, values in readers.values():
        read(values[0])  # what the first read of a model sets up for all is no part of an entry
    cache_manager.reconfigure()
    figures: dict[str, float] = {}
    estimates: dict[str, float] = {}
    for name, (read, values) in readers.items():
        cache_manager.type_entries(name)
        gc.collect()
        tracemalloc.start()
        for value in values:
            read(value)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        counted = cache_manager.get_stats()["types"][name]
        assert counted["entries"] == len(values), (name, counted["entries"], len(values))
        figures[f"{name}_mb"], estimates[name] = taken / 1e6, counted["bytes"] / 1e6
    total = sum(figures.values())
    errors = {
        f"{name}_estimate_error_percent": 100 * (estimates[name] / figures[f"{name}_mb"] - 1) for name in estimates
    }
    return {
        **figures,
        **errors,
        "all_types_mb": total,
        "all_types_estimate_mb": sum(estimates.values()),
        "abs_estimate_error_percent": max(map(abs, errors.values())),
    }


def _readers(share: float) -> dict[str, tuple[Any, list[Any]]]:
    """Fill the database; return by type how a row is read, and the keys of as many rows as the type has room for."""
    from caching import cache_manager
    from scheduling.models import Department, Employee, Notification, Rule, Schedule, Shift, Skill

    rooms = {
        name: max(int(cache_manager.type_entries(name).max_size * share), 1)
        for name in ("employee", "department", "shift", "schedule", "rule", "notification", "general")
    }
    _fill(rooms)
    models: dict[str, Any] = {
        "employee": Employee,
        "department": Department,
        "shift": Shift,
        "schedule": Schedule,
        "rule": Rule,
        "notification": Notification,
    }
    readers: dict[str, tuple[Any, list[Any]]] = {}
    for name, model in models.items():
        keys = list(model.objects.order_by("pk").values_list("pk", flat=True)[: rooms[name]])
        readers[name] = model.objects.get_by_id, keys

    def skill(key: int) -> Any:
        return cache_manager.get_or_load("general", f"skill:{key}", lambda: Skill.objects.get(pk=key))

    # No page reads this type by the row: its entries are the values of computed reads.
    keys = list(Skill.objects.order_by("pk").values_list("pk", flat=True)[: rooms["general"]])
    return readers | {"general": (skill, keys)}


def _fill(rooms: dict[str, int]) -> None:
    """Store as many realistic rows of every model: those of the sample files, and more like them."""
    import datetime

    from benchmarks.people import add_employees, sample_rows
    from scheduling.models import Department, Employee, Notification, Rule, Schedule, Shift, ShiftType, Skill

    add_employees(rooms["employee"])
    departments, people = list(Department.objects.all()), list(Employee.objects.all())
    Department.objects.bulk_create(
        Department(code=f"{row.code}-{number}", name=f"{row.name} {number}", description=row.description)
        for number, row in _more(departments, rooms["department"])
    )
    day = ShiftType.objects.create(name="Day", code="DAY")
    Shift.objects.bulk_create(
        Shift(
            name=f"{row['name']} {number}",
            code=f"{row['code']}{number}",
            shift_type=day,
            start_time=row["start_time"],
            end_time=row["end_time"],
        )
        for number, row in _more(list(sample_rows("shifts")), rooms["shift"], begun=0)
    )
    monday = datetime.date(2026, 11, 30)
    starts = [monday + datetime.timedelta(days=7 * (number // len(departments))) for number in range(rooms["schedule"])]
    Schedule.objects.bulk_create(
        Schedule(
            department=departments[number % len(departments)],
            week_start=start,
            week_end=start + datetime.timedelta(days=6),
        )
        for number, start in enumerate(starts)
    )
    Rule.objects.bulk_create(
        Rule(name=f"{row['name']} {number}", kind=row["kind"], parameters={"min_hours": 11})
        for number, row in _more(list(sample_rows("rules")), rooms["rule"], begun=0)
    )
    Notification.objects.bulk_create(
        Notification(
            recipient=people[number % len(people)],
            title=f"The schedule of week {number} was published",
            body="It begins on Monday. Look at your shifts, and say which of them you cannot take.",
            link=f"/admin/scheduling/schedule/{number}/change/",
        )
        for number in range(rooms["notification"])
    )
    Skill.objects.bulk_create(
        Skill(name=f"Skill {number}", description="Meat, fish and vegetables") for number in range(rooms["general"])
    )


def _more(rows: list[Any], number: int, begun: int | None = None) -> Iterator[tuple[int, Any]]:
    """Yield the rows over and over, with a number, until there are so many; ``begun`` says how many there are."""
    for made in range(len(rows) if begun is None else begun, number):
        yield made, rows[made % len(rows)]


if __name__ == "__main__":
    sys.exit(main())
