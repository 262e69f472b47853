"""After a write, its process loads the row anew for all processes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_init
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.reading.background import _THREADS
from caching.reading.refill import MAX_KEYS
from scheduling.caches import EMPLOYEE_BY_EMAIL, EMPLOYEE_BY_ID
from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _refilling(shared_valkey: Any, settings: Settings) -> None:
    settings.CACHING = {**settings.CACHING, "REFILL": {"employee": True}}
    wait_until(lambda: cache_manager.runtime.opened().generations.stamp(["x"]) is not None)


@pytest.fixture
def employee() -> Employee:
    employee: Employee = EmployeeFactory(first_name="Amy")
    settled()
    return employee


def settled() -> None:
    cache_manager.runtime.background.wait(10)


def as_another_process() -> None:
    """Forget what this process holds."""
    cache_manager.type_entries("employee").drop()


def refilled() -> int:
    return int(cache_manager.get_stats()["types"]["employee"]["refilled"])


def waits() -> int:
    return int(cache_manager.get_stats()["types"]["employee"]["waits"])


@contextmanager
def whenever_a_row_is_loaded(then: Callable[[], Any]) -> Iterator[None]:
    """Do something once, between the query of the next load and its end."""
    left = [then]

    def receive(**kwargs: Any) -> None:
        if left:
            left.pop()()

    post_init.connect(receive, sender=Employee)
    try:
        yield
    finally:
        post_init.disconnect(receive, sender=Employee)


class RefillTests:
    @pytest.mark.parametrize("inside", [False, True])
    def test_the_others_find_the_new_row(
        self, employee: Employee, django_assert_num_queries: Any, *, inside: bool
    ) -> None:
        employee.first_name = "Zoe"
        if inside:
            with transaction.atomic():
                employee.save()
                settled()
                before = refilled()
            settled()
            assert refilled() > before
        else:
            employee.save()
        settled()
        as_another_process()
        with django_assert_num_queries(0):
            found = EMPLOYEE_BY_EMAIL.get(employee.email), EMPLOYEE_BY_ID.get(employee.pk)
        assert [row and row.first_name for row in found] == ["Zoe", "Zoe"]

    def test_who_reads_at_once_waits_for_it(self, employee: Employee, django_assert_num_queries: Any) -> None:
        employee.first_name = "Zoe"
        employee.save()
        as_another_process()
        with django_assert_num_queries(0):
            found = EMPLOYEE_BY_EMAIL.get(employee.email)
        assert found is not None
        assert found.first_name == "Zoe"

    def test_who_wrote_waits_for_it_though_it_has_not_begun(
        self, employee: Employee, django_assert_num_queries: Any
    ) -> None:
        before, is_read = waits(), threading.Event()

        def busy() -> None:
            wait_until(lambda: is_read.is_set() or waits() > before)

        for number in range(_THREADS):
            cache_manager.runtime.background.submit(("busy", number), busy)
        employee.first_name = "Zoe"
        employee.save()
        as_another_process()
        try:
            with django_assert_num_queries(0):
                found = EMPLOYEE_BY_EMAIL.get(employee.email)
        finally:
            is_read.set()
        assert found is not None
        assert found.first_name == "Zoe"

    def test_a_transaction_that_is_rolled_back_refills_nothing(self, employee: Employee) -> None:
        before = refilled()
        with transaction.atomic():
            employee.save()
            transaction.set_rollback(True)
        settled()
        assert refilled() == before

    def test_what_another_writer_changes_meanwhile_is_not_stored(self, employee: Employee) -> None:
        def write() -> None:
            # By the driver itself, and then published: as another process does it.
            with connection.cursor() as cursor:
                cursor.execute("UPDATE scheduling_employee SET first_name = 'Zoe' WHERE id = %s", [employee.pk])

        with whenever_a_row_is_loaded(write):
            employee.save()
            settled()
        settled()
        found = EMPLOYEE_BY_ID.get(employee.pk), EMPLOYEE_BY_EMAIL.get(employee.email)
        assert [row and row.first_name for row in found] == ["Zoe", "Zoe"]
        as_another_process()
        found = EMPLOYEE_BY_ID.get(employee.pk), EMPLOYEE_BY_EMAIL.get(employee.email)
        assert [row and row.first_name for row in found] == ["Zoe", "Zoe"]

    def test_a_large_write_refills_nothing(self) -> None:
        people = EmployeeFactory.create_batch(MAX_KEYS + 1)
        settled()
        before = refilled()
        Employee.objects.filter(pk__in=[person.pk for person in people]).update(first_name="Zoe")
        settled()
        assert refilled() == before

    def test_a_process_that_has_read_nothing_refills_too(self, django_assert_num_queries: Any) -> None:
        employee = EmployeeFactory()
        settled()
        assert refilled() > 0
        with django_assert_num_queries(0):
            assert EMPLOYEE_BY_EMAIL.get(employee.email) == employee

    def test_a_deleted_row_is_gone_for_all(self, employee: Employee) -> None:
        pk = employee.pk
        employee.delete()
        settled()
        as_another_process()
        assert EMPLOYEE_BY_ID.get(pk) is None

    def test_not_unless_the_settings_say_so(self, employee: Employee, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "REFILL": {}}
        employee.save()
        settled()
        assert refilled() == 0

    def test_an_outage_refills_nothing(self, employee: Employee, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cache_manager.runtime.generations, "longest_life", 5)
        before = refilled()
        employee.save()
        settled()
        assert refilled() == before
