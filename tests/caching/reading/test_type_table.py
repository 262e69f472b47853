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

    def test_a_forgotten_kind_is_made_anew(self, manager: CacheManager) -> None:
        kind = manager.types.kind("general", "id")
        manager.types.forget_kind("general", "id")
        assert manager.types.kind("general", "id") is not kind
