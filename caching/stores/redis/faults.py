"""The exceptions that a call raises when the server cannot be reached or refuses a command."""

from redis.exceptions import RedisError

from ..generations import GenerationsUnavailable

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
