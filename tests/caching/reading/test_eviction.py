"""Which entry of a full type makes room."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.reading.eviction import Eviction, LeastRecentlyUsed, SieveCache, room_for


@dataclass(eq=False)
class _Node:
    key: int
    value: int
    visited: bool = False


class _Paper:
    """SIEVE as the paper has it, with a list from the newest to the oldest in place of its linked one."""

    def __init__(self, maxsize: int) -> None:
        self.maxsize = maxsize
        self.queue: list[_Node] = []
        self.hand: _Node | None = None

    def find(self, key: int) -> _Node | None:
        return next((node for node in self.queue if node.key == key), None)

    def newer(self, node: _Node) -> _Node | None:
        place = self.queue.index(node)
        return self.queue[place - 1] if place else None

    def read(self, key: int) -> int | None:
        if (node := self.find(key)) is None:
            return None
        node.visited = True
        return node.value

    def write(self, key: int, value: int) -> None:
        if (node := self.find(key)) is not None:
            node.value = value
            return
        if len(self.queue) == self.maxsize:
            self.evict()
        self.queue.insert(0, _Node(key, value))

    def evict(self) -> None:
        node = self.hand or self.queue[-1]
        while node.visited:
            node.visited = False
            node = self.newer(node) or self.queue[-1]
        self.hand = self.newer(node)
        self.queue.remove(node)

    def delete(self, key: int) -> None:
        if (node := self.find(key)) is not None:
            if self.hand is node:
                self.hand = self.newer(node)
            self.queue.remove(node)


class SieveTests:
    @given(
        st.integers(1, 6),
        st.lists(st.tuples(st.sampled_from(["read", "write", "write", "delete"]), st.integers(0, 9)), max_size=80),
    )
    def test_holds_what_the_algorithm_of_the_paper_holds(self, size: int, steps: list[tuple[str, int]]) -> None:
        ours, paper = SieveCache[int, int](size), _Paper(size)
        for moment, (step, key) in enumerate(steps):
            if step == "read":
                assert ours.get(key) == paper.read(key)
            elif step == "write":
                ours[key] = moment
                paper.write(key, moment)
            else:
                if key in ours:
                    del ours[key]
                paper.delete(key)
            assert dict.fromkeys(ours) == dict.fromkeys(node.key for node in reversed(paper.queue))
            assert len(ours) == ours.currsize == len(paper.queue)

    def test_keeps_what_is_read_when_a_long_scan_passes(self) -> None:
        tier = SieveCache[int, int](10)
        for key in range(10):
            tier[key] = key
        for key in range(8):
            assert tier[key] == key
        for key in range(100, 200):
            tier[key] = key
            if key % 5 == 0:
                assert [tier.get(hot) for hot in range(8)] == list(range(8))

    def test_an_empty_one_says_so(self) -> None:
        tier = SieveCache[int, int](1)
        with pytest.raises(KeyError):
            tier.popitem()
        with pytest.raises(KeyError):
            tier[1]
        with pytest.raises(KeyError):
            del tier[1]

    def test_starts_afresh_when_cleared(self) -> None:
        tier = SieveCache[int, int](2)
        tier[1], tier[2] = 1, 2
        assert tier[1] == 1
        tier.clear()
        tier[3], tier[4], tier[5] = 3, 4, 5
        assert set(tier) == {4, 5}


class FillTests:
    @given(
        st.sampled_from(["sieve", "lru"]),
        st.integers(1, 5),
        st.lists(st.tuples(st.sampled_from(["read", "fill", "fill", "delete"]), st.integers(0, 9)), max_size=80),
    )
    def test_displaces_nothing_that_was_read(self, eviction: Eviction, size: int, steps: list[tuple[str, int]]) -> None:
        tier = room_for(size, eviction)
        wanted: set[int] = set()
        for key in range(20, 20 + size):
            # A read that misses loads, so these were read; here all that comes is a fill.
            if len(wanted) < size // 2:
                tier[key] = key
                wanted.add(key)
        for step, key in steps:
            if step == "read" and tier.get(key) is not None:
                wanted.add(key)
            elif step == "fill":
                held = key in tier
                assert tier.fill({key: key}) == ([key] if key in tier and not held else [])
            elif step == "delete" and key in tier:
                del tier[key]
                wanted.discard(key)
            assert wanted <= set(tier)
            assert len(tier) <= size

    def test_takes_the_room_of_earlier_fills_that_nobody_has_read(self) -> None:
        tier = room_for(3, "sieve")
        tier[1] = 1
        assert tier.fill({2: 2, 3: 3, 4: 4}) == [2, 3]
        assert tier[2] == 2
        assert tier.fill({4: 4, 5: 5}) == [4]
        assert set(tier) == {1, 2, 4}
        assert tier[4] == 4
        assert tier.fill({5: 5, 4: 6}) == []
        assert dict(tier.items()) == {1: 1, 2: 2, 4: 6}

    def test_keeps_what_was_read_when_the_hand_has_taken_off_its_mark(self) -> None:
        tier = room_for(3, "sieve")
        assert tier.fill({1: 1, 2: 2, 3: 3}) == [1, 2, 3]
        assert (tier[1], tier[2]) == (1, 2)
        tier[4] = 4  # the hand passes 1 and 2, and evicts 3
        assert tier.fill({5: 5}) == []
        assert set(tier) == {1, 2, 4}

    @pytest.mark.parametrize("eviction", ["sieve", "lru"])
    def test_to_look_at_all_entries_is_no_read(self, eviction: Eviction) -> None:
        tier = room_for(2, eviction)
        tier[1], tier[2] = 1, 2
        assert tier[1 if eviction == "sieve" else 2]
        assert tier[1]
        assert dict(tier.items()) == {1: 1, 2: 2}
        tier[3] = 3
        assert set(tier) == {1, 3}


class WeightTests:
    @given(
        st.sampled_from(["sieve", "lru"]),
        st.integers(1, 6),
        st.lists(
            st.tuples(st.sampled_from(["put", "put", "fill", "read", "delete", "evict", "clear"]), st.integers(0, 9)),
            max_size=80,
        ),
        st.data(),
    )
    def test_entries_take_no_more_places_than_there_are(
        self, eviction: Eviction, size: int, steps: list[tuple[str, int]], data: st.DataObject
    ) -> None:
        tier = room_for(size, eviction, lambda value: value)
        held: dict[int, int] = {}
        for step, key in steps:
            weight = data.draw(st.integers(1, 7)) if step in ("put", "fill") else 0
            if step == "put":
                evicted = tier.put(key, weight)
                held = {**held, key: weight}
                assert {*evicted} <= {*held}
                assert (key in evicted) == (weight > size)
                for gone in evicted:
                    del held[gone]
            elif step == "fill":
                tier.fill({key: weight})
                held = dict(tier.items())
            elif step == "read":
                assert tier.get(key) == held.get(key)
            elif step == "delete" and key in tier:
                del tier[key], held[key]
            elif step == "evict" and held:
                del held[tier.popitem()[0]]
            elif step == "clear":
                tier.clear()
                held = {}
            assert dict(tier.items()) == held
            assert sum(held.values()) <= size
            assert tier.has_room(size - sum(held.values()))
            assert not tier.has_room(size - sum(held.values()) + 1)

    @pytest.mark.parametrize("eviction", ["sieve", "lru"])
    def test_a_heavy_one_displaces_several_and_one_that_fills_all_is_not_kept(self, eviction: Eviction) -> None:
        tier = room_for(3, eviction, lambda value: value)
        for key in (1, 2, 3):
            assert tier.put(key, 1) == []
        assert tier.put(4, 2) == [1, 2]
        assert tier.put(5, 4) == [5]
        assert dict(tier.items()) == {3: 1, 4: 2}


class RoomTests:
    def test_is_of_the_kind_that_was_chosen(self) -> None:
        sieve, lru = room_for(3, "sieve"), room_for(3, "lru")
        assert (type(sieve), sieve.maxsize) == (SieveCache, 3)
        assert (type(lru), lru.maxsize) == (LeastRecentlyUsed, 3)
