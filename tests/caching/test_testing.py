"""What the cache gives to the tests of applications that use it."""

from contextlib import suppress
from typing import Any

from caching import cache_manager
from caching.reading.manager import CacheManager
from caching.testing import committed_cache, fresh_cache
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
