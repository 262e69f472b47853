"""Generations of one process, for the time of an outage."""

import threading

import pytest

from caching.stores import in_process
from caching.stores.in_process import InProcessGenerations

TAGS = ("m.A#1", "m.A/+")


class InProcessGenerationsTests:
    def test_hold_until_they_are_forgotten(self) -> None:
        generations = InProcessGenerations()
        stamp, beside = generations.stamp(TAGS), generations.stamp(["m.B#1"])
        assert generations.holds(stamp)
        generations.forget(TAGS[:1])
        assert not generations.holds(stamp)
        assert generations.holds(beside)

    def test_are_never_reused(self) -> None:
        generations = InProcessGenerations()
        seen = set()
        for _ in range(300):
            seen.add(generations.read(["a"]))
            generations.forget(["a"])
        assert len(seen) == 300

    def test_of_two_outages_are_told_apart(self) -> None:
        one, two = InProcessGenerations(), InProcessGenerations()
        assert one.identity != two.identity
        assert one.read(TAGS) != two.read(TAGS)

    def test_are_the_same_for_threads_that_ask_at_the_same_time(self) -> None:
        generations, barrier, found = InProcessGenerations(), threading.Barrier(8), set()

        def read() -> None:
            barrier.wait()
            found.add(generations.read([str(number) for number in range(200)]))

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 1

    def test_do_not_grow_without_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(in_process, "_MAX_TAGS", 10)
        generations = InProcessGenerations()
        stamp = generations.stamp([str(number) for number in range(20)])
        generations.forget(["a"])
        assert len(generations) == 1
        assert not generations.holds(stamp)
