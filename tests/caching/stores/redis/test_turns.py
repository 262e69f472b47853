"""Leases of loads on a real server."""

import threading
from collections.abc import Iterator

import pytest
from redis import Redis

from caching.stores.redis.connections import RedisConnections
from caching.stores.redis.turns import NOT_STORED, STORED, Turns
from tests.valkey import Valkey

SECONDS = 2.0


@pytest.fixture
def server(shared_valkey: Valkey) -> Redis:
    return shared_valkey.client()


@pytest.fixture
def turns(shared_valkey: Valkey) -> Iterator[Turns]:
    connections = RedisConnections("shared")
    yield Turns(connections, "t", seconds=SECONDS)
    connections.close()


def claimed(turns: Turns, *names: str, done: bytes = b"") -> tuple[bytes, list[bytes]]:
    return turns.claim(names, [done] * len(names))


class ClaimTests:
    def test_the_first_takes_the_lease_and_the_second_learns_its_token(self, turns: Turns) -> None:
        first, held = claimed(turns, "a")
        assert held == [first]
        second, held = claimed(turns, "a", "b")
        assert held == [first, second]

    def test_a_lease_ends_by_itself(self, turns: Turns, server: Redis, shared_valkey: Valkey) -> None:
        first, _ = claimed(turns, "a")
        assert 0 < server.pttl("t:turn:a") <= SECONDS * 1000
        server.delete("t:turn:a")  # as the server does after that time
        second, held = claimed(turns, "a")
        assert held == [second] != [first]

    @pytest.mark.parametrize("kind", ["a text without an end", "a list", "a text of next year"])
    def test_what_somebody_else_has_written_is_no_lease(self, turns: Turns, server: Redis, kind: str) -> None:
        if kind == "a list":
            server.lpush("t:turn:a", "x")
        else:
            server.set("t:turn:a", "x", ex=None if kind == "a text without an end" else 10**8)
        token, held = claimed(turns, "a")
        assert held == [token]


class ReleaseTests:
    def test_a_stored_value_leaves_a_mark_for_those_who_looked_before(self, turns: Turns, server: Redis) -> None:
        first, _ = claimed(turns, "a")
        turns.release(first, [("a", True)])
        _, held = claimed(turns, "a")
        assert held == [first + b"!"]
        second, held = claimed(turns, "a", done=first + b"!")
        assert held == [second]
        assert server.pttl("t:turn:a") > 0

    def test_without_a_value_the_next_one_may_load(self, turns: Turns) -> None:
        first, _ = claimed(turns, "a")
        turns.release(first, [("a", False)])
        second, held = claimed(turns, "a")
        assert held == [second]

    def test_a_lease_that_others_have_taken_is_theirs(self, turns: Turns, server: Redis) -> None:
        first, _ = claimed(turns, "a")
        server.delete("t:turn:a")
        second, _ = claimed(turns, "a")
        turns.release(first, [("a", True)])
        assert claimed(turns, "a")[1] == [second]

    def test_everything_it_leaves_ends_by_itself(self, turns: Turns, server: Redis) -> None:
        token, _ = claimed(turns, "a", "b")
        turns.release(token, [("a", True), ("b", False)])
        assert all(server.pttl(key) > 0 for key in server.keys("t:*"))


class WaitTests:
    @pytest.mark.parametrize("is_stored", [True, False])
    def test_all_who_wait_are_told(self, turns: Turns, *, is_stored: bool) -> None:
        token, _ = claimed(turns, "a")
        told: list[bytes | None] = []
        threads = [threading.Thread(target=lambda: told.append(turns.wait(token, 5))) for _ in range(6)]
        for thread in threads:
            thread.start()
        turns.release(token, [("a", is_stored)])
        for thread in threads:
            thread.join(5)
        assert told == [STORED if is_stored else NOT_STORED] * 6

    def test_who_comes_late_is_told_too(self, turns: Turns) -> None:
        token, _ = claimed(turns, "a")
        turns.release(token, [("a", True)])
        assert turns.wait(token, 5) == STORED

    def test_nobody_waits_for_longer_than_asked(self, turns: Turns) -> None:
        token, _ = claimed(turns, "a")
        assert turns.wait(token, 0.05) is None
        assert turns.wait(token, 0) is None
