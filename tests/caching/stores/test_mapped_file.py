"""The file of generations: replaced, truncated, locked; and the epoch, which ends with each change."""

import mmap
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from caching.stores.generation_file import CHANGING, EPOCH, FILE_NAME
from caching.stores.generations import GenerationsUnavailable
from caching.stores.shared_memory import SharedMemoryGenerations
from tests.caching.clock import Clock
from tests.caching.stores.contract import (
    INTENT_SECONDS,
    TAGS,
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


class EpochTests:
    """While nobody writes, a stamp that was found to hold is not compared again."""

    @staticmethod
    def counted(store: SharedMemoryGenerations, tags: tuple[str, ...] = TAGS) -> tuple[Any, list[None]]:
        """Return a stamp, and a list that grows whenever its generations are read."""
        stamp, reads = stamped(store, *tags), list[None]()
        read = stamp.read

        def counting(view: Any) -> tuple[int, ...]:
            reads.append(None)
            return read(view)

        stamp.read = counting
        return stamp, reads

    def test_a_stamp_is_compared_once_while_nobody_writes(self, store: SharedMemoryGenerations) -> None:
        stamp, reads = self.counted(store)
        assert [store.holds(stamp) for _ in range(3)] == [True] * 3
        assert len(reads) == 1

    @pytest.mark.parametrize("change", ["begin", "end", "publish", "expire"])
    def test_is_over_after_each_change_of_any_tag(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations, clock: Clock, change: str
    ) -> None:
        intent = None if change in ("begin", "publish") else other.begin(["elsewhere"])
        stamp, reads = self.counted(store)
        assert store.holds(stamp)
        if change == "begin":
            other.begin(["elsewhere"])
        elif change == "end":
            assert intent is not None
            other.end(intent)
        elif change == "publish":
            other.publish(["elsewhere"])
        else:
            clock.tick(INTENT_SECONDS + 1)
            assert other.stamp(["elsewhere"]) is not None
        assert store.holds(stamp)
        assert len(reads) == 2

    def test_a_change_of_its_own_tag_is_seen_in_the_next_one(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations
    ) -> None:
        stamp, _ = self.counted(store)
        assert store.holds(stamp)
        other.publish(TAGS[:1])
        assert not store.holds(stamp)

    def test_goes_on_while_a_dead_writer_is_waited_for(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations
    ) -> None:
        other.begin(["elsewhere"])
        stamp, reads = self.counted(store)
        assert store.holds(stamp)
        assert other.stamp(["elsewhere"]) is None
        assert store.holds(stamp)
        assert len(reads) == 1

    def test_is_not_that_of_another_file(self, store: SharedMemoryGenerations, tmp_path: Path, clock: Clock) -> None:
        stamp, _ = self.counted(store)
        assert store.holds(stamp)
        replace_file(tmp_path)
        clock.tick(2)
        assert not store.holds(stamp)

    def test_of_a_writer_that_has_died_at_work_is_none(
        self, store: SharedMemoryGenerations, other: SharedMemoryGenerations, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stamp, reads = self.counted(store)
        assert store.holds(stamp)
        # It has changed the generations, and dies before it can begin another epoch.
        monkeypatch.setattr(other, "_keep_the_order", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            other.publish(["elsewhere"])
        assert store._view[EPOCH] == CHANGING
        assert [store.holds(stamp) for _ in range(2)] == [True] * 2
        assert len(reads) == 3
        with pytest.raises(ZeroDivisionError):
            other.publish(TAGS)
        assert not store.holds(stamp)

    def test_a_new_file_has_one(self, store: SharedMemoryGenerations) -> None:
        store.open()
        assert store._view[EPOCH] != CHANGING

    def test_of_a_parent_ends_by_the_write_of_a_child(self, store: SharedMemoryGenerations) -> None:
        stamp, _ = self.counted(store)
        assert store.holds(stamp)
        with forked() as (is_child, _, _):
            if is_child:
                store.publish(TAGS)
        assert not store.holds(stamp)


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

    def test_that_is_truncated_before_it_is_mapped_serves_nothing(
        self, store: SharedMemoryGenerations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def truncate_and_map(file: int, length: int, flags: int) -> mmap.mmap:
            os.ftruncate(file, 100)
            return mapped(file, length, flags)

        mapped = mmap.mmap
        monkeypatch.setattr(mmap, "mmap", truncate_and_map)
        assert store.stamp(TAGS) is None
        with pytest.raises(GenerationsUnavailable, match="cannot be mapped: mmap length is greater than file size"):
            store.begin(TAGS)

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
from caching.stores.generations import GenerationsUnavailable
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
