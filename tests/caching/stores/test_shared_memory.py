"""The shared-memory store of generations: one file, many stores on it, real processes where a process is the point."""

import fcntl
import json
import os
import select
import signal
from pathlib import Path
from typing import Any

import pytest

from caching.stores import generation_file
from caching.stores.generation_file import FILE_NAME, slot_of
from caching.stores.shared_memory import SharedMemoryGenerations
from tests.caching.clock import Clock
from tests.caching.stores.contract import (
    TAGS,
    GenerationContract,
    IntentContract,
    StampContract,
    Tick,
    stamped,
)
from tests.caching.stores.opening import opened, python, replace_file
from tests.processes import forked


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> SharedMemoryGenerations:
    return opened(tmp_path, clock)


@pytest.fixture
def other(tmp_path: Path, clock: Clock) -> SharedMemoryGenerations:
    """A second store on the same file, as another process has it."""
    return opened(tmp_path, clock)


@pytest.fixture
def tick(clock: Clock) -> Tick:
    return clock.tick


class StampTests(StampContract):
    def test_is_told_apart_from_the_stamp_of_another_directory(self, tmp_path: Path, clock: Clock) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        one, two = opened(tmp_path / "a", clock), opened(tmp_path / "b", clock)
        stamp = stamped(one)
        assert not two.holds(stamp)
        assert two.restore(stamp.identity, stamp.tags, stamp.generations) is None


class GenerationTests(GenerationContract):
    pass


class IntentTests(IntentContract):
    def test_expires_by_its_own_deadline_not_by_that_of_one_that_has_ended(
        self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock
    ) -> None:
        store.end(store.begin(TAGS))
        opened(tmp_path, clock, intent_seconds=1).begin(TAGS)
        clock.tick(1.01)
        assert store.stamp(TAGS) is not None

    def test_past_its_deadline_takes_nobody_elses_away_within_the_same_millisecond(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations, clock: Clock
    ) -> None:
        clock.now = 1000.0007
        late = store.begin(TAGS)
        clock.now = 1030.0003
        live = other.begin(TAGS)
        clock.now = 1030.0005
        store.end(late)
        assert store.stamp(TAGS) is None
        other.end(live)

    def test_of_a_file_that_was_replaced_takes_nobody_elses_away(
        self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock
    ) -> None:
        old = store.begin(TAGS)
        replace_file(tmp_path)
        clock.tick(1.01)
        live = store.begin(TAGS)
        store.end(old)
        assert store.stamp(TAGS) is None
        store.end(live)
        assert store.stamp(TAGS) is not None


class CollisionTests:
    def test_invalidates_too_much(self, store: SharedMemoryGenerations) -> None:
        one, two = two_tags_of_one_slot()
        stamp = stamped(store, one)
        store.publish([two])
        assert not store.holds(stamp)

    def test_pends_together_and_ends_together(self, store: SharedMemoryGenerations) -> None:
        one, two = two_tags_of_one_slot()
        intent = store.begin([one, two])
        assert store.read([one, two]) == (None, None)
        store.end(intent)
        assert None not in store.read([one, two])

    def test_keeps_the_intent_of_the_other_tag(self, store: SharedMemoryGenerations) -> None:
        one, two = two_tags_of_one_slot()
        intent = store.begin([one])
        store.end(store.begin([two]))
        assert store.stamp([two]) is None
        store.end(intent)


def two_tags_of_one_slot() -> tuple[str, str]:
    slots: dict[int, str] = {}
    number = 0
    while True:
        tag = f"m.A#{number}"
        slot = slot_of(tag)
        if slot in slots:
            return slots[slot], tag
        slots[slot] = tag
        number += 1


class ProcessTests:
    def test_that_race_to_create_the_file_end_up_with_one(self, tmp_path: Path) -> None:
        source = """
print("ready", flush=True)
sys.stdin.readline()
stamp = SharedMemoryGenerations(directory).stamp(("a", "b"))
print(stamp.identity.hex(), *stamp.generations, flush=True)
"""
        children = [python(source, tmp_path) for _ in range(4)]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        answers = []
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        for child in children:
            output, _ = child.communicate(timeout=30)
            answers.append(output)
        assert len(set(answers)) == 1
        assert answers[0]
        assert not list(tmp_path.glob("*.new"))

    def test_that_were_forked_while_the_file_was_made_lock_nobody_out(
        self, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make, children = generation_file._random_generations, []

        def forking() -> bytes:
            if (child := os.fork()) == 0:
                # It has the lock of its parent open, too.
                while True:
                    signal.pause()
            children.append(child)
            return make()

        monkeypatch.setattr(generation_file, "_random_generations", forking)
        opened(tmp_path, clock).stamp(TAGS)
        lock = os.open(tmp_path / f"{FILE_NAME}.lock", os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(lock)
            for child in children:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)

    def test_that_were_forked_share_the_generations(self, store: SharedMemoryGenerations) -> None:
        stamp = stamped(store)
        with forked() as (is_child, read, write):
            if is_child:
                store.publish(TAGS[:1])
                os.write(write, json.dumps(store.holds(stamp)).encode())
            else:
                assert os.read(read, 100) == b"false"
                assert not store.holds(stamp)

    def test_that_were_forked_under_the_lock_wait_for_it_and_are_not_stuck(
        self, store: SharedMemoryGenerations
    ) -> None:
        stamped(store)
        lock: Any = store._locked()
        lock.__enter__()
        with forked() as (is_child, read, write):
            if is_child:
                # Ends the child if it waits for a thread that it does not have.
                signal.alarm(20)
                store.publish(TAGS)
                os.write(write, b"published")
            else:
                # The lock is the parent's: a child that shared the open file would share the lock too.
                assert not select.select([read], [], [], 0.2)[0]
                lock.__exit__(None, None, None)
                assert os.read(read, 100) == b"published"
        store.publish(TAGS)

    def test_that_were_forked_do_not_free_the_lock_of_their_parent(
        self, store: SharedMemoryGenerations, tmp_path: Path
    ) -> None:
        stamped(store)
        lock: Any = store._locked()
        with lock:
            with forked() as (is_child, read, write):
                if is_child:
                    os.write(write, b"gone")
                else:
                    os.read(read, 100)
            with (tmp_path / FILE_NAME).open("rb") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_that_were_forked_draw_other_generations(self, store: SharedMemoryGenerations) -> None:
        stamped(store)
        with forked() as (is_child, read, write):
            store.publish(["of the child" if is_child else "of the parent"])
            if is_child:
                os.write(write, b"done")
            else:
                os.read(read, 100)
                assert len(set(store.read(["of the child", "of the parent"]))) == 2
