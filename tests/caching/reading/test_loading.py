"""A miss: the shared tier, then one load, stored if nothing that it depends on was written meanwhile."""

import time
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction

from caching import cache_manager
from caching.reading.dependencies import Dependencies
from caching.reading.entries import Kind
from caching.reading.loading import (
    aload_anew,
    aload_through,
    count_loads,
    load_anew,
    load_contents,
    load_many,
    load_through,
)
from caching.values.freezing import freeze
from tests.factories import EmployeeFactory

KEY = "id:1"


@pytest.fixture
def kind() -> Kind:
    return cache_manager.kind("general", "id")


def general(key: str = KEY) -> Dependencies:
    return Dependencies(("general", f"general/{key}"))


def never() -> Any:
    raise AssertionError("the value was loaded again")


def counted(kind: Kind) -> dict[str, int]:
    found: dict[str, int] = cache_manager.get_stats()["types"][kind.entries.name]["kinds"][kind.name]
    return {name: found[name] for name in ("hits", "misses", "bypasses", "loads", "sets")}


class LoadThroughTests:
    def test_stores_what_it_loads(self, kind: Kind) -> None:
        assert load_through(kind, KEY, lambda: 42, general, None) == 42
        assert load_through(kind, KEY, never, general, None) == 42
        assert counted(kind) == {"hits": 1, "misses": 1, "bypasses": 0, "loads": 1, "sets": 1}

    def test_stores_nothing_when_a_tag_was_published_during_the_load(self, kind: Kind) -> None:
        def load() -> int:
            cache_manager.delete("general", KEY)
            return 42

        assert load_through(kind, KEY, load, general, None) == 42
        assert kind.find(KEY) is None

    def test_a_load_that_fails_stores_nothing_and_raises(self, kind: Kind) -> None:
        with pytest.raises(ZeroDivisionError):
            load_through(kind, KEY, lambda: 1 / 0, general, None)
        assert kind.find(KEY) is None

    @pytest.mark.django_db(transaction=True)
    def test_inside_a_write_it_is_a_bypass(self, kind: Kind) -> None:
        employee = EmployeeFactory()
        of_amy = Dependencies((f"scheduling.Employee#{employee.pk}",))
        with transaction.atomic():
            employee.save()
            assert load_through(kind, KEY, lambda: 42, lambda: of_amy, None) == 42
        assert counted(kind) == {"hits": 0, "misses": 0, "bypasses": 1, "loads": 1, "sets": 0}

    def test_takes_the_value_from_the_shared_tier(self, file_tier: Path) -> None:
        load_through(cache_manager.kind("general", "id"), KEY, lambda: 42, general, None)
        cache_manager.reconfigure()
        kind = cache_manager.kind("general", "id")
        assert load_through(kind, KEY, never, general, None) == 42
        assert kind.find(KEY) is not None


class AsyncLoadThroughTests:
    def test_stores_what_it_awaits(self, kind: Kind) -> None:
        async def load() -> int:
            return 42

        assert async_to_sync(aload_through)(kind, KEY, load, general, None) == 42
        assert async_to_sync(aload_through)(kind, KEY, never, general, None) == 42


class LoadManyTests:
    def test_loads_once_and_stores_each_value(self, kind: Kind) -> None:
        dependencies = {key: general(key) for key in ("id:1", "id:2")}
        assert load_many(kind, dependencies, lambda keys: {"id:1": 1, "id:2": None}) == {"id:1": 1, "id:2": None}
        assert {key: entry.value for key, entry in kind.find_many(dependencies).items()} == {"id:1": 1, "id:2": None}
        assert counted(kind) == {"hits": 2, "misses": 2, "bypasses": 0, "loads": 1, "sets": 2}


class LoadContentsTests:
    def test_stores_frozen_values(self, kind: Kind) -> None:
        assert load_contents(kind, {KEY: general()}, lambda: {KEY: freeze([1])})
        assert cache_manager.get("general", KEY) == [1]

    def test_says_when_the_load_cannot_give_them(self, kind: Kind) -> None:
        assert not load_contents(kind, {KEY: general()}, lambda: None)
        assert counted(kind)["loads"] == 0


class CountLoadsTests:
    def test_counts_one_load_and_its_time(self, kind: Kind) -> None:
        count_loads(kind, time.perf_counter_ns() - 2_000_000_000)
        found = cache_manager.get_stats()["types"]["general"]
        assert found["loads"] == 1
        assert 2 <= found["load_seconds"] < 60


class LoadAnewTests:
    def test_replaces_what_is_held(self, kind: Kind) -> None:
        load_through(kind, KEY, lambda: "old", general, None)
        assert load_anew(kind, KEY, lambda: "new", general, None)
        assert load_through(kind, KEY, never, general, None) == "new"

    def test_leaves_it_to_a_reader_who_loads_it_now(self, kind: Kind) -> None:
        def load() -> str:
            assert not load_anew(kind, KEY, never, general, None)
            return "by the reader"

        assert load_through(kind, KEY, load, general, None) == "by the reader"

    def test_awaits_a_load(self, kind: Kind) -> None:
        async def load() -> str:
            return "new"

        assert async_to_sync(aload_anew)(kind, KEY, load, general, None)
        assert load_through(kind, KEY, never, general, None) == "new"
