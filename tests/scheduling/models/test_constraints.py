"""The sentence that belongs to an error of the database, on either database."""

import pytest
from django.db import IntegrityError, transaction

from scheduling.models import Department, Employee, Rule, ScheduleAssignment
from scheduling.models.constraints import reason, reason_of
from tests.factories import DepartmentFactory, EmployeeFactory, RuleFactory, ScheduleAssignmentFactory

pytestmark = pytest.mark.django_db


def error_of(write: object) -> Exception:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()  # type: ignore[operator]
    return caught.value


class ReasonTests:
    def test_is_the_sentence_of_the_constraint(self) -> None:
        assert reason(Rule, "rule_ends_after_start") == "A rule cannot end before it starts."


class ReasonOfTests:
    def test_names_a_check_that_failed(self) -> None:
        rule = RuleFactory()
        error = error_of(lambda: Rule.objects.filter(pk=rule.pk).update(priority=11))

        assert reason_of(error, Rule) == "The priority must be between 1 and 10."

    def test_names_a_unique_constraint_of_several_columns(self) -> None:
        row = ScheduleAssignmentFactory()
        same = {"schedule": row.schedule, "employee": row.employee, "shift": row.shift}

        error = error_of(lambda: ScheduleAssignmentFactory(**same))

        assert reason_of(error, ScheduleAssignment) == "The employee already works this shift on this date."

    def test_names_a_unique_field(self) -> None:
        EmployeeFactory(email="amy@example.com")
        error = error_of(lambda: EmployeeFactory(email="amy@example.com"))

        assert reason_of(error, Employee) == "Another row has this e-mail already."

    def test_quotes_the_database_where_it_names_nothing_of_the_model(self) -> None:
        DepartmentFactory()

        assert reason_of(IntegrityError("disk is full\nmore"), Department) == (
            "The database refuses this row: disk is full."
        )
