"""The Lua scripts, each run by itself on a real server."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from caching.stores.redis.connections import RedisConnections
from caching.stores.redis.scripts import BEGIN, END, FILL, Script
from tests.valkey import Valkey

GENERATION, INTENTS = b"{t}:g:a", b"{t}:i:a"
KEYS = [GENERATION, INTENTS]
PENDING = b"!"


@pytest.fixture
def server(shared_valkey: Valkey) -> Redis:
    return shared_valkey.client()


@pytest.fixture
def connection(shared_valkey: Valkey) -> Iterator[Any]:
    with RedisConnections("shared").fresh() as connection:
        yield connection
        connection.disconnect()


class ScriptTests:
    def test_runs_where_the_server_has_never_seen_it(self, connection: Any, server: Redis) -> None:
        server.script_flush()
        assert Script("return {KEYS[1], ARGV[1]}").on(connection, [b"key"], [5]) == [b"key", b"5"]

    def test_is_sent_by_its_name_once_the_server_knows_it(self, connection: Any, server: Redis) -> None:
        script = Script("return 'known'")
        script.on(connection, [], [])
        assert server.script_exists(script.sha) == [True]
        script.send(connection, [], [])
        assert connection.read_response() == b"known"

    def test_raises_what_the_script_raises(self, connection: Any) -> None:
        with pytest.raises(ResponseError, match="no such thing"):
            Script("return redis.error_reply('no such thing')").on(connection, [], [])


class BeginTests:
    def test_marks_the_tag_for_as_long_as_the_intent_lives(self, connection: Any, server: Redis) -> None:
        BEGIN.on(connection, KEYS, [b"one", 30_000])
        assert server.get(GENERATION) == PENDING
        assert server.zrange(INTENTS, 0, -1) == [b"one"]
        assert 29_000 < server.pttl(GENERATION) <= 30_000

    def test_a_shorter_intent_does_not_shorten_the_mark(self, connection: Any, server: Redis) -> None:
        BEGIN.on(connection, KEYS, [b"long", 30_000])
        BEGIN.on(connection, KEYS, [b"short", 1_000])
        assert server.pttl(GENERATION) > 29_000
        assert server.pttl(INTENTS) > 29_000


class EndTests:
    def test_of_the_last_intent_leaves_nothing(self, connection: Any, server: Redis) -> None:
        BEGIN.on(connection, KEYS, [b"one", 30_000])
        END.on(connection, KEYS, [b"one"])
        assert not server.exists(*KEYS)

    def test_of_one_intent_leaves_the_mark_to_the_others(self, connection: Any, server: Redis) -> None:
        for name, milliseconds in ((b"long", 30_000), (b"short", 10_000)):
            BEGIN.on(connection, KEYS, [name, milliseconds])
        END.on(connection, KEYS, [b"long"])
        assert server.get(GENERATION) == PENDING
        assert server.zrange(INTENTS, 0, -1) == [b"short"]
        assert 9_000 < server.pttl(GENERATION) <= 10_000

    def test_without_an_intent_drops_the_generation(self, connection: Any, server: Redis) -> None:
        server.set(GENERATION, 5)
        END.on(connection, KEYS, [b""])
        assert not server.exists(*KEYS)

    def test_takes_intents_away_that_have_expired(self, connection: Any, server: Redis) -> None:
        server.zadd(INTENTS, {b"of a killed process": 1})
        END.on(connection, KEYS, [b"one"])
        assert not server.exists(*KEYS)


class FillTests:
    def test_gives_a_missing_tag_the_fresh_generation_and_keeps_it(self, connection: Any, server: Redis) -> None:
        assert FILL.on(connection, KEYS, [60, 7]) == [b"7"]
        assert server.get(GENERATION) == b"7"
        assert 50 < server.ttl(GENERATION) <= 60

    def test_returns_what_is_there(self, connection: Any, server: Redis) -> None:
        server.set(GENERATION, 5)
        assert FILL.on(connection, [*KEYS, b"{t}:g:b", b"{t}:i:b"], [60, 7, 8]) == [b"5", b"8"]

    def test_marks_a_tag_again_whose_mark_was_evicted(self, connection: Any, server: Redis) -> None:
        BEGIN.on(connection, KEYS, [b"one", 30_000])
        server.delete(GENERATION)
        assert FILL.on(connection, KEYS, [60, 7]) == [PENDING]
        assert server.get(GENERATION) == PENDING
