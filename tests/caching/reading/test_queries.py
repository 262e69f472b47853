"""How rows are read for the cache."""

from typing import Any

import pytest

from caching.reading import queries
from caching.reading.queries import frozen_rows, join, parts
from scheduling.models import Employee, ImportChoices, ScheduleAssignment
from tests.factories import DepartmentFactory, EmployeeFactory, ScheduleAssignmentFactory


class PartsTests:
    def test_give_every_value_once_and_in_order(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries, "MAX_IN_ONE_QUERY", 3)
        assert list(parts([1, 2, 3, 4, 5, 6, 7])) == [[1, 2, 3], [4, 5, 6], [7]]

    def test_of_nothing_are_none(self) -> None:
        assert list(parts([])) == []


@pytest.mark.django_db
class JoinTests:
    def test_reads_each_row_once_along_a_path(self, django_assert_num_queries: Any) -> None:
        parent = DepartmentFactory()
        people = EmployeeFactory.create_batch(3, department=DepartmentFactory(parent=parent))
        rows = list(Employee.objects.filter(pk__in=[person.pk for person in people]))
        with django_assert_num_queries(2):
            join(rows, ["department", "parent"])
        with django_assert_num_queries(0):
            assert {row.department.parent for row in rows} == {parent}
        assert len({id(row.department) for row in rows}) == 1

    def test_leaves_keys_that_are_null(self, django_assert_num_queries: Any) -> None:
        row = Employee.objects.get(pk=EmployeeFactory(user=None).pk)
        join([row], ["user"])
        with django_assert_num_queries(0):
            assert row.user is None

    def test_of_no_rows_or_no_path_asks_nothing(self, django_assert_num_queries: Any) -> None:
        row = EmployeeFactory()
        with django_assert_num_queries(0):
            join([], ["department"])
            join([row], [])


@pytest.mark.django_db
class FrozenRowsTests:
    def test_hold_what_instances_hold(self, django_assert_num_queries: Any) -> None:
        ScheduleAssignmentFactory.create_batch(3)
        for queryset in (Employee.objects.order_by("-pk"), ScheduleAssignment.objects.order_by("pk")):
            with django_assert_num_queries(1):
                found = frozen_rows(queryset)
            assert found is not None
            wanted = [
                {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields} for row in queryset
            ]
            assert [row.fields for row in found] == wanted
            assert {row.db for row in found} == {"default"}

    def test_of_no_rows_are_none(self) -> None:
        assert frozen_rows(Employee.objects.filter(pk=0)) == []

    def test_are_not_given_where_a_column_may_hold_what_can_be_changed(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            assert frozen_rows(ImportChoices.objects.all()) is None
