"""The Redis store of generations: a real server, many stores on it, its time brought nearer by hand."""

import threading
from collections.abc import Callable, Sequence

import pytest

from caching.stores.generations import GenerationsUnavailable
from caching.stores.redis.keyspace import PENDING, Keyspace
from caching.stores.redis.mirror import GENERATION_SECONDS
from caching.stores.redis.store import RedisGenerations
from tests.caching.clock import Clock
from tests.caching.stores.contract import (
    INTENT_SECONDS,
    TAGS,
    GenerationContract,
    IntentContract,
    StampContract,
    Tick,
    stamped,
)
from tests.caching.stores.redis.stores import OpenStore, mirror_of
from tests.valkey import Valkey, address_of
from tests.waiting import wait_until


@pytest.fixture
def store(open_store: OpenStore) -> RedisGenerations:
    return open_store()


@pytest.fixture
def other(open_store: OpenStore) -> RedisGenerations:
    """A second store on the same server, as another process has it."""
    return open_store()


@pytest.fixture
def tick(shared_valkey: Valkey, clock: Clock) -> Tick:
    def tick(seconds: float) -> None:
        shared_valkey.tick(seconds)
        clock.tick(seconds)

    return tick


def keys_of(store: RedisGenerations, tag: str) -> tuple[bytes, bytes]:
    """Return the keys of a tag's generation and of its intents."""
    generation, intents = store._keyspace.pairs([tag])
    return generation, intents


class StampTests(StampContract):
    def test_of_two_servers_is_told_apart(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        stamp = stamped(store)
        shared_valkey.restart()
        wait_until(lambda: not store.is_degraded and store.stamp(TAGS))
        assert stamped(store).identity != stamp.identity
        assert not store.holds(stamp)
        assert store.restore(stamp.identity, stamp.tags, stamp.generations) is None


class GenerationTests(GenerationContract):
    def test_lies_under_a_name_that_does_not_show_the_tag(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        store.stamp(["employee/email:amy@example.com"])
        store.begin(["employee/email:amy@example.com"])
        assert not [key for key in shared_valkey.client().scan_iter() if b"amy" in key]

    def test_is_kept_for_a_day(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        store.stamp(["a"])
        left = shared_valkey.client().ttl(keys_of(store, "a")[0])
        assert GENERATION_SECONDS - 60 < left <= GENERATION_SECONDS

    def test_that_has_expired_does_not_come_back(self, store: RedisGenerations, tick: Tick) -> None:
        before = stamped(store)
        tick(GENERATION_SECONDS + 1)
        assert not store.holds(before)
        assert not set(before.generations) & set(stamped(store).generations)

    def test_is_one_for_those_who_make_it_at_the_same_time(self, open_store: OpenStore) -> None:
        stores = [open_store() for _ in range(4)]
        barrier = threading.Barrier(len(stores))
        found: set[tuple[int | None, ...]] = set()

        def read(store: RedisGenerations) -> None:
            barrier.wait()
            found.add(store.read(TAGS))

        threads = [threading.Thread(target=read, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 1

    def test_is_another_one_in_another_database(self) -> None:
        assert Keyspace("a:1").generation("m.A#1") != Keyspace("a:2").generation("m.A#1")

    def test_is_made_by_a_server_that_knows_no_script(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        shared_valkey.client().script_flush()
        stamp = stamped(store)
        shared_valkey.client().script_flush()
        store.publish(TAGS)
        assert not store.holds(stamp)
        assert not store.is_degraded


class IntentTests(IntentContract):
    def test_is_a_mark_that_expires_with_it(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        store.begin(["a"])
        client, (generation, intents) = shared_valkey.client(), keys_of(store, "a")
        assert client.get(generation) == PENDING
        assert client.pexpiretime(generation) == client.pexpiretime(intents)
        assert INTENT_SECONDS - 10 < client.ttl(generation) <= INTENT_SECONDS

    def test_leaves_nothing_in_the_server_when_it_ends(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        store.end(store.begin(["a"]))
        assert not shared_valkey.client().exists(*keys_of(store, "a"))

    def test_of_a_short_life_does_not_shorten_a_longer_one(
        self, store: RedisGenerations, open_store: OpenStore, tick: Tick
    ) -> None:
        store.begin(TAGS)
        open_store(intent_seconds=1).begin(TAGS)
        tick(2)
        assert store.stamp(TAGS) is None

    def test_that_ends_leaves_the_mark_until_the_last_of_the_others(
        self, store: RedisGenerations, open_store: OpenStore, tick: Tick
    ) -> None:
        longest = store.begin(TAGS)
        open_store(intent_seconds=10).begin(TAGS)
        store.end(longest)
        assert store.stamp(TAGS) is None
        tick(10.01)
        assert store.stamp(TAGS) is not None

    def test_counts_also_when_its_mark_was_evicted(
        self, store: RedisGenerations, other: RedisGenerations, shared_valkey: Valkey
    ) -> None:
        intent = store.begin(["a"])
        shared_valkey.client().delete(keys_of(store, "a")[0])
        assert other.read(["a"]) == (None,)
        assert other.read(["a"], afresh=True) == (None,)
        store.end(intent)
        assert other.stamp(["a"]) is not None

    def test_whose_list_was_evicted_gives_a_fresh_generation_at_its_end(
        self, store: RedisGenerations, shared_valkey: Valkey
    ) -> None:
        intent = store.begin(["a"])
        shared_valkey.client().delete(*keys_of(store, "a"))
        meanwhile = stamped(store, "a")
        store.end(intent)
        assert not store.holds(meanwhile)

    def test_of_another_one_survives_the_end_of_one_that_was_flushed(
        self, store: RedisGenerations, other: RedisGenerations, shared_valkey: Valkey
    ) -> None:
        flushed = store.begin(TAGS)
        shared_valkey.client().flushall()
        live = other.begin(TAGS)
        store.end(flushed)
        assert store.stamp(TAGS) is None
        other.end(live)
        assert store.stamp(TAGS) is not None

    def test_of_many_tags_is_one_command_each_and_a_turn(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        tags = [f"m.A#{number}" for number in range(300)]
        store.end(store.begin(tags))

        def calls() -> tuple[int, int]:
            counted = shared_valkey.client().info("commandstats")
            return counted["cmdstat_evalsha"]["calls"], counted["cmdstat_ping"]["calls"]

        scripts, turns = calls()
        store.end(store.begin(tags))
        assert calls() == (scripts + 2, turns + 1)


class OutboxTests:
    def test_is_looked_into_again_after_an_outage_during_the_look(
        self, open_store: OpenStore, shared_valkey: Valkey
    ) -> None:
        """In that outage, which has ended before the server is trusted, another process may have left a row."""
        looks = []

        def look(publish: Callable[[Sequence[str]], None]) -> int:
            looks.append(publish)
            if len(looks) == 1:
                client = shared_valkey.client()
                for tracker in shared_valkey.trackers():
                    client.client_kill(tracker["addr"])
            return 0

        open_store(drain_outbox=look)

        assert len(looks) > 1


class StoreTests:
    def test_that_is_opened_says_if_the_server_cannot_be_reached(
        self, store: RedisGenerations, shared_valkey: Valkey
    ) -> None:
        store.open()
        shared_valkey.stop()
        try:
            with pytest.raises(GenerationsUnavailable, match="The server of 'shared' cannot be reached"):
                store.open()
        finally:
            shared_valkey.start()

    def test_that_is_closed_lets_go_of_everything(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        store.end(store.begin(TAGS))
        used = [address_of(connection) for connection in (mirror_of(store)._connection, *store._connections._spare)]
        assert shared_valkey.still_open(used) == len(used) == 2
        store.close()
        wait_until(lambda: not shared_valkey.still_open(used))
        wait_until(lambda: "caching-keeper" not in {thread.name for thread in threading.enumerate()})

    def test_that_is_closed_begins_anew(self, store: RedisGenerations) -> None:
        stamp = stamped(store)
        store.close()
        wait_until(lambda: store.stamp(TAGS) is not None)
        assert store.holds(stamp)

    def test_that_is_closed_during_a_look_does_not_come_back_by_itself(
        self, open_store: OpenStore, shared_valkey: Valkey
    ) -> None:
        store = open_store()
        look, mirror = store._look, store._connect()
        store.close()
        # What the keeper of before was about to do.
        store._trust(mirror, store._told or look)
        assert store._view is None
        wait_until(lambda: not shared_valkey.trackers())

    def test_reads_what_another_process_has_written_at_once(
        self, store: RedisGenerations, other: RedisGenerations
    ) -> None:
        for number in range(300):
            stamp = stamped(other, f"m.A#{number % 7}", "m.A/+")
            store.end(store.begin([f"m.A#{number % 7}"]))
            assert not other.holds(stamp)

    def test_is_not_asked_by_a_hit(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        stamp = stamped(store)
        assert store.holds(stamp)
        before = shared_valkey.asked()
        for _ in range(100):
            assert store.holds(stamp)
            assert store.read(TAGS) == stamp.generations
        assert shared_valkey.asked() == before

    def test_sees_its_own_writes_before_they_are_pushed(self, store: RedisGenerations) -> None:
        for _ in range(100):
            stamp = stamped(store)
            mirror = mirror_of(store)
            intent = store.begin(TAGS)
            assert not {store._keyspace.generation(tag) for tag in TAGS} & mirror._known.keys()
            assert not store.holds(stamp)
            store.end(intent)
            assert not store.holds(stamp)
