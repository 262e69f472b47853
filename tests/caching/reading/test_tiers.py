"""The two places that hold values: one process's memory, and a Django cache that may fail."""

import logging
import pickle
import threading
import zlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import DatabaseError
from django_redis.exceptions import ConnectionInterrupted
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from caching import CacheType, cache_manager
from caching.coherence.publishing import publisher
from caching.reading.manager import CacheManager
from caching.reading.tiers import Entry, SharedTier
from caching.stores.generations import Stamp
from caching.values.freezing import freeze, thaw
from tests.caching.backends import FaultyCache
from tests.caching.clock import Clock

GENERAL = CacheType("general")


def stamp_of(*tags: str) -> Stamp:
    stamp = publisher.store.stamp(tags)
    assert stamp is not None
    return stamp


def entry(value: Any, *tags: str, deadline: float = 1e9) -> Entry:
    return Entry(freeze(value).value, stamp_of(*(tags or ("general",))), deadline)


class SizeTests:
    @pytest.mark.parametrize(
        ("name", "size"),
        [
            ("employee", 1000),
            ("department", 200),
            ("shift", 500),
            ("schedule", 500),
            ("rule", 1000),
            ("notification", 2000),
            ("general", 1000),
        ],
    )
    def test_every_size_of_the_settings_is_in_use(self, name: str, size: int, settings: Settings) -> None:
        assert settings.CACHING["MAX_SIZE"][name] == size
        for number in range(size + 3):
            cache_manager.get_or_load(name, f"sized:{number}", lambda: 1, depends_on=[])
        held = cache_manager.get_stats()["types"][name]
        assert (held["entries"], held["max_size"], held["evictions"]["size"]) == (size, size, 3)

    def test_the_table_names_no_type_that_is_not_tested(self, settings: Settings) -> None:
        assert set(settings.CACHING["MAX_SIZE"]) == {
            *("employee", "department", "shift", "schedule", "rule", "notification", "general")
        }

    def test_a_size_of_the_settings_wins_over_the_declared_one(self, settings: Settings) -> None:
        CacheType("sample_of_sizes", max_size=7)
        assert cache_manager.type_entries("sample_of_sizes").max_size == 7
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"sample_of_sizes": 3, "default": 5}}
        assert cache_manager.type_entries("sample_of_sizes").max_size == 3
        assert cache_manager.type_entries("general").max_size == 5

    def test_a_new_value_of_a_key_evicts_nobody(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"general": 1}}
        for value in (1, 2):
            cache_manager.set("general", "id:1", value)
        held = cache_manager.get_stats()["types"]["general"]
        assert (cache_manager.get("general", "id:1"), held["evictions"]["size"]) == (2, 0)

    @pytest.mark.parametrize(
        ("eviction", "kept"), [({}, {2, 3}), ({"default": "lru"}, {1, 3}), ({"general": "lru"}, {1, 3})]
    )
    def test_the_settings_choose_which_entry_makes_room(
        self, eviction: dict[str, str], kept: set[int], settings: Settings
    ) -> None:
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"general": 2}, "EVICTION": eviction}
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        cache_manager.get_or_load("general", "id:2", lambda: 2)
        # SIEVE has marked both and evicts the one that came first, LRU the one whose read is longer ago.
        assert (cache_manager.get("general", "id:2"), cache_manager.get("general", "id:1")) == (2, 1)
        cache_manager.set("general", "id:3", 3)
        assert {n for n in (1, 2, 3) if cache_manager.get("general", f"id:{n}") is not None} == kept

    def test_a_full_type_leaves_the_others_alone(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"general": 1}}
        cache_manager.get_or_load("rule", "id:1", lambda: "kept")
        for number in range(5):
            cache_manager.get_or_load("general", f"id:{number}", lambda: 1)
        assert (
            cache_manager.get_stats()["cache_sizes"] | {"general": 1, "rule": 1}
            == (cache_manager.get_stats()["cache_sizes"])
        )


def errors() -> int:
    counted: int = cache_manager.get_stats()["errors"]
    return counted


class SharedTierTests:
    def test_another_manager_finds_what_one_has_stored(self, file_tier: Path, manager: CacheManager) -> None:
        value = {"rate": Decimal("17.50"), "ids": (1, 2)}
        cache_manager.get_or_load("general", "id:1", lambda: value)
        assert manager.get_or_load("general", "id:1", pytest.fail) == value
        assert type(manager.get("general", "id:1")["ids"]) is tuple
        counted = manager.get_stats()
        assert (counted["hits_shared"], counted["hits_local"], counted["misses"]) == (1, 1, 0)

    def test_many_keys_are_asked_for_at_once(self, faulty: type[FaultyCache], manager: CacheManager) -> None:
        manager.set_many("general", {f"id:{number}": number for number in range(3)})
        manager.reconfigure()
        assert manager.get_many("general", ["id:0", "id:2", "id:9"]) == {"id:0": 0, "id:2": 2}

    def test_an_entry_in_the_shared_tier_is_refused_after_an_invalidation(
        self, file_tier: Path, manager: CacheManager
    ) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: "old")
        cache_manager.clear("general")
        assert manager.get_or_load("general", "id:1", lambda: "new") == "new"
        assert manager.get_stats()["refusals"] == 1

    def test_an_entry_of_another_store_of_generations_is_not_served(
        self, file_tier: Path, manager: CacheManager, tmp_path: Path, settings: Settings
    ) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: "old")
        (tmp_path / "elsewhere").mkdir()
        settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path / "elsewhere")}
        assert manager.get_or_load("general", "id:1", lambda: "new") == "new"

    def test_an_entry_is_not_served_beyond_its_time_to_live(
        self, file_tier: Path, manager: CacheManager, clock: Clock
    ) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: "old", ttl=100)
        assert manager.get("general", "id:1") == "old"
        clock.tick(101)
        held = manager.kind("general", "id").find("id:1")
        assert held is None

    def test_delete_removes_the_value(self, file_tier: Path) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: "secret")
        assert list(file_tier.iterdir())
        cache_manager.delete("general", "id:1")
        assert not list(file_tier.glob("*.djcache"))

    def test_the_key_in_the_backend_tells_no_personal_data(self, faulty: type[FaultyCache]) -> None:
        cache_manager.get_or_load("general", "email:amy@example.com", lambda: 1)
        ((name, content),) = faulty.values.items()
        assert name.startswith("general:")
        assert "amy" not in name
        assert isinstance(content, bytes)

    def test_a_value_stored_under_another_key_is_not_served(
        self, faulty: type[FaultyCache], manager: CacheManager
    ) -> None:
        cache_manager.set("general", "id:1", "of one")
        cache_manager.set("general", "id:2", "of two")
        one, two = faulty.values
        faulty.values[one], faulty.values[two] = faulty.values[two], faulty.values[one]
        assert manager.get("general", "id:1") is None

    @pytest.mark.parametrize(
        "damage",
        [b"", b"\xc1\xc1", b"garbage", "text", 5, None, {"a": 1}, pickle.dumps({"a": 1}), msgspec.msgpack.encode([1])],
        ids=repr,
    )
    def test_what_is_not_ours_is_logged_deleted_counted_and_missed(
        self,
        damage: object,
        faulty: type[FaultyCache],
        manager: CacheManager,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        cache_manager.set("general", "id:1", "fine")
        (name,) = faulty.values
        faulty.values[name] = damage
        assert manager.get("general", "id:1", "missed") == "missed"
        assert name not in faulty.values
        assert manager.get_stats()["errors"] == 1
        assert manager.get_stats()["misses"] == 1
        # A store of an earlier test may still be looking for its server.
        (record,) = [record for record in caplog.records if "shared tier" in record.message]
        assert record.levelno == logging.WARNING
        assert record.getMessage().startswith("The shared tier 'faulty' held a value that the cache did not write: ")

    @pytest.mark.parametrize("cut", [1, 10, 40])
    def test_a_truncated_value_is_missed(self, cut: int, faulty: type[FaultyCache], manager: CacheManager) -> None:
        cache_manager.set("general", "id:1", "fine" * 20)
        (name,) = faulty.values
        faulty.values[name] = faulty.values[name][:-cut]
        assert manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"

    def test_one_damaged_value_does_not_hide_the_others(self, faulty: type[FaultyCache], manager: CacheManager) -> None:
        cache_manager.set_many("general", {"id:1": 1, "id:2": 2})
        faulty.values[next(iter(faulty.values))] = b"garbage"
        assert manager.get_many("general", ["id:1", "id:2"]) == {"id:2": 2}

    def test_tags_that_do_not_fit_their_generations_are_missed(
        self, faulty: type[FaultyCache], manager: CacheManager
    ) -> None:
        cache_manager.set("general", "id:1", "fine")
        (name,) = faulty.values
        fields = msgspec.msgpack.decode(faulty.values[name])
        for tags, generations in [([], []), (["general"], []), ([], [5])]:
            faulty.values[name] = msgspec.msgpack.encode([*fields[:2], tags, generations, *fields[4:]])
            assert manager.get("general", "id:1", "missed") == "missed"

    @pytest.mark.parametrize("damage", [b"", b"x", b"\x80\x04garbage", pickle.dumps(2e9) + b"not zlib"])
    def test_a_damaged_file_of_djangos_file_backend_is_missed(
        self, damage: bytes, file_tier: Path, manager: CacheManager
    ) -> None:
        cache_manager.set("general", "id:1", "fine")
        (path,) = file_tier.iterdir()
        path.write_bytes(damage)
        assert manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"

    def test_a_damaged_pickle_in_a_file_is_missed(self, file_tier: Path, manager: CacheManager) -> None:
        cache_manager.set("general", "id:1", "fine")
        (path,) = file_tier.iterdir()
        path.write_bytes(pickle.dumps(2e9) + zlib.compress(b"no pickle"))
        assert manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"

    def test_every_allowed_value_can_be_stored_wherever_values_are_held(
        self, faulty: type[FaultyCache], manager: CacheManager
    ) -> None:
        for number, value in enumerate([10**5000, -(10**5000), {"a": [float("inf")]}]):
            assert cache_manager.get_or_load("general", f"id:{number}", lambda value=value: value) == value
            assert manager.get("general", f"id:{number}") == value


class BreakerTests:
    @pytest.fixture
    def tier(self, faulty: type[FaultyCache], clock: Clock) -> SharedTier:
        return SharedTier("faulty", publisher.store, lambda: self.counted.append(1), clock)

    @pytest.fixture(autouse=True)
    def _counted(self) -> None:
        self.counted: list[int] = []

    def read(self, tier: SharedTier, keys: Iterable[str] = ("id:1",)) -> dict[str, Any]:
        return {key: thaw(found.value) for key, found in tier.get_entries(GENERAL, keys, 0.0).items()}

    @pytest.mark.parametrize(
        "fault",
        [
            OSError("disk"),
            ConnectionRefusedError("refused"),
            TimeoutError("late"),
            EOFError("short"),
            RuntimeError("closed"),
            ValueError("bad"),
            RedisError("redis"),
            RedisConnectionError("gone"),
            ConnectionInterrupted(connection=None),
            DatabaseError("locked"),
            zlib.error("bad data"),
            pickle.UnpicklingError("bad pickle"),
        ],
        ids=lambda fault: type(fault).__name__,
    )
    def test_a_fault_is_a_miss_counted_and_logged(
        self, fault: BaseException, faulty: type[FaultyCache], caplog: pytest.LogCaptureFixture
    ) -> None:
        faulty.fault = fault
        assert cache_manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"
        assert cache_manager.get("general", "id:1") == "loaded"
        assert cache_manager.get_stats()["types"]["general"]["errors"] == errors() > 0
        record = caplog.records[0]
        assert record.levelno == logging.WARNING
        assert record.getMessage() == (
            f"The shared tier 'faulty' failed ({type(fault).__name__}: {fault}); reads go on without it."
        )

    def test_a_fault_of_the_program_is_not_hidden(self, faulty: type[FaultyCache]) -> None:
        faulty.fault = AssertionError("a bug")
        with pytest.raises(AssertionError, match="a bug"):
            cache_manager.get_or_load("general", "id:1", lambda: "loaded")

    def test_delete_and_set_do_not_raise_either(self, faulty: type[FaultyCache]) -> None:
        faulty.fault = OSError("disk")
        cache_manager.set("general", "id:1", 1)
        cache_manager.delete("general", "id:1")
        assert errors() == 2

    def test_opens_after_three_faults_in_a_row(self, tier: SharedTier, faulty: type[FaultyCache], clock: Clock) -> None:
        tier.set_entries("general", {"id:1": entry("held", "general", "general/id:1")}, 60)
        faulty.fault = OSError("disk")
        for number in (1, 2, 3):
            assert tier.is_open is False
            assert self.read(tier) == {}
            assert len(self.counted) == number
        assert tier.is_open is True
        calls = faulty.calls
        faulty.fault = None
        assert self.read(tier) == {}
        assert faulty.calls == calls
        clock.tick(SharedTier.OPEN_SECONDS - 0.1)
        assert self.read(tier) == {}
        clock.tick(0.1)
        assert self.read(tier) == {"id:1": "held"}
        assert tier.is_open is False

    def test_an_answer_between_two_faults_begins_to_count_anew(
        self, tier: SharedTier, faulty: type[FaultyCache]
    ) -> None:
        for _ in range(3):
            faulty.fault = OSError("disk")
            self.read(tier)
            self.read(tier)
            faulty.fault = None
            self.read(tier)
        assert tier.is_open is False

    def test_a_probe_that_fails_opens_it_again_at_once(
        self, tier: SharedTier, faulty: type[FaultyCache], clock: Clock
    ) -> None:
        faulty.fault = OSError("disk")
        for _ in range(3):
            self.read(tier)
        clock.tick(SharedTier.OPEN_SECONDS)
        calls = faulty.calls
        self.read(tier)
        self.read(tier)
        assert faulty.calls == calls + 1
        assert tier.is_open is True

    def test_only_one_call_probes(
        self, tier: SharedTier, faulty: type[FaultyCache], clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        faulty.fault = OSError("disk")
        for _ in range(3):
            self.read(tier)
        clock.tick(SharedTier.OPEN_SECONDS)
        faulty.fault = None
        probing, may_answer = threading.Event(), threading.Event()

        def wait_in_the_backend(backend: FaultyCache) -> None:
            FaultyCache.calls += 1
            probing.set()
            may_answer.wait(10)

        monkeypatch.setattr(FaultyCache, "_called", wait_in_the_backend)
        calls = faulty.calls
        probe = threading.Thread(target=self.read, args=(tier,))
        probe.start()
        assert probing.wait(10)
        assert self.read(tier) == {}
        assert faulty.calls == calls + 1
        may_answer.set()
        probe.join()
        assert tier.is_open is False

    def test_recovery_is_logged(
        self, tier: SharedTier, faulty: type[FaultyCache], caplog: pytest.LogCaptureFixture
    ) -> None:
        faulty.fault = OSError("disk")
        self.read(tier)
        faulty.fault = None
        self.read(tier)
        assert caplog.messages[-1] == "The shared tier 'faulty' answers again."

    def test_reads_go_on_from_memory_during_an_outage(self, faulty: type[FaultyCache]) -> None:
        faulty.fault = RedisError("gone")
        for _ in range(10):
            assert cache_manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"
        assert cache_manager.get_stats()["hits_local"] == 9
