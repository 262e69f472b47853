"""The former location of BytesSerializer, for settings that still refer to it."""

from .serializers import BytesSerializer

__all__ = ["BytesSerializer"]
