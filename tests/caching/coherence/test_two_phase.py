"""What a prepared transaction has written is published by COMMIT PREPARED, on whatever connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from caching.coherence.two_phase import finish, phase_of, prepare
from caching.coherence.watcher import watcher_of
from scheduling.models import Employee
from tests.caching.coherence.world import in_thread
from tests.factories import EmployeeFactory

NAME = "a prepared transaction of the tests"
EVERYTHING = {"scheduling.Employee/*", "scheduling.Employee/+", "scheduling.Shift/*"}


class PhaseOfTests:
    @pytest.mark.parametrize(
        ("sql", "params", "found"),
        [
            ("PREPARE TRANSACTION 'a'", None, ("PREPARE", "a")),
            ("/* x */ commit prepared 'it''s';", (), ("COMMIT", "it's")),
            ("ROLLBACK PREPARED %s", ["a"], ("ROLLBACK", "a")),
            ("COMMIT PREPARED %s", {"a": 1}, ("COMMIT", None)),
            (r"COMMIT PREPARED E'\x41'", None, ("COMMIT", None)),
            ("COMMIT", None, ("", None)),
            ("PREPARE a AS SELECT 1", None, ("", None)),
        ],
    )
    def test_reads_the_phase_and_the_name(self, sql: str, params: Any, found: tuple[str, str | None]) -> None:
        assert phase_of(sql, params) == found


class FinishTests:
    def test_gives_once_what_was_written(self) -> None:
        prepare("default", NAME, {"a"})
        assert finish("default", NAME) == {"a"}
        assert finish("default", NAME) >= EVERYTHING

    def test_takes_an_unknown_one_for_a_write_of_everything(self) -> None:
        prepare("other", NAME, {"a"})
        assert finish("default", NAME) >= EVERYTHING
        assert finish("default", None) >= EVERYTHING
        assert finish("other", NAME) == {"a"}


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")
@pytest.mark.django_db(transaction=True)
class PreparedTransactionTests:
    @contextmanager
    def prepared(self, pk: int) -> Iterator[None]:
        run("BEGIN")
        Employee.objects.filter(pk=pk).update(phone="1")
        run(f"PREPARE TRANSACTION '{NAME}'")
        yield

    @pytest.mark.parametrize("elsewhere", [False, True])
    def test_is_published_when_it_is_committed(self, elsewhere: bool) -> None:
        amy = EmployeeFactory(email="amy@example.com")
        with self.prepared(amy.pk):
            assert not watcher_of(connection).dirty
            EmployeeFactory()
            assert Employee.objects.get_by_email("amy@example.com").phone == amy.phone
        commit = lambda: run(f"COMMIT PREPARED '{NAME}'")  # noqa: E731
        in_thread(commit) if elsewhere else commit()
        assert Employee.objects.get_by_email("amy@example.com").phone == "1"

    def test_publishes_nothing_when_it_is_rolled_back(self) -> None:
        amy = EmployeeFactory(email="amy@example.com")
        with self.prepared(amy.pk):
            run(f"ROLLBACK PREPARED '{NAME}'")
        assert Employee.objects.get_by_email("amy@example.com").phone == amy.phone
