"""What is written and read, and the rules by which a read is judged.

Every subject has a version that only ever increases. A column of the row holds it. The version of a subject that moves
also says where the subject is:

row         an employee; its hourly rate is the version
address     an e-mail address that one of two employees holds, or at odd versions no one
assignment  an assignment in one of two schedules; its notes hold the version, and employees are joined to it
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ROWS, ADDRESSES, PAIRS_OF_LISTS, PER_PAIR = 16, 4, 2, 4
UNCOMMITTED = 900_000
"""Versions from this one on are only written in transactions that are rolled back."""


@dataclass(frozen=True)
class Subject:
    kind: str
    number: int
    """Its place on the board."""
    pks: tuple[int, ...]
    """The key of the employee, of the two employees that share the address, or of the assignment."""
    email: str = ""
    spare: tuple[str, ...] = ()
    """The addresses of the two employees while they do not hold the shared one."""
    schedules: tuple[int, ...] = ()
    joined: int = 0
    """For an assignment: the number of the row subject that is joined to it."""

    def owner(self, writers: int) -> int | None:
        """Return the only writer that may write it without a lock, or None if all may write it under locks."""
        return None if self.number % 2 == 0 else (self.number // 2) % writers

    def holder(self, version: int) -> int | None:
        """Return the employee that holds the address at a version, or None."""
        return None if version % 2 else self.pks[version // 2 % 2]

    def side(self, version: int) -> int:
        """Return in which of its two schedules the assignment is at a version: it moves at every third one."""
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
        schedules = dict.fromkeys(pk for subject in self.assignments for pk in subject.schedules)
        return {pk: tuple(subject for subject in self.assignments if pk in subject.schedules) for pk in schedules}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "World":
        def subject(row: Mapping[str, Any]) -> Subject:
            return Subject(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})

        return cls(*(tuple(map(subject, given[kind])) for kind in ("rows", "addresses", "assignments")))


@dataclass(frozen=True)
class Fault:
    """A wrong read of one subject."""

    subject: Subject
    expected: int
    """The lowest version that would have been right."""
    found: int | None
    uncommitted: bool = False
    missing_since: int = 0
    """If nothing was found: the newest version at which that would have been right."""

    @property
    def as_of(self) -> int:
        """The version that the reader was shown."""
        return self.missing_since if self.found is None else self.found


def version_of(employee: Any) -> int:
    return int(employee.hourly_rate)


def judge_row(subject: Subject, floor: int, employee: Any) -> Fault | None:
    """Judge a row by its version: it must not be lower than one that was published before the read began."""
    found = None if employee is None else version_of(employee)
    if found is not None and found >= UNCOMMITTED:
        return Fault(subject, floor, found, uncommitted=True)
    return Fault(subject, floor, found) if found is None or found < floor else None


def judge_address(subject: Subject, floor: int, ceiling: int, employee: Any) -> Fault | None:
    """Judge an address. No one may hold it only if an odd version can have been the newest during the read."""
    if employee is None:
        if _some_version(floor, ceiling, lambda version: version % 2 == 1):
            return None
        return Fault(subject, floor, None, missing_since=floor - 1)
    found = version_of(employee)
    if found > ceiling:
        return Fault(subject, floor, found, uncommitted=True)
    return Fault(subject, floor, found) if found < floor else None


def judge_list(
    schedule: int, subjects: Sequence[Subject], floors: Mapping[int, int], ceilings: Mapping[int, int], found: Iterable
) -> list[Fault]:
    """Judge a schedule. A missing assignment may have been in the other one; joined employees are judged as rows."""
    faults: list[Fault | None] = []
    by_pk = {assignment.pk: assignment for assignment in found}
    for subject in subjects:
        floor, ceiling = floors[subject.number], ceilings[subject.number]
        assignment = by_pk.get(subject.pks[0])
        if assignment is None:
            side = subject.schedules.index(schedule)
            if not _some_version(floor, ceiling, lambda version, of=subject, here=side: of.side(version) != here):
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


def _some_version(floor: int, ceiling: int, wanted: Any) -> bool:
    # Within six versions in a row a subject has been everywhere.
    return any(wanted(version) for version in range(floor, min(ceiling, floor + 6) + 1))


def create_world() -> dict[str, Any]:
    """Create the rows in the database; return the world in a form that JSON can carry. Needs Django."""
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
        row = employee(f"row{number}")
        rows.append({"kind": "row", "number": number, "pks": [row.pk], "email": row.email})
    for index in range(ADDRESSES):
        both = [employee(f"address{index}"), employee(f"other{index}")]
        addresses.append(
            {
                "kind": "address",
                "number": ROWS + index,
                "pks": [row.pk for row in both],
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
    """Delete the rows of this run or an earlier one. Needs Django."""
    from scheduling.models import Department, Employee, Schedule, Shift, ShiftType

    Schedule.objects.filter(department__code="TORTURE").delete()
    Employee.objects.filter(department__code="TORTURE").delete()
    Department.objects.filter(code="TORTURE").delete()
    Shift.objects.filter(name="Torture").delete()
    ShiftType.objects.filter(name="Torture").delete()
