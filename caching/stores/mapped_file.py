"""The file of generations as this process has it mapped, while others replace, truncate, lock and change it.

Everything here is about one file at one path. What its words mean is said in shared_memory.py.
"""

import ctypes
import fcntl
import mmap
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from .generation_file import CHANGING, EPOCH, FILE_BYTES, FILE_NAME, MAGIC, may_exist, new_epoch, open_or_create
from .generations import GenerationStore, GenerationsUnavailable

_CHECK_SECONDS = 1.0
# PyDLL keeps the GIL. os.lseek releases it and, beside a busy thread, waits 300 µs on average to get it back.
lseek = ctypes.PyDLL(None).lseek
NO_OFFSET, FROM_END = ctypes.c_long(0), os.SEEK_END
CLOSED = -1
"""In place of a file descriptor. The kernel refuses it, so that a hit need not ask first whether the file is open."""


class MappedFile(GenerationStore):
    """The part of a store that has the file. Works across forks; notices within a second that the file was replaced.

    ``clock`` gives seconds and must agree in all processes of the host, as CLOCK_MONOTONIC does.
    """

    def __init__(self, directory: Path, clock: Callable[[], float]) -> None:
        self.path = Path(directory) / FILE_NAME
        self._path_text = str(self.path)
        self._clock = clock
        self._view = memoryview(b"").cast("Q")
        self._identity = b""
        self._file = CLOSED
        super().__init__()

    def _forget(self) -> None:
        """Discard every handle so that the next use reopens the file: a lock must not be shared across a fork."""
        old, self._file = self._file, CLOSED
        self._inode = (0, 0)
        self._current_until = 0.0
        self._thread_lock, self._barrier = threading.Lock(), threading.Lock()
        if old != CLOSED:
            os.close(old)

    def open(self) -> None:
        self._ensure_current()

    def close(self) -> None:
        self._forget()

    def _is_whole(self) -> bool:
        """Whether the mapped file has its full length: reading past the end of a truncated file kills the process."""
        if self._file != CLOSED:
            length = lseek(self._file, NO_OFFSET, FROM_END)
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

    @contextmanager
    def _changing(self) -> Iterator[memoryview]:
        """Lock the store, and end the epoch."""
        with self._locked() as view, self._next_epoch(view):
            yield view

    @contextmanager
    def _next_epoch(self, view: memoryview) -> Iterator[None]:
        """End the epoch in which readers remember something before the block, and begin another after it."""
        epoch = new_epoch()
        view[EPOCH] = CHANGING
        yield
        self._keep_the_order()
        view[EPOCH] = epoch

    def _keep_the_order(self) -> None:
        """Let no processor exchange what is read or written before and after.

        Who reads the new epoch must then read the new generations.
        """
        for _ in range(2):  # one release, and after it one acquisition: nothing passes both
            with self._barrier:
                pass

    def _locked(self) -> AbstractContextManager[memoryview]:
        """Lock the store against all threads and processes; yields the memory of the file that is at the path now."""
        return Locked(self)

    def _map_if_replaced(self) -> None:
        """Map the file at the path unless it is already mapped. The caller must hold the thread lock."""
        started = self._clock()
        try:
            found = os.stat(self._path_text)
            if self._file == CLOSED or (found.st_dev, found.st_ino) != self._inode or found.st_size != FILE_BYTES:
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
        found, old = os.fstat(file), self._file
        # Drop the old mapping instead of closing it: another thread may be reading it right now. The order matters to
        # that thread: it reads what is at least as new as the file whose length it checks, and no file of others.
        self._view, self._identity = memoryview(memory).cast("Q"), memory[len(MAGIC) : len(MAGIC) + 16]
        self._file, self._inode = file, (found.st_dev, found.st_ino)
        if old != CLOSED:
            os.close(old)


class Locked:
    """A context manager that holds the thread lock and the file lock of a store."""

    __slots__ = ("_file", "_store")

    def __init__(self, store: MappedFile) -> None:
        self._store = store

    def __enter__(self) -> memoryview:
        store = self._store
        store._thread_lock.acquire()
        try:
            # Check every time, not once a second: readers would never see writes to a file that was replaced.
            store._map_if_replaced()
            if store._file == CLOSED:
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
