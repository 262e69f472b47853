"""Write the sample files again, byte for byte: python -m scheduling.samples.generate [DIRECTORY]

Needs the standard library only. The people work one kind of shift on days in a row, so nobody's shifts overlap,
everybody rests ten hours between two of them, and nobody works more hours in a week than the contract says.
"""

import csv
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from scheduling.samples import SAMPLES_DIR
from scheduling.samples.vocabulary import DEPARTMENTS, PEOPLE, RULES, SHIFT_TYPES, SHIFTS, TRADES

SEED = 20261130
EMPLOYEES, ASSIGNMENTS = 1_000, 5_000
FIRST_MONDAY = date(2026, 11, 30)

# Letters that do not decompose into a base letter and an accent.
ASCII = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "'": ""})
STATUSES = ("assigned", "confirmed", "pending", "declined", "cancelled")
STATUS_WEIGHTS = (55, 36, 5, 2, 2)
NOTES = ("Training day", "Swapped on request", "Covers sick leave", "Keys at the front desk", "Inventory, be on time")
CONTRACTS = (("full_time", 40), ("full_time", 38), ("part_time", 30), ("part_time", 20), ("apprentice", 35))
CONTRACT_WEIGHTS = (50, 20, 14, 10, 6)
WEIGHTS = {"KIT": 4, "RES": 5, "EVT": 3, "FRO": 3, "HOU": 5, "SPA": 2, "PRO": 3, "ADM": 1}


@dataclass(frozen=True, kw_only=True)
class Person:
    number: str
    first_name: str
    last_name: str
    email: str
    department: str
    role: str
    employment_type: str
    hire_date: date
    hourly_rate: str
    hours: int
    phone: str
    skills: tuple[str, ...]


def write_all(directory: Path) -> None:
    """Write the sample files into a directory that exists."""
    random = Random(SEED)
    people = list(_people(random))
    _write(directory / "departments.csv", ("code", "name", "parent_code"), DEPARTMENTS)
    _write(directory / "employees.csv", EMPLOYEE_COLUMNS, map(_employee_row, people))
    _write(directory / "shift_types.csv", ("name", "code", "colour"), SHIFT_TYPES)
    _write(directory / "shifts.csv", SHIFT_COLUMNS, SHIFTS)
    _write(directory / "assignments.csv", ASSIGNMENT_COLUMNS, _assignments(random, people))
    _write(directory / "schedules.csv", SCHEDULE_COLUMNS, _schedules(people))
    _write(directory / "rules.csv", RULE_COLUMNS, RULES)


EMPLOYEE_COLUMNS = (
    "employee_number",
    "first_name",
    "last_name",
    "email",
    "department_code",
    "role",
    "employment_type",
    "hire_date",
    "hourly_rate",
    "max_hours_per_week",
    "phone",
    "skills",
)
SHIFT_COLUMNS = ("name", "code", "shift_type", "start_time", "end_time", "break_minutes", "required_staff")
SCHEDULE_COLUMNS = ("department_code", "week_start", "status")
RULE_COLUMNS = (
    "name",
    "kind",
    "scope",
    "department_code",
    "weekdays",
    "shift_types",
    "skills",
    "max_days",
    "min_hours",
    "max_overtime_hours_per_week",
)
ASSIGNMENT_COLUMNS = ("employee_email", "shift_name", "date", "department_code", "status", "notes")


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _people(random: Random) -> Iterator[Person]:
    staffed = _departments_without_children()
    weights = [WEIGHTS[code.split("-")[0]] for code in staffed]
    taken: set[str] = set()
    for index in range(EMPLOYEES):
        first_names, last_names = random.choice(PEOPLE)
        first_name, last_name = random.choice(first_names.split()), random.choice(last_names.split())
        department = random.choices(staffed, weights)[0]
        roles, skills, _ = TRADES[department.split("-")[0]]
        role = random.choice(list(roles))
        employment_type, hours = random.choices(CONTRACTS, CONTRACT_WEIGHTS)[0]
        yield Person(
            number=f"H{10_001 + index}",
            first_name=first_name,
            last_name=last_name,
            email=_address(first_name, last_name, taken),
            department=department,
            role=role,
            employment_type=employment_type,
            hire_date=FIRST_MONDAY - timedelta(days=random.randrange(30, 4_000)),
            hourly_rate=roles[role],
            hours=hours,
            # +44 7700 900000 to 900999 belong to nobody: Ofcom keeps them for fiction.
            phone=f"+44 7700 900{index:03d}",
            skills=tuple(random.sample(skills, random.randrange(len(skills)))),
        )


def _departments_without_children() -> list[str]:
    parents = {parent for _, _, parent in DEPARTMENTS}
    return [code for code, _, _ in DEPARTMENTS if code not in parents]


def _address(first_name: str, last_name: str, taken: set[str]) -> str:
    """Return an address that nobody has yet, and note it: amy.adams@…, amy.adams2@…"""
    name = f"{_ascii(first_name)}.{_ascii(last_name)}"
    address, number = f"{name}@hotel.example.com", 1
    while address in taken:
        number += 1
        address = f"{name}{number}@hotel.example.com"
    taken.add(address)
    return address


def _ascii(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower().translate(ASCII))
    return decomposed.encode("ascii", "ignore").decode()


def _employee_row(person: Person) -> tuple[object, ...]:
    return (
        person.number,
        person.first_name,
        person.last_name,
        person.email,
        person.department,
        person.role,
        person.employment_type,
        person.hire_date,
        person.hourly_rate,
        person.hours,
        person.phone,
        "|".join(person.skills),
    )


def _schedules(people: list[Person]) -> Iterator[tuple[object, ...]]:
    """Yield the first week of every department with people; an import of assignments makes the later ones itself."""
    for number, code in enumerate(sorted({person.department for person in people})):
        yield code, FIRST_MONDAY, "pending" if number % 8 == 0 else "draft"


def _assignments(random: Random, people: list[Person]) -> list[tuple[object, ...]]:
    """Plan week after week, department after department, until there are enough; in order of date."""
    rows: list[tuple[object, ...]] = []
    by_department = sorted(people, key=lambda person: (person.department, person.number))
    patterns = {person.number: _pattern(random, person) for person in by_department}
    monday = FIRST_MONDAY
    while len(rows) < ASSIGNMENTS:
        for person in by_department:
            shift, first_day, days = patterns[person.number]
            dates = [monday + timedelta(days=first_day + day) for day in range(days)]
            rows += [_assignment_row(random, person, shift, day) for day in dates]
        monday += timedelta(days=7)
    return sorted(rows[:ASSIGNMENTS], key=lambda row: (str(row[2]), str(row[3]), str(row[0])))


def _pattern(random: Random, person: Person) -> tuple[str, int, int]:
    """Return a person's shift, the first weekday (0 is Monday) and for how many days: the same in every week.

    Always the same days, so that no two weeks join to more than five days in a row.
    """
    hours = timedelta(hours=person.hours)
    shifts = TRADES[person.department.split("-")[0]][2]
    # No half days for people with a full contract.
    shift = random.choice([name for name in shifts if 5 * _working_time(name) >= 0.7 * hours])
    days = min(5, int(hours / _working_time(shift)))
    return shift, random.randrange(7 - days + 1), days


def _working_time(shift_name: str) -> timedelta:
    """Return the time between start and end, less the break."""
    start, end, pause = next((row[3], row[4], row[5]) for row in SHIFTS if row[0] == shift_name)
    length = datetime.strptime(end, "%H:%M") - datetime.strptime(start, "%H:%M")
    return length % timedelta(days=1) - timedelta(minutes=pause)


def _assignment_row(random: Random, person: Person, shift: str, day: date) -> tuple[object, ...]:
    status = random.choices(STATUSES, STATUS_WEIGHTS)[0]
    note = random.choice(NOTES) if random.random() < 0.04 else ""
    return (person.email, shift, day, person.department, status, note)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES_DIR
    write_all(target)
    print(f"Wrote the sample files to {target}.")
