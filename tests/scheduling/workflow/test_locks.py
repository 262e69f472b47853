"""Which rows a transaction locks; on SQLite none, because its transactions begin with the lock of everything."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from scheduling.models import ScheduleAssignment
from scheduling.workflow.locks import lock_people, lock_schedules, lock_schedules_of, locked
from tests.factories import ScheduleAssignmentFactory

pytestmark = pytest.mark.django_db
LOCKS_ROWS = connection.features.has_select_for_update


class LockTests:
    @pytest.fixture
    def row(self) -> ScheduleAssignment:
        return ScheduleAssignmentFactory()  # type: ignore[no-any-return]

    @pytest.mark.parametrize("number", range(3))
    def test_is_of_rows_in_the_order_of_their_keys(self, number: int, row: ScheduleAssignment) -> None:
        locks: list[Any] = [
            lambda: lock_schedules([row.schedule_id]),
            lambda: lock_schedules_of([row.pk]),
            lambda: lock_people([row.employee_id]),
        ]
        with transaction.atomic(), CaptureQueriesContext(connection) as captured:
            locks[number]()
        statements = [query["sql"] for query in captured if "FOR " in query["sql"]]
        assert len(statements) == LOCKS_ROWS
        assert all("ORDER BY" in statement for statement in statements)

    def test_of_nothing_asks_nothing(self, django_assert_num_queries: Any) -> None:
        with transaction.atomic(), django_assert_num_queries(0):
            lock_people([])
            lock_schedules_of([])

    def test_comes_with_the_rows_of_a_query(self, row: ScheduleAssignment) -> None:
        with transaction.atomic():
            assert list(locked(ScheduleAssignment.objects.select_related("employee"))) == [row]
