"""The settings of both runs: those of Django's example, a result that can be read, and a directory for the cache."""

import os

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}, "other": {"ENGINE": "django.db.backends.sqlite3"}}
SECRET_KEY = "of a test"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
TEST_RUNNER = "tests.django_suite.recording.RecordingRunner"
CACHING = {"DIRECTORY": os.environ["CACHE_DIRECTORY"]}
