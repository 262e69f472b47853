"""The mirror of the generations: what the server pushes is known before anything is served, whoever is faster."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError

from caching.coherence.outbox import drain
from caching.stores.generations import Stamp
from caching.stores.redis import mirror
from caching.stores.redis.mirror import PROVEN_SECONDS
from caching.stores.redis.store import RedisGenerations
from tests.caching.clock import Clock
from tests.caching.stores.contract import TAGS, stamped
from tests.caching.stores.redis.stores import OpenStore, is_trusting, mirror_of
from tests.conftest import add_alias
from tests.processes import forked
from tests.proxy import Proxy
from tests.valkey import Valkey, running
from tests.waiting import wait_until

LIMITED_USER = "+@all -client|tracking"


@pytest.fixture
def store(open_store: OpenStore) -> RedisGenerations:
    return open_store()


@pytest.fixture
def proxy(shared_valkey: Valkey) -> Iterator[Proxy]:
    with Proxy(shared_valkey.port) as proxy:
        yield proxy


@pytest.fixture
def far(open_store: OpenStore, proxy: Proxy, settings: Settings) -> RedisGenerations:
    """A store whose connections run through the proxy."""
    add_alias(settings, "far", proxy.url)
    store = open_store("far")
    # It is proven, and its spare connection is made.
    store.stamp(["warm"])
    store.publish(["warm"])
    return store


def known(store: RedisGenerations) -> Stamp:
    """Return a stamp that the mirror holds: what a script makes is pushed to its own client too."""
    stamp = stamped(store)
    assert store.holds(stamp)
    return stamp


class PushTests:
    """Every way in which a generation can change in the server reaches the mirror before the next read."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda server, key: server.client().delete(key),
            lambda server, key: server.client().unlink(key),
            lambda server, key: server.client().flushdb(),
            lambda server, key: server.client().flushall(asynchronous=True),
            lambda server, key: server.client().set(key, 5),
            lambda server, key: server.client().rename(key, "elsewhere"),
            lambda server, key: server.client().restore(key, 0, server.client().dump("foreign"), replace=True),
            lambda server, key: server.client().pexpire(key, 0),
        ],
        ids=["DEL", "UNLINK", "FLUSHDB", "FLUSHALL", "SET", "RENAME", "RESTORE", "PEXPIRE 0"],
    )
    def test_of_a_change_by_hand(
        self, store: RedisGenerations, shared_valkey: Valkey, change: Callable[[Valkey, bytes], object]
    ) -> None:
        shared_valkey.client().set("foreign", 7)
        stamp = stamped(store)
        assert store.holds(stamp)
        change(shared_valkey, store._keyspace.generation(TAGS[0]))
        # The server answers who asked before it writes the pushes; then it takes up the next command.
        shared_valkey.client().ping()
        assert not store.holds(stamp)

    def test_of_an_expiry_that_nobody_asked_for(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        stamp, key = stamped(store), store._keyspace.generation(TAGS[0])
        shared_valkey.client().pexpire(key, 20)
        wait_until(lambda: shared_valkey.client().info("stats")["expired_keys"] and not shared_valkey.client().get(key))
        assert not store.holds(stamp)

    def test_of_an_eviction(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        stamp, client = stamped(store), shared_valkey.client()
        client.config_set("maxmemory-policy", "allkeys-random")
        try:
            client.config_set("maxmemory", 1)
            wait_until(lambda: client.dbsize() == 0)
            assert not store.holds(stamp)
        finally:
            client.config_set("maxmemory", 0)
            client.config_set("maxmemory-policy", "noeviction")

    def test_of_thousands_of_changes_at_once(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        kept, gone = stamped(store, "kept"), stamped(store, "m.A#4999")
        keys = [store._keyspace.generation(f"m.A#{number}") for number in range(5000)]
        # One push for each, as 5,000 writers of one row would cause.
        pipe = shared_valkey.client().pipeline(transaction=False)
        for key in keys:
            pipe.set(key, 1)
        pipe.execute()
        assert store.holds(kept)
        assert not store.holds(gone)

    def test_is_read_by_an_idle_process_too(self, store: RedisGenerations, shared_valkey: Valkey) -> None:
        stamped(store)
        client, sent = shared_valkey.client(), "x" * 200
        for number in range(50):
            client.mset({store._keyspace.generations + f"{sent}{number}:{n}".encode(): 1 for n in range(2000)})
        assert waiting(shared_valkey) > 0
        store._keeper.wake()
        wait_until(lambda: waiting(shared_valkey) == 0)


def waiting(server: Valkey) -> int:
    """Return how many bytes of pushes wait in the server."""
    return sum(int(tracker["omem"]) for tracker in server.trackers())


class EpochTests:
    """While the mirror loses and replaces nothing, a stamp that was found to hold is not compared again."""

    @staticmethod
    def counted(store: RedisGenerations) -> tuple[Stamp, list[None]]:
        """Return a stamp that was found to hold, and a list that grows whenever its generations are read."""
        stamp, reads = known(store), list[None]()
        read = stamp.read

        def counting(view: object) -> tuple[int, ...]:
            reads.append(None)
            return read(view)

        stamp.read = counting
        return stamp, reads

    def test_goes_on_while_nothing_changes_and_while_others_tags_are_read(self, store: RedisGenerations) -> None:
        stamp, reads = self.counted(store)
        store.stamp(["elsewhere"])
        assert [store.holds(stamp) for _ in range(3)] == [True] * 3
        assert len(reads) <= 1

    def test_is_over_after_an_own_write_elsewhere(self, store: RedisGenerations) -> None:
        stamp, reads = self.counted(store)
        store.publish(["elsewhere"])
        assert store.holds(stamp)
        assert reads

    def test_is_over_after_a_push_about_anything_known(self, store: RedisGenerations, open_store: OpenStore) -> None:
        stamp, reads = self.counted(store)
        # The first time makes the generation, which is pushed back and dropped; the second time reads it.
        for _ in range(2):
            stamped(store, "elsewhere")
        assert store.holds(stamp)
        epoch = stamp.epoch
        open_store().publish(["elsewhere"])
        # The first time finds the push, the second time the epoch after it.
        assert [store.holds(stamp) for _ in range(2)] == [True] * 2
        assert stamp.epoch != epoch
        assert reads

    def test_is_over_after_a_change_of_a_tag_of_its_own(self, store: RedisGenerations, open_store: OpenStore) -> None:
        stamp, _ = self.counted(store)
        open_store().publish(TAGS[:1])
        assert not store.holds(stamp)


class RaceTests:
    def test_of_a_reply_and_a_later_push_leaves_no_old_generation(
        self, far: RedisGenerations, proxy: Proxy, store: RedisGenerations
    ) -> None:
        far.publish(TAGS)
        before = stamped(store)
        # The pushes of both are on the same way as this reply: nothing of them can come in one chunk with the next one.
        far.read(["warm"], afresh=True)

        def write_behind_the_reply(chunk: bytes) -> None:
            if str(before.generations[0]).encode() in chunk:
                proxy.on_reply = lambda chunk: None
                store.publish(TAGS)
                # So that both are read in one go.
                proxy.glues = True

        proxy.on_reply = write_behind_the_reply
        stamp = stamped(far)
        assert stamp.generations == before.generations
        assert not far.holds(stamp)

    def test_of_a_push_before_the_reply_leaves_what_is_right(
        self, far: RedisGenerations, proxy: Proxy, store: RedisGenerations
    ) -> None:
        before = stamped(far)
        far.publish(["m.A#1"])

        def write_before_the_request(chunk: bytes) -> None:
            if b"MGET" in chunk:
                proxy.on_request = lambda chunk: None
                store.publish(TAGS)
                stamped(store)

        proxy.on_request = write_before_the_request
        stamp = stamped(far)
        assert not set(stamp.generations) & set(before.generations)
        assert stamp.generations == stamped(store).generations
        assert far.holds(stamp)

    def test_of_a_write_between_two_round_trips_shows_no_guard_older_than_the_row(
        self, far: RedisGenerations, proxy: Proxy, store: RedisGenerations
    ) -> None:
        # A load whose learned tag nobody has asked for before, and a whole write before it is made.
        (guard,) = far.read(["m.A/+"])

        def write_before_the_fill(chunk: bytes) -> None:
            if b"EVALSHA" in chunk:
                proxy.on_request = lambda chunk: None
                store.end(store.begin(["m.A#9", "m.A/+"]))

        proxy.on_request = write_before_the_fill
        _, guard_after = far.read(["m.A#9", "m.A/+"], afresh=True)
        assert guard_after != guard

    def test_of_a_reply_and_an_own_write_leaves_no_old_generation(self, far: RedisGenerations, proxy: Proxy) -> None:
        before, released = stamped(far), threading.Event()
        far._view.forget(TAGS)  # type: ignore[union-attr]

        def write_behind_the_reply(chunk: bytes) -> None:
            # The push of it is on its way for a long time.
            proxy.on_reply = lambda chunk: released.wait(20) and None if b"invalidate" in chunk else None
            far.publish(TAGS)

        proxy.on_reply = write_behind_the_reply
        assert stamped(far).generations == before.generations
        assert not set(TAGS) & {tag for tag in TAGS if far._keyspace.generation(tag) in mirror_of(far)._known}
        released.set()
        assert not far.holds(before)

    def test_of_own_writes_and_their_pushes_is_won_by_the_writes(self, far: RedisGenerations, proxy: Proxy) -> None:
        stamp, released = stamped(far), threading.Event()
        proxy.on_reply = lambda chunk: released.wait(20) and None if b"invalidate" in chunk else None
        far._view.forget(TAGS)  # type: ignore[union-attr]
        with suppress(AssertionError):
            far.begin(TAGS)
        known = mirror_of(far)._known
        assert not {far._keyspace.generation(tag) for tag in TAGS} & known.keys()
        released.set()
        assert not far.holds(stamp)


class ProofTests:
    def test_lasts_for_a_second(self, store: RedisGenerations, shared_valkey: Valkey, clock: Clock) -> None:
        stamp = known(store)
        asked = shared_valkey.asked()
        clock.tick(PROVEN_SECONDS - 0.01)
        assert store.holds(stamp)
        assert shared_valkey.asked() == asked
        clock.tick(0.01)
        assert store.holds(stamp)
        assert store.holds(stamp)
        assert shared_valkey.asked() == asked + 1

    def test_is_given_by_the_command_that_reads_what_has_changed(
        self, store: RedisGenerations, open_store: OpenStore, shared_valkey: Valkey, clock: Clock
    ) -> None:
        stamp, writer = known(store), open_store()
        writer.publish(TAGS[:1])
        clock.tick(PROVEN_SECONDS)
        before = calls(shared_valkey, "role"), calls(shared_valkey, "mget"), calls(shared_valkey, "evalsha")
        assert not store.holds(stamp)
        after = calls(shared_valkey, "role"), calls(shared_valkey, "mget"), calls(shared_valkey, "evalsha")
        assert [now - then for now, then in zip(after, before, strict=True)] == [0, 0, 1]

    def test_is_asked_for_by_itself_beside_many_keys(
        self, store: RedisGenerations, shared_valkey: Valkey, clock: Clock
    ) -> None:
        many = [f"m.A#{number}" for number in range(mirror._MAX_PROVEN_KEYS + 1)]
        before = store.read(many)
        clock.tick(PROVEN_SECONDS)
        asked = calls(shared_valkey, "role")
        assert store.read(many, afresh=True) == before
        assert calls(shared_valkey, "role") == asked + 1

    def test_of_a_server_without_room_is_asked_for_by_itself(
        self, store: RedisGenerations, open_store: OpenStore, shared_valkey: Valkey, clock: Clock
    ) -> None:
        stamp, client = known(store), shared_valkey.client()
        open_store().publish(TAGS[:1])
        clock.tick(PROVEN_SECONDS)
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", 1)
        try:
            assert store.read(TAGS) == (None, stamp.generations[1])
            assert not store.is_degraded
        finally:
            client.config_set("maxmemory", 0)

    def test_is_asked_for_by_every_read_that_is_strict(self, open_store: OpenStore, shared_valkey: Valkey) -> None:
        strict = open_store(strict=True)
        stamp = known(strict)
        asked = shared_valkey.asked()
        for _ in range(5):
            assert strict.holds(stamp)
        assert shared_valkey.asked() == asked + 5

    def test_that_is_strict_waits_for_a_push_on_its_way(
        self, shared_valkey: Valkey, proxy: Proxy, open_store: OpenStore, store: RedisGenerations, settings: Settings
    ) -> None:
        add_alias(settings, "far", proxy.url)
        strict = open_store("far", strict=True)
        stamp, on_its_way, released = stamped(strict), threading.Event(), threading.Event()

        def delay(chunk: bytes) -> None:
            if b"invalidate" in chunk:
                on_its_way.set()
                released.wait(20)

        proxy.on_reply = delay
        store.publish(TAGS)
        assert on_its_way.wait(20)
        proxy.on_request = lambda chunk: released.set()
        assert not strict.holds(stamp)

    def test_of_a_guard_that_is_read_afresh_waits_for_a_push_on_its_way(
        self, far: RedisGenerations, proxy: Proxy, store: RedisGenerations
    ) -> None:
        before, on_its_way, released = known(far), threading.Event(), threading.Event()

        def delay(chunk: bytes) -> None:
            if b"invalidate" in chunk:
                on_its_way.set()
                released.wait(20)

        proxy.on_reply = delay
        store.publish(TAGS)
        assert on_its_way.wait(20)
        # The one limit between two hosts: it has not arrived.
        assert far.read(TAGS) == before.generations
        proxy.on_request = lambda chunk: released.set()
        assert not set(far.read(TAGS, afresh=True)) & set(before.generations)

    def test_is_not_given_by_a_silent_server(self, far: RedisGenerations, proxy: Proxy, clock: Clock) -> None:
        stamp = known(far)
        proxy.cut()
        assert far.holds(stamp)
        clock.tick(PROVEN_SECONDS)
        assert not far.holds(stamp)
        assert far.is_degraded

    def test_is_not_given_by_a_primary_that_was_demoted(
        self, store: RedisGenerations, shared_valkey: Valkey, clock: Clock
    ) -> None:
        stamp, client = stamped(store), shared_valkey.client()
        client.replicaof("127.0.0.1", 1)
        try:
            clock.tick(PROVEN_SECONDS)
            assert not store.holds(stamp)
            assert store.is_degraded
        finally:
            client.replicaof("no", "one")

    def test_is_not_renewed_by_reading_from_a_primary_that_was_demoted(
        self, store: RedisGenerations, shared_valkey: Valkey, clock: Clock
    ) -> None:
        stamp, client = stamped(store), shared_valkey.client()
        client.replicaof("127.0.0.1", 1)
        try:
            for _ in range(3):
                clock.tick(PROVEN_SECONDS / 2)
                store.read(TAGS, afresh=True)
            assert not store.holds(stamp)
            assert store.is_degraded
        finally:
            client.replicaof("no", "one")


class BrokenConnectionTests:
    def test_is_noticed_before_anything_is_served(
        self, store: RedisGenerations, open_store: OpenStore, shared_valkey: Valkey
    ) -> None:
        stamp, writer = stamped(store), open_store()
        for tracker in shared_valkey.trackers():
            shared_valkey.client().client_kill_filter(_id=tracker["id"])
        writer.publish(TAGS)
        assert not store.holds(stamp)

    def test_is_never_opened_again_by_who_still_holds_the_mirror(
        self, store: RedisGenerations, open_store: OpenStore, shared_valkey: Valkey, clock: Clock
    ) -> None:
        # A thread that was about to look when another one found the connection broken.
        stamp, mirror, writer = known(store), mirror_of(store), open_store()
        shared_valkey.client().client_kill_filter(_id=mirror_id(shared_valkey, store))
        assert not store.holds(stamp)
        writer.publish(TAGS)
        clock.tick(PROVEN_SECONDS)
        for _ in range(2):
            with pytest.raises(ConnectionError):
                mirror.holds(stamp)

    def test_of_an_answer_in_the_making_gives_nobody_elses_answer(self, far: RedisGenerations, proxy: Proxy) -> None:
        mirror = mirror_of(far)
        stamped(far)
        proxy.cut()
        with pytest.raises(Exception, match="not answered in time"):
            mirror.read(TAGS, afresh=True)
        proxy.mend()
        # The answer comes now, and must not be taken for that to another question.
        with pytest.raises(ConnectionError, match="was closed"):
            mirror.read(["m.B#1"], afresh=True)

    def test_by_the_output_buffer_limit_is_noticed(
        self, far: RedisGenerations, proxy: Proxy, store: RedisGenerations, shared_valkey: Valkey
    ) -> None:
        stamp, client, trackers = known(far), shared_valkey.client(), len(shared_valkey.trackers())
        client.config_set("client-output-buffer-limit", "normal 1mb 0 0")
        try:
            proxy.cut()
            while len(shared_valkey.trackers()) == trackers:
                client.mset({store._keyspace.generations + b"x" * 500 + str(n).encode(): 1 for n in range(100)})
                # The other one reads what it is told.
                assert store.read(TAGS)
            store.publish(TAGS)
            proxy.mend()
            wait_until(lambda: not far.holds(stamp))
            wait_until(lambda: is_trusting(far))
            assert not far.holds(stamp)
        finally:
            client.config_set("client-output-buffer-limit", "normal 0 0 0")


def mirror_id(server: Valkey, store: RedisGenerations) -> str:
    """Return the server's number for the connection of the store's mirror."""
    name = mirror_of(store)._connection._sock.getsockname()
    return next(tracker["id"] for tracker in server.trackers() if tracker["addr"] == f"{name[0]}:{name[1]}")


class ForkTests:
    def test_gives_the_child_a_connection_of_its_own_and_leaves_that_of_the_parent(
        self, store: RedisGenerations, shared_valkey: Valkey
    ) -> None:
        stamp, mirror = stamped(store), mirror_of(store)
        with forked() as (is_child, read, write):
            if is_child:
                nothing_yet = store._view is None and not store.holds(stamp)
                wait_until(lambda: is_trusting(store))
                same = store.holds(stamp)
                store.publish(TAGS[:1])
                os.write(write, f"{nothing_yet} {same} {store.holds(stamp)}".encode())
                store.close()
            else:
                assert os.read(read, 100) == b"True True False"
        assert mirror_of(store) is mirror
        assert not store.holds(stamp)
        again = stamped(store)
        assert store.holds(again)


class ThreadTests:
    def test_that_read_while_another_one_writes_are_never_served_what_is_over(
        self, store: RedisGenerations, open_store: OpenStore
    ) -> None:
        writer, dead, ended = open_store(), [stamped(store)], threading.Event()
        writer.publish(TAGS)
        wrong: list[Stamp] = []

        def read() -> None:
            while not ended.is_set():
                # In this order: what is in the list by now was published before the look that follows.
                last = dead[-1]
                if store.holds(last):
                    wrong.append(last)
                store.stamp(TAGS)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in range(150):
            stamp = store.stamp(TAGS)
            writer.end(writer.begin(TAGS))
            if stamp is not None:
                dead.append(stamp)
        ended.set()
        for thread in threads:
            thread.join()
        assert not wrong
        assert len(dead) > 100
        assert not store.is_degraded


class UntrackedTests:
    """A server that refuses CLIENT TRACKING: each look is a round trip, and right."""

    @pytest.fixture
    def untracked(self, shared_valkey: Valkey, open_store: OpenStore, settings: Settings) -> Iterator[RedisGenerations]:
        client = shared_valkey.client()
        client.execute_command("ACL", "SETUSER", "limited", "on", ">pw", "~*", "&*", *LIMITED_USER.split())
        add_alias(settings, "limited", f"redis://limited:pw@127.0.0.1:{shared_valkey.port}/0")
        yield open_store("limited")
        client.execute_command("ACL", "DELUSER", "limited")

    def test_is_told_apart(self, untracked: RedisGenerations) -> None:
        assert untracked.tracks is False

    def test_asks_for_every_look(self, untracked: RedisGenerations, shared_valkey: Valkey) -> None:
        stamp = stamped(untracked)
        before = calls(shared_valkey, "mget")
        for _ in range(5):
            assert untracked.holds(stamp)
        assert calls(shared_valkey, "mget") == before + 5

    def test_sees_what_others_write(self, untracked: RedisGenerations, open_store: OpenStore) -> None:
        other = open_store()
        stamp = stamped(untracked)
        assert stamp.generations == stamped(other).generations
        intent = other.begin(TAGS)
        assert not untracked.holds(stamp)
        assert untracked.stamp(TAGS) is None
        other.end(intent)
        assert not untracked.holds(stamp)
        assert untracked.stamp(TAGS) is not None

    def test_notices_a_demotion(self, untracked: RedisGenerations, shared_valkey: Valkey, clock: Clock) -> None:
        stamp, client = stamped(untracked), shared_valkey.client()
        client.replicaof("127.0.0.1", 1)
        try:
            clock.tick(PROVEN_SECONDS)
            assert not untracked.holds(stamp)
        finally:
            client.replicaof("no", "one")


def calls(server: Valkey, command: str) -> int:
    return int(server.client().info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"])


class ReplicaTests:
    def test_is_not_trusted(
        self, db: None, settings: Settings, shared_valkey: Valkey, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with running(tmp_path, replicaof=f"127.0.0.1 {shared_valkey.port}") as replica:
            add_alias(settings, "replica", replica.url)
            store = RedisGenerations("replica", drain_outbox=drain)
            try:
                store.stamp(TAGS)
                assert store.tracks is None
                assert store.is_degraded
            finally:
                store.close()
        assert "read only replica" in caplog.text or "It is a replica" in caplog.text
