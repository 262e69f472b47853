"""Rows that a transaction keeps to itself while it checks and writes a plan, always taken in the same order.

First schedules, then assignments, then people, each by primary key: two transactions that follow this order never wait
for each other. SQLite needs none of it, because its transactions begin with the lock of the whole database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connections, router
from django.db.models import Model, QuerySet

from scheduling.models import Employee, Schedule, ScheduleAssignment


def lock_schedules(keys: Iterable[int]) -> None:
    _lock(Schedule, keys)


def lock_schedules_of(assignments: Iterable[int], besides: Iterable[int] = ()) -> None:
    """Lock the schedules of some assignments, given by their primary keys, and other schedules besides."""
    if _locks_rows(Schedule):
        rows = ScheduleAssignment.objects.filter(pk__in=list(assignments)).order_by()
        lock_schedules({*rows.values_list("schedule_id", flat=True), *besides})


def locked(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Let a query lock its rows, without those that it joins."""
    return rows.select_for_update(of=("self",)).order_by("pk")


def lock_people(keys: Iterable[int]) -> None:
    """Lock employees, so that nobody else plans them meanwhile. Rows that refer to them can still be written."""
    _lock(Employee, keys, no_key=True)


def _lock(model: type[Model], keys: Iterable[int], *, no_key: bool = False) -> None:
    if _locks_rows(model) and (wanted := sorted(set(keys))):
        rows = model._default_manager.filter(pk__in=wanted).order_by("pk")
        list(rows.select_for_update(no_key=no_key).values_list("pk", flat=True))


def _locks_rows(model: type[Model]) -> bool:
    return connections[router.db_for_write(model)].features.has_select_for_update
