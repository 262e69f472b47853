"""What the cache gives to the tests of applications that use it."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from caching import cache_manager
from caching.models import CacheSample
from caching.monitoring import history
from caching.reading.manager import CacheManager
from caching.testing import committed_cache, fill_history, fresh_cache, take_sample
from scheduling.models import Employee
from tests.factories import EmployeeFactory

__all__ = ["committed_cache"]  # a fixture


class FreshCacheTests:
    def test_starts_and_ends_with_nothing_cached_and_nothing_counted(self) -> None:
        cache_manager.set("general", "id:1", "before")
        with fresh_cache() as manager:
            assert manager is cache_manager
            assert manager.get_stats()["sets"] == 0
            assert manager.get("general", "id:1") is None
            manager.set("general", "id:1", "inside")
        assert cache_manager.get_stats()["sets"] == 0
        assert cache_manager.get("general", "id:1") is None

    def test_forgets_all_the_same_when_the_block_fails(self) -> None:
        with suppress(ZeroDivisionError), fresh_cache() as manager:
            manager.set("general", "id:1", "inside")
            raise ZeroDivisionError
        assert cache_manager.get_stats()["sets"] == 0

    def test_takes_the_settings_of_now(self, settings: Any) -> None:
        with fresh_cache() as manager:
            assert manager.config.ENABLED
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        with fresh_cache() as manager:
            assert not manager.config.ENABLED


class CommittedCacheTests:
    def test_the_second_read_asks_nobody(self, committed_cache: CacheManager, django_assert_num_queries: Any) -> None:
        employee = EmployeeFactory()
        with django_assert_num_queries(1):
            Employee.objects.get_by_email(employee.email)
        with django_assert_num_queries(0):
            assert Employee.objects.get_by_email(employee.email) == employee
        assert committed_cache.get_stats()["hits"] == 1


class HistoryTests:
    NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

    def test_each_period_shows_what_was_said_of_every_stretch(self, db: None) -> None:
        kinds = {"employee/email": {"hits_local": 3}, "general/id": {"misses": 2}}
        rows = fill_history(kinds, self.NOW, hosts=("one", "two"))
        assert CacheSample.objects.count() == rows
        for period in history.PERIODS:
            for point in history.points(period, self.NOW):
                # What two hosts have counted is added up.
                assert point.counts["employee/email"]["hits_local"] == 6
                assert point.counts["general/id"]["misses"] == 4

    def test_is_that_of_this_host_by_default(self, db: None) -> None:
        fill_history({"employee/email": {"hits_local": 1}}, self.NOW)
        assert set(CacheSample.objects.values_list("host", flat=True)) == {history.host_name()}

    def test_fills_no_more_than_the_next_sample_keeps(self, db: None) -> None:
        rows = fill_history({"employee/email": {"hits_local": 1}}, self.NOW)
        assert take_sample({}, self.NOW) == 0
        assert CacheSample.objects.filter(seconds__gt=0).count() == rows
        take_sample({}, self.NOW + timedelta(days=60))
        assert not CacheSample.objects.filter(seconds__gt=0).exists()

    def test_a_sample_adds_what_was_counted_since_the_last_one(self, db: None) -> None:
        for minutes, hits in enumerate((10, 25)):
            counts = {"employee/email": {"hits_local": hits}}
            assert take_sample(counts, self.NOW + timedelta(minutes=minutes), host="one") == 1
        assert [point.total["hits_local"] for point in history.points("1h", self.NOW + timedelta(minutes=1))] == [
            10,
            15,
        ]
