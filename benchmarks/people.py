"""The rows of the sample files, created without the import and without the cache."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from scheduling.models import Department, Employee, Shift, ShiftType
from scheduling.samples import SAMPLES_DIR


def sample_rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a sample file."""
    with (SAMPLES_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def add_departments() -> dict[str, Department]:
    """Store the departments without their tree; return them by code."""
    departments = [
        Department(code=row["code"], name=f"{row['name']} {row['code']}") for row in sample_rows("departments")
    ]
    return {department.code: department for department in Department.objects.bulk_create(departments)}


def add_employees(number: int | None = None) -> list[str]:
    """Store the first ``number`` people, by default all of them; return their addresses."""
    departments = add_departments()
    rows = list(sample_rows("employees"))[:number]
    Employee.objects.bulk_create(
        Employee(
            employee_number=row["employee_number"],
            email=row["email"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            department=departments[row["department_code"]],
            role=row["role"],
            hire_date=row["hire_date"],
            hourly_rate=row["hourly_rate"],
            phone=row["phone"],
        )
        for row in rows
    )
    return [row["email"] for row in rows]


def add_shifts() -> None:
    """Store the shift types and the shifts."""
    types = ShiftType.objects.bulk_create(
        ShiftType(name=row["name"], code=row["code"]) for row in sample_rows("shift_types")
    )
    by_name = {shift_type.name: shift_type for shift_type in types}
    Shift.objects.bulk_create(
        Shift(
            name=row["name"],
            code=row["code"],
            shift_type=by_name[row["shift_type"]],
            start_time=row["start_time"],
            end_time=row["end_time"],
        )
        for row in sample_rows("shifts")
    )
