"""django-cacheops: it caches every query of the project's models. BENCHMARK_REDIS_URL names a server."""

import os

from benchmarks.plain import *  # noqa: F403
from benchmarks.plain import INSTALLED_APPS as _PLAIN

INSTALLED_APPS = [*_PLAIN, "cacheops"]
CACHEOPS_REDIS = os.environ["BENCHMARK_REDIS_URL"]
CACHEOPS = {"scheduling.*": {"ops": "all", "timeout": 600}}
