"""Where the server keeps what it knows of a tag."""

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from caching.stores.redis import keyspace
from caching.stores.redis.keyspace import Keyspace
from tests import valkey

EMAIL_TAG = "employee/email:amy@example.com"


@pytest.fixture
def keys() -> Keyspace:
    return Keyspace("project:1")


class GenerationTests:
    def test_lies_in_the_hash_slot_of_its_project(self, keys: Keyspace) -> None:
        assert keys.generation("m.A#1").startswith(b"{project:1}:g:")

    def test_does_not_show_the_tag(self, keys: Keyspace) -> None:
        assert b"amy" not in keys.generation(EMAIL_TAG)

    def test_differs_between_tags_and_between_databases(self, keys: Keyspace) -> None:
        other = Keyspace("project:2")
        found = {each.generation(tag) for each in (keys, other) for tag in ("m.A#1", "m.A#2")}
        assert len(found) == 4

    def test_is_one_object_for_each_tag(self, keys: Keyspace) -> None:
        assert keys.generation("m.A#1") is keys.generation("m.A#1")
        assert keys.generations_of(["m.A#2", "m.A#1"])[1] is keys.generation("m.A#1")

    def test_is_the_same_after_the_keys_that_were_kept_were_dropped(
        self, keys: Keyspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = keys.generations_of(["a", "b", "c"])
        monkeypatch.setattr(keyspace, "_MAX_KEYS", 1)
        keys.generation("d")
        assert list(keys._keys) == ["d"]
        assert keys.generations_of(["a", "b", "c"]) == before


class PairsTests:
    def test_are_the_generation_and_the_intents_of_each_tag(self, keys: Keyspace) -> None:
        generation, intents, *others = keys.pairs(["a", "b"])
        assert generation == keys.generation("a")
        assert intents == generation.replace(b":g:", b":i:")
        assert others == keys.pairs(["b"])

    def test_of_no_tags_are_none(self, keys: Keyspace) -> None:
        assert keys.pairs([]) == []


class OfTests:
    def test_tells_aliases_and_databases_apart(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        server = valkey.alias("redis://127.0.0.1:1")
        settings.CACHES = {name: {**server, "KEY_PREFIX": name} for name in ("default", "one", "other")}
        monkeypatch.setitem(connections.settings["default"], "NAME", "test")
        here = {Keyspace.of(alias).generation("a") for alias in ("one", "other")}
        monkeypatch.setitem(connections.settings["default"], "NAME", "production")
        there = {Keyspace.of(alias).generation("a") for alias in ("one", "other")}
        assert len(here | there) == 4
