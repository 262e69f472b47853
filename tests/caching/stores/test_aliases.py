"""What kind of backend an alias of settings.CACHES has."""

import pytest
from django.core.cache import caches
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.stores.aliases import SERIALIZER, is_process_local, is_redis, passes_bytes
from tests.valkey import Valkey


class IsProcessLocalTests:
    @pytest.mark.parametrize(
        ("backend", "local"),
        [
            ("django.core.cache.backends.locmem.LocMemCache", True),
            ("django.core.cache.backends.dummy.DummyCache", True),
            ("tests.caching.backends.FaultyCache", False),
        ],
    )
    def test_recognises_backends_of_one_process(self, backend: str, local: bool, settings: Settings) -> None:
        settings.CACHES = {**settings.CACHES, "other": {"BACKEND": backend}}
        assert is_process_local("other") is local

    def test_an_unknown_alias_is_not_one(self) -> None:
        assert is_process_local("nobody") is False

    def test_locmem_is_not_used_as_a_shared_tier(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "default"}
        caches["default"].clear()  # other tests use it too
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        assert cache_manager.runtime.shared is None
        assert not caches["default"]._cache  # type: ignore[attr-defined]


class IsRedisTests:
    def test_knows_the_backend_of_an_alias(self, shared_valkey: Valkey) -> None:
        assert is_redis("shared")
        assert not is_redis("default")
        assert not is_redis("missing")
        assert not is_redis(None)


class PassesBytesTests:
    @pytest.mark.parametrize(
        ("options", "passes"),
        [
            ({"SERIALIZER": SERIALIZER}, True),
            ({"SERIALIZER": "caching.tiers.BytesSerializer"}, True),
            ({"SERIALIZER": "django_redis.serializers.pickle.PickleSerializer"}, False),
            ({}, False),
        ],
    )
    def test_is_true_for_the_serializer_of_the_cache_alone(
        self, options: dict[str, str], passes: bool, settings: Settings
    ) -> None:
        alias = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1", "OPTIONS": options}
        settings.CACHES = {**settings.CACHES, "server": alias}
        assert passes_bytes("server") is passes

    def test_is_false_for_an_alias_without_options(self) -> None:
        assert passes_bytes("default") is False
