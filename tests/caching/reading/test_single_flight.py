"""Of those who miss the same key at the same time, one loads."""

import asyncio
import threading
import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction

from caching import cache_manager
from caching.reading.single_flight import SingleFlight
from scheduling.models import Employee
from tests.factories import EmployeeFactory

NAME = ("general", "id:1")


class Stampede:
    """Threads that all miss one key; the load waits until all the others wait for it."""

    def __init__(self, threads: int, fail_first: bool = False) -> None:
        self.loads = 0
        self.answers: list[Any] = []
        self._fail_first = fail_first
        self._waiting = threading.Semaphore(0)
        self._all = threading.Barrier(threads)
        self._threads = [threading.Thread(target=self._read) for _ in range(threads)]
        self._lock = threading.Lock()

    def _load(self) -> str:
        with self._lock:
            self.loads += 1
            first = self.loads == 1
        if first:
            # All but the loader have missed and wait for it.
            deadline = time.monotonic() + 10
            while len(waiters()) < len(self._threads) - 1:
                assert time.monotonic() < deadline, "the others do not wait"
                time.sleep(0.001)
            if self._fail_first:
                raise RuntimeError("the database is away")
        return "loaded"

    def _read(self) -> None:
        self._all.wait()
        try:
            self.answers.append(cache_manager.get_or_load("general", "id:1", self._load))
        except RuntimeError as error:
            self.answers.append(str(error))
        finally:
            connection.close()

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join(20)


def waiters() -> list[Any]:
    """Return who waits on the event of the flight under way."""
    under_way = cache_manager.runtime.single_flight._loading.get(NAME)
    return list(under_way[0]._cond._waiters) if under_way else []  # type: ignore[attr-defined]


class ThreadTests:
    def test_eight_threads_cause_one_load(self) -> None:
        stampede = Stampede(8)
        stampede.run()
        assert stampede.loads == 1
        assert stampede.answers == ["loaded"] * 8
        counted = cache_manager.get_stats()["types"]["general"]
        assert (counted["loads"], counted["waits"], counted["misses"]) == (1, 7, 1)

    def test_an_error_reaches_all_who_wait_and_is_not_kept(self) -> None:
        stampede = Stampede(3, fail_first=True)
        stampede.run()
        assert (stampede.loads, stampede.answers) == (1, ["the database is away"] * 3)
        assert cache_manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"

    def test_other_keys_are_loaded_meanwhile(self) -> None:
        def load_another() -> str:
            thread = threading.Thread(target=cache_manager.get_or_load, args=("general", "id:2", lambda: "two"))
            thread.start()
            thread.join(10)
            assert not thread.is_alive()
            return "one"

        assert cache_manager.get_or_load("general", "id:1", load_another) == "one"
        assert cache_manager.get("general", "id:2") == "two"

    def test_a_load_may_ask_for_its_own_key(self) -> None:
        def load() -> str:
            return "outer of " + cache_manager.get_or_load("general", "id:1", lambda: "inner")

        assert cache_manager.get_or_load("general", "id:1", load) == "outer of inner"

    @pytest.mark.django_db(transaction=True)
    def test_a_transaction_does_not_wait(self) -> None:
        def read_inside_a_transaction() -> str:
            # The loader waits for a thread inside a transaction, as a lock of the database would make it: if that
            # thread waited for the load in turn, nobody would go on.
            found: list[str] = []

            def read() -> None:
                try:
                    with transaction.atomic(durable=True):
                        found.append(cache_manager.get_or_load("general", "id:1", lambda: "by the transaction"))
                finally:
                    connection.close()

            thread = threading.Thread(target=read)
            thread.start()
            thread.join(5)
            assert not thread.is_alive(), "the transaction waits for the load"
            return found[0]

        assert cache_manager.get_or_load("general", "id:1", read_inside_a_transaction) == "by the transaction"

    @pytest.mark.django_db(transaction=True)
    def test_who_waited_is_not_served_what_was_written_meanwhile(self) -> None:
        """The joiner checks the stamp too."""
        employee = EmployeeFactory(first_name="Amy")
        read, written = threading.Event(), threading.Event()
        answers: list[str] = []

        def load() -> str:
            name = Employee.objects.get(pk=employee.pk).first_name
            if threading.current_thread() is not threading.main_thread() and not read.is_set():
                read.set()
                written.wait(10)
            return name

        def run() -> None:
            try:
                answers.append(cache_manager.get_or_load("employee", "name:1", load, depends_on=[Employee]))
            finally:
                connection.close()

        first = threading.Thread(target=run)
        first.start()
        assert read.wait(10)
        Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
        joiner = threading.Thread(target=run)
        joiner.start()
        written.set()
        joiner.join(10)
        first.join(10)
        assert sorted(answers) == ["Amy", "Zoe"]
        assert cache_manager.get_or_load("employee", "name:1", load, depends_on=[Employee]) == "Zoe"


class TaskTests:
    def test_eight_tasks_cause_one_load(self) -> None:
        loads: list[int] = []

        async def load() -> str:
            loads.append(1)
            for _ in range(20):
                await asyncio.sleep(0)
            return "loaded"

        async def main() -> list[str]:
            return await asyncio.gather(*(cache_manager.aget_or_load("general", "id:1", load) for _ in range(8)))

        assert async_to_sync(main)() == ["loaded"] * 8
        assert len(loads) == 1

    def test_an_error_reaches_all_who_wait_and_is_not_kept(self) -> None:
        outcomes = iter([RuntimeError("away"), "loaded"])

        async def load() -> str:
            await asyncio.sleep(0)
            outcome = next(outcomes)
            if isinstance(outcome, RuntimeError):
                raise outcome
            return outcome

        async def main() -> tuple[list[Any], Any]:
            reads = (cache_manager.aget_or_load("general", "id:1", load) for _ in range(3))
            failed = await asyncio.gather(*reads, return_exceptions=True)
            return failed, await cache_manager.aget_or_load("general", "id:1", load)

        failed, loaded = async_to_sync(main)()
        assert [str(error) for error in failed] == ["away"] * 3
        assert loaded == "loaded"

    def test_a_load_may_ask_for_its_own_key(self) -> None:
        async def inner() -> str:
            return "inner"

        async def load() -> str:
            return "outer of " + await cache_manager.aget_or_load("general", "id:1", inner)

        async def main() -> str:
            return await asyncio.wait_for(cache_manager.aget_or_load("general", "id:1", load), timeout=2)

        assert async_to_sync(main)() == "outer of inner"


class FlightsTests:
    def test_a_name_is_free_again_after_an_error(self) -> None:
        flights = SingleFlight()
        with pytest.raises(RuntimeError), flights.joined(NAME, may_wait=lambda: True):
            raise RuntimeError
        with flights.joined(NAME, may_wait=lambda: True) as waited:
            assert waited is False

    def test_who_may_not_wait_does_not(self) -> None:
        flights = SingleFlight()
        outcome: list[bool] = []

        def join() -> None:
            with flights.joined(NAME, may_wait=lambda: False) as waited:
                outcome.append(waited)

        with flights.joined(NAME, may_wait=lambda: True):
            thread = threading.Thread(target=join)
            thread.start()
            thread.join(5)
        assert outcome == [False]
