"""Filling the caches when a process begins to serve."""

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_started
from pytest_django.fixtures import Settings

from caching.monitoring.warm_start import LOCK_NAME, WarmStart, fill
from scheduling.models import Shift
from tests.factories import ShiftFactory
from tests.processes import Child
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
SERVE = "from django.core.signals import request_started; request_started.send(None, environ={})"
HELD = "cache_manager.get_stats()['cache_sizes']['shift']"


class FillTests:
    def test_loads_what_is_worth_it(self, django_assert_num_queries: Any) -> None:
        shift = ShiftFactory()
        assert fill() > 0
        with django_assert_num_queries(0):
            assert Shift.objects.get_by_name(shift.name) == shift
        assert fill() == 0

    def test_one_process_of_the_host_fills_the_shared_tier(self, file_tier: Path, directory: Path) -> None:
        ShiftFactory()
        with (directory / LOCK_NAME).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert fill() == 0
        assert fill() > 0

    def test_a_fault_is_logged_and_stops_nothing(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fails(*arguments: Any) -> Any:
            raise OSError("no disk")

        monkeypatch.setattr("caching.monitoring.warm_start.warm_each", fails)
        assert fill() == 0
        assert caplog.messages == ["The caches could not be warmed: OSError: no disk"]


class StartTests:
    def test_a_test_starts_no_thread(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "WARM_ON_START": True}
        starter = WarmStart()
        starter.start()
        request_started.send(None, environ={})
        assert starter._thread is None

    @pytest.mark.parametrize("switch", [True, False])
    def test_the_first_request_of_a_process_fills_its_memory(
        self, switch: bool, start_child: Callable[..., Child]
    ) -> None:
        ShiftFactory.create_batch(3)
        child = start_child(WARM_ON_START="1" if switch else "0")
        child.run("from caching import cache_manager")
        child.run(SERVE)
        if switch:
            wait_until(lambda: child.run(HELD) >= 3)
        else:
            assert child.run(HELD) == 0
