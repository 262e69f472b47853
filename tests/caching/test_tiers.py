"""Settings of older projects name the serializer at its former place."""

from django.utils.module_loading import import_string

from caching.serializers import BytesSerializer


class FormerPlaceTests:
    def test_is_the_same_serializer(self) -> None:
        assert import_string("caching.tiers.BytesSerializer") is BytesSerializer
