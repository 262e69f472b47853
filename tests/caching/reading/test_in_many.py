"""Rows by thousands of values: the quick form finds what Django's own does, on both databases."""

import datetime
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from caching.reading.in_many import in_many
from scheduling.models import Employee, Shift
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory

pytestmark = pytest.mark.django_db

NOBODY = [f"nobody{number}@example.com" for number in range(30)]
NO_KEYS = list(range(-30, 0))


def found(rows: QuerySet[Any], field: str, values: list[Any]) -> tuple[set[Any], int]:
    """Return the primary keys of the rows, and how many parameters their query has."""
    queryset: QuerySet[Any] = in_many(rows, rows.model._meta.get_field(field), values)
    _, parameters = queryset.query.sql_with_params()
    pks = {row.pk for row in queryset}
    assert pks == {row.pk for row in rows.filter(**{f"{field}__in": values})}
    return pks, len(parameters)


class HavingTests:
    def test_finds_rows_by_integers(self) -> None:
        one, _, three = EmployeeFactory.create_batch(3)
        assert found(Employee.objects.all(), "id", [one.pk, three.pk, 2**62, *NO_KEYS]) == ({one.pk, three.pk}, 1)

    def test_finds_rows_by_foreign_keys(self) -> None:
        kitchen = DepartmentFactory()
        cook = EmployeeFactory(department=kitchen)
        EmployeeFactory()
        assert found(Employee.objects.all(), "department", [kitchen.pk, *NO_KEYS]) == ({cook.pk}, 1)

    @pytest.mark.parametrize(
        "address", ["amy@example.com", "zoë'\"\\@example.com", "日本@example.com", "a,{b}@example.com"]
    )
    def test_finds_rows_by_texts(self, address: str) -> None:
        amy = EmployeeFactory(email=address)
        EmployeeFactory()
        assert found(Employee.objects.all(), "email", [address, *NOBODY]) == ({amy.pk}, 1)

    def test_is_among_other_conditions(self) -> None:
        amy, _ = EmployeeFactory(email="amy@example.com"), EmployeeFactory(email="ben@example.com")
        rows = Employee.objects.filter(department__active=True).exclude(first_name="").order_by("email")
        assert found(rows, "email", ["amy@example.com", *NOBODY])[0] == {amy.pk}

    def test_a_few_values_are_left_to_django(self) -> None:
        amy = EmployeeFactory()
        assert found(Employee.objects.all(), "id", [amy.pk, 0]) == ({amy.pk}, 2)

    def test_what_a_field_passes_in_its_own_way_is_left_to_django(self) -> None:
        late = ShiftFactory(start_time=datetime.time(9))
        hours = [datetime.time(hour) for hour in range(24)]
        assert found(Shift.objects.all(), "start_time", hours) == ({late.pk}, 24)

    def test_values_of_several_kinds_are_left_to_django(self) -> None:
        late = ShiftFactory(name="Late")
        assert found(Shift.objects.all(), "name", [SafeString("Late"), *NOBODY]) == ({late.pk}, 31)
