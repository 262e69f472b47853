"""django-cachalot: it caches every query of the project's models by table. BENCHMARK_REDIS_URL names a server."""

import os

from benchmarks.plain import *  # noqa: F403
from benchmarks.plain import INSTALLED_APPS as _PLAIN

INSTALLED_APPS = [*_PLAIN, "cachalot"]
CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": os.environ["BENCHMARK_REDIS_URL"]}}
CACHALOT_ONLY_CACHABLE_APPS = frozenset({"scheduling"})
