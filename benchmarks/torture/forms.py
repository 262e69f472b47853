"""The forms of writes. Each is given its writer and the new versions of one or several subjects of one kind.

A form that locks the row first (``atomic``) may write any subject. In autocommit nothing decides which of two writers
comes last, so such a form only writes subjects that its writer owns, unless the database itself counts (``F() + 1``):
then the row has at least the version that is published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from django.db import connection, transaction
from django.db.models import F

from benchmarks.torture.board import Board
from benchmarks.torture.designs import Design
from benchmarks.torture.subjects import UNCOMMITTED, Subject, version_of
from scheduling.models import Employee, ScheduleAssignment

Versions = Mapping[Subject, int]


class Writer(Protocol):
    """What a form uses of the process that runs it: its instances of the rows, and the board for reads of its own."""

    number: int
    board: Board
    design: Design
    employees: dict[int, Employee]
    assignments: dict[int, ScheduleAssignment]


class Rollback(Exception):
    """Ends the transaction of a form that leaves nothing written."""


@dataclass(frozen=True)
class Form:
    name: str
    kind: str
    run: Callable[[Writer, Versions], None]
    atomic: bool
    weight: float
    owned: bool = False
    signals: bool = False
    """Whether everything it writes goes through ``save()``, as ``--writes save`` asks for."""
    subjects: int = 1
    step: int = 1


FORMS: list[Form] = []


def form(
    name: str,
    kind: str,
    weight: float,
    *,
    atomic: bool = True,
    counts: bool = False,
    signals: bool = False,
    subjects: int = 1,
    step: int = 1,
) -> Callable[[Callable[[Writer, Versions], None]], Callable[[Writer, Versions], None]]:
    """Register a function as a form. ``counts`` means that the database itself adds one to the version."""

    def register(run: Callable[[Writer, Versions], None]) -> Callable[[Writer, Versions], None]:
        FORMS.append(Form(name, kind, run, atomic, weight, not atomic and not counts, signals, subjects, step))
        return run

    return register


# -- employees by version --------------------------------------------------------------------------------------------


@form("save in atomic", "row", 30, signals=True)
@form("save, autocommit, stale instance", "row", 10, atomic=False, signals=True)
@form("save of three in atomic", "row", 5, subjects=3, signals=True)
def save(writer: Writer, versions: Versions) -> None:
    for subject, version in versions.items():
        employee = writer.employees[subject.pks[0]]
        employee.hourly_rate = version
        employee.save()


@form("save(update_fields) in atomic", "row", 8, signals=True)
@form("save(update_fields), autocommit", "row", 4, atomic=False, signals=True)
def save_one_field(writer: Writer, versions: Versions) -> None:
    for subject, version in versions.items():
        employee = writer.employees[subject.pks[0]]
        employee.hourly_rate = version
        employee.save(update_fields=["hourly_rate"])


@form("update(F() + 1) by pk in atomic", "row", 6)
@form("update(F() + 1) by pk, autocommit", "row", 6, atomic=False, counts=True)
def update(writer: Writer, versions: Versions) -> None:
    for subject in versions:
        Employee.objects.filter(pk=subject.pks[0]).update(hourly_rate=F("hourly_rate") + 1)


@form("update(F() + 1) by e-mail, autocommit", "row", 0.5, atomic=False, counts=True)
@form("update(F() + 1) by e-mail in atomic", "row", 0.5)
def update_by_email(writer: Writer, versions: Versions) -> None:
    for subject in versions:
        Employee.objects.filter(email=subject.email).update(hourly_rate=F("hourly_rate") + 1)


@form("bulk_update of three in atomic", "row", 5, subjects=3)
@form("bulk_update, autocommit", "row", 3, atomic=False)
def bulk_update(writer: Writer, versions: Versions) -> None:
    employees = [writer.employees[subject.pks[0]] for subject in versions]
    for employee, version in zip(employees, versions.values(), strict=True):
        employee.hourly_rate = version
    Employee.objects.bulk_update(employees, ["hourly_rate"])


@form("raw SQL, autocommit", "row", 0.5, atomic=False, counts=True)
@form("raw SQL in atomic", "row", 0.5)
def raw(writer: Writer, versions: Versions) -> None:
    with connection.cursor() as cursor:
        for subject in versions:
            cursor.execute(
                "/* by hand */ UPDATE scheduling_employee SET hourly_rate = hourly_rate + 1 WHERE id = %s",
                [subject.pks[0]],
            )


@form("save after a savepoint was rolled back", "row", 3)
def savepoint(writer: Writer, versions: Versions) -> None:
    try:
        with transaction.atomic():
            _save_uncommitted(writer, versions)
            raise Rollback
    except Rollback:
        save(writer, versions)


@form("rolled back", "row", 3)
def rolled_back(writer: Writer, versions: Versions) -> None:
    _save_uncommitted(writer, versions)
    raise Rollback


def _save_uncommitted(writer: Writer, versions: Versions) -> None:
    for subject in versions:
        save(writer, {subject: UNCOMMITTED})
        _read_own(writer, subject, UNCOMMITTED)


@form("save and read it in atomic", "row", 5)
def save_and_read(writer: Writer, versions: Versions) -> None:
    save(writer, versions)
    for subject, version in versions.items():
        _read_own(writer, subject, version)


def _read_own(writer: Writer, subject: Subject, version: int) -> None:
    found = (writer.design.employee_by_email(subject.email), writer.design.employee_by_id(subject.pks[0]))
    for employee in found:
        writer.board.count_own_read(writer.number, right=employee is not None and version_of(employee) == version)


# -- an address that changes hands -----------------------------------------------------------------------------------


@form("address given up or taken, in atomic", "address", 8, signals=True)
@form("address given up or taken, autocommit", "address", 4, atomic=False, signals=True)
def pass_on(writer: Writer, versions: Versions) -> None:
    """Give the address up at an odd version; let the next employee take it at an even one."""
    for subject, version in versions.items():
        if version % 2:
            _give_up(writer, subject, version)
        else:
            _take(writer, subject, version)


@form("address handed over in one transaction", "address", 8, step=2, signals=True)
def hand_over(writer: Writer, versions: Versions) -> None:
    for subject, version in versions.items():
        _give_up(writer, subject, version)
        if version % 2 == 0:
            _take(writer, subject, version)


@form("address given up or taken by update()", "address", 4, atomic=False)
def pass_on_by_update(writer: Writer, versions: Versions) -> None:
    for subject, version in versions.items():
        pk, email = subject.holder(version), subject.email
        if pk is None:
            pk = _last_holder(subject, version)
            email = subject.spare[subject.pks.index(pk)]
        Employee.objects.filter(pk=pk).update(email=email, hourly_rate=version)


def _last_holder(subject: Subject, version: int) -> int:
    return subject.pks[(version - 1) // 2 % 2]


def _give_up(writer: Writer, subject: Subject, version: int) -> None:
    pk = _last_holder(subject, version)
    employee = writer.employees[pk]
    employee.email, employee.hourly_rate = subject.spare[subject.pks.index(pk)], version
    employee.save()


def _take(writer: Writer, subject: Subject, version: int) -> None:
    employee = writer.employees[subject.pks[version // 2 % 2]]
    employee.email, employee.hourly_rate = subject.email, version
    employee.save()


# -- assignments that move between two lists -------------------------------------------------------------------------


@form("assignment saved in atomic", "assignment", 8, signals=True)
@form("assignment saved, autocommit, stale instance", "assignment", 6, atomic=False, signals=True)
def save_assignment(writer: Writer, versions: Versions) -> None:
    for subject, version in versions.items():
        _moved(writer, subject, version).save()


@form("assignment by update(), autocommit", "assignment", 4, atomic=False)
def update_assignment(writer: Writer, versions: Versions) -> None:
    for subject, version in versions.items():
        schedule = subject.schedules[subject.side(version)]
        ScheduleAssignment.objects.filter(pk=subject.pks[0]).update(schedule=schedule, notes=str(version))


@form("assignments by bulk_update in atomic", "assignment", 4, subjects=3)
def bulk_update_assignments(writer: Writer, versions: Versions) -> None:
    moved = [_moved(writer, subject, version) for subject, version in versions.items()]
    ScheduleAssignment.objects.bulk_update(moved, ["schedule", "notes"])


@form("assignment by raw SQL, autocommit", "assignment", 0.5, atomic=False)
def raw_assignment(writer: Writer, versions: Versions) -> None:
    with connection.cursor() as cursor:
        for subject, version in versions.items():
            cursor.execute(
                "update scheduling_scheduleassignment set notes = %s, schedule_id = %s where id = %s",
                [str(version), subject.schedules[subject.side(version)], subject.pks[0]],
            )


def _moved(writer: Writer, subject: Subject, version: int) -> ScheduleAssignment:
    assignment = writer.assignments[subject.pks[0]]
    assignment.schedule_id, assignment.notes = subject.schedules[subject.side(version)], str(version)
    return assignment
