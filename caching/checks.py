"""System checks for configuration mistakes, each with a stable id and a hint that can be followed literally."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.urls import get_resolver

from .coherence import outbox
from .coherence.cascades import changed_by_the_database
from .coherence.late import WHERE, late
from .coherence.models_by_label import unknown
from .coherence.publishing import publisher
from .coherence.triggers import undeclared_triggers
from .conf import Config
from .stores.aliases import SERIALIZER, is_process_local, is_redis, passes_bytes
from .stores.generations import GenerationsUnavailable


@register(Tags.caches)
def check_options(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.E001: settings.CACHING has an unknown option or an invalid value."""
    try:
        Config.from_settings()
    except (ImproperlyConfigured, TypeError, ValueError) as error:
        return [Error(str(error), hint="Correct settings.CACHING.", id="caching.E001")]
    return []


@register(Tags.caches)
def check_scope(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.E007: CACHING["SCOPE"] names nothing that can be called."""
    if check_options():
        return []
    try:
        Config.from_settings().scope()
    except ImproperlyConfigured as error:
        hint = 'Give the dotted path of a function without arguments, such as "caching.scopes.schema_name", or None.'
        return [Error(str(error), hint=hint, id="caching.E007")]
    return []


@register(Tags.caches)
def check_shared_alias(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.E002 and W001: the alias of the shared tier is missing, or holds values for one process only."""
    if check_options():
        return []
    alias = Config.from_settings().SHARED_ALIAS
    if alias is None:
        return []
    if alias not in settings.CACHES:
        return [
            Error(
                f'CACHING["SHARED_ALIAS"] is {alias!r}, which settings.CACHES does not have.',
                hint=f"Add CACHES[{alias!r}], or set SHARED_ALIAS to one of {sorted(settings.CACHES)} or to None.",
                id="caching.E002",
            )
        ]
    if is_process_local(alias):
        return [
            Warning(
                f"CACHES[{alias!r}] lives in one process and is not used as a shared tier.",
                hint="Use a backend that all processes share (Redis, a file, a database), or SHARED_ALIAS = None.",
                id="caching.W001",
            )
        ]
    return []


@register(Tags.caches)
def check_serializer(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.E004 and E005: the alias is not served by django-redis, or unpickles what it reads."""
    if check_options() or check_shared_alias():
        return []
    config = Config.from_settings()
    alias = config.SHARED_ALIAS
    if alias is None or not is_redis(alias):
        if config.GENERATIONS != "redis":
            return []
        return [
            Error(
                f'CACHING["GENERATIONS"] is "redis", but the alias {alias!r} is not served by django-redis.',
                hint='Give CACHES[…] the BACKEND "django_redis.cache.RedisCache" and name it in SHARED_ALIAS.',
                id="caching.E004",
            )
        ]
    if passes_bytes(alias):
        return []
    return [
        Error(
            f"CACHES[{alias!r}] unpickles what it reads: anyone who can write to the server can run code here.",
            hint=f'Set CACHES[{alias!r}]["OPTIONS"]["SERIALIZER"] = "{SERIALIZER}".',
            id="caching.E005",
        )
    ]


@register(Tags.caches)
def check_server(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.W004 to W006: the server cannot be reached, sends no invalidations, or evicts the wrong keys first."""
    store = None if check_options() or check_serializer() else publisher.store
    alias = None if store is None else Config.from_settings().SHARED_ALIAS
    try:
        server = None if store is None else store.describe()
    except GenerationsUnavailable as error:
        return [
            Warning(
                f"{error} Processes go on without it: each sees the others' writes only after DEGRADED_TTL.",
                hint="Start the server, or correct REDIS_URL.",
                id="caching.W004",
            )
        ]
    found: list[CheckMessage] = []
    if server is None:
        return found
    if not server.tracks:
        found.append(
            Warning(
                f"The server of {alias!r} refuses CLIENT TRACKING: every hit costs a round trip.",
                hint="Allow the command CLIENT TRACKING, or use a Redis (6 or later) or Valkey that has it.",
                id="caching.W005",
            )
        )
    if server.maxmemory_policy == "volatile-ttl":
        found.append(
            Warning(
                f"The server of {alias!r} evicts what expires soonest first: the marks of writes in progress.",
                hint="Set maxmemory-policy to volatile-lru, allkeys-lru or noeviction.",
                id="caching.W006",
            )
        )
    return found


@register(Tags.database)
def check_outbox(databases: Sequence[str] | None = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """caching.W007: a database has no table for undelivered invalidations."""
    if check_options() or check_serializer() or not publisher.store.has_outbox:
        return []
    return [
        Warning(
            f"The database {alias!r} has no outbox: in an outage of the server of generations its writes are refused.",
            hint=f"Run manage.py migrate caching --database {alias}.",
            id="caching.W007",
        )
        for alias in databases or ()
        if not outbox.has_table(alias)
    ]


@register(Tags.caches)
def check_directory(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.E003: the directory of the shared-memory files cannot be used."""
    if check_options() or check_serializer() or publisher.store.has_outbox:
        return []
    try:
        publisher.store.open()
    except GenerationsUnavailable as error:
        directory = Config.from_settings().DIRECTORY or Path.cwd() / "var"
        return [
            Error(
                f"Generations cannot be shared between processes: {error}",
                hint=f"Let this user create files in {directory}, or set "
                'CACHING["DIRECTORY"] to a folder where it can.',
                id="caching.E003",
            )
        ]
    return []


@register(Tags.database)
def check_intent_seconds(databases: Sequence[str] | None = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """caching.W002: a COMMIT may take effect later than readers wait for it."""
    if check_options():
        return []
    seconds = Config.from_settings().INTENT_SECONDS
    found: list[CheckMessage] = [
        Warning(
            f'The busy timeout of DATABASES[{alias!r}] is {timeout} s, CACHING["INTENT_SECONDS"] only {seconds} s.',
            hint=f'Set CACHING["INTENT_SECONDS"] above {timeout}.',
            id="caching.W002",
        )
        for alias in connections
        if (timeout := _busy_timeout(alias)) >= seconds
    ]
    for alias in databases or ():
        if connections[alias].vendor == "postgresql" and not 0 < (timeout := _statement_timeout(alias)) < seconds:
            limit = f"is {timeout:g} s" if timeout else "is 0: there is no limit"
            found.append(
                Warning(
                    f'The statement_timeout of DATABASES[{alias!r}] {limit}. CACHING["INTENT_SECONDS"] is {seconds} s.',
                    hint="Set statement_timeout and lock_timeout to fewer seconds, in DATABASES[…]"
                    '["OPTIONS"]["options"] or by ALTER ROLE … SET, or raise CACHING["INTENT_SECONDS"].',
                    id="caching.W002",
                )
            )
    return found


def _busy_timeout(alias: str) -> float:
    """Return how many seconds a statement may wait for a lock of SQLite, as far as the settings say."""
    options = connections.settings[alias].get("OPTIONS", {})
    if connections.settings[alias]["ENGINE"].endswith("sqlite3"):
        return float(options.get("timeout", 5))
    return 0.0


def _statement_timeout(alias: str) -> float:
    """Return how many seconds a statement may take in PostgreSQL, waits for locks included; 0 means without a limit.

    The connection is asked, because a limit may come from the settings, the role, the database or the server, and a
    pooler in between may drop what the settings say.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'")
        return int(cursor.fetchone()[0]) / 1000


@register(Tags.models)
def check_database_cascades(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.I001: the database itself changes rows of a watched model, so all its rows are invalidated."""
    return [
        Info(
            f"Deleting rows of {table!r} lets the database change rows of {', '.join(sorted(labels))} by itself: "
            "every cached row of these models is dropped then.",
            hint="Nothing to do. With on_delete=models.CASCADE only the rows concerned are dropped.",
            id="caching.I001",
        )
        for table, labels in changed_by_the_database().items()
        if labels
    ]


@register(Tags.database)
def check_triggers(databases: Sequence[str] | None = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """caching.W009: a trigger writes rows of a watched model, and nothing says with which table."""
    return [
        Warning(
            f"The trigger {found.name!r} of the table {found.table!r} writes rows of {found.label}, which no statement "
            "says: what is cached of them may be older.",
            hint=f'Declare watch("{found.label}", tables=("{found.table}",)) beside its other tables, if any.',
            id="caching.W009",
        )
        for alias in databases or ()
        for found in undeclared_triggers(connections[alias])
    ]


@register(Tags.files)
def check_writable_directory(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.W003: no directory is set, so generations are in ./var of the folder where a process was started."""
    if check_options() or check_serializer() or Config.from_settings().DIRECTORY or publisher.store.has_outbox:
        return []
    return [
        Warning(
            'CACHING["DIRECTORY"] is not set: processes started in other folders would not see each other\'s writes.',
            hint=f'Set CACHING["DIRECTORY"], for example to {str(Path.cwd() / "var")!r}.',
            id="caching.W003",
        )
    ]


@register(Tags.models)
def check_late_declarations(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.W008: something is watched only since a module was imported after start-up."""
    if getattr(settings, "ROOT_URLCONF", None):
        # Imports the views, for what they declare; Django's own check of the URLs imports them too.
        get_resolver().url_patterns  # noqa: B018
    return [
        Warning(
            f"{what} was declared after start-up: processes that have not imported its module publish no writes to it.",
            hint=f"Move the declaration to a module that the ready() of an AppConfig imports. {WHERE}",
            id="caching.W008",
        )
        for what in late
    ]


@register(Tags.models)
def check_labels(**kwargs: Any) -> Sequence[CheckMessage]:
    """caching.E006: a cached value depends on a label that names no model."""
    return [
        Error(str(error), hint="Correct the label where the value is declared.", id="caching.E006") for error in unknown
    ]
