"""A kind whose answers differ from place to place holds one entry for each place."""

import pytest

from caching import cache_manager
from caching.monitoring import stats
from caching.reading.placed_kind import PlacedKind
from caching.reading.tiers import Entry

KEY = "email:amy@example.com"


@pytest.fixture
def place() -> list[str | None]:
    return ["one"]


@pytest.fixture
def kind(place: list[str | None]) -> PlacedKind:
    runtime = cache_manager.runtime.opened()
    return PlacedKind(runtime, cache_manager.types.entries("employee"), "email", 60, lambda: place[0])


def entry(value: str) -> Entry:
    return Entry(value, cache_manager.runtime.generations.stamp(["a tag"]), cache_manager.runtime.clock() + 60)


class PlacedKindTests:
    def test_finds_what_was_held_at_the_place_of_now(self, kind: PlacedKind, place: list[str | None]) -> None:
        kind.put({KEY: entry("first")}, stats.SET, "one")
        kind.fill({KEY: entry("second")}, stats.WARMED, "two")
        found = {}
        for place[0] in ("one", "two", "three"):
            held = kind.find(KEY)
            found[place[0]] = (held and held.value, set(kind.find_many([KEY])), kind.servable([KEY]))

        assert found == {
            "one": ("first", {KEY}, {KEY}),
            "two": ("second", {KEY}, {KEY}),
            "three": (None, set(), set()),
        }

    def test_finds_nothing_for_a_read_that_must_pass_the_cache(self, kind: PlacedKind, place: list[str | None]) -> None:
        kind.put({KEY: entry("first")}, stats.SET, "one")
        place[0] = None

        assert kind.find(KEY) is None
        assert kind.find_many([KEY]) == {}
