"""Counts: exact under threads, and over processes, living and dead."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from caching import CacheStats, cache_manager
from caching.monitoring.stats import COUNTERS, MISS
from tests.processes import Child


@pytest.fixture
def directory(settings: Settings, tmp_path: Path) -> Path:
    """A directory in which nobody else has counted."""
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
    return tmp_path


def of_host() -> dict[str, Any]:
    return cache_manager.get_stats(all_processes=True)


class CacheStatsTests:
    def test_is_all_zero_at_first(self) -> None:
        stats = CacheStats()
        assert (stats.hits, stats.misses, stats.total_requests, stats.load_seconds) == (0, 0, 0, 0)
        assert stats.hit_rate is None
        assert set(stats.invalidations.values()) == {0}

    def test_hits_are_those_of_both_tiers(self) -> None:
        stats = CacheStats(counts={**dict.fromkeys(COUNTERS, 0), "hits_local": 2, "hits_shared": 1, "misses": 1})
        assert (stats.hits, stats.total_requests, stats.hit_rate) == (3, 4, 0.75)

    def test_a_bypass_is_no_request(self) -> None:
        stats = CacheStats(counts={**dict.fromkeys(COUNTERS, 0), "bypasses": 5})
        assert (stats.total_requests, stats.hit_rate) == (0, None)

    def test_adds_up(self) -> None:
        one = CacheStats(counts={name: position for position, name in enumerate(COUNTERS)})
        assert all((one + one)[name] == 2 * one[name] for name in COUNTERS)

    def test_cannot_be_changed(self) -> None:
        with pytest.raises(TypeError):
            (CacheStats() + CacheStats()).counts["misses"] = 1  # type: ignore[index]


class GetStatsTests:
    def test_has_the_promised_form_before_the_first_read(self) -> None:
        found = cache_manager.get_stats()
        assert {key: found[key] for key in ("enabled", "hits", "misses", "hit_rate", "total_requests")} == {
            "enabled": True,
            "hits": 0,
            "misses": 0,
            "hit_rate": None,
            "total_requests": 0,
        }
        assert (found["sets"], found["deletes"], found["errors"], found["scope"]) == (0, 0, 0, "process")
        assert {"employee", "department", "shift", "schedule", "rule", "notification", "general"} <= set(found["types"])
        assert set(found["cache_sizes"]) == set(found["types"])
        assert set(found["cache_sizes"].values()) == {0}

    def test_counts_what_was_done(self) -> None:
        cache_manager.get("general", "id:1")
        cache_manager.set("general", "id:1", 1)
        cache_manager.get("general", "id:1")
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        cache_manager.get_or_load("general", "name:x", lambda: 1)
        cache_manager.delete("general", "name:x")
        found = cache_manager.get_stats()["types"]["general"]
        assert {name: found[name] for name in ("hits", "misses", "sets", "deletes", "loads", "total_requests")} == {
            **{"hits": 2, "misses": 2, "sets": 2, "deletes": 1, "loads": 1, "total_requests": 4}
        }
        assert found["hit_rate"] == 0.5
        assert found["entries"] == 1
        assert found["kinds"]["id"]["hits"] == 2
        assert found["kinds"]["name"]["misses"] == 1
        assert found["load_seconds"] > 0

    def test_the_total_is_the_sum_of_the_types_and_of_the_kinds(self) -> None:
        for cache_type in ("general", "rule"):
            for key in ("id:1", "id:1", "name:x"):
                cache_manager.get_or_load(cache_type, key, lambda: 1)
        found = cache_manager.get_stats()
        for name in ("hits", "misses", "sets", "loads"):
            assert found[name] == sum(counted[name] for counted in found["types"].values())
            for counted in found["types"].values():
                assert counted[name] == sum(kind[name] for kind in counted["kinds"].values())

    def test_counts_invalidations_by_cause(self) -> None:
        cache_manager.set("general", "id:1", 1)
        cache_manager.delete("general", "id:1")
        cache_manager.invalidate_pattern("general", "id:*")
        cache_manager.clear("general")
        causes = cache_manager.get_stats()["types"]["general"]["invalidations"]
        assert {name: number for name, number in causes.items() if number} == {"call": 1, "pattern": 1, "clear": 1}

    def test_sizes_follow_the_entries(self) -> None:
        cache_manager.set_many("general", {"id:1": 1, "id:2": 2})
        assert cache_manager.get_stats()["cache_sizes"]["general"] == 2
        cache_manager.delete("general", "id:1")
        assert cache_manager.get_stats()["cache_sizes"]["general"] == 1
        cache_manager.clear()
        assert cache_manager.get_stats()["cache_sizes"]["general"] == 0

    @pytest.mark.django_db
    def test_asks_no_database(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            cache_manager.get_stats()
            of_host()


class ResetStatsTests:
    def test_sets_the_counts_to_zero_and_keeps_the_entries(self) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        cache_manager.get("general", "id:1")
        cache_manager.reset_stats()
        found = cache_manager.get_stats()
        assert (found["hits"], found["misses"], found["sets"], found["hit_rate"]) == (0, 0, 0, None)
        assert found["cache_sizes"]["general"] == 1
        assert cache_manager.get("general", "id:1") == 1

    def test_counting_goes_on(self) -> None:
        cache_manager.get("general", "id:1")
        cache_manager.reset_stats()
        cache_manager.get("general", "id:1")
        assert cache_manager.get_stats()["misses"] == 1


class ThreadTests:
    def test_counts_are_exact_under_eight_threads(self) -> None:
        cache_manager.set("general", "id:1", 1)
        barrier = threading.Barrier(8)

        def read() -> None:
            barrier.wait()
            for number in range(500):
                cache_manager.get_or_load("general", "id:1", lambda: 1)
                cache_manager.kind("general", "other").count(MISS)
                cache_manager.get("general", f"own{number % 3}:{threading.get_ident()}")

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = cache_manager.get_stats()["types"]["general"]
        assert found["hits"] == 8 * 500
        assert found["kinds"]["other"]["misses"] == 8 * 500
        assert found["misses"] == 2 * 8 * 500


class ProcessesTests:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_counts_are_exact_over_three_processes_one_of_them_killed(
        self, directory: Path, start_child: Callable[[], Child]
    ) -> None:
        children = [start_child(), start_child()]
        cache_manager.set("general", "id:1", 1)
        cache_manager.get("general", "id:1")
        for number, child in enumerate(children, start=1):
            child.run("from caching import cache_manager")
            child.run("cache_manager.set('general', 'id:1', 1)")
            child.run(f"[cache_manager.get('general', 'id:1') for _ in range({10 * number})]")
            child.run(f"[cache_manager.get('general', 'id:2') for _ in range({number})]")
        found = of_host()
        assert (found["processes"], found["hits"], found["misses"], found["sets"]) == (3, 31, 3, 3)
        assert found["cache_sizes"]["general"] == 3
        assert found["scope"] == "host"

        os.kill(children[0].pid, signal.SIGKILL)
        children[0].wait()
        found = of_host()
        assert (found["processes"], found["hits"], found["misses"], found["sets"]) == (2, 31, 3, 3)
        assert found["cache_sizes"]["general"] == 2
        assert cache_manager.get_stats()["hits"] == 1
        assert children[1].run("cache_manager.get_stats(all_processes=True)['hits']") == 31

    def test_a_process_resets_its_own_counts(self, directory: Path, start_child: Callable[[], Child]) -> None:
        child = start_child()
        child.run("from caching import cache_manager")
        child.run("cache_manager.get('general', 'id:1')")
        cache_manager.get("general", "id:1")
        cache_manager.reset_stats()
        assert of_host()["misses"] == 1
