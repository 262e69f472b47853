"""The types and kinds of a process."""

import pytest

from caching.exceptions import UnknownCacheType
from caching.reading.entries import Kind
from caching.reading.manager import CacheManager


class TypeTableTests:
    def test_a_kind_is_made_once(self, manager: CacheManager) -> None:
        kind = manager.types.kind("general", "id")
        assert type(kind) is Kind
        assert manager.types.kind_of("general", "id:7") is kind
        assert manager.types.entries("general").kinds["id"] is kind

    def test_an_unknown_type_is_refused(self, manager: CacheManager) -> None:
        with pytest.raises(UnknownCacheType, match="general"):
            manager.types.entries("no_such_type")

    def test_the_kind_of_a_computed_value_is_not_that_of_a_look_up(self, manager: CacheManager) -> None:
        beside = manager.types.computed_kind_of("employee", "id:7")
        assert beside is manager.types.computed_kind_of("employee", "id:8")
        assert beside is not manager.types.kind_of("employee", "id:7")
        assert beside.ttl == manager.types.kind_of("employee", "id:7").ttl
        assert manager.types.computed_kind_of("general", "id:7") is manager.types.kind_of("general", "id:7")

    def test_a_forgotten_kind_is_made_anew(self, manager: CacheManager) -> None:
        kind = manager.types.kind("general", "id")
        manager.types.forget_kind("general", "id")
        assert manager.types.kind("general", "id") is not kind

    def test_what_a_forgotten_kind_held_is_dropped(self, manager: CacheManager) -> None:
        manager.set_many("general", {"id:1": 1, "identity:1": 2})
        manager.types.forget_kind("general", "id")
        assert manager.get_many("general", ("id:1", "identity:1")) == {"identity:1": 2}
