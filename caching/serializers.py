"""A serializer for django-redis that never executes what it reads.

``settings.CACHES[alias]["OPTIONS"]["SERIALIZER"] = "caching.serializers.BytesSerializer"``
"""

from typing import Any

from django_redis.serializers.base import BaseSerializer


class BytesSerializer(BaseSerializer):  # type: ignore[misc]
    """Stores bytes unchanged. The default serializer of django-redis unpickles whatever it finds on the server."""

    def dumps(self, value: Any) -> bytes:
        if not isinstance(value, bytes):
            raise TypeError(f"This alias holds the bytes of the cache only, not {type(value).__name__}.")
        return value

    def loads(self, value: bytes) -> bytes:
        return value
