"""All rows for each value of a field, as the database has them now."""

import datetime
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, models

from caching import CachedGroup
from scheduling.caches import (
    SCHEDULE_ASSIGNMENTS,
)
from scheduling.models import Department, Employee, Shift
from tests.caching.coherence.world import asks_the_database
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


FIRST: ContextVar[str] = ContextVar("first", default="email")


class InTheOrderOfTheContext(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().order_by(FIRST.get())


class Listed(Employee):
    objects = InTheOrderOfTheContext()

    class Meta:
        proxy = True
        app_label = "tests_of_groups"


class OrderOfTheContextTests:
    """A default manager that orders by the context, such as the language."""

    def test_is_that_of_the_manager_in_each(self, watching: Callable[..., None]) -> None:
        by_role = CachedGroup(Listed, "last_name", cache_type="rule", kind="listed")
        for email, first, department in (("a@x", "Zoe", "Bar"), ("b@x", "Amy", "Attic")):
            EmployeeFactory(email=email, first_name=first, last_name="Ray", department__name=department)
        for _ in ("a miss", "a hit"):
            for order in ("email", "first_name", "-email", "department__name"):
                FIRST.set(order)
                wanted = list(Listed.objects.filter(last_name="Ray"))
                assert by_role.get("Ray") == by_role.get_many(["Ray"])["Ray"] == wanted
        # Nothing would drop the list if the department had another name.
        assert asks_the_database(lambda: by_role.get("Ray"))
        FIRST.set("email")
        assert not asks_the_database(lambda: by_role.get("Ray"))

    def test_one_name_may_be_given_as_a_text(self, watching: Callable[..., None]) -> None:
        group = CachedGroup(
            Employee, "role", cache_type="rule", kind="text", order_by="email", select_related="department"
        )
        assert (group._order, group._related) == (("email",), ("department",))

    @pytest.mark.parametrize("order", ["?", "user__date_joined__hour"])
    def test_that_is_another_each_time_is_refused(self, order: str, watching: Callable[..., None]) -> None:
        with pytest.raises(ValueError, match=r"Employee by 'role' are ordered by .* Order by columns"):
            CachedGroup(Employee, "role", cache_type="rule", kind="odd", order_by=(order,), select_related=("user",))


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


class NoValueTests:
    """None stands for the rows without a value, as in ``filter(parent=None)``."""

    @pytest.fixture
    def children(self, watching: Callable[..., None]) -> CachedGroup[Department]:
        return CachedGroup(
            Department, "parent", cache_type="rule", kind="children", select_related=("parent",), order_by=("pk",)
        )

    def test_has_the_rows_of_the_database_after_every_write(self, children: CachedGroup[Department]) -> None:
        def agree() -> None:
            wanted = list(Department.objects.filter(parent=None).order_by("pk"))
            for _ in ("a miss", "a hit"):
                assert children.get(None) == async_to_sync(children.aget)(None) == wanted
                assert children.get_many([None, root.pk])[None] == wanted
                assert async_to_sync(children.aget_many)([None])[None] == wanted

        root, other = DepartmentFactory(name="root"), DepartmentFactory(name="other")
        agree()
        child = DepartmentFactory(name="child", parent=root)
        agree()
        Department.objects.filter(pk=child.pk).update(parent=None)
        agree()
        child.parent = other
        child.save()
        agree()
        child.parent = None
        child.save(update_fields=["parent"])
        agree()
        Department.objects.bulk_create([Department(name="new", code="NEW")])
        agree()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE scheduling_department SET parent_id = %s WHERE id = %s", [root.pk, other.pk])
        agree()
        other.delete()
        agree()
        assert not asks_the_database(lambda: children.get(None))

    def test_is_no_text(self, watching: Callable[..., None]) -> None:
        people = CachedGroup(Employee, "email", cache_type="rule", kind="people", order_by=("pk",))
        texts = ["none", "%null", "%"]
        rows = [EmployeeFactory(email=email) for email in (None, *texts)]
        people.warm([None, *texts])
        for value, row in zip((None, *texts), rows, strict=True):
            assert people.get(value) == [row]
        people.invalidate(None)
        assert people.get_many([None, "none"]) == {None: rows[:1], "none": rows[1:2]}

    def test_of_a_field_that_always_has_one_is_nobody(self) -> None:
        assert SCHEDULE_ASSIGNMENTS.get(None) == []
        assert SCHEDULE_ASSIGNMENTS.get_many([None]) == {}
