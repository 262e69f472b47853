"""What a reader asks, and which rows belong to the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scheduling.models import Employee, ScheduleAssignment

from .database import ASSIGNMENT, EMPLOYEE, AssignmentRow, EmployeeRow, Row


def instance_of(row: Row) -> Any:
    """Return the row as Django loads it."""
    model = Employee if isinstance(row, EmployeeRow) else ScheduleAssignment
    return model.from_db("default", row._fields, row)


def rows_in(answer: Any) -> list[Row]:
    """Return the rows in an answer, joined ones included."""
    if answer is None:
        return []
    if isinstance(answer, list):
        return [row for one in answer for row in rows_in(one)]
    if isinstance(answer, Employee):
        return [EmployeeRow(answer.pk, answer.email, answer.first_name)]
    joined = answer._state.fields_cache.get("employee")
    return [AssignmentRow(answer.pk, answer.schedule_id, answer.employee_id, answer.notes), *rows_in(joined)]


@dataclass(frozen=True)
class Question:
    """One question: a look-up and the value that it is asked for."""

    table: str
    lookup: str
    value: Any = None

    def selects(self, row: Row | None) -> bool:
        if row is None or self.lookup in ("everybody", "get_set"):
            return row is not None
        return getattr(row, {"id": "id", "email": "email"}.get(self.lookup, "schedule_id")) == self.value


def by_id(pk: int) -> Question:
    return Question(EMPLOYEE, "id", pk)


def by_email(address: str) -> Question:
    return Question(EMPLOYEE, "email", address)


def assignments(schedule: int) -> Question:
    return Question(ASSIGNMENT, "schedule", schedule)


def assignments_with_people(schedule: int) -> Question:
    return Question(ASSIGNMENT, "joined", schedule)


EVERYBODY = Question(EMPLOYEE, "everybody")
GET_AND_SET = Question(EMPLOYEE, "get_set")
