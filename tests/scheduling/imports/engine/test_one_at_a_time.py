"""The same file, imported twice at once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import tablib
from django.db import connection, connections, transaction

from scheduling.imports.engine.one_at_a_time import wait_for_others
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.models import Employee
from tests.factories import DepartmentFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time."),
]

ROWS = 300


def people() -> tablib.Dataset:
    rows = [(f"p{n}@example.com", str(n), "Amy", "Adams", "KIT") for n in range(ROWS)]
    return tablib.Dataset(*rows, headers=["email", "employee_number", "first_name", "last_name", "department"])


def in_another_thread(pool: ThreadPoolExecutor, run: Callable[[], object]) -> object:
    def and_close() -> object:
        try:
            return run()
        finally:
            connections.close_all()

    return pool.submit(and_close)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


class WaitForOthersTests:
    def test_the_second_import_waits_and_finds_nothing_to_do(self) -> None:
        DepartmentFactory(code="KIT")
        writes, may_go_on = threading.Event(), threading.Event()

        def hold(rows: int) -> None:
            writes.set()
            assert may_go_on.wait(30)

        with ThreadPoolExecutor(2) as pool:
            first = in_another_thread(pool, lambda: EmployeeResource(progress=hold).import_data(people()))
            assert writes.wait(30)
            second = in_another_thread(pool, lambda: EmployeeResource().import_data(people()))
            while not somebody_waits():
                assert not second.done(), second.result()  # type: ignore[attr-defined]
                time.sleep(0.01)
            may_go_on.set()
            results: list[ImportResult] = [first.result(30), second.result(30)]  # type: ignore[attr-defined]

        assert [(each.saved, each.new, each.unchanged, each.refused) for each in results] == [
            (True, ROWS, 0, 0),
            (True, 0, ROWS, 0),
        ]
        assert results[1].queries < 20
        assert Employee.objects.count() == ROWS

    def test_other_kinds_do_not_wait(self) -> None:
        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            wait_for_others("employees", "default")
            other = in_another_thread(pool, lambda: self._lock("shifts"))
            assert other.result(30) is None  # type: ignore[attr-defined]

    def test_says_so_if_the_database_lets_nobody_wait_that_long(self) -> None:
        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            wait_for_others("employees", "default")
            other = in_another_thread(pool, lambda: self._lock("employees"))
            with pytest.raises(FileError, match="Another file of this kind is being imported"):
                other.result(30)  # type: ignore[attr-defined]

    @staticmethod
    def _lock(kind: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            wait_for_others(kind, "default")
