"""The exceptions that a call raises when the server cannot be reached or refuses a command."""

import logging

from redis.exceptions import RedisError

from ..generations import GenerationsUnavailable

logger = logging.getLogger("caching")

FAULTS: tuple[type[Exception], ...] = (RedisError, OSError)
"""Raised by redis-py; RedisError includes its timeouts."""
ALIAS_FAULTS: tuple[type[Exception], ...] = FAULTS
"""Raised by an alias of settings.CACHES that Redis serves, through django-redis or Django's own backend."""

try:
    from django_redis.exceptions import ConnectionInterrupted
except ImportError:
    pass
else:
    ALIAS_FAULTS += (ConnectionInterrupted,)


def unavailable(alias: str, error: BaseException | None = None) -> GenerationsUnavailable:
    """Return the error that says why the server of an alias cannot be used."""
    reason = f" ({type(error).__name__}: {error})" if error else ""
    return GenerationsUnavailable(f"The server of {alias!r} cannot be reached{reason}.", others_serve=True)


def log_outage(alias: str, error: BaseException, degraded_seconds: float) -> None:
    """Say once that this process goes on without the server, and how."""
    logger.warning(
        "The generations in %r cannot be reached (%s: %s). Until they can, this process serves what is at most "
        "%g s old, and leaves what it writes in the outbox.",
        alias,
        type(error).__name__,
        error,
        degraded_seconds,
    )
