"""What a call raises when the server cannot be reached, or refuses."""

from redis.exceptions import RedisError

FAULTS: tuple[type[Exception], ...] = (RedisError, OSError)
"""Of redis-py itself; the first includes its time-outs."""
ALIAS_FAULTS: tuple[type[Exception], ...] = FAULTS
"""Of an alias of settings.CACHES that a Redis serves, with django-redis or with the backend of Django."""

try:
    from django_redis.exceptions import ConnectionInterrupted
except ImportError:
    pass
else:
    ALIAS_FAULTS += (ConnectionInterrupted,)
