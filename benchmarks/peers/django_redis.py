"""Plain django-redis as its documentation sets it up: values are pickled. BENCHMARK_REDIS_URL names a server."""

import os

from benchmarks.plain import *  # noqa: F403

CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": os.environ["BENCHMARK_REDIS_URL"]}}
