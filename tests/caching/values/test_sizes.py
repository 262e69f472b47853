"""How many bytes a value takes."""

import tracemalloc
from typing import Any

import pytest

from caching.values.columns import is_short
from caching.values.freezing import freeze
from caching.values.sizes import estimated_bytes, places_of, stamp_bytes
from scheduling.models import Department, Employee, Notification, Rule, Schedule
from tests.factories import DepartmentFactory, EmployeeFactory, NotificationFactory


class EstimatedBytesTests:
    @pytest.mark.django_db
    def test_of_rows_are_what_the_memory_grows_by_within_a_factor_of_two(self) -> None:
        rows = EmployeeFactory.create_batch(200)
        model = type(rows[0])
        loaded = list(model.objects.all())
        freeze(loaded[0])
        tracemalloc.start()
        frozen = [freeze(row).value for row in model.objects.all()]
        del loaded
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert grown / 2 < sum(map(estimated_bytes, frozen)) < grown * 2

    @pytest.mark.parametrize("value", [["a" * 1000], {"a" * 1000: 1}, ("x", ["a" * 1000]), {"k": {"l": "a" * 1000}}])
    def test_count_what_is_inside(self, value: Any) -> None:
        assert 1000 < estimated_bytes(freeze(value).value) < 2000


class PlacesTests:
    @pytest.mark.parametrize(("length", "places"), [(10, 1), (900, 1), (1100, 2), (10_200, 11)])
    def test_of_a_value_are_as_many_as_its_bytes_fill(self, length: int, places: int) -> None:
        for value in ("a" * length, ["a" * length], {"k": b"a" * length}):
            assert places_of(freeze(value).value, 1024) == places

    @pytest.mark.django_db
    def test_of_a_row_without_long_columns_are_one(self) -> None:
        assert places_of(freeze(EmployeeFactory()).value, 1) == 1

    @pytest.mark.django_db
    def test_of_a_row_with_a_long_text_count_it_also_where_it_is_joined(self) -> None:
        NotificationFactory(body="a" * 5000)
        row = freeze(Notification.objects.select_related("recipient").get()).value
        assert 5 <= places_of(row, 1024) <= 8
        DepartmentFactory(description="a" * 5000, code="KIT")
        person = EmployeeFactory(department=Department.objects.get(code="KIT"))
        joined = Employee.objects.select_related("department").get(pk=person.pk)
        assert 5 <= places_of(freeze(joined).value, 1024) <= 8


class ShortTests:
    def test_models_are_short_if_each_column_has_a_length(self) -> None:
        assert is_short(Employee)
        assert is_short(Schedule)
        assert not is_short(Notification)
        assert not is_short(Rule)


class StampBytesTests:
    def test_grow_with_each_tag_and_count_only_texts_of_its_own(self) -> None:
        few = stamp_bytes(("employee", "employee/email"))
        assert stamp_bytes(("employee", "employee/email", "scheduling.Employee/*")) - few < 100
        assert stamp_bytes(("employee", "employee/email", "scheduling.Employee#" + "4" * 1000)) - few > 1000
