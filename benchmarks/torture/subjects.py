"""What is written and read, and whether what was read may be.

Every subject has a version that only ever increases. It stands in a column of the row, and for subjects that move it
tells where they are:

row         an employee; the version is its hourly rate
address     an e-mail address that one of two employees holds, or at odd versions nobody
assignment  an assignment that is in one of two schedules; the version stands in its notes, employees are joined
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ROWS, ADDRESSES, PAIRS_OF_LISTS, PER_PAIR = 16, 4, 2, 4
UNCOMMITTED = 900_000
"""Versions from here on are only ever written in transactions that are rolled back."""


@dataclass(frozen=True)
class Subject:
    kind: str
    number: int
    """The place on the board."""
    pks: tuple[int, ...]
    """Of the employee, of the two employees that share the address, of the assignment."""
    email: str = ""
    spare: tuple[str, ...] = ()
    """The addresses of the two employees while they do not hold the shared one."""
    schedules: tuple[int, ...] = ()
    joined: int = 0
    """Of an assignment: the number of the row subject that is joined."""

    def owner(self, writers: int) -> int | None:
        """Return the only writer that may write it without a lock; None: all may write it, under locks."""
        return None if self.number % 2 == 0 else (self.number // 2) % writers

    def holder(self, version: int) -> int | None:
        """Return the employee that holds the address at a version."""
        return None if version % 2 else self.pks[version // 2 % 2]

    def side(self, version: int) -> int:
        """Return in which of its two schedules the assignment is at a version: every third one moves it."""
        return version // 3 % 2


@dataclass(frozen=True)
class World:
    rows: tuple[Subject, ...]
    addresses: tuple[Subject, ...]
    assignments: tuple[Subject, ...]

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return self.rows + self.addresses + self.assignments

    @property
    def lists(self) -> dict[int, tuple[Subject, ...]]:
        """The assignments that may be in each schedule."""
        schedules = dict.fromkeys(pk for one in self.assignments for pk in one.schedules)
        return {pk: tuple(one for one in self.assignments if pk in one.schedules) for pk in schedules}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "World":
        def subject(one: Mapping[str, Any]) -> Subject:
            return Subject(**{key: tuple(value) if isinstance(value, list) else value for key, value in one.items()})

        return cls(*(tuple(map(subject, given[kind])) for kind in ("rows", "addresses", "assignments")))


@dataclass(frozen=True)
class Fault:
    """One subject that was read wrongly."""

    subject: Subject
    expected: int
    """At least this version."""
    found: int | None
    uncommitted: bool = False
    missing_since: int = 0
    """If nothing was found: the newest version at which that was right."""

    @property
    def as_of(self) -> int:
        """The version that the reader was shown."""
        return self.missing_since if self.found is None else self.found


def version_of(employee: Any) -> int:
    return int(employee.hourly_rate)


def judge_row(subject: Subject, floor: int, employee: Any) -> Fault | None:
    """A row is judged by its version: not below what had been published before the read began."""
    found = None if employee is None else version_of(employee)
    if found is not None and found >= UNCOMMITTED:
        return Fault(subject, floor, found, uncommitted=True)
    return Fault(subject, floor, found) if found is None or found < floor else None


def judge_address(subject: Subject, floor: int, ceiling: int, employee: Any) -> Fault | None:
    """Nobody is right only if an odd version may have been the newest during the read."""
    if employee is None:
        if _one_between(floor, ceiling, lambda version: version % 2 == 1):
            return None
        return Fault(subject, floor, None, missing_since=floor - 1)
    found = version_of(employee)
    if found > ceiling:
        return Fault(subject, floor, found, uncommitted=True)
    return Fault(subject, floor, found) if found < floor else None


def judge_list(
    schedule: int, subjects: Sequence[Subject], floors: Mapping[int, int], ceilings: Mapping[int, int], found: Iterable
) -> list[Fault]:
    """An assignment that is missing may have been in the other schedule; joined employees are judged as rows."""
    faults: list[Fault | None] = []
    by_pk = {assignment.pk: assignment for assignment in found}
    for subject in subjects:
        floor, ceiling = floors[subject.number], ceilings[subject.number]
        assignment = by_pk.get(subject.pks[0])
        if assignment is None:
            side = subject.schedules.index(schedule)
            if not _one_between(floor, ceiling, lambda version, of=subject, here=side: of.side(version) != here):
                left = next((version for version in range(floor, -1, -1) if subject.side(version) != side), 0)
                faults.append(Fault(subject, floor, None, missing_since=left))
            continue
        version = int(assignment.notes)
        if version < floor or version > ceiling:
            faults.append(Fault(subject, floor, version, uncommitted=version > ceiling))
        joined = assignment.employee
        if (rate := version_of(joined)) < floors[subject.joined] or rate >= UNCOMMITTED:
            row = Subject("joined", subject.joined, (joined.pk,))
            faults.append(Fault(row, floors[subject.joined], rate, uncommitted=rate >= UNCOMMITTED))
    return [fault for fault in faults if fault is not None]


def _one_between(floor: int, ceiling: int, wanted: Any) -> bool:
    # Six versions in a row have been everywhere.
    return any(wanted(version) for version in range(floor, min(ceiling, floor + 6) + 1))


def create_world() -> dict[str, Any]:
    """Make the rows in the database; return the world in a form that JSON can carry. Needs Django."""
    import datetime

    from scheduling.models import Department, Employee, Schedule, ScheduleAssignment, Shift, ShiftType

    monday = datetime.date(2026, 11, 30)
    department = Department.objects.create(name="Torture", code="TORTURE")
    shift_type = ShiftType.objects.create(name="Torture")
    shift = Shift.objects.create(
        name="Torture", shift_type=shift_type, start_time=datetime.time(6), end_time=datetime.time(14)
    )

    def employee(name: str) -> Employee:
        return Employee.objects.create(
            employee_number=f"torture-{name}",
            email=f"{name}@torture.example",
            first_name=name,
            last_name="Torture",
            department=department,
            hourly_rate=Decimal(0),
        )

    rows, addresses, assignments = [], [], []
    for number in range(ROWS):
        one = employee(f"row{number}")
        rows.append({"kind": "row", "number": number, "pks": [one.pk], "email": one.email})
    for index in range(ADDRESSES):
        both = [employee(f"address{index}"), employee(f"other{index}")]
        addresses.append(
            {
                "kind": "address",
                "number": ROWS + index,
                "pks": [one.pk for one in both],
                "email": both[0].email,
                "spare": [f"spare{index}@torture.example", both[1].email],
            }
        )
    for pair in range(PAIRS_OF_LISTS):
        schedules = [
            Schedule.objects.create(department=department, week_start=monday, version=2 * pair + side + 1).pk
            for side in range(2)
        ]
        for place in range(PER_PAIR):
            joined = pair * PER_PAIR + place
            assignment = ScheduleAssignment.objects.create(
                schedule_id=schedules[0], employee_id=rows[joined]["pks"][0], shift=shift, date=monday, notes="0"
            )
            number = ROWS + ADDRESSES + len(assignments)
            assignments.append(
                {
                    "kind": "assignment",
                    "number": number,
                    "pks": [assignment.pk],
                    "schedules": schedules,
                    "joined": joined,
                }
            )
    return {"rows": rows, "addresses": addresses, "assignments": assignments}


def delete_world() -> None:
    """Take the rows of this or an earlier run out of the database again. Needs Django."""
    from scheduling.models import Department, Employee, Schedule, Shift, ShiftType

    Schedule.objects.filter(department__code="TORTURE").delete()
    Employee.objects.filter(department__code="TORTURE").delete()
    Department.objects.filter(code="TORTURE").delete()
    Shift.objects.filter(name="Torture").delete()
    ShiftType.objects.filter(name="Torture").delete()
