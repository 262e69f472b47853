"""What a check by the policy costs: 1,000 new assignments against 50,000 existing ones.

A thousand people have worked ten weeks of five days, each in the same shift, under 15 rules. The benchmark checks the
next week of 200 of them (as an import or the page of a week does), and then one day of each of the thousand, spread
over all ten weeks (the worst case of an import). The figure is our own processor time. The time inside the database
driver, in execute and fetch, is subtracted and reported separately.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, medians, present, scratch_folder
from benchmarks.worker import Worker

PEOPLE, WEEKS, DAYS = 1_000, 10, 5
PLANNED = 1_000
ROUNDS = 9
MONDAY = date(2026, 11, 30)

BARS = (
    Bar("check_1000_ms", "at most 60 ms of our own", lambda figures: figures["check_1000_ms"] <= 60),
    Bar("check_queries", "at most 12", lambda figures: figures["check_queries"] <= 12),
    Bar("strewn_queries", "at most 12", lambda figures: figures["strewn_queries"] <= 12),
)


def main() -> None:
    parser = arguments(__doc__)
    options = parser.parse_args()
    present(f"A check of {PLANNED:,} assignments against {PEOPLE * WEEKS * DAYS:,}", measure(), BARS, options.json)


def measure() -> Figures:
    """Return the median milliseconds of a check, in our code and in the driver, and its queries."""
    with scratch_folder() as folder, Worker(__spec__.name, folder / "worker") as worker:
        worker.call("migrate")
        worker.call("prepare")
        return medians([worker.call("check_both") for _ in range(ROUNDS)])


# -- in the worker ----------------------------------------------------------------------------------------------------


def prepare() -> None:
    """Store the people, their shifts, ten weeks of work, and the rules."""
    from benchmarks.people import add_employees, add_shifts
    from scheduling.models import Department, Employee, Rule, Schedule, ScheduleAssignment, Shift

    add_employees(PEOPLE)
    add_shifts()
    people = list(Employee.objects.order_by("pk").values_list("pk", "department"))
    shifts = list(Shift.objects.order_by("pk").values_list("pk", flat=True))
    departments = list(Department.objects.order_by("pk").values_list("pk", flat=True))
    weeks = Schedule.objects.bulk_create(
        Schedule(department_id=department, week_start=monday, week_end=monday + timedelta(days=6))
        for department in departments
        for monday in _mondays(WEEKS + 1)
    )
    schedules = {(week.department_id, week.week_start): week.pk for week in weeks}
    ScheduleAssignment.objects.bulk_create(
        ScheduleAssignment(
            schedule_id=schedules[department, monday],
            employee_id=employee,
            shift_id=shifts[employee % len(shifts)],
            date=monday + timedelta(days=day),
        )
        for monday in _mondays(WEEKS)
        for employee, department in people
        for day in range(DAYS)
    )
    subjects: list[dict[str, Any]] = [
        {},
        {"scope": "department", "department_id": departments[0]},
        {"scope": "employee", "employee_id": people[0][0]},
    ]
    Rule.objects.bulk_create(
        Rule(name=f"{kind} {number}", kind=kind, parameters=parameters, **subject)
        for kind, parameters in RULES.items()
        for number, subject in enumerate(subjects)
    )


RULES = {
    "rest_period": {"min_hours": 11},
    "consecutive_days": {"max_days": 6},
    "overtime": {"max_overtime_hours_per_week": 4},
    "workload": {"max_hours_per_day": 11},
    "restriction": {"weekdays": ["sun"]},
}


def _mondays(number: int) -> list[date]:
    return [MONDAY + timedelta(days=7 * week) for week in range(number)]


def check_both() -> dict[str, float]:
    """Check a week of some people, and one day of everyone."""
    return {**_timed("check", _next_week()), **_timed("strewn", _strewn_days())}


def _timed(name: str, planned: list[Any]) -> dict[str, float]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from scheduling.policy import check

    with CaptureQueriesContext(connection) as queries:
        assert len(planned) == PLANNED
        check(planned)
    with _timing_the_driver() as inside:
        started = time.thread_time()
        findings = check(planned)
        seconds = time.thread_time() - started
    return {
        f"{name}_{PLANNED}_ms": (seconds - inside[0]) * 1e3,
        f"{name}_driver_ms": inside[0] * 1e3,
        f"{name}_queries": len(queries),
        f"{name}_findings": len(findings),
    }


def _next_week() -> list[Any]:
    from scheduling.models import Employee

    people = Employee.objects.order_by("pk")[: PLANNED // DAYS]
    monday = _mondays(WEEKS + 1)[-1]
    return [_assignment(employee, monday + timedelta(days=day)) for employee in people for day in range(DAYS)]


def _strewn_days() -> list[Any]:
    from scheduling.models import Employee

    # On a Saturday, the sixth day of a week in which everyone works five.
    people = Employee.objects.order_by("pk")
    return [
        _assignment(employee, _mondays(WEEKS)[number % WEEKS] + timedelta(days=5))
        for number, employee in enumerate(people)
    ]


def _assignment(employee: Any, day: date) -> Any:
    from scheduling.models import Schedule, ScheduleAssignment, Shift

    if not _known:
        _known["shifts"] = list(Shift.objects.order_by("pk").values_list("pk", flat=True))
        _known["schedules"] = {
            (department, monday): pk
            for pk, department, monday in Schedule.objects.values_list("pk", "department", "week_start")
        }
    shifts, monday = _known["shifts"], day - timedelta(days=day.weekday())
    return ScheduleAssignment(
        schedule_id=_known["schedules"][employee.department_id, monday],
        employee_id=employee.pk,
        shift_id=shifts[employee.pk % len(shifts)],
        date=day,
    )


_known: dict[str, Any] = {}


@contextmanager
def _timing_the_driver() -> Iterator[list[float]]:
    """Add up the time inside the methods that Django's cursors inherit from the driver."""
    from django.db.backends.sqlite3.base import SQLiteCursorWrapper

    inside = [0.0]

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            started = time.thread_time()
            try:
                return method(*args, **kwargs)
            finally:
                inside[0] += time.thread_time() - started

        return call

    # Only the driver's own methods: those of the wrapper, which call them, do work for Django as well.
    own = {name: SQLiteCursorWrapper.__dict__.get(name) for name in ("execute", "fetchone", "fetchmany", "fetchall")}
    try:
        SQLiteCursorWrapper.execute = _execute(timed(sqlite3.Cursor.execute))  # type: ignore[method-assign]
        for name in ("fetchone", "fetchmany", "fetchall"):
            setattr(SQLiteCursorWrapper, name, timed(getattr(sqlite3.Cursor, name)))
        yield inside
    finally:
        for name, method in own.items():
            if method is None:
                delattr(SQLiteCursorWrapper, name)
            else:
                setattr(SQLiteCursorWrapper, name, method)


def _execute(timed: Callable[..., Any]) -> Callable[..., Any]:
    def execute(self: Any, query: str, params: Any = None) -> Any:
        """Do what Django's own method does, and time the driver's part."""
        if params is None:
            return timed(self, query)
        return timed(self, self.convert_query(query, param_names=None), params)

    return execute


if __name__ == "__main__":
    sys.exit(main())
