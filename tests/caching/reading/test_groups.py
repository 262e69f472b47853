"""All rows for each value of a field, as the database has them now."""

import datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from scheduling.caches import (
    SCHEDULE_ASSIGNMENTS,
)
from scheduling.models import Shift
from tests.factories import (
    DepartmentFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


class CachedGroupTests:
    def test_costs_one_query_cold_and_none_warm(self, django_assert_num_queries: Any) -> None:
        schedule = ScheduleFactory()
        rows = [ScheduleAssignmentFactory(schedule=schedule) for _ in range(3)]
        with django_assert_num_queries(1):
            assert set(SCHEDULE_ASSIGNMENTS.get(schedule.pk)) == set(rows)
        with django_assert_num_queries(0):
            for row in SCHEDULE_ASSIGNMENTS.get(schedule.pk):
                assert row.employee.last_name
                assert row.shift.name

    def test_an_empty_list_is_cached_until_a_row_enters(self, django_assert_num_queries: Any) -> None:
        schedule = ScheduleFactory()
        assert SCHEDULE_ASSIGNMENTS.get(schedule.pk) == []
        with django_assert_num_queries(0):
            assert SCHEDULE_ASSIGNMENTS.get(str(schedule.pk)) == []
        row = ScheduleAssignmentFactory(schedule=schedule)
        assert SCHEDULE_ASSIGNMENTS.get(schedule.pk) == [row]

    def test_changing_the_list_changes_nothing(self) -> None:
        schedule = ScheduleFactory()
        row = ScheduleAssignmentFactory(schedule=schedule)
        SCHEDULE_ASSIGNMENTS.get(schedule.pk).clear()
        SCHEDULE_ASSIGNMENTS.get(schedule.pk).clear()
        assert SCHEDULE_ASSIGNMENTS.get(schedule.pk) == [row]

    def test_no_value_is_an_empty_list(self) -> None:
        assert SCHEDULE_ASSIGNMENTS.get(None) == []
        assert SCHEDULE_ASSIGNMENTS.get("x") == []

    def test_many_values_are_one_query_and_one_for_each_joined_model(self, django_assert_num_queries: Any) -> None:
        one, other, empty = (ScheduleFactory(department=DepartmentFactory()) for _ in range(3))
        rows = {schedule: [ScheduleAssignmentFactory(schedule=schedule)] for schedule in (one, other)}
        expected = {one.pk: rows[one], other.pk: rows[other], empty.pk: []}
        with django_assert_num_queries(3):
            assert SCHEDULE_ASSIGNMENTS.get_many([one.pk, str(other.pk), empty.pk, "x"]) == expected
        with django_assert_num_queries(0):
            assert SCHEDULE_ASSIGNMENTS.get_many([one.pk, other.pk, empty.pk]) == expected
            assert SCHEDULE_ASSIGNMENTS.get(one.pk) == rows[one]

    def test_the_async_form_finds_the_same(self) -> None:
        row = ScheduleAssignmentFactory()
        assert async_to_sync(SCHEDULE_ASSIGNMENTS.aget)(row.schedule_id) == [row]
        assert async_to_sync(SCHEDULE_ASSIGNMENTS.aget)(None) == []

    def test_a_change_of_what_the_list_is_ordered_by_orders_it_anew(self) -> None:

        schedule = ScheduleFactory()
        early = ScheduleAssignmentFactory(schedule=schedule, shift=ShiftFactory(start_time=datetime.time(5)))
        late = ScheduleAssignmentFactory(schedule=schedule, shift=ShiftFactory(start_time=datetime.time(7)))
        assert SCHEDULE_ASSIGNMENTS.get(schedule.pk) == [early, late]
        Shift.objects.filter(pk=early.shift_id).update(start_time=datetime.time(9))
        assert SCHEDULE_ASSIGNMENTS.get(schedule.pk) == [late, early]

    def test_of_other_values_stay_cached(self, django_assert_num_queries: Any) -> None:
        one, other = (ScheduleAssignmentFactory(schedule__department=DepartmentFactory()) for _ in range(2))
        SCHEDULE_ASSIGNMENTS.get_many([one.schedule_id, other.schedule_id])
        one.notes = "changed"
        one.save()
        with django_assert_num_queries(0):
            SCHEDULE_ASSIGNMENTS.get(other.schedule_id)
        assert SCHEDULE_ASSIGNMENTS.get(one.schedule_id)[0].notes == "changed"
