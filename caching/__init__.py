"""A cache for Django that is never stale.

READING, what a caller meets:
    manager      cache_manager: get, set, get_or_load, delete, invalidate_pattern, clear, statistics
    lookups      CachedLookup and CachedGroup: rows by a field, one or many, sync or async
    decorators   @cached
    batch        BatchCache: natural keys to primary keys during one import
    keys         CacheType; the only code that spells a key or a tag
    entries, tiers, codec, leases, flights   what is held, where, in what form, from which moment, and loaded by whom
    conf         settings.CACHING
    checks       system checks

WRITING, when a cached value stops being true: ``caching.coherence``.
WATCHING, what the cache did: ``caching.monitoring``.

Importing this package reads no setting and no model.
"""

from .batch import BatchCache
from .coherence.connections import invalidate
from .coherence.invalidation import rows_where, watch
from .decorators import cached
from .exceptions import CachingError, InvalidKey, InvalidTTL, NotWatched, Uncacheable, UnknownCacheType
from .keys import CacheType
from .lookups import CachedGroup, CachedLookup
from .manager import cache_manager, caching_disabled
from .monitoring.stats import CacheStats

__all__ = [
    "BatchCache",
    "CacheStats",
    "CacheType",
    "CachedGroup",
    "CachedLookup",
    "CachingError",
    "InvalidKey",
    "InvalidTTL",
    "NotWatched",
    "Uncacheable",
    "UnknownCacheType",
    "cache_manager",
    "cached",
    "caching_disabled",
    "invalidate",
    "rows_where",
    "watch",
]
