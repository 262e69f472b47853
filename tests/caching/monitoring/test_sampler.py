"""The thread that writes the history."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_started
from django.db import connection, transaction

from caching import cache_manager
from caching.models import CacheSample
from caching.monitoring.sampler import Sampler, sample, sample_now
from caching.monitoring.verification import verify_local
from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.processes import Child
from tests.waiting import wait_until

SERVE = "from django.core.signals import request_started; request_started.send(None, environ={})"
READ = """
from caching import cache_manager
for _ in range(3): cache_manager.get_or_load("general", "id:1", lambda: 1)
"""
IS_LEADER = "__import__('caching.monitoring.sampler').monitoring.sampler.sampler._leadership is not None"


def read_three_times() -> None:
    for _ in range(3):
        cache_manager.get_or_load("general", "id:1", lambda: 1)


def recorded() -> int:
    rows = CacheSample.objects.filter(seconds=60)
    return sum(row.counts.get("hits_local", 0) + row.counts.get("misses", 0) for row in rows)


@pytest.fixture
def directory(settings: Any, tmp_path: Path) -> Path:
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
    return tmp_path


@pytest.mark.django_db(transaction=True)
class VerifyTests:
    @pytest.fixture
    def stale(self, directory: Path) -> Employee:
        employee: Employee = EmployeeFactory(email="amy@example.com")
        Employee.objects.get_by_email(employee.email)
        connection.ensure_connection()
        connection.connection.execute("UPDATE scheduling_employee SET first_name = 'Eve'")
        connection.connection.commit()
        return employee

    def test_is_off_by_default(self, stale: Employee, caplog: pytest.LogCaptureFixture) -> None:
        Sampler()._verify()
        assert cache_manager.get_stats()["verified"] == 0
        assert caplog.messages == []

    def test_counts_and_logs_what_is_stale_without_its_value(
        self, stale: Employee, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        # The same manager goes on: only its configuration is another one.
        cache_manager.runtime._config = replace(cache_manager.config, VERIFY_SAMPLE=10)
        Sampler()._verify()
        counts = cache_manager.get_stats()
        assert (counts["verified"], counts["found_stale"]) == (1, 1)
        (message,) = caplog.messages
        assert message == "Stale in the local tier, somebody has written past Django: employee/email:…."
        # It stays: who repairs wants to see it first.
        assert verify_local(["employee"], None, repair=False).stale != []

    def test_the_thread_of_every_process_does_it(self, directory: Path, start_child: Any) -> None:
        EmployeeFactory(email="amy@example.com")
        child = start_child(directory)
        child.run("from caching import cache_manager; from dataclasses import replace")
        child.run("from scheduling.models import Employee; Employee.objects.get_by_email('amy@example.com')")
        child.run("cache_manager.runtime._config = replace(cache_manager.config, VERIFY_SAMPLE=10)")
        child.run(SERVE)
        wait_until(lambda: child.run("cache_manager.get_stats()['verified']") == 1)


@pytest.mark.django_db(transaction=True)
class ElectionTests:
    def test_one_process_of_the_host_writes_for_all_and_another_takes_over(self, directory: Path) -> None:
        first, second = Child(directory), Child(directory)
        try:
            first.run(SERVE)
            wait_until(lambda: first.run(IS_LEADER))
            second.run(SERVE)
            second.run(READ)
            first.run("from caching.monitoring.sampler import sampler; sampler._wake.set()")
            wait_until(lambda: recorded() == 3)
            assert second.run(IS_LEADER) is False
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
            second.run("from caching.monitoring.sampler import sampler; sampler._wake.set()")
            wait_until(lambda: second.run(IS_LEADER))
            second.run(READ)
            # The end of its input ends the process, and that writes what was not written yet.
            second.end()
            assert recorded() == 6
        finally:
            first.stop()
            second.stop()

    def test_a_test_starts_no_thread(self) -> None:
        sampler = Sampler()
        sampler.start()
        assert sampler._thread is None
        assert request_started.has_listeners()


@pytest.mark.django_db(transaction=True)
class SampleTests:
    def test_writes_what_was_counted_since_the_last_one(self, directory: Path) -> None:
        read_three_times()
        assert (sample() > 0, recorded()) == (True, 3)
        assert (sample(), recorded()) == (0, 3)

    def test_of_now_uses_a_connection_of_its_own(
        self, directory: Path, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        read_three_times()
        with django_assert_num_queries(0):
            sample_now()
        assert recorded() == 3

    def test_of_now_does_nothing_inside_a_transaction(self, directory: Path) -> None:
        read_three_times()
        with transaction.atomic():
            sample_now()
        assert recorded() == 0

    def test_nothing_is_written_where_counts_are_not_kept(self, settings: Any) -> None:
        settings.CACHING = {**settings.CACHING, "DIRECTORY": "/proc/nowhere"}
        cache_manager.get("general", "id:1")
        assert sample() == 0
