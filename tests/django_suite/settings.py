"""The settings of both runs: those of Django's example, a result that can be read, and a directory for the cache.

``DJANGO_SUITE_DATABASE`` is the URL of a database on a PostgreSQL server; without it the tests run on SQLite.
"""

import os
from typing import Any

import environ

_URL = os.environ.get("DJANGO_SUITE_DATABASE")
_DATABASE: dict[str, Any] = dict(environ.Env.db_url_config(_URL)) if _URL else {"ENGINE": "django.db.backends.sqlite3"}
# Each of them is given a name of its own on the server, where the tests find nothing but what they make.
DATABASES = {alias: _DATABASE | ({"NAME": f"django_{alias}"} if _URL else {}) for alias in ("default", "other")}
SECRET_KEY = "of a test"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
TEST_RUNNER = "tests.django_suite.recording.RecordingRunner"
CACHING = {"DIRECTORY": os.environ["CACHE_DIRECTORY"]}
