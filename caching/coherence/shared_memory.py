"""Generations in a memory-mapped file: one host, any number of processes, no server.

The file has 65,536 slots. A tag hashes to a slot by CRC-32 modulo a prime, the same in every process; two tags that
share a slot merely invalidate each other. A slot holds a random 63-bit generation. Its top bit says "pending"; then,
and only then, more arrays tell how many intents are live on the slot and until when. They are counted in two groups: a
group takes intents for INTENT_SECONDS and is then left to run out beside the other. Else the intent of a killed writer
would never expire while others go on writing: each would prolong it.

A read takes no lock: aligned eight-byte loads are atomic. Writers take a thread lock and the kernel's file lock, once
for all tags of a phase; the kernel frees its lock when a process is killed. Whatever a killed writer leaves behind is
safe: it marks a slot "pending" last, after count and deadline, and nothing commits before ``begin`` has returned.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from zlib import crc32

from .generations import GenerationStore, GenerationsUnavailable, Intent, Stamp, reader_of

SLOTS = 1 << 16
PENDING = 1 << 63
_MASK = PENDING - 1
_PRIME = 65_521
"""The largest prime below SLOTS. CRC-32 is linear: cut to its low bits it sends whole families of tags that differ in
few characters (Department#20, Employee#30) to the same slots, 18 times as often as chance would."""
_MAGIC = b"caching generations 3\0\0\0"
"""Another way from a tag to its slot, or another layout, takes another number: the file is shared with old code."""
_HEADER_BYTES = 4096
_FIRST = _HEADER_BYTES // 8
_COUNTS = SLOTS
_DEADLINES = 2 * SLOTS
_CLOSES = 3 * SLOTS
_SECOND = 3 * SLOTS
INTENT_ARRAYS = 6
"""Two groups of counts, deadlines, and when each closes."""
_FILE_BYTES = _HEADER_BYTES + (1 + INTENT_ARRAYS) * SLOTS * 8
_CHECK_SECONDS = 1.0
FILE_NAME = "generations"
# PyDLL keeps the interpreter lock. os.lseek gives it away, and beside a busy thread waits for it: 300 µs on average.
_lseek = ctypes.PyDLL(None).lseek
_NO_OFFSET, _FROM_END = ctypes.c_long(0), ctypes.c_int(os.SEEK_END)


class SharedMemoryGenerations(GenerationStore):
    """The store of one directory. Survives fork; notices within a second that its file was replaced or deleted.

    ``clock`` must be shared by all processes of the host, in seconds (CLOCK_MONOTONIC is).
    """

    def __init__(
        self, directory: Path, *, intent_seconds: float = 30, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = Path(directory) / FILE_NAME
        self._path_text = str(self.path)
        self._intent_seconds = intent_seconds
        self._clock = clock
        self._view = memoryview(b"").cast("Q")
        self._identity = b""
        self._file: int | None = None
        self._forget()
        _stores.add(self)

    def _forget(self) -> None:
        """Drop every handle, so that the next use opens the file anew: a lock must not be shared across a fork."""
        if self._file is not None:
            os.close(self._file)
        self._file = None
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
        # A file that was replaced has other random generations, so its identity need not be compared.
        return (
            (self._clock() < self._current_until or self._is_current())
            and self._is_whole()
            and stamp.read(self._view) == stamp.generations
        )

    def restore(self, identity: bytes, tags: Sequence[str], generations: Sequence[int]) -> Stamp | None:
        if not self._is_current() or identity != self._identity:
            return None
        return Stamp(identity, tuple(tags), tuple(generations), _reader(tags))

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
                place = slot if _takes_intents(view, slot, now_ms) else slot + _SECOND
                if view[place + _COUNTS] == 0 or view[place + _DEADLINES] <= now_ms:
                    view[place + _COUNTS] = 0
                    view[place + _DEADLINES] = view[place + _CLOSES] = deadline_ms
                view[place + _DEADLINES] = max(view[place + _DEADLINES], deadline_ms)
                view[place + _COUNTS] += 1
                view[slot] = generation | PENDING
                places.append(place)
            return Intent(self._identity, tags, deadline, tuple(places))

    def end(self, intent: Intent) -> None:
        slots = [place if place < _FIRST + SLOTS else place - _SECOND for place in intent.places]
        fresh = _fresh(slots)
        with self._locked() as view:
            now_ms = _milliseconds(self._clock())
            # Past our own deadline others may have cleared the count and begun anew: then it is not ours to lower.
            ours = now_ms < _milliseconds(intent.deadline) and intent.identity == self._identity
            for place, (slot, generation) in zip(intent.places, fresh, strict=True):
                if ours and view[place + _COUNTS]:
                    view[place + _COUNTS] -= 1
                view[slot] = generation | (PENDING if _has_live_intents(view, slot, now_ms) else 0)

    def publish(self, tags: Iterable[str]) -> None:
        fresh = _fresh({slot_of(tag) for tag in tags})
        with self._locked() as view:
            for slot, generation in fresh:
                view[slot] = generation | (view[slot] & PENDING)

    def _expire_intents(self, tags: Sequence[str]) -> None:
        """Give pending tags whose intents are all past their deadline a generation that was never served."""
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
        """Whether the mapped file still has its length: a look behind the end of a truncated one kills the process."""
        if self._file is not None:
            length = _lseek(self._file, _NO_OFFSET, _FROM_END)
            if length == _FILE_BYTES:
                return True
            if length < 0:
                # Another thread has just closed it, to open the one that took its place.
                return False
        self._current_until = 0.0
        return False

    def _is_current(self) -> bool:
        """Whether the mapped file is provably the one at the path; looks at most once a second."""
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
        """Hold the store against every thread and process; gives the memory of the file that is at the path now."""
        return _Locked(self)

    def _map_if_replaced(self) -> None:
        """Map the file at the path unless it is mapped already. The caller holds the thread lock."""
        started = self._clock()
        try:
            found = os.stat(self._path_text)
            if self._file is None or (found.st_dev, found.st_ino) != self._inode or found.st_size != _FILE_BYTES:
                self._map()
        except FileNotFoundError:
            self._map()
        except OSError as error:
            raise GenerationsUnavailable(f"{self.path} cannot be used: {error}.", others_serve=True) from error
        self._current_until = started + _CHECK_SECONDS

    def _map(self) -> None:
        try:
            file = _open_or_create(self.path)
        except OSError as error:
            # Where there is no file, no process of the host can have cached anything.
            raise GenerationsUnavailable(
                f"{self.path} cannot be opened: {error}.", others_serve=_may_exist(self.path)
            ) from error
        try:
            memory = mmap.mmap(file, _FILE_BYTES, mmap.MAP_SHARED)
        except (OSError, ValueError) as error:
            # ValueError: somebody has truncated it since it was opened.
            os.close(file)
            raise GenerationsUnavailable(f"{self.path} cannot be mapped: {error}.", others_serve=True) from error
        found = os.fstat(file)
        if self._file is not None:
            os.close(self._file)
        # The old mapping is not closed but dropped: another thread may be reading it at this moment.
        self._file, self._inode = file, (found.st_dev, found.st_ino)
        self._view, self._identity = memoryview(memory).cast("Q"), memory[len(_MAGIC) : len(_MAGIC) + 16]


class _Locked:
    """The locks of a store, held inside a ``with`` block."""

    __slots__ = ("_file", "_store")

    def __init__(self, store: SharedMemoryGenerations) -> None:
        self._store = store

    def __enter__(self) -> memoryview:
        store = self._store
        store._thread_lock.acquire()
        try:
            # Not once a second but each time: what is written to a file that was replaced is lost for its readers.
            store._map_if_replaced()
            if store._file is None:
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


_stores: "weakref.WeakSet[SharedMemoryGenerations]" = weakref.WeakSet()


def _forget_after_fork() -> None:
    for store in list(_stores):
        store._forget()


os.register_at_fork(after_in_child=_forget_after_fork)


def slot_of(tag: str) -> int:
    """Return where a tag lies in the mapped file, counted in eight-byte words."""
    return _FIRST + crc32(tag.encode()) % _PRIME


def _takes_intents(view: memoryview, place: int, now: int) -> bool:
    """Whether a group is empty, has run out, or has not been open for long."""
    return not view[place + _COUNTS] or view[place + _DEADLINES] <= now or now < view[place + _CLOSES]


def _has_live_intents(view: memoryview, slot: int, now: int) -> bool:
    return any(view[place + _COUNTS] and view[place + _DEADLINES] > now for place in (slot, slot + _SECOND))


def _reader(tags: Sequence[str]) -> Callable[[memoryview], tuple[int, ...]]:
    return reader_of([slot_of(tag) for tag in tags])


def _fresh(slots: Collection[int]) -> list[tuple[int, int]]:
    """Return each slot with a generation that it never had."""
    noise = memoryview(os.urandom(8 * len(slots))).cast("Q")
    return [(slot, generation & _MASK) for slot, generation in zip(slots, noise, strict=True)]


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _boot_id() -> bytes:
    """Return what tells one boot of this machine from the next; deadlines of another boot mean nothing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()[:36]
    except OSError:
        return b"unknown"


def _open_or_create(path: Path) -> int:
    """Open the file of this boot, or put a new one full of random generations in its place; return the descriptor."""
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (file := _open_valid(path)) is not None:
            return file
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        header = (_MAGIC + os.urandom(16) + _boot_id()).ljust(_HEADER_BYTES, b"\0")
        content = header + _random_generations()
        file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            # Zeros behind what is written. A hole in the file would kill the process that finds the disk full there.
            os.posix_fallocate(file, 0, _FILE_BYTES)
            if os.write(file, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.close(file)
            os.unlink(fresh)
            raise
        # Renamed into place when complete: a file that is truncated under a mapping kills the process that reads it.
        os.rename(fresh, path)
        return file
    finally:
        os.close(lock)


def _random_generations() -> bytes:
    """Return a generation for every slot, none of them pending: the top bit is in the last byte, or in the first."""
    noise = bytearray(os.urandom(SLOTS * 8))
    top = slice(7 if sys.byteorder == "little" else 0, None, 8)
    noise[top] = noise[top].translate(bytes(byte & 0x7F for byte in range(256)))
    return bytes(noise)


def _may_exist(path: Path) -> bool:
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _open_valid(path: Path) -> int | None:
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    header = os.pread(file, _HEADER_BYTES, 0)
    start = len(_MAGIC) + 16
    boot = _boot_id()
    if os.fstat(file).st_size == _FILE_BYTES and header[: len(_MAGIC)] == _MAGIC and header[start:].startswith(boot):
        return file
    os.close(file)
    return None
