"""What both tiers hold and may be served."""

from collections.abc import Callable
from pathlib import Path

import pytest

from caching import cache_manager
from caching.reading.entries import Kind
from caching.reading.finding import find_many, find_shared

KEY = "id:1"


@pytest.fixture
def kind() -> Kind:
    return cache_manager.kind("general", "id")


class FindTests:
    @pytest.fixture
    def stored(self, file_tier: Path) -> Callable[[str], Kind]:
        """Store two values; then forget the first in this process."""
        cache_manager.set_many("general", {"id:1": "shared"})
        cache_manager.reconfigure()
        cache_manager.set_many("general", {"id:2": "local"})
        return lambda name: cache_manager.kind("general", name)

    def test_find_many_asks_both_tiers(self, stored: Callable[[str], Kind]) -> None:
        kinds = dict.fromkeys(("id:1", "id:2", "id:3"), stored("id"))
        assert {key: entry.value for key, entry in find_many(kinds).items()} == {"id:1": "shared", "id:2": "local"}
        found = cache_manager.get_stats()["types"]["general"]
        assert (found["hits_local"], found["hits_shared"]) == (1, 1)

    def test_find_shared_holds_what_it_finds(self, stored: Callable[[str], Kind]) -> None:
        kind = stored("id")
        assert kind.find("id:1") is None
        assert find_shared({"id:1": kind})["id:1"] is kind.find("id:1")

    def test_find_shared_refuses_what_was_invalidated(self, stored: Callable[[str], Kind]) -> None:
        cache_manager.clear("general")
        assert find_shared({"id:1": stored("id")}) == {}
        assert cache_manager.get_stats()["types"]["general"]["refusals"] == 1

    def test_find_shared_without_a_shared_tier_finds_nothing(self, kind: Kind) -> None:
        assert find_shared({KEY: kind}) == {}
        assert find_shared({}) == {}
