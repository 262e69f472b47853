"""What all stores of generations share: how places are read, and what a fork leaves to the child."""

import os
from math import inf
from pathlib import Path

import pytest

from caching.stores.generations import GenerationsUnavailable, reader_of
from caching.stores.shared_memory import SharedMemoryGenerations
from tests.caching.clock import Clock
from tests.caching.stores.contract import stamped
from tests.processes import forked


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> SharedMemoryGenerations:
    """A store that overrides nothing of what is tested here."""
    return SharedMemoryGenerations(tmp_path, clock=clock)


class ReaderOfTests:
    def test_reads_several_places_in_their_order(self) -> None:
        assert reader_of([2, 0])([10, 11, 12]) == (12, 10)

    def test_reads_one_place_as_a_tuple_too(self) -> None:
        assert reader_of(["a"])({"a": 5}) == (5,)

    def test_raises_for_a_place_that_the_view_lacks(self) -> None:
        with pytest.raises(KeyError):
            reader_of(["a", "b"])({"a": 5})


class GenerationStoreTests:
    def test_is_degraded_while_entries_may_only_live_for_a_while(self, store: SharedMemoryGenerations) -> None:
        assert store.longest_life == inf
        assert not store.is_degraded
        store.longest_life = 5
        assert store.is_degraded

    def test_without_a_server_has_nothing_to_describe_or_to_drain(self, store: SharedMemoryGenerations) -> None:
        assert store.describe() is None
        assert store.drain() == 0
        assert not store.has_outbox

    def test_stamps_and_compares_several_groups_as_it_does_one(self, store: SharedMemoryGenerations) -> None:
        one, other = store.stamps([("a",), ("b", "c")])
        assert one is not None
        assert other is not None
        assert (one.tags, other.tags) == (("a",), ("b", "c"))
        store.publish(["b"])
        assert store.holding([one, other]) == [store.holds(one), store.holds(other)] == [True, False]

    def test_is_opened_anew_by_a_child_after_a_fork(self, store: SharedMemoryGenerations) -> None:
        stamp = stamped(store)
        with forked() as (is_child, read, write):
            if is_child:
                let_go = store._file == -1
                os.write(write, repr((let_go, store.holds(stamp))).encode())
            else:
                assert os.read(read, 100) == b"(True, True)"
        assert store.holds(stamp)


class GenerationsUnavailableTests:
    @pytest.mark.parametrize("others_serve", [True, False])
    def test_says_whether_others_may_be_serving(self, others_serve: bool) -> None:
        error = GenerationsUnavailable("It is gone.", others_serve=others_serve)
        assert str(error) == "It is gone."
        assert error.others_serve is others_serve
