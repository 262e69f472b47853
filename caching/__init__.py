"""A cache for Django that is never stale.

exceptions   errors that a caller can cause
conf         settings.CACHING, checked and frozen
keys         CacheType; the only code that spells a key or a tag
values       values in the form in which they are held
stores       the generations of tags, in shared memory or in Redis
coherence    WRITING: when a cached value stops being true
reading      READING: what a caller of the cache meets
monitoring   WATCHING: what the cache did
management   manage.py cache
serializers  for django-redis: bytes only, nothing that it would run
tiers        the former place of the serializer
models       the tables of the cache
checks       system checks
apps         where Django meets the cache
testing      for the tests of applications that use the cache

Importing this package reads no setting and no model.
"""

from .coherence.causes import cause
from .coherence.invalidation import invalidate
from .coherence.querysets import InvalidatingQuerySet
from .coherence.tags import rows_where
from .coherence.watching import watch
from .exceptions import CachingError, InvalidKey, InvalidTTL, NotWatched, Uncacheable, UnknownCacheType, UnknownModel
from .keys import CacheType
from .monitoring.stats import CacheStats
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
]
