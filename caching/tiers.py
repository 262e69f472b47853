"""The former place of BytesSerializer, for settings that still name it here."""

from .serializers import BytesSerializer

__all__ = ["BytesSerializer"]
