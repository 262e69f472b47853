"""Leases of loads on a real server."""

import threading
from collections.abc import Iterator

import pytest
from redis import Redis

from caching.stores.redis.connections import RedisConnections
from caching.stores.redis.turns import MAX_TOLD_BYTES, NOT_STORED, STORED, VALUE, Turns
from tests.valkey import Valkey

SECONDS = 2.0


@pytest.fixture
def server(shared_valkey: Valkey) -> Redis:
    return shared_valkey.client()


@pytest.fixture
def turns(shared_valkey: Valkey) -> Iterator[Turns]:
    connections = RedisConnections("shared")
    yield Turns(connections, "t", seconds=SECONDS, place=lambda name: f"value:{name}")
    connections.close()


def claimed(turns: Turns, *names: str, known: bytes = b"") -> tuple[bytes, list[bytes]]:
    """Return the token, and what the leases hold; fail if there is a value."""
    token, values, held = turns.claim(names, [known] * len(names))
    assert not values
    return token, [held[name] for name in names]


class ClaimTests:
    def test_the_first_takes_the_lease_and_the_second_learns_its_token(self, turns: Turns) -> None:
        first, held = claimed(turns, "a")
        assert held == [first]
        second, held = claimed(turns, "a", "b")
        assert held == [first, second]

    def test_who_finds_a_value_takes_no_lease(self, turns: Turns, server: Redis) -> None:
        server.set("value:a", "new")
        token, values, held = turns.claim(["a", "b"], [b"", b""])
        assert (values, held) == ({"a": b"new"}, {"b": token})
        assert not server.exists("t:turn:a")

    def test_a_value_that_is_known_to_be_over_is_loaded_anew(self, turns: Turns, server: Redis) -> None:
        server.set("value:a", "old 1")
        token, held = claimed(turns, "a", known=b"old")
        assert held == [token]
        server.set("value:a", "new 1")
        assert turns.claim(["a"], [b"old"])[1] == {"a": b"new 1"}

    def test_who_loads_in_any_case_is_given_no_value(self, turns: Turns, server: Redis) -> None:
        server.set("value:a", "old")
        token, values, held = turns.claim(["a"], [b""], looks=False)
        assert (values, held) == ({}, {"a": token})

    def test_a_value_of_another_type_is_none(self, turns: Turns, server: Redis) -> None:
        server.lpush("value:a", "x")
        token, held = claimed(turns, "a")
        assert held == [token]

    def test_a_lease_ends_by_itself(self, turns: Turns, server: Redis) -> None:
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
    def test_without_a_value_the_next_one_may_load(self, turns: Turns) -> None:
        first, _ = claimed(turns, "a")
        turns.release(first, {"a": False})
        second, held = claimed(turns, "a")
        assert held == [second]

    def test_a_lease_that_others_have_taken_is_theirs(self, turns: Turns, server: Redis) -> None:
        first, _ = claimed(turns, "a")
        server.delete("t:turn:a")
        second, _ = claimed(turns, "a")
        turns.release(first, {"a": True})
        assert claimed(turns, "a")[1] == [second]

    def test_everything_it_leaves_ends_by_itself(self, turns: Turns, server: Redis) -> None:
        token, _ = claimed(turns, "a", "b")
        turns.release(token, {"a": True, "b": False})
        assert all(server.pttl(key) > 0 for key in server.keys("t:*"))


class WaitTests:
    @pytest.mark.parametrize("is_stored", [True, False])
    def test_all_who_wait_are_told(self, turns: Turns, *, is_stored: bool) -> None:
        token, _ = claimed(turns, "a")
        told: list[bytes | None] = []
        threads = [threading.Thread(target=lambda: told.append(turns.wait(token, 5))) for _ in range(6)]
        for thread in threads:
            thread.start()
        turns.release(token, {"a": is_stored})
        for thread in threads:
            thread.join(5)
        assert told == [STORED if is_stored else NOT_STORED] * 6

    def test_who_comes_late_is_told_too(self, turns: Turns) -> None:
        token, _ = claimed(turns, "a")
        turns.release(token, {"a": True})
        assert turns.wait(token, 5) == STORED

    def test_all_who_wait_are_told_the_value_itself(self, turns: Turns, server: Redis) -> None:
        token, _ = claimed(turns, "a")
        server.set("value:a", b"loaded")
        turns.release(token, {"a": True})
        assert turns.wait(token, 5) == turns.wait(token, 5) == VALUE + b"loaded"

    @pytest.mark.parametrize("why", ["it is large", "there are several", "it was not stored"])
    def test_some_values_are_not_told(self, turns: Turns, server: Redis, why: str) -> None:
        names = ["a", "b"] if why == "there are several" else ["a"]
        token, _ = claimed(turns, *names)
        server.set("value:a", b"x" * (MAX_TOLD_BYTES + 1) if why == "it is large" else b"x")
        turns.release(token, dict.fromkeys(names, why != "it was not stored"))
        assert turns.wait(token, 5) == (NOT_STORED if why == "it was not stored" else STORED)

    def test_nobody_waits_for_longer_than_asked(self, turns: Turns) -> None:
        token, _ = claimed(turns, "a")
        assert turns.wait(token, 0.05) is None
        assert turns.wait(token, 0) is None
