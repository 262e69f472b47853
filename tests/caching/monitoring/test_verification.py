"""Comparing the cache with the database."""

from typing import Any

import pytest
from django.db import connection

from caching import cache_manager
from caching.monitoring import verification
from caching.monitoring.verification import verify_local, verify_shared
from scheduling import caches
from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.valkey import Valkey

pytestmark = pytest.mark.django_db(transaction=True)


def past_django(sql: str) -> None:
    """Write with the driver's own connection, which nobody watches."""
    connection.ensure_connection()
    connection.connection.execute(sql)
    connection.connection.commit()


def rename_past_django(employee: Employee, name: str) -> None:
    past_django(f"UPDATE scheduling_employee SET first_name = '{name}' WHERE id = {employee.pk}")


class VerifyLocalTests:
    def test_what_is_true_is_no_finding(self) -> None:
        employees = EmployeeFactory.create_batch(5)
        for employee in employees:
            Employee.objects.get_by_email(employee.email)
            Employee.objects.get_by_id(employee.pk)
            caches.EMPLOYEES_OF_DEPARTMENT.get(employee.department_id)
        Employee.objects.get_by_email("nobody@example.com")
        found = verify_local([], None, repair=False)
        assert (found.verified >= 11, found.stale, found.changed) == (True, [], 0)
        assert found.bound == 3 / found.verified

    def test_a_write_past_django_is_found_named_counted_and_repaired(self) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        Employee.objects.get_by_email(employee.email)
        rename_past_django(employee, "Eve")
        stale = {"type": "employee", "key": "email:amy@example.com", "tier": "local"}
        before = cache_manager.get_stats()["found_stale"]
        found = verify_local(["employee"], None, repair=False)
        assert (found.stale, found.bound) == ([stale], None)
        assert cache_manager.get_stats()["found_stale"] == before + 1
        assert Employee.objects.get_by_email(employee.email).first_name != "Eve"  # type: ignore[union-attr]
        assert verify_local(["employee"], None, repair=True).stale == [stale]
        assert Employee.objects.get_by_email(employee.email).first_name == "Eve"  # type: ignore[union-attr]
        assert verify_local(["employee"], None, repair=True).stale == []

    def test_an_absence_that_is_none_any_more_is_found(self) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        Employee.objects.get_by_email("eve@example.com")
        past_django(f"UPDATE scheduling_employee SET email = 'eve@example.com' WHERE id = {employee.pk}")
        assert [one["key"] for one in verify_local(["employee"], None, repair=False).stale] == ["email:eve@example.com"]

    def test_a_write_in_between_is_no_finding(self, monkeypatch: pytest.MonkeyPatch) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        Employee.objects.get_by_email(employee.email)
        load = type(caches.EMPLOYEE_BY_EMAIL).from_database

        def load_after_a_write(self: Any, wanted: Any) -> Any:
            Employee.objects.filter(pk=employee.pk).update(first_name="Eve")
            return load(self, wanted)

        monkeypatch.setattr(type(caches.EMPLOYEE_BY_EMAIL), "from_database", load_after_a_write)
        found = verify_local(["employee"], None, repair=False)
        assert (found.stale, found.verified, found.changed) == ([], 0, 1)

    def test_a_sample_is_not_larger_than_asked(self) -> None:
        for employee in EmployeeFactory.create_batch(9):
            Employee.objects.get_by_email(employee.email)
        assert verify_local(["employee"], 4, repair=False).verified == 4

    def test_what_has_no_look_up_is_counted_apart(self) -> None:
        cache_manager.set("general", "id:1", 1)
        found = verify_local(["general"], None, repair=False)
        assert (found.verified, found.without_lookup, found.bound) == (0, 1, None)

    def test_many_entries_are_compared_in_few_queries(self, django_assert_max_num_queries: Any) -> None:
        employees = EmployeeFactory.create_batch(30)
        for employee in employees:
            Employee.objects.get_by_email(employee.email)
        assert verification._BATCH > 30
        with django_assert_max_num_queries(3):
            verify_local(["employee"], None, repair=False)


class VerifySharedTests:
    def test_a_write_past_django_is_found_and_repaired(self, shared_valkey: Valkey) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        Employee.objects.get_by_email(employee.email)
        rename_past_django(employee, "Eve")
        found = verify_shared(["employee"], 10, repair=True)
        assert [(one["key"], one["tier"]) for one in found.stale] == [("email:amy@example.com", "shared")]
        assert verify_shared(["employee"], 10, repair=False).stale == []

    def test_without_a_shared_tier_there_is_nothing(self) -> None:
        assert verify_shared([], 10, repair=False).verified == 0
