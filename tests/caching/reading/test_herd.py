"""Of all processes that miss the same key at the same time, one loads.

A second manager with memory of its own stands for another process: both have one server.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction

from caching import cache_manager
from caching.keys import key_tag
from caching.reading import herd, loading, tiers
from caching.reading.dependencies import Dependencies
from caching.reading.entries import Kind
from caching.reading.finding import find_shared
from caching.reading.herd import Turn, has_turns
from caching.reading.loading import load_many
from caching.reading.manager import CacheManager
from scheduling.caches import EMPLOYEE_BY_EMAIL
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.factories import EmployeeFactory
from tests.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("shared_valkey", "trusting")
KEY = "id:1"


@pytest.fixture
def trusting(transactional_db: None, shared_valkey: Any) -> None:
    wait_until(lambda: not cache_manager.config.ENABLED or cache_manager.runtime.generations.stamp(["x"]) is not None)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for long."""
    for module in (tiers, loading, herd):
        monkeypatch.setattr(module, "LEASE_SECONDS", 0.3)


class InThread:
    """A call in a thread of its own, and its outcome."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call, self.outcome = call, None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.outcome = self._call()
        except RuntimeError as error:
            self.outcome = error
        finally:
            connection.close()

    def ended(self) -> Any:
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.outcome


class Load:
    """A load that lasts until it is let go."""

    def __init__(self, value: Any = "loaded") -> None:
        self.value, self.calls = value, 0
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> Any:
        self.calls += 1
        self.has_begun.set()
        self.may_end.wait(10)
        if isinstance(self.value, RuntimeError):
            raise self.value
        return self.value


def waits(manager: CacheManager, kind: str = "id") -> Callable[[], bool]:
    """Return whether somebody waits in this simulated process."""
    before = cache_counted(manager, kind)
    return lambda: cache_counted(manager, kind) > before


def cache_counted(manager: CacheManager, kind: str) -> int:
    return int(manager.get_stats()["types"]["general"]["waits"])


def never() -> Any:
    pytest.fail("It was loaded again.")


def read(manager: CacheManager, load: Callable[[], Any], **options: Any) -> Callable[[], Any]:
    return lambda: manager.get_or_load("general", KEY, load, **options)


class OneLoadTests:
    def test_another_process_waits_and_takes_what_was_loaded(self, manager: CacheManager) -> None:
        load = Load()
        first = InThread(read(cache_manager, load))
        load.has_begun.wait(10)
        is_waiting = waits(manager)
        second = InThread(read(manager, never))
        wait_until(is_waiting)
        load.may_end.set()
        assert (first.ended(), second.ended()) == ("loaded", "loaded")

    def test_who_looked_before_it_was_stored_and_asks_after_it_looks_again(self, manager: CacheManager) -> None:
        kind = manager.kind("general", "id")
        with Turn(kind, (KEY,)) as turn:
            assert find_shared({KEY: kind}) == {}
            cache_manager.get_or_load("general", KEY, lambda: "loaded")
            turn.claim((KEY,))
            assert turn.found[KEY].value == "loaded"

    def test_who_waited_is_not_served_what_was_written_meanwhile(self, manager: CacheManager) -> None:
        """The value that all waited for was read before the write: its stamp holds for nobody."""
        employee = EmployeeFactory(first_name="Amy")
        load = Load()

        def load_name() -> str:
            name = Employee.objects.values_list("first_name", flat=True).get(pk=employee.pk)
            load()
            return name

        first = InThread(read(cache_manager, load_name, depends_on=[Employee]))
        load.has_begun.wait(10)
        is_waiting = waits(manager)
        second = InThread(read(manager, load_name, depends_on=[Employee]))
        wait_until(is_waiting)
        Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
        third = InThread(read(manager, load_name, depends_on=[Employee]))
        load.may_end.set()
        assert first.ended() == "Amy"
        assert (second.ended(), third.ended()) == ("Zoe", "Zoe")

    def test_an_error_is_not_cached_and_the_next_process_loads(self, manager: CacheManager) -> None:
        load = Load(RuntimeError("away"))
        first = InThread(read(cache_manager, load))
        load.has_begun.wait(10)
        is_waiting = waits(manager)
        second = InThread(read(manager, lambda: "loaded"))
        wait_until(is_waiting)
        load.may_end.set()
        assert (str(first.ended()), second.ended()) == ("away", "loaded")

    @pytest.mark.usefixtures("quick")
    def test_a_killed_loader_delays_nobody_beyond_its_lease(self, manager: CacheManager) -> None:
        kind = cache_manager.kind("general", "id")
        tier = cache_manager.runtime.shared
        assert tier is not None
        assert tier.in_turn(lambda turns: turns.claim(tier.names("general", [KEY]), [b""])) is not None  # it is gone
        assert manager.get_or_load("general", KEY, lambda: "by the other") == "by the other"
        assert kind.find(KEY) is None

    def test_a_load_may_ask_for_its_own_key(self) -> None:
        def load() -> str:
            return f"outer of {cache_manager.get_or_load('general', KEY, lambda: 'inner')}"

        assert cache_manager.get_or_load("general", KEY, load) == "outer of inner"

    def test_a_transaction_does_not_wait(self, manager: CacheManager) -> None:
        load = Load()
        first = InThread(read(cache_manager, load))
        load.has_begun.wait(10)
        with transaction.atomic():
            assert manager.get_or_load("general", KEY, lambda: "by the transaction") == "by the transaction"
        load.may_end.set()
        assert first.ended() == "loaded"

    def test_a_value_that_could_not_be_stored_keeps_nobody_waiting(self, manager: CacheManager) -> None:
        """Its loader tells the others, and they load at once instead of one after the other."""
        load = Load()
        employee = EmployeeFactory()
        first = InThread(read(cache_manager, load, depends_on=[Employee]))
        load.has_begun.wait(10)
        is_waiting = waits(manager)
        second = InThread(read(manager, lambda: "of now", depends_on=[Employee]))
        wait_until(is_waiting)
        employee.save()
        load.may_end.set()
        assert (first.ended(), second.ended()) == ("loaded", "of now")


class OutageTests:
    def test_a_server_that_is_cut_off_costs_nothing(self, network: Proxy) -> None:
        assert cache_manager.get_or_load("general", "id:0", lambda: 0) == 0
        network.cut()
        assert cache_manager.get_or_load("general", KEY, lambda: "loaded") == "loaded"
        wait_until(lambda: cache_manager.runtime.generations.is_degraded)
        assert not has_turns(cache_manager.runtime)


class ManyTests:
    def load_many(self, manager: CacheManager, load: Callable[[Any], Any], *keys: str) -> Any:
        kind: Kind = manager.kind("general", "id")
        dependencies = {key: Dependencies(("general", key_tag("general", key)), frozenset(), True) for key in keys}
        return load_many(kind, dependencies, load)

    def test_each_process_loads_what_the_other_does_not(self, manager: CacheManager) -> None:
        load, wanted = Load(), []

        def first_load(keys: Any) -> dict[str, str]:
            load()
            return dict.fromkeys(keys, "by the first")

        def second_load(keys: Any) -> dict[str, str]:
            wanted.append(sorted(keys))
            return dict.fromkeys(keys, "by the second")

        first = InThread(lambda: self.load_many(cache_manager, first_load, "id:1", "id:2"))
        load.has_begun.wait(10)
        is_waiting = waits(manager)
        second = InThread(lambda: self.load_many(manager, second_load, "id:2", "id:3"))
        wait_until(is_waiting)
        load.may_end.set()
        assert first.ended() == {"id:1": "by the first", "id:2": "by the first"}
        assert second.ended() == {"id:2": "by the first", "id:3": "by the second"}
        assert wanted == [["id:3"]]

    def test_the_look_ups_use_it(self) -> None:
        amy, bob = EmployeeFactory(), EmployeeFactory()
        assert EMPLOYEE_BY_EMAIL.get_many([amy.email, bob.email, "none@example.com"]) == {
            amy.email: amy,
            bob.email: bob,
        }


class TaskTests:
    def test_a_task_waits_for_another_process(self, manager: CacheManager) -> None:
        load = Load()
        first = InThread(read(cache_manager, load))
        load.has_begun.wait(10)

        async def other() -> str:
            pytest.fail("It was loaded again.")

        async def main() -> Any:
            reading = asyncio.create_task(manager.aget_or_load("general", KEY, other))
            await asyncio.sleep(0.05)
            assert not reading.done()
            load.may_end.set()
            return await reading

        assert async_to_sync(main)() == "loaded"
        assert first.ended() == "loaded"


class HasTurnsTests:
    def test_not_without_a_server(self, clock: Clock, settings: Any) -> None:
        settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": None, "GENERATIONS": "memory"}
        assert cache_manager.config
        assert not has_turns(cache_manager.runtime)

    def test_not_inside_a_transaction(self) -> None:
        assert has_turns(cache_manager.runtime)
        with transaction.atomic():
            assert not has_turns(cache_manager.runtime)
