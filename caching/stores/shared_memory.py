"""Generations in a memory-mapped file: one host, any number of processes, no server.

The file has 65,536 slots. A tag is mapped to a slot by CRC-32 modulo a prime, in the same way in every process; two
tags that share a slot merely invalidate each other. A slot holds a random 63-bit generation. Its top bit means
"pending"; only then do further arrays say how many intents are live on the slot and until when. Intents are counted in
two groups: a group accepts intents for INTENT_SECONDS and then runs out while the other one takes over. With a single
group, the intent of a killed writer would never expire while others keep writing: each of them would prolong it.

Reads take no lock: aligned eight-byte loads are atomic. Writers take a thread lock and the kernel's file lock, once for
all tags of a phase; the kernel releases its lock when a process is killed. Whatever a killed writer leaves behind is
safe: it sets "pending" last, after count and deadline, and nothing commits before ``begin`` has returned.
"""

import ctypes
import fcntl
import mmap
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from .generation_file import (
    CLOSES,
    COUNTS,
    DEADLINES,
    FILE_BYTES,
    FILE_NAME,
    FIRST_SLOT,
    GENERATION_MASK,
    MAGIC,
    PENDING,
    SECOND_GROUP,
    SLOTS,
    may_exist,
    open_or_create,
    slot_of,
    slots_of_common,
)
from .generations import GenerationStore, GenerationsUnavailable, Intent, Stamp, reader_of

_CHECK_SECONDS = 1.0
# PyDLL keeps the GIL. os.lseek releases it and, beside a busy thread, waits 300 µs on average to get it back.
_lseek = ctypes.PyDLL(None).lseek
_NO_OFFSET, _FROM_END = ctypes.c_long(0), ctypes.c_int(os.SEEK_END)
_CLOSED = -1
"""In place of a file descriptor. The kernel refuses it, so that a hit need not ask first whether the file is open."""


class SharedMemoryGenerations(GenerationStore):
    """The store in one directory. Works across forks; notices within a second that its file was replaced or deleted.

    ``clock`` gives seconds and must agree in all processes of the host, as CLOCK_MONOTONIC does.
    """

    def __init__(
        self, directory: Path, *, intent_seconds: float = 30, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = Path(directory) / FILE_NAME
        self._path_text = str(self.path)
        self._intent_seconds = intent_seconds
        self._clock = clock
        self._view = memoryview(b"").cast("Q")
        self._common: dict[str, int] = {}
        self._identity = b""
        self._file = _CLOSED
        super().__init__()

    def _forget(self) -> None:
        """Discard every handle so that the next use reopens the file: a lock must not be shared across a fork."""
        if self._file != _CLOSED:
            os.close(self._file)
        self._file = _CLOSED
        self._inode = (0, 0)
        self._current_until = 0.0
        self._thread_lock = threading.Lock()

    def open(self) -> None:
        self._ensure_current()

    def close(self) -> None:
        self._forget()

    def stamp(self, tags: Sequence[str]) -> Stamp | None:
        if not (self._is_current() and self._is_whole()):
            return None
        stamp = self._unproven_stamp(tags)
        if max(stamp.generations) < PENDING:
            return stamp
        self._expire_intents(tags)
        stamp = self._unproven_stamp(tags)
        return stamp if max(stamp.generations) < PENDING else None

    def read(self, tags: Sequence[str], *, afresh: bool = False) -> tuple[int | None, ...]:
        if not (self._is_current() and self._is_whole()):
            return (None,) * len(tags)
        view, slots = self._view, [slot_of(tag) for tag in tags]
        found = [view[slot] for slot in slots]
        if max(found, default=0) >= PENDING:
            self._expire_intents(tags)
            view = self._view
            return tuple(None if (now := view[slot]) >= PENDING else now for slot in slots)
        return tuple(found)

    def _unproven_stamp(self, tags: Sequence[str]) -> Stamp:
        read = _reader(tags)
        return Stamp(self._identity, tuple(tags), read(self._view), read)

    def holds(self, stamp: Stamp) -> bool:
        # A replaced file has different random generations, so the identity need not be compared.
        return (
            (self._clock() < self._current_until or self._is_current())
            # The same as ``_is_whole`` for a whole file, without a call: a hit takes only a few microseconds.
            and (_lseek(self._file, _NO_OFFSET, _FROM_END) == FILE_BYTES or self._is_whole())
            and stamp.read(self._view) == stamp.generations
        )

    def restore(self, identity: bytes, tags: Sequence[str], generations: Sequence[int]) -> Stamp | None:
        if not self._is_current() or identity != self._identity:
            return None
        read = _reader(tags)
        return Stamp(identity, tuple(tags), tuple(map(self._shared, tags, generations)), read)

    def _shared(self, tag: str, generation: int) -> int:
        """Return the generation, for a type, a kind or all rows as the object that many entries hold."""
        if tag not in slots_of_common:
            return generation
        held = self._common.setdefault(tag, generation)
        if held != generation:
            self._common[tag] = generation
            return generation
        return held

    def begin(self, tags: Iterable[str]) -> Intent:
        tags = tuple(tags)
        slots = tuple({slot_of(tag) for tag in tags})
        fresh = _fresh(slots)
        with self._locked() as view:
            now = self._clock()
            deadline = now + self._intent_seconds
            now_ms, deadline_ms = _milliseconds(now), _milliseconds(deadline)
            places = []
            for slot, generation in fresh:
                place = slot if _takes_intents(view, slot, now_ms) else slot + SECOND_GROUP
                if view[place + COUNTS] == 0 or view[place + DEADLINES] <= now_ms:
                    view[place + COUNTS] = 0
                    view[place + DEADLINES] = view[place + CLOSES] = deadline_ms
                view[place + DEADLINES] = max(view[place + DEADLINES], deadline_ms)
                view[place + COUNTS] += 1
                view[slot] = generation | PENDING
                places.append(place)
            return Intent(self._identity, tags, deadline, tuple(places))

    def end(self, intent: Intent) -> None:
        slots = [place if place < FIRST_SLOT + SLOTS else place - SECOND_GROUP for place in intent.places]
        fresh = _fresh(slots)
        with self._locked() as view:
            now_ms = _milliseconds(self._clock())
            # After our deadline others may have reset the count and started again: then we must not decrement it.
            ours = now_ms < _milliseconds(intent.deadline) and intent.identity == self._identity
            for place, (slot, generation) in zip(intent.places, fresh, strict=True):
                if ours and view[place + COUNTS]:
                    view[place + COUNTS] -= 1
                view[slot] = generation | (PENDING if _has_live_intents(view, slot, now_ms) else 0)

    def publish(self, tags: Iterable[str]) -> None:
        fresh = _fresh({slot_of(tag) for tag in tags})
        with self._locked() as view:
            for slot, generation in fresh:
                view[slot] = generation | (view[slot] & PENDING)

    def _expire_intents(self, tags: Sequence[str]) -> None:
        """Give new generations to pending tags whose intents have all expired."""
        try:
            with self._locked() as view:
                now = _milliseconds(self._clock())
                for slot, generation in _fresh({slot_of(tag) for tag in tags}):
                    if view[slot] & PENDING and not _has_live_intents(view, slot, now):
                        view[slot] = generation
        except GenerationsUnavailable:
            return

    # -- the file ---------------------------------------------------------------------------------------------------

    def _is_whole(self) -> bool:
        """Whether the mapped file has its full length: reading past the end of a truncated file kills the process."""
        if self._file != _CLOSED:
            length = _lseek(self._file, _NO_OFFSET, _FROM_END)
            if length == FILE_BYTES:
                return True
            if length < 0:
                # Another thread has just closed it in order to open its replacement.
                return False
        self._current_until = 0.0
        return False

    def _is_current(self) -> bool:
        """Whether the mapped file is proven to be the one at the path; checks at most once a second."""
        if self._clock() < self._current_until:
            return True
        try:
            self._ensure_current()
        except GenerationsUnavailable:
            return False
        return True

    def _ensure_current(self) -> None:
        if self._clock() < self._current_until:
            return
        with self._thread_lock:
            self._map_if_replaced()

    def _locked(self) -> "_Locked":
        """Lock the store against all threads and processes; yields the memory of the file that is at the path now."""
        return _Locked(self)

    def _map_if_replaced(self) -> None:
        """Map the file at the path unless it is already mapped. The caller must hold the thread lock."""
        started = self._clock()
        try:
            found = os.stat(self._path_text)
            if self._file == _CLOSED or (found.st_dev, found.st_ino) != self._inode or found.st_size != FILE_BYTES:
                self._map()
        except FileNotFoundError:
            self._map()
        except OSError as error:
            raise GenerationsUnavailable(f"{self.path} cannot be used: {error}.", others_serve=True) from error
        self._current_until = started + _CHECK_SECONDS

    def _map(self) -> None:
        try:
            file = open_or_create(self.path)
        except OSError as error:
            # Without a file, no process of the host can have cached anything.
            raise GenerationsUnavailable(
                f"{self.path} cannot be opened: {error}.", others_serve=may_exist(self.path)
            ) from error
        try:
            memory = mmap.mmap(file, FILE_BYTES, mmap.MAP_SHARED)
        except (OSError, ValueError) as error:
            # ValueError: the file has been truncated since it was opened.
            os.close(file)
            raise GenerationsUnavailable(f"{self.path} cannot be mapped: {error}.", others_serve=True) from error
        found = os.fstat(file)
        if self._file != _CLOSED:
            os.close(self._file)
        # Drop the old mapping instead of closing it: another thread may be reading it right now.
        self._file, self._inode = file, (found.st_dev, found.st_ino)
        self._view, self._identity = memoryview(memory).cast("Q"), memory[len(MAGIC) : len(MAGIC) + 16]


class _Locked:
    """A context manager that holds the thread lock and the file lock of a store."""

    __slots__ = ("_file", "_store")

    def __init__(self, store: SharedMemoryGenerations) -> None:
        self._store = store

    def __enter__(self) -> memoryview:
        store = self._store
        store._thread_lock.acquire()
        try:
            # Check every time, not once a second: readers would never see writes to a file that was replaced.
            store._map_if_replaced()
            if store._file == _CLOSED:
                raise GenerationsUnavailable(f"{store.path} is not open.", others_serve=True)
            fcntl.flock(store._file, fcntl.LOCK_EX)
        except BaseException:
            store._thread_lock.release()
            raise
        self._file = store._file
        return store._view

    def __exit__(self, *exc_info: object) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._store._thread_lock.release()


def _takes_intents(view: memoryview, place: int, now: int) -> bool:
    """Whether a group of intents is empty, has expired, or is still open for new intents."""
    return not view[place + COUNTS] or view[place + DEADLINES] <= now or now < view[place + CLOSES]


def _has_live_intents(view: memoryview, slot: int, now: int) -> bool:
    return any(view[place + COUNTS] and view[place + DEADLINES] > now for place in (slot, slot + SECOND_GROUP))


def _reader(tags: Sequence[str]) -> Callable[[memoryview], tuple[int, ...]]:
    return reader_of([slot_of(tag) for tag in tags])


def _fresh(slots: Collection[int]) -> list[tuple[int, int]]:
    """Return each slot with a new random generation."""
    noise = memoryview(os.urandom(8 * len(slots))).cast("Q")
    return [(slot, generation & GENERATION_MASK) for slot, generation in zip(slots, noise, strict=True)]


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
