"""The shared-memory store of generations: one file, many stores on it, real processes where a process is the point."""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from caching.coherence.generations import GenerationsUnavailable, Stamp
from caching.coherence.shared_memory import FILE_NAME, SLOTS, SharedMemoryGenerations, slot_of
from tests.caching.clock import Clock
from tests.processes import ROOT

INTENT_SECONDS = 30.0
TAGS = ("m.A#1", "m.A/+")


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> SharedMemoryGenerations:
    return opened(tmp_path, clock)


@pytest.fixture
def other(tmp_path: Path, clock: Clock) -> SharedMemoryGenerations:
    """A second store on the same file, as another process has it."""
    return opened(tmp_path, clock)


def opened(directory: Path, clock: Clock, intent_seconds: float = INTENT_SECONDS) -> SharedMemoryGenerations:
    return SharedMemoryGenerations(directory, intent_seconds=intent_seconds, clock=clock)


def stamped(store: SharedMemoryGenerations, *tags: str) -> Stamp:
    stamp = store.stamp(tags or TAGS)
    assert stamp is not None, "a tag is pending"
    return stamp


def replace_file(directory: Path) -> None:
    """Put another file of generations in the place of the first, as a restored backup or a second boot does."""
    (directory / FILE_NAME).unlink()
    SharedMemoryGenerations(directory).stamp(("any",))


_PRELUDE = """
import os, signal, sys
from pathlib import Path
from caching.coherence.shared_memory import SharedMemoryGenerations
directory = Path(sys.argv[1])
def die(): os.kill(os.getpid(), signal.SIGKILL)
"""


def python(source: str, directory: Path) -> "subprocess.Popen[str]":
    """Start another process that has the class and the directory."""
    return subprocess.Popen(
        [sys.executable, "-c", _PRELUDE + source, str(directory)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def forked() -> Iterator[tuple[bool, int, int]]:
    """Fork; give (whether this is the child, the parent's reading end, the child's writing end).

    The child ends with the block, and then the parent reads nothing more.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            yield True, read, write
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    try:
        yield False, read, write
    finally:
        os.close(read)
        os.waitpid(pid, 0)


class StampTests:
    def test_holds_while_nothing_is_written(self, store: SharedMemoryGenerations) -> None:
        assert store.holds(stamped(store))

    def test_is_seen_by_every_store_of_the_directory(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations
    ) -> None:
        stamp = stamped(store)
        assert other.holds(stamp)
        assert stamped(other).generations == stamp.generations

        other.publish(TAGS[:1])

        assert not store.holds(stamp)

    def test_is_told_apart_from_the_stamp_of_another_directory(self, tmp_path: Path, clock: Clock) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        one, two = opened(tmp_path / "a", clock), opened(tmp_path / "b", clock)
        stamp = stamped(one)
        assert not two.holds(stamp)
        assert two.restore(stamp.identity, stamp.tags, stamp.generations) is None

    def test_comes_back_from_a_shared_tier(self, store: SharedMemoryGenerations) -> None:
        stamp = stamped(store)
        restored = store.restore(stamp.identity, stamp.tags, stamp.generations)
        assert restored is not None
        assert store.holds(restored)
        store.publish(TAGS[:1])
        assert not store.holds(restored)

    def test_of_one_tag_is_not_touched_by_another(self, store: SharedMemoryGenerations) -> None:
        stamp = stamped(store, "m.A#1")
        store.publish(["m.A#2"])
        assert store.holds(stamp)


class GenerationTests:
    def test_is_never_reused(self, store: SharedMemoryGenerations) -> None:
        seen = {stamped(store, "a").generations}
        for _ in range(300):
            store.publish(["a"])
            seen.add(stamped(store, "a").generations)
            store.end(store.begin(["a"]))
            seen.add(stamped(store, "a").generations)
        assert len(seen) == 601

    def test_is_fresh_at_begin_and_at_end(self, store: SharedMemoryGenerations, clock: Clock) -> None:
        before = stamped(store)
        intent = store.begin(TAGS)
        assert not store.holds(before)
        clock.tick(INTENT_SECONDS)
        expired = stamped(store)
        store.end(intent)
        after = stamped(store)
        assert not store.holds(expired)
        assert not (set(before.generations) & set(expired.generations) & set(after.generations))

    def test_differs_between_two_tags_of_one_publish(self, store: SharedMemoryGenerations) -> None:
        store.publish(["a", "b", "c"])
        assert len(set(store.read(["a", "b", "c"]))) == 3


class IntentTests:
    def test_leaves_no_stamp_and_no_generation(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations
    ) -> None:
        before = stamped(other)
        intent = store.begin(TAGS)
        assert other.stamp(TAGS) is None
        assert other.stamp([*TAGS, "elsewhere"]) is None
        assert other.read([*TAGS, "elsewhere"])[:2] == (None, None)
        assert other.read(["elsewhere"]) != (None,)
        assert not other.holds(before)
        store.end(intent)
        assert other.stamp(TAGS) is not None

    def test_stays_when_another_one_ends(self, store: SharedMemoryGenerations, other: SharedMemoryGenerations) -> None:
        first, second = store.begin(TAGS), other.begin(TAGS[:1])
        other.end(second)
        assert store.read(TAGS) == (None, None)
        store.end(first)
        assert None not in store.read(TAGS)

    def test_stays_when_its_tag_is_published(self, store: SharedMemoryGenerations) -> None:
        intent = store.begin(TAGS)
        store.publish(TAGS)
        assert store.stamp(TAGS) is None
        store.end(intent)
        assert store.stamp(TAGS) is not None

    def test_counts_a_slot_once_however_often_its_tag_is_named(self, store: SharedMemoryGenerations) -> None:
        store.end(store.begin(["a", "a"]))
        assert store.stamp(["a"]) is not None

    def test_of_no_tags_changes_nothing(self, store: SharedMemoryGenerations) -> None:
        before = stamped(store)
        store.end(store.begin([]))
        assert store.holds(before)

    def test_expires_into_a_fresh_generation(self, store: SharedMemoryGenerations, clock: Clock) -> None:
        before = stamped(store)
        store.begin(TAGS)
        clock.tick(INTENT_SECONDS - 0.01)
        assert store.stamp(TAGS) is None
        clock.tick(0.02)
        after = stamped(store)
        assert not set(before.generations) & set(after.generations)

    def test_expires_for_who_only_reads_too(self, store: SharedMemoryGenerations, clock: Clock) -> None:
        # The guard of a load is read and never stamped: left pending, nothing of the model is stored until a write.
        store.begin(["m.A/+"])
        clock.tick(INTENT_SECONDS + 0.01)
        assert store.read(["m.A/+"]) != (None,)

    def test_expires_by_its_own_deadline_not_by_that_of_one_that_has_ended(
        self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock
    ) -> None:
        store.end(store.begin(TAGS))
        opened(tmp_path, clock, intent_seconds=1).begin(TAGS)
        clock.tick(1.01)
        assert store.stamp(TAGS) is not None

    def test_of_a_killed_writer_expires_though_others_go_on_writing(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations, clock: Clock
    ) -> None:
        # Or one failed COMMIT would keep a model that is written twice a minute out of the cache for ever.
        store.begin(TAGS)
        for _ in range(12):
            clock.tick(INTENT_SECONDS / 3)
            other.end(other.begin(TAGS))
        assert store.stamp(TAGS) is not None

    def test_expires_only_with_the_last_one(self, store: SharedMemoryGenerations, clock: Clock) -> None:
        store.begin(TAGS)
        clock.tick(20)
        store.begin(TAGS)
        clock.tick(INTENT_SECONDS - 10)
        assert store.stamp(TAGS) is None
        clock.tick(10.01)
        assert store.stamp(TAGS) is not None

    def test_past_its_deadline_takes_nobody_elses_away(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations, clock: Clock
    ) -> None:
        late = store.begin(TAGS)
        clock.tick(INTENT_SECONDS + 0.001)
        live = other.begin(TAGS)
        store.end(late)
        assert store.stamp(TAGS) is None
        other.end(live)
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

    def test_that_ends_twice_takes_one_of_its_own_kind_at_most(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations
    ) -> None:
        first = store.begin(TAGS)
        store.end(first)
        store.end(first)
        second = other.begin(TAGS)
        assert store.stamp(TAGS) is None
        other.end(second)
        assert store.stamp(TAGS) is not None

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
    def test_of_rows_with_neighbouring_keys_are_no_more_than_chance(self) -> None:
        tags = [
            f"scheduling.{model}#{pk}" for model in ("Department", "Employee", "Shift", "Schedule") for pk in range(500)
        ]
        by_chance = len(tags) ** 2 / 2 / SLOTS
        assert len(tags) - len({slot_of(tag) for tag in tags}) < 2 * by_chance

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


class FileTests:
    def test_that_was_deleted_is_noticed_within_a_second(
        self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock
    ) -> None:
        stamp = stamped(store)
        (tmp_path / FILE_NAME).unlink()
        clock.tick(1.01)
        assert not store.holds(stamp)
        assert not set(stamped(store).generations) & set(stamp.generations)

    def test_that_was_replaced_is_noticed_within_a_second(
        self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock
    ) -> None:
        stamp = stamped(store)
        replace_file(tmp_path)
        clock.tick(1.01)
        # The first question already, whatever was asked of the old file: nobody may have looked for an hour.
        assert not store.holds(stamp)

    def test_that_was_replaced_is_noticed_by_a_writer_at_once(
        self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock
    ) -> None:
        store.stamp(TAGS)
        replace_file(tmp_path)
        reader = opened(tmp_path, clock)
        stamp = stamped(reader)
        # Else this write is lost for everybody who has the new file already, for as long as their entries live.
        store.publish(TAGS)
        assert not reader.holds(stamp)

    def test_that_was_replaced_under_an_intent_hears_of_its_end(
        self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock
    ) -> None:
        intent = store.begin(TAGS)
        replace_file(tmp_path)
        reader = opened(tmp_path, clock)
        stamp = stamped(reader)
        store.end(intent)
        assert not reader.holds(stamp)

    def test_that_was_truncated_kills_nobody(
        self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock
    ) -> None:
        stamp = stamped(store)
        os.truncate(tmp_path / FILE_NAME, 100)
        assert not store.holds(stamp)
        assert not store.holds(stamp)
        store.publish(TAGS)
        assert not set(stamped(store).generations) & set(stamp.generations)

    @pytest.mark.parametrize("offset", [0, 24 + 16], ids=["magic", "boot id"])
    def test_with_a_damaged_header_is_replaced(self, tmp_path: Path, clock: Clock, offset: int) -> None:
        before = stamped(opened(tmp_path, clock))
        with (tmp_path / FILE_NAME).open("r+b") as file:
            file.seek(offset)
            file.write(b"\xff" * 8)
        fresh = stamped(opened(tmp_path, clock))
        assert fresh.identity != before.identity
        assert not set(fresh.generations) & set(before.generations)

    def test_of_another_boot_is_replaced(self, tmp_path: Path, clock: Clock) -> None:
        pending = opened(tmp_path, clock)
        pending.begin(TAGS)
        with (tmp_path / FILE_NAME).open("r+b") as file:
            file.seek(24 + 16)
            file.write(b"00000000-0000-0000-0000-000000000000")
        assert opened(tmp_path, clock).stamp(TAGS) is not None

    def test_that_is_too_short_is_replaced(self, tmp_path: Path, clock: Clock) -> None:
        stamped(opened(tmp_path, clock))
        os.truncate(tmp_path / FILE_NAME, 5000)
        assert opened(tmp_path, clock).stamp(TAGS) is not None

    def test_that_is_something_else_is_replaced(self, tmp_path: Path, clock: Clock) -> None:
        (tmp_path / FILE_NAME).write_text("Not a file of generations.")
        assert opened(tmp_path, clock).stamp(TAGS) is not None

    def test_is_not_readable_by_others(self, store: SharedMemoryGenerations, tmp_path: Path) -> None:
        stamped(store)
        assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600

    def test_in_a_folder_that_is_missing_serves_nothing_and_says_so(self, tmp_path: Path, clock: Clock) -> None:
        store = opened(tmp_path / "missing", clock)
        assert store.stamp(TAGS) is None
        assert store.read(TAGS) == (None, None)
        with pytest.raises(GenerationsUnavailable, match="cannot be opened") as caught:
            store.begin(TAGS)
        assert not caught.value.others_serve

    def test_that_could_not_be_written_in_full_is_not_put_in_place(self, tmp_path: Path) -> None:
        # A write stops in the middle when the disk is full, or, here, at the limit for files of the process.
        child = python(
            """
import resource
from caching.coherence.generations import GenerationsUnavailable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
store = SharedMemoryGenerations(directory)
print(store.stamp(("a",)))
try:
    store.begin(("a",))
except GenerationsUnavailable as error:
    print("unavailable")
""",
            tmp_path,
        )
        output, _ = child.communicate(timeout=30)
        assert output.split() == ["None", "unavailable"]
        assert not (tmp_path / FILE_NAME).exists()


class LockTests:
    def test_of_a_killed_process_is_free(self, store: SharedMemoryGenerations, tmp_path: Path) -> None:
        before = stamped(store)
        child = python(
            """
calls = []
def clock():  # begin() asks for the time while it holds the lock
    calls.append(1)
    if len(calls) == limit: die()
    return 0.0
limit = -1
store = SharedMemoryGenerations(directory, clock=clock)
store.publish(("warm",))
calls.clear()
store.begin(("warm",))
limit, calls[:] = len(calls), []
store.begin(("m.A#1", "m.A/+"))
""",
            tmp_path,
        )
        assert child.wait(timeout=30) == -signal.SIGKILL
        store.publish(TAGS)
        assert not store.holds(before)
        assert store.stamp(TAGS) is not None

    def test_is_held_against_other_processes(self, store: SharedMemoryGenerations, tmp_path: Path) -> None:
        stamped(store)
        child = python(
            """
import fcntl
file = open(directory / "generations", "rb")
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.readline()
""",
            tmp_path,
        )
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "locked\n"
        done = threading.Event()
        writer = threading.Thread(target=lambda: (store.publish(TAGS), done.set()))
        writer.start()
        assert not done.wait(0.1)
        # A reader takes no lock.
        assert store.stamp(TAGS) is not None
        child.kill()
        child.wait()
        assert done.wait(10)
        writer.join()

    def test_lets_no_count_get_lost_between_threads(self, tmp_path: Path) -> None:
        stores = [SharedMemoryGenerations(tmp_path) for _ in range(4)]
        barrier = threading.Barrier(len(stores))

        def write(store: SharedMemoryGenerations) -> None:
            barrier.wait()
            for _ in range(200):
                store.end(store.begin(TAGS))

        threads = [threading.Thread(target=write, args=(store,)) for store in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert stores[0].stamp(TAGS) is not None


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
