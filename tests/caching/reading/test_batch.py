from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from caching.reading.batch import BatchCache


class FakeLookup:
    """Knows two addresses, holds one of them locally, and keeps a record of what it is asked."""

    def __init__(self) -> None:
        self.asked: list[set[Any]] = []

    def normalise(self, value: Any) -> str | None:
        return value.strip().lower() if isinstance(value, str) else None

    def get_many_pks(self, values: Iterable[Any], *, normalised: bool = False) -> tuple[dict[Any, int], Counter[str]]:
        self.asked.append(set(values))
        rows = {"amy@example.com": 1, "bob@example.com": 2}
        found = {value: rows[value] for value in self.asked[-1] if value in rows}
        local = int("amy@example.com" in found)
        missing = len(self.asked[-1]) - len(found)
        return found, Counter(local=local, shared=0, database=len(found) - local, missing=missing)


class BatchCacheTests:
    def test_gives_primary_keys_by_any_spelling(self) -> None:
        batch = BatchCache(FakeLookup())
        batch.fill(["amy@example.com", "bob@example.com"])
        assert batch.get(" AMY@example.com") == 1
        assert batch["Bob@Example.com"] == 2
        assert "BOB@example.com" in batch
        assert len(batch) == 2

    def test_a_missing_value_is_none_or_the_default_or_a_key_error(self) -> None:
        batch = BatchCache(FakeLookup())
        batch.fill(["eve@example.com"])
        assert batch.get("eve@example.com") is None
        assert batch.get("eve@example.com", 0) == 0
        assert "eve@example.com" not in batch
        with pytest.raises(KeyError, match=r"eve@example\.com"):
            batch["eve@example.com"]

    def test_asks_only_for_what_is_new(self) -> None:
        lookup = FakeLookup()
        batch = BatchCache(lookup)
        batch.fill(["amy@example.com", "Amy@example.com", "eve@example.com", None, 5])
        batch.fill(["AMY@example.com", "eve@example.com", "bob@example.com"])
        batch.fill(["bob@example.com"])
        assert lookup.asked == [{"amy@example.com", "eve@example.com"}, {"bob@example.com"}]

    def test_never_asks_outside_fill(self) -> None:
        lookup = FakeLookup()
        batch = BatchCache(lookup)
        assert batch.get("amy@example.com") is None
        assert lookup.asked == []

    def test_remembers_a_row_that_the_import_created(self) -> None:
        lookup = FakeLookup()
        batch = BatchCache(lookup)
        batch.fill(["eve@example.com"])
        batch.add("Eve@example.com", 9)
        batch.fill(["eve@example.com"])
        assert batch["eve@example.com"] == 9
        assert len(lookup.asked) == 1

    def test_refuses_to_remember_what_the_field_cannot_hold(self) -> None:
        with pytest.raises(ValueError, match="5 is no value of the field"):
            BatchCache(FakeLookup()).add(5, 1)

    def test_gives_all_in_the_order_asked(self) -> None:
        batch = BatchCache(FakeLookup())
        batch.fill(["amy@example.com", "bob@example.com"])
        assert batch.get_all(["bob@example.com", None, "x", "AMY@example.com"]) == [2, None, None, 1]

    def test_counts_look_ups_by_tier(self) -> None:
        batch = BatchCache(FakeLookup())
        batch.fill(["amy@example.com", "bob@example.com", "eve@example.com"])
        batch.get_all(["amy@example.com", "bob@example.com"])
        batch.get("amy@example.com")
        assert batch.lookups == {"batch": 3, "local": 1, "shared": 0, "database": 1, "missing": 1}
