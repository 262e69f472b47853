"""Rows into the database in batches: what bulk_create would do, and the row that is refused."""

import datetime
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caching import cache_manager
from scheduling.fields import LowerEmailField
from scheduling.imports.engine import bulk
from scheduling.imports.kinds import KINDS
from scheduling.models import Employee, ScheduleAssignment, ShiftType
from scheduling.models.constraints import Blame
from tests.factories import DepartmentFactory, EmployeeFactory, ScheduleAssignmentFactory, ScheduleFactory, ShiftFactory

pytestmark = pytest.mark.django_db


def create(rows: list[Any]) -> tuple[list[Any], dict[int, Blame]]:
    return bulk.create(type(rows[0]), bulk.columns_of(type(rows[0]), rows), "default", lambda done: None)


class CreateTests:
    def test_gives_the_rows_what_bulk_create_gives(self) -> None:
        schedule, employee, shift = ScheduleFactory(), EmployeeFactory(), ShiftFactory()
        columns = bulk.columns_of(
            ScheduleAssignment,
            [
                ScheduleAssignment(
                    schedule=schedule, employee=employee, shift=shift, date=schedule.week_start + datetime.timedelta(n)
                )
                for n in range(7)
            ],
        )
        before = timezone.now()
        pks, refused = bulk.create(ScheduleAssignment, columns, "default", lambda done: None)
        assert refused == {}
        stored = ScheduleAssignment.objects.in_bulk(pks)
        assert [stored[pk].date for pk in pks] == columns["date"]
        assert before <= stored[pks[0]].created_at == columns["created_at"][0] <= timezone.now()

    def test_normalises_as_a_save_does(self) -> None:
        department = DepartmentFactory()
        (pk,), _ = create([Employee(employee_number="1", email=" Amy@Example.COM", department=department)])
        assert Employee.objects.get(pk=pk).email == "amy@example.com"

    def test_takes_few_statements(self) -> None:
        rows = [ShiftType(name=f"Type {number}") for number in range(500)]
        with CaptureQueriesContext(connection) as queries:
            create(rows)
        inserts = [query for query in queries if query["sql"].startswith("INSERT")]
        assert len(inserts) <= 1 + 500 * 4 // 999
        assert ShiftType.objects.count() == 500

    def test_names_the_row_that_the_database_refuses(self) -> None:
        taken = ShiftType.objects.create(name="Long")
        pks, refused = create([ShiftType(name="Short"), ShiftType(name=taken.name)])
        assert list(refused) == [1]
        assert pks == [ShiftType.objects.get(name="Short").pk, None]

    @pytest.mark.parametrize("kind", KINDS)
    def test_no_field_changes_a_value_when_it_is_saved_but_as_when_it_is_looked_up(self, kind: str) -> None:
        """Rows are inserted without instances, so a `pre_save` that says more than `get_prep_value` is not called."""
        known = {models.Field.pre_save, models.DateField.pre_save, models.DateTimeField.pre_save}
        known |= {models.TimeField.pre_save, LowerEmailField.pre_save}
        assert {type(field).pre_save for field in KINDS[kind].kind.model._meta.concrete_fields} <= known


@pytest.mark.django_db(transaction=True)
def test_the_cache_reads_from_the_statement_what_was_inserted() -> None:
    row = ScheduleAssignmentFactory()
    other = ScheduleFactory(department=DepartmentFactory())
    assert len(ScheduleAssignment.objects.for_schedule(row.schedule_id)) == 1
    assert not ScheduleAssignment.objects.for_schedule(other.pk)
    tomorrow = row.date + datetime.timedelta(1)
    create([ScheduleAssignment(schedule=row.schedule, employee=row.employee, shift=row.shift, date=tomorrow)])
    assert len(ScheduleAssignment.objects.for_schedule(row.schedule_id)) == 2
    hits = cache_manager.get_stats()["types"]["schedule"]["hits"]
    assert not ScheduleAssignment.objects.for_schedule(other.pk)
    assert cache_manager.get_stats()["types"]["schedule"]["hits"] == hits + 1


@pytest.mark.django_db
class ReleaseTests:
    def test_frees_a_value_that_cannot_be_empty(self) -> None:
        first, second = EmployeeFactory(employee_number="1"), EmployeeFactory(employee_number="2")
        bulk.release(Employee._meta.get_field("employee_number"), [first.pk, second.pk], "default")
        numbers = set(Employee.objects.values_list("employee_number", flat=True))
        assert len(numbers) == 2
        assert not numbers & {"1", "2"}

    def test_empties_one_that_can(self) -> None:
        employee = EmployeeFactory()
        bulk.release(Employee._meta.get_field("email"), [employee.pk], "default")
        employee.refresh_from_db()
        assert employee.email is None
