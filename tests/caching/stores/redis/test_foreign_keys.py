"""Another program has written to our keys, or somebody who wants the cache to fail or to be wrong."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from caching.stores.redis.keyspace import generation_of, is_generation
from caching.stores.redis.store import RedisGenerations
from tests.caching.stores.redis.stores import OpenStore, is_trusting, mirror_of
from tests.valkey import Valkey

TAG = "general/id:1"

Write = Callable[[Redis, bytes], Any]
VALUES: dict[str, Write] = {
    "500 digits": lambda server, key: server.set(key, b"9" * 500),
    "5,000 digits": lambda server, key: server.set(key, b"9" * 5000),
    "a megabyte": lambda server, key: server.set(key, b"9" * 1_000_000),
    "a text": lambda server, key: server.set(key, b"hello"),
    "nothing": lambda server, key: server.set(key, b""),
    "a negative number": lambda server, key: server.set(key, b"-1"),
    "digits that are not ASCII": lambda server, key: server.set(key, "١٢".encode()),
    "a number with blanks": lambda server, key: server.set(key, b" 1_0\n"),
    "NUL": lambda server, key: server.set(key, b"\x00"),
    "a list": lambda server, key: server.lpush(key, b"1"),
    "a hash": lambda server, key: server.hset(key, "1", "1"),
    "a set": lambda server, key: server.sadd(key, b"1"),
    "a sorted set": lambda server, key: server.zadd(key, {b"1": 1}),
    "a stream": lambda server, key: server.xadd(key, {"1": "1"}),
}
INTENTS: dict[str, Write] = {
    **{name: VALUES[name] for name in ("a text", "a list", "a hash", "a set", "a stream")},
    "an intent without an end": lambda server, key: server.zadd(key, {b"x": "inf"}),
    "an intent of next year": lambda server, key: server.zadd(key, {b"x": 4e12}),
    "an intent of long ago": lambda server, key: server.zadd(key, {b"x": "-inf"}),
    "an intent between two milliseconds": lambda server, key: server.zadd(key, {b"x": 1.5e12 + 0.5}),
}


@pytest.fixture
def store(open_store: OpenStore) -> RedisGenerations:
    return open_store()


@pytest.fixture
def server(shared_valkey: Valkey) -> Redis:
    return shared_valkey.client()


def keys_of(store: RedisGenerations) -> list[bytes]:
    """Return the keys of the tag on the server: of its generation and of its intents."""
    return store._keyspace.pairs([TAG])


def works(store: RedisGenerations) -> None:
    """Assert that the tag has a generation that holds until it is published, without an outage."""
    stamp = store.stamp([TAG])
    assert stamp is not None
    assert store.holds(stamp)
    store.end(store.begin([TAG]))
    assert not store.holds(stamp)
    assert store.stamp([TAG]) is not None
    assert is_trusting(store)


class GenerationTests:
    @pytest.mark.parametrize("write", VALUES.values(), ids=VALUES.keys())
    def test_a_foreign_value_is_replaced(self, write: Write, store: RedisGenerations, server: Redis) -> None:
        write(server, keys_of(store)[0])

        works(store)

    def test_is_logged(self, store: RedisGenerations, server: Redis, caplog: pytest.LogCaptureFixture) -> None:
        server.set(keys_of(store)[0], b"9" * 500)

        with caplog.at_level(logging.WARNING, logger="caching"):
            store.stamp([TAG])

        assert "1 generations were values that the cache did not write; they are deleted." in caplog.text

    def test_a_foreign_value_beside_good_ones(self, store: RedisGenerations, server: Redis) -> None:
        stamp = store.stamp(["other", TAG])
        server.set(keys_of(store)[0], b"nonsense")

        assert stamp is not None
        assert not store.holds(stamp)
        again = store.stamp(["other", TAG])
        assert again is not None
        assert again.generations[0] == stamp.generations[0]

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=40) | st.integers(-(10**25), 10**25).map(lambda number: str(number).encode()))
    def test_whatever_is_there(self, store: RedisGenerations, server: Redis, value: bytes) -> None:
        server.set(keys_of(store)[0], value)
        mirror_of(store).forget([TAG])

        assert is_trusting(store)
        found = store.read([TAG], afresh=True)
        assert found == (None,) if value == b"!" else isinstance(found[0], int)
        assert is_generation(server.get(keys_of(store)[0]))  # type: ignore[arg-type]
        assert generation_of(value) in (None, *found)


class IntentTests:
    @pytest.mark.parametrize("write", INTENTS.values(), ids=INTENTS.keys())
    def test_foreign_intents_are_taken_away(self, write: Write, store: RedisGenerations, server: Redis) -> None:
        write(server, keys_of(store)[1])

        works(store)

    @pytest.mark.parametrize("write", INTENTS.values(), ids=INTENTS.keys())
    def test_foreign_intents_beside_one_of_ours(self, write: Write, store: RedisGenerations, server: Redis) -> None:
        intent = store.begin([TAG])
        generation, intents = keys_of(store)
        if server.type(intents) == b"zset" and write not in VALUES.values():
            write(server, intents)
        other = store.begin([TAG])
        assert store.read([TAG], afresh=True) == (None,)

        store.end(other)
        assert store.read([TAG], afresh=True) == (None,)
        assert 0 < server.pttl(generation) <= 30_000

        store.end(intent)
        assert store.read([TAG], afresh=True) != (None,)
