"""Which kind of backend an alias of settings.CACHES has, determined without importing the backends' packages."""

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import InvalidCacheBackendError
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

SERIALIZER = "caching.serializers.BytesSerializer"
"""The serializer for django-redis that accepts bytes only."""
_OLD_SERIALIZER = "caching.tiers.BytesSerializer"


def is_redis(alias: str | None) -> bool:
    """Whether the alias is served by django-redis."""
    try:
        backend = None if alias is None else caches[alias]
    except InvalidCacheBackendError:
        return False
    classes = (f"{base.__module__}.{base.__qualname__}" for base in type(backend).__mro__)
    return "django_redis.cache.RedisCache" in classes


def is_process_local(alias: str) -> bool:
    """Whether the alias holds values for one process only, and so cannot be a shared tier."""
    try:
        return isinstance(caches[alias], (LocMemCache, DummyCache))
    except InvalidCacheBackendError:
        return False


def passes_bytes(alias: str) -> bool:
    """Whether the alias stores bytes unchanged and never unpickles what it reads."""
    return settings.CACHES[alias].get("OPTIONS", {}).get("SERIALIZER") in (SERIALIZER, _OLD_SERIALIZER)
