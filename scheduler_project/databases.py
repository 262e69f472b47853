"""From a DATABASE_URL to an entry of settings.DATABASES."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from scheduler_project.environment import BASE_DIR

SQLITE_OPTIONS = {
    # A transaction takes the write lock when it begins and waits for its turn there. A deferred one that reads first
    # and writes later fails at once with "database is locked" if another wrote in between, whatever the timeout.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # Readers go on while one writes. NORMAL may lose the last commits in a power cut, never the database.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}
# PostgreSQL waits without end by default. Readers of the cache wait for a COMMIT for INTENT_SECONDS (30), so nothing
# that commits may take longer.
LOCK_SECONDS, STATEMENT_SECONDS = 10, 20
SCHEMES = ("sqlite", "postgresql", "postgres")


def database_from_url(
    url: str, *, lock_seconds: float = LOCK_SECONDS, statement_seconds: float = STATEMENT_SECONDS
) -> dict[str, Any]:
    """Return the entry of settings.DATABASES for `sqlite:///…` or `postgresql://…`.

    The seconds are PostgreSQL's lock_timeout and statement_timeout. With 0 nothing is sent, so that the limits of the
    role and of the server hold.

    Raises ImproperlyConfigured for anything else; the message never repeats the URL, which may hold a password.
    """
    scheme = url.partition(":")[0]
    # Asked here, because django-environ puts a URL that it does not know, password and all, into a warning.
    if scheme not in SCHEMES:
        raise _unusable()
    try:
        config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    except (ImproperlyConfigured, ValueError):
        raise _unusable() from None
    return _sqlite(config) if scheme == "sqlite" else _postgresql(config, lock_seconds, statement_seconds)


def _unusable() -> ImproperlyConfigured:
    return ImproperlyConfigured(
        "DATABASE_URL is not usable. Write sqlite:////absolute/path.sqlite3, postgresql://user:password@host:5432/name "
        "or postgresql://user@/name?host=/socket/directory."
    )


def _sqlite(config: dict[str, Any]) -> dict[str, Any]:
    options = SQLITE_OPTIONS | config.get("OPTIONS", {})
    return config | {"NAME": _sqlite_path(config["NAME"]), "OPTIONS": options}


def _sqlite_path(name: str) -> str:
    """Resolve a relative path against the project, never against wherever the process was started.

    `sqlite:///tmp/x` is read as /tmp/x when the project has no such folder and the system does: people write it so.
    """
    if name == ":memory:":
        return name
    in_project, from_root = BASE_DIR / name, Path("/") / name
    if not in_project.parent.is_dir() and from_root.parent.is_dir():
        return str(from_root)
    return str(in_project)


def _postgresql(config: dict[str, Any], lock_seconds: float, statement_seconds: float) -> dict[str, Any]:
    """Move host and port of the query string to where Django and its tools (dbshell) look for them; add the limits."""
    options = dict(config.get("OPTIONS", {}))
    host, port = options.pop("host", config["HOST"]), options.pop("port", config["PORT"])
    limits = {"lock_timeout": lock_seconds, "statement_timeout": statement_seconds}
    sent = [f"-c {name}={int(seconds * 1000)}" for name, seconds in limits.items() if seconds]
    if sent:
        # Ours first: of two values for one parameter, PostgreSQL takes the last.
        options["options"] = " ".join([*sent, *filter(None, [options.get("options")])])
    return config | {"HOST": host, "PORT": port, "OPTIONS": options, "CONN_HEALTH_CHECKS": True}
