"""The caches under test. Each changes the settings of its own processes only, and reads in its own idiom."""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.torture.failover import NAME

REDIS = "TORTURE_REDIS_URL"
SENTINEL = "TORTURE_SENTINEL"
"""The port of a Sentinel that knows our server, or nothing."""
OPTIONS = "TORTURE_CACHING"
"""Options of settings.CACHING, as JSON."""
_SECONDS = 600
_DJANGO_REDIS = "django_redis.cache.RedisCache"


class Design(ABC):
    """How a cache is configured and read."""

    needs_redis = True
    warms = False
    """Whether its readers fill their caches besides."""

    def configure(self, settings: Any) -> None:
        """Change the settings of this process, before ``django.setup()``."""
        settings.CACHING["ENABLED"] = False
        settings.CACHES = {"default": {"BACKEND": _DJANGO_REDIS, "LOCATION": os.environ[REDIS]}}

    def connect(self) -> None:
        """Connect what the design needs, after ``django.setup()``."""
        return

    @abstractmethod
    def employee_by_email(self, email: str) -> Any: ...

    @abstractmethod
    def employee_by_id(self, pk: int) -> Any: ...

    @abstractmethod
    def assignments(self, schedule: int) -> Sequence[Any]: ...

    def hits(self) -> int | None:
        """Return how many hits the cache itself has counted, or None if it does not count."""
        return None


class Ours(Design):
    """The project as it is."""

    needs_redis = False
    warms = True

    def configure(self, settings: Any) -> None:
        settings.CACHING |= json.loads(os.environ[OPTIONS])
        if port := os.environ.get(SENTINEL):
            settings.CACHES["shared"]["LOCATION"] = f"redis://{NAME}/0"
            settings.CACHES["shared"]["OPTIONS"] |= {
                "CLIENT_CLASS": "django_redis.client.SentinelClient",
                "CONNECTION_FACTORY": "django_redis.pool.SentinelConnectionFactory",
                "SENTINELS": [("127.0.0.1", int(port))],
            }

    def connect(self) -> None:
        from scheduling import caches
        from scheduling.models import Employee, ScheduleAssignment

        self._by_email, self._by_id = Employee.objects.get_by_email, caches.EMPLOYEE_BY_ID.get
        self._for_schedule = ScheduleAssignment.objects.for_schedule

    def employee_by_email(self, email: str) -> Any:
        return self._by_email(email)

    def employee_by_id(self, pk: int) -> Any:
        return self._by_id(pk)

    def assignments(self, schedule: int) -> Sequence[Any]:
        return self._for_schedule(schedule)

    def hits(self) -> int | None:
        from caching import cache_manager

        return cache_manager.get_stats()["hits"]


class FromTheDatabase(Design):
    """Reads as an application without a cache writes them; cacheops and cachalot answer them unasked."""

    def employee_by_email(self, email: str) -> Any:
        from scheduling.models import Employee

        # Not get(): a cache that does not store absent rows should not pay for an exception as well.
        return next(iter(Employee.objects.filter(email=email).order_by()), None)

    def employee_by_id(self, pk: int) -> Any:
        from scheduling.models import Employee

        return next(iter(Employee.objects.filter(pk=pk).order_by()), None)

    def assignments(self, schedule: int) -> Sequence[Any]:
        from scheduling.models import ScheduleAssignment

        return list(ScheduleAssignment.objects.filter(schedule=schedule).select_related("employee", "shift"))


class Naive(FromTheDatabase):
    """Get, load, set. A ``post_save`` receiver deletes the keys of the row and those that it had before."""

    def connect(self) -> None:
        from django.core.cache import cache
        from django.db.models.signals import post_save, pre_save

        from scheduling.models import Employee, ScheduleAssignment

        self.cache = cache
        for model in (Employee, ScheduleAssignment):
            pre_save.connect(self._remember_keys, sender=model, weak=False)
            post_save.connect(self._delete_keys, sender=model, weak=False)

    def _keys(self, row: Any) -> set[str]:
        if hasattr(row, "schedule_id"):
            return {f"list:{row.schedule_id}"}
        lists = {f"list:{pk}" for pk in row.assignments.order_by().values_list("schedule", flat=True)}
        return {f"email:{row.email}", f"id:{row.pk}"} | lists

    def _remember_keys(self, sender: Any, instance: Any, **kwargs: Any) -> None:
        before = sender.objects.filter(pk=instance.pk).first()
        instance.keys_before = set() if before is None else self._keys(before)

    def _delete_keys(self, instance: Any, **kwargs: Any) -> None:
        self.delete(list(self._keys(instance) | instance.keys_before))

    def delete(self, keys: list[str]) -> None:
        self.cache.delete_many(keys)

    def _cached(self, key: str, load: Callable[[], Any]) -> Any:
        held = self.cache.get(key)
        if held is None:
            held = (load(),)
            self.cache.set(key, held, _SECONDS)
        return held[0]

    def employee_by_email(self, email: str) -> Any:
        return self._cached(f"email:{email}", lambda: super(Naive, self).employee_by_email(email))

    def employee_by_id(self, pk: int) -> Any:
        return self._cached(f"id:{pk}", lambda: super(Naive, self).employee_by_id(pk))

    def assignments(self, schedule: int) -> Sequence[Any]:
        return self._cached(f"list:{schedule}", lambda: super(Naive, self).assignments(schedule))


class NaiveOnCommit(Naive):
    """The same, but it deletes in ``on_commit``."""

    def delete(self, keys: list[str]) -> None:
        from django.db import transaction

        transaction.on_commit(lambda: self.cache.delete_many(keys))


class Cacheops(FromTheDatabase):
    """django-cacheops for all models of the project."""

    def configure(self, settings: Any) -> None:
        super().configure(settings)
        # First, as its documentation asks for.
        settings.INSTALLED_APPS = ["cacheops", *settings.INSTALLED_APPS]
        settings.CACHEOPS_REDIS = os.environ[REDIS]
        settings.CACHEOPS = {"scheduling.*": {"ops": "all", "timeout": _SECONDS}}


class Cachalot(FromTheDatabase):
    """django-cachalot over django-redis."""

    def configure(self, settings: Any) -> None:
        super().configure(settings)
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "cachalot"]
        settings.CACHALOT_TIMEOUT = _SECONDS


DESIGNS: dict[str, type[Design]] = {
    "ours": Ours,
    "naive": Naive,
    "naive_on_commit": NaiveOnCommit,
    "cacheops": Cacheops,
    "cachalot": Cachalot,
}
