"""What one process holds of a type: when an entry is served, why it is dropped, what is counted."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from caching import cache_manager, caching_disabled
from caching.coherence.publishing import publisher
from caching.monitoring import stats
from caching.reading.entries import Kind
from caching.reading.manager import CacheManager
from caching.reading.tiers import Entry
from caching.values.freezing import freeze
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.factories import EmployeeFactory


@pytest.fixture
def kind(manager: CacheManager) -> Kind:
    return manager.kind("general", "id")


def put(kind: Kind, clock: Clock, key: str = "id:1", *tags: str) -> Entry:
    stamp = publisher.store.stamp(tags or ("general",))
    assert stamp is not None
    entry = Entry(freeze("held").value, stamp, clock() + 10)
    kind.put({key: entry}, stats.SET)
    return entry


def counted(manager: CacheManager) -> dict[str, Any]:
    found: dict[str, Any] = manager.get_stats()["types"]["general"]
    return found


Find = Callable[[Kind, str], Entry | None]


@pytest.fixture(params=["find", "find_many"])
def find(request: pytest.FixtureRequest) -> Find:
    """Each way to look for an entry."""
    if request.param == "find":
        return Kind.find
    return lambda kind, key: kind.find_many([key]).get(key)


class FindTests:
    def test_returns_what_was_put_and_counts_a_hit(
        self, kind: Kind, find: Find, clock: Clock, manager: CacheManager
    ) -> None:
        entry = put(kind, clock)
        assert find(kind, "id:1") is entry
        assert (counted(manager)["hits_local"], counted(manager)["entries"]) == (1, 1)

    def test_what_is_not_held_counts_nothing(self, kind: Kind, find: Find, manager: CacheManager) -> None:
        assert find(kind, "id:1") is None
        assert counted(manager)["total_requests"] == 0

    def test_an_expired_entry_is_dropped_and_counted(
        self, kind: Kind, find: Find, clock: Clock, manager: CacheManager
    ) -> None:
        put(kind, clock)
        clock.tick(10)
        assert find(kind, "id:1") is None
        assert counted(manager)["evictions"] == {"size": 0, "expired": 1}
        assert counted(manager)["entries"] == 0

    def test_an_entry_whose_stamp_does_not_hold_is_dropped_and_counted(
        self, kind: Kind, find: Find, clock: Clock, manager: CacheManager
    ) -> None:
        put(kind, clock)
        publisher.store.publish(["general"])
        assert find(kind, "id:1") is None
        assert (counted(manager)["refusals"], counted(manager)["entries"]) == (1, 0)

    def test_an_entry_under_an_intent_is_not_served(self, kind: Kind, find: Find, clock: Clock) -> None:
        put(kind, clock)
        intent = publisher.store.begin(["general"])
        assert find(kind, "id:1") is None
        publisher.store.end(intent)

    def test_while_caching_is_off_an_entry_is_kept_and_not_served(self, kind: Kind, find: Find, clock: Clock) -> None:
        entry = put(kind, clock)
        with caching_disabled():
            assert find(kind, "id:1") is None
        assert find(kind, "id:1") is entry

    @pytest.mark.django_db(transaction=True)
    def test_a_dirty_entry_is_kept_and_not_served(self, kind: Kind, find: Find, clock: Clock) -> None:
        employee = EmployeeFactory()
        entry = put(kind, clock, "id:1", f"scheduling.Employee#{employee.pk}")
        other = put(kind, clock, "id:2", "scheduling.Employee#0")
        with transaction.atomic():
            Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
            assert find(kind, "id:1") is None
            assert find(kind, "id:2") is other
            transaction.set_rollback(True)
        assert find(kind, "id:1") is entry


class PutTests:
    def test_many_at_once_are_counted_measured_and_evict_as_one_by_one(
        self, kind: Kind, clock: Clock, manager: CacheManager
    ) -> None:
        stamp = publisher.store.stamp(["general"])
        assert stamp is not None
        entries = {f"id:{number}": Entry(number, stamp, clock() + 10) for number in range(kind.entries.max_size + 5)}
        first = dict([entries.popitem()])
        kind.put(first, stats.SET)
        kind.put(entries, stats.SET)

        found = counted(manager)
        assert (found["sets"], found["entries"]) == (kind.entries.max_size + 5, kind.entries.max_size)
        assert found["evictions"]["size"] == 5
        sampled = kind.view[kind.entries.row + stats.SAMPLED]
        assert sampled == -(-(kind.entries.max_size + 5) // 64)

    def test_long_values_count_as_several(self, kind: Kind, clock: Clock, manager: CacheManager) -> None:
        stamp = publisher.store.stamp(["general"])
        assert stamp is not None
        size, limit = kind.entries.max_size, manager.runtime.config.ENTRY_BYTES
        for number in range(size):
            kind.put({f"id:{number}": Entry("short", stamp, clock() + 10)}, stats.SET)
        kind.put({"long": Entry("a" * 10 * limit, stamp, clock() + 10)}, stats.SET)
        assert (counted(manager)["entries"], counted(manager)["evictions"]["size"]) == (size - 10, 11)

        kind.put({"too long": Entry("a" * size * limit, stamp, clock() + 10)}, stats.SET)
        assert kind.find("too long") is None
        assert kind.entries.why_dropped("too long")[0] == "evicted"  # type: ignore[index]
        assert counted(manager)["entries"] == size - 10

    def test_without_a_counter_nothing_is_counted(self, kind: Kind, clock: Clock, manager: CacheManager) -> None:
        stamp = publisher.store.stamp(["general"])
        assert stamp is not None
        kind.put({"id:1": Entry(1, stamp, clock() + 10)}, None)
        assert (counted(manager)["sets"], counted(manager)["entries"]) == (0, 1)


class DropTests:
    def test_drops_what_matches_and_returns_how_many(self, kind: Kind, clock: Clock) -> None:
        for key in ("id:1", "id:2", "id:3"):
            put(kind, clock, key)
        assert kind.entries.drop(lambda key: key != "id:2") == 2
        assert kind.find("id:2") is not None
        assert kind.entries.drop() == 1
        assert kind.entries.drop() == 0


class LogTests:
    def test_hits_and_misses_are_logged_with_type_and_key(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG, logger="caching"):
            cache_manager.get_or_load("general", "id:1", lambda: 1)
            cache_manager.get_or_load("general", "id:1", lambda: 1)
            cache_manager.get("general", "id:2")
        assert [record.getMessage() for record in caplog.records if record.levelno == logging.DEBUG] == [
            "Miss in general: id:1",
            "Hit in general: id:1",
            "Miss in general: id:2",
        ]

    def test_an_invalidation_is_logged_with_cause_and_tags(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, logger="caching"):
            cache_manager.clear("general")
            cache_manager.delete("general", "id:1")
            cache_manager.invalidate_pattern("general", "id:*")
        assert caplog.messages == [
            "Invalidated by clear: general",
            "Invalidated by call: general/id:1",
            "Invalidated by pattern: general/id",
        ]
