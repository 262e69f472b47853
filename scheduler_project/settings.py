"""Settings, all of them from the environment (see environment.py), with defaults that need no server.

The README has the table of variables.
"""

import sys
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from scheduler_project.databases import database_from_url
from scheduler_project.environment import BASE_DIR, VAR_DIR, env
from scheduler_project.logs import logging_of

DEBUG = env.bool("DEBUG", default=False)

# Security


def _serves_requests() -> bool:
    """Say whether this process is a web server: it imports our WSGI or ASGI module, or runs `manage.py runserver`."""
    entry_points = {"scheduler_project.wsgi", "scheduler_project.asgi"}
    return not entry_points.isdisjoint(sys.modules) or sys.argv[1:2] == ["runserver"]


def _secret_key() -> str:
    """Return the SECRET_KEY of the environment; only a web server in production cannot do without.

    Other commands and the tests sign nothing that outlives them, so they get a random key of their own. A constant in
    the repository would be everybody's key the day somebody forgets to set one.
    """
    key = env.str("SECRET_KEY", default="")
    if not key and _serves_requests() and not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set, and without it a server would start with sessions that anybody can forge. "
            "Run `make demo`, which writes one to var/env, or export SECRET_KEY=… (50 random characters or more)."
        )
    return key or get_random_secret_key()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Off by default, so that `make serve` answers on http://127.0.0.1:8000. Behind TLS switch it on; gunicorn believes
# X-Forwarded-Proto from FORWARDED_ALLOW_IPS alone, so no header has to be trusted here.
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_HSTS_SECONDS = 3600 * 24 * 30 if HTTPS_ONLY else 0
# HSTS for this host alone: whether all others of its domain speak HTTPS (W005), and may be asked for nothing else for
# a year in every browser (W021, the preload list), is the decision of whoever has the domain.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# Nothing inline and nothing from elsewhere. The admin needs no more, its icons are files. By django-csp on every
# version of Django that is supported; that of Django 6 can take over when 5.2 is gone.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# No script of ours reads a cookie: forms carry the CSRF token.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "scheduling.admin.shared.ended_sessions.form_of_an_older_login"
# Sessions are rows: a cache may be cleared at any time, and nobody should be logged out by that.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# For shared computers: a login ends with the browser, and with the shift where the browser is never closed.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 3600 * env.int("SESSION_HOURS", default=8)
# What "Amy Adams was changed" says would lie readable in a cookie otherwise.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Where a login leads that came from nowhere, or that names another site as the next page.
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Logins. Failures are counted per user name and address, so nobody locks out a colleague at another desk, and as rows,
# for the same reason as sessions. See throttling.py for whose address it is behind a proxy.
AUTHENTICATION_BACKENDS = [
    "scheduler_project.throttling.ThrottlingBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# The proxies whose X-Forwarded-For is believed. None by default, although gunicorn believes those of this host when
# they say https: a proxy that passes on what the client wrote there would let every guess come from a new address.
TRUSTED_PROXIES = [proxy.strip() for proxy in env.list("FORWARDED_ALLOW_IPS", default=[])]
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# Attempts during a lockout do not prolong it, or a forgotten phone with an old password would lock for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "scheduler_project.throttling.locked_out"
AXES_CLIENT_IP_CALLABLE = "scheduler_project.throttling.client_address"
# What is kept of a failure is what the count needs: the name, the address and the browser, until the cool-off is over.
# The log has the address: what was typed as the name may be a person's, or a password in the wrong field.
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken", "next"]
AXES_DISABLE_ACCESS_LOG = True
# Its admin would offer to edit what it records; `manage.py axes_list_attempts` and `axes_reset…` see and unlock.
AXES_ENABLE_ADMIN = False

# Application

INSTALLED_APPS = [
    # Before the admin and import_export, whose templates with inline styles and scripts it replaces.
    "scheduling.apps.SchedulingConfig",
    "scheduler_project.apps.SiteConfig",  # django.contrib.admin, with a site of our own
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "import_export",
    "axes",
    "csp",
    "caching.apps.CachingConfig",
]
MIDDLEWARE = [
    # First, so that what the others answer has their headers too: redirects, static files, errors.
    "csp.middleware.CSPMiddleware",
    "scheduler_project.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "scheduler_project.readable.ReadableMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "scheduling.admin.shared.ended_sessions.EndedSessionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "scheduler_project.urls"
WSGI_APPLICATION = "scheduler_project.wsgi.application"
ASGI_APPLICATION = "scheduler_project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "scheduler_project" / "templates"],  # the error pages
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "scheduler_project.form_rendering.WidgetRenderer"
IMPORT_EXPORT_USE_TRANSACTIONS = True

# Data

# Quoted, for checkouts whose path has a space or a #.
_IN_VAR = f"sqlite:///{quote(str(VAR_DIR / 'db.sqlite3'))}"
DATABASES = {
    "default": database_from_url(
        env.str("DATABASE_URL", default=_IN_VAR),
        lock_seconds=env.float("DATABASE_LOCK_SECONDS", default=10),
        statement_seconds=env.float("DATABASE_STATEMENT_SECONDS", default=20),
    )
}
if DATABASES["default"]["ENGINE"].endswith("postgresql") and "scheduler_project.asgi" not in sys.modules:
    # To connect costs as much as a small page. Under WSGI there are as many connections as threads that answer; under
    # ASGI each request has a thread of its own.
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if REDIS_URL:
    # An alias of its own: `cache.clear()` on django-redis is FLUSHDB, so a neighbour's would empty ours.
    CACHES["shared"] = {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "scheduler",
        "OPTIONS": {
            "SERIALIZER": "caching.serializers.BytesSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
        },
    }

CACHING = {
    "ENABLED": env.bool("CACHE_ENABLED", default=True),
    "DIRECTORY": env.str("CACHE_DIRECTORY", default=str(VAR_DIR)),
    "SHARED_ALIAS": "shared" if REDIS_URL else None,
    "GENERATIONS": "auto",
    "DEGRADED_TTL": 5,
    "INTENT_SECONDS": 30,
    "STRICT": False,
    "OUTBOX": "auto",
    "WARM_ON_START": env.bool("WARM_ON_START", default=False),
    "STATS_TOKEN": env.str("CACHE_STATS_TOKEN", default=None),
    # Seconds, by kind; a kind that is not here takes `default`.
    "TTL": {
        "employee_by_id": 600,
        "employee_by_email": 600,
        "employee_list": 300,
        "department_by_id": 900,
        "department_hierarchy": 1800,
        "department_list": 600,
        "shift_by_id": 600,
        "shift_by_name": 600,
        "shift_types": 900,
        "schedule_by_id": 180,
        "schedule_assignments": 180,
        "rule_by_id": 900,
        "active_rules": 600,
        "notification_by_id": 60,
        "unread_notifications": 30,
        "default": 300,
    },
    # Entries of the local tier, by type.
    "MAX_SIZE": {
        "employee": 1000,
        "department": 200,
        "shift": 500,
        "schedule": 500,
        "rule": 1000,
        "notification": 2000,
        "general": 1000,
    },
}

# Files

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "uploads"
FILE_UPLOAD_HANDLERS = [
    "scheduling.imports.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# What an import takes at most. One that is predicted to take longer than a request may runs in a process of its own.
# How many rows it does per second is known from earlier ones, and guessed for the first.
IMPORT_MAX_MB = env.int("IMPORT_MAX_MB", default=50)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=200000)
IMPORT_SECONDS_IN_REQUEST = env.float("IMPORT_SECONDS_IN_REQUEST", default=3)
IMPORT_ROWS_PER_SECOND = env.int("IMPORT_ROWS_PER_SECOND", default=2000)
DATA_UPLOAD_MAX_NUMBER_FILES = 1  # no form takes more
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # bytes, of a form without its file
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# Names with a hash need `collectstatic` first, which a test run or DEBUG has no reason to do.
_HASHED_NAMES = not DEBUG and "pytest" not in sys.modules and sys.argv[1:2] != ["test"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _HASHED_NAMES
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Language and time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "scheduler_project" / "locale"]
FORMAT_MODULE_PATH = ["scheduler_project.formats"]
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE, LANGUAGE_COOKIE_SECURE = True, "Lax", HTTPS_ONLY
LANGUAGE_COOKIE_AGE = 3600 * 24 * 365
USE_I18N = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

# Logging

LOGGING = logging_of(env.str("LOG_LEVEL", default="WARNING").upper())
