"""A cache for Django that is never stale.

exceptions   errors that a caller can cause
conf         settings.CACHING, checked and frozen
keys         CacheType, and the only code that builds keys and tags
databases    which database an alias stands for, if that changes while the process runs
values       the form in which the cache holds values
stores       the generations of tags, in shared memory or in Redis
coherence    WRITING: when a cached value stops being true
reading      READING: the interface that callers of the cache use
monitoring   WATCHING: what the cache did and does, for people and programs
management   the command manage.py cache
admin        the page of the cache in Django's admin
templatetags  {% cache_panel %}: the state of the cache for other pages
scopes       callables for CACHING["SCOPE"]: the schema of a tenant
serializers  a serializer for django-redis that accepts bytes only and never unpickles
tiers        the former location of the serializer
models       the database tables of the cache
checks       system checks
urls         the pages of the cache for programs
apps         the AppConfig, which connects the cache to Django
testing      fixtures for the tests of applications that use the cache

Importing this package reads no settings and loads no models.
"""

from .coherence.causes import cause
from .coherence.invalidation import invalidate
from .coherence.querysets import InvalidatingQuerySet
from .coherence.tags import rows_where
from .coherence.watching import watch
from .exceptions import CachingError, InvalidKey, InvalidTTL, NotWatched, Uncacheable, UnknownCacheType, UnknownModel
from .keys import CacheType
from .monitoring.stats import CacheStats
from .monitoring.warming import worth_reading, worth_warming
from .reading.batch import BatchCache
from .reading.decorators import cached
from .reading.groups import CachedGroup
from .reading.in_many import InMany, in_many
from .reading.lookups import CachedLookup
from .reading.manager import cache_manager
from .reading.runtime import caching_disabled

__all__ = [
    "BatchCache",
    "CacheStats",
    "CacheType",
    "CachedGroup",
    "CachedLookup",
    "CachingError",
    "InMany",
    "InvalidKey",
    "InvalidTTL",
    "InvalidatingQuerySet",
    "NotWatched",
    "Uncacheable",
    "UnknownCacheType",
    "UnknownModel",
    "cache_manager",
    "cached",
    "caching_disabled",
    "cause",
    "in_many",
    "invalidate",
    "rows_where",
    "watch",
    "worth_reading",
    "worth_warming",
]
