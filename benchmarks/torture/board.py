"""The board: shared memory in which writers publish what they have written and the supervisor gives its signals.

Every fact is one aligned eight-byte number, so no process ever sees one half written. A publication consists of the
version (20 bits), the time (36 bits, microseconds since the board was created; all processes share the monotonic
clock) and the form of the write (8 bits). Of two publications the greater number is the newer one.
"""

import mmap
import os
import time
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

WAIT, RUN, STOP_WRITING, CHECK, END = range(5)
MAX_FORMS = 64
MAX_OUTAGES = 1024
_OUTAGES = 8
_REMEMBERED = 64
"""How many publications of a subject are kept, from which the age of a stale value is known."""


_parent = os.getppid()


def adopt_parent() -> None:
    """Remember the parent of this process. Call it after a fork."""
    global _parent
    _parent = os.getppid()


def is_orphan() -> bool:
    """Return whether the parent of this process has died, so that nothing will ever tell it to end."""
    return os.getppid() != _parent


class Board:
    """A mapped file. The first process creates it, the others open it by its path."""

    def __init__(self, path: Path, *, readers: int, writers: int, subjects: int) -> None:
        self.readers, self.writers, self.subjects = readers, writers, subjects
        self._published = _OUTAGES + 2 * MAX_OUTAGES
        self._announced = self._published + writers * subjects
        self._history = self._announced + writers * subjects
        self._pids = self._history + subjects * _REMEMBERED
        self._stops = self._pids + writers
        self._writes = self._stops + 2 * writers
        self._own_reads = self._writes + writers * MAX_FORMS
        self._reads = self._own_reads + 2 * writers
        size = (self._reads + readers) * 8
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(file).st_size < size:
                os.ftruncate(file, size)
            self._view = memoryview(mmap.mmap(file, size, mmap.MAP_SHARED)).cast("Q")
        finally:
            os.close(file)
        if not self._view[1]:
            self._view[1] = time.monotonic_ns()
        self._epoch = self._view[1]

    def microseconds(self) -> int:
        """Return the time since the board was created."""
        return (time.monotonic_ns() - self._epoch) // 1000

    # -- signals ------------------------------------------------------------------------------------------------------

    @property
    def phase(self) -> int:
        return self._view[0]

    @phase.setter
    def phase(self, phase: int) -> None:
        self._view[0] = phase

    def pid(self, writer: int) -> int:
        return self._view[self._pids + writer]

    def set_pid(self, writer: int, pid: int) -> None:
        self._view[self._pids + writer] = pid

    # Where a writer shall stop itself, and the process that has. 0 means none.

    def ask_to_stop(self, writer: int, place: int) -> None:
        self._view[self._stops + 2 * writer] = place

    def stop_wanted(self, writer: int) -> int:
        return self._view[self._stops + 2 * writer]

    def set_stopped(self, writer: int, pid: int) -> None:
        self._view[self._stops + 2 * writer + 1] = pid

    def stopped(self, writer: int) -> int:
        return self._view[self._stops + 2 * writer + 1]

    # -- outages ------------------------------------------------------------------------------------------------------

    def begin_outage(self) -> int:
        """Record that an outage begins now, and return its number."""
        number = len(self.outages())
        self._view[_OUTAGES + 2 * number] = self.microseconds()
        return number

    def end_outage(self, number: int) -> None:
        self._view[_OUTAGES + 2 * number + 1] = self.microseconds()

    def outages(self) -> list[tuple[int, int]]:
        """Return the begin and end of each outage so far, in microseconds. An outage that lasts has the end 0."""
        found = self._view[_OUTAGES : self._published].tolist()
        return [(begin, end) for begin, end in zip(found[::2], found[1::2], strict=True) if begin]

    # -- versions -----------------------------------------------------------------------------------------------------

    def announce(self, writer: int, subject: int, version: int) -> None:
        """Record, before the statement runs, that this version may come into being."""
        self._view[self._announced + writer * self.subjects + subject] = version

    def publish(self, writer: int, subject: int, version: int, form: int) -> None:
        """Record, after the write has returned, that the database holds at least this version."""
        packed = version << 44 | self.microseconds() << 8 | form
        self._view[self._history + subject * _REMEMBERED + version % _REMEMBERED] = packed
        place = self._published + writer * self.subjects + subject
        if packed > self._view[place]:
            self._view[place] = packed

    def newest(self, subject: int) -> Callable[[], int]:
        """Return a function that returns the newest version of a subject that any writer has published."""
        return self._greatest(self._published, subject, shift=44)

    def ceiling(self, subject: int) -> Callable[[], int]:
        """Return a function that returns the newest version of a subject that any writer has announced."""
        return self._greatest(self._announced, subject, shift=0)

    def _greatest(self, start: int, subject: int, *, shift: int) -> Callable[[], int]:
        places = [start + writer * self.subjects + subject for writer in range(self.writers)]
        view = self._view
        if len(places) == 1:
            return lambda: view[places[0]] >> shift
        read = itemgetter(*places)
        return lambda: max(read(view)) >> shift

    def overdue(self, subject: int, found: int | None) -> tuple[int, int]:
        """Return when a version newer than this one was first published, in microseconds, and by which form."""
        start = self._history + subject * _REMEMBERED
        kept = [packed for packed in self._view[start : start + _REMEMBERED] if packed >> 44 > (found or 0)]
        oldest = min(kept, default=0)
        return oldest >> 8 & (1 << 36) - 1, oldest & 0xFF

    # -- counts -------------------------------------------------------------------------------------------------------

    def count_write(self, writer: int, form: int) -> None:
        self._view[self._writes + writer * MAX_FORMS + form] += 1

    def writes(self) -> list[int]:
        """Return how many writes of each form have returned."""
        return [
            sum(self._view[self._writes + writer * MAX_FORMS + form] for writer in range(self.writers))
            for form in range(MAX_FORMS)
        ]

    def set_reads(self, reader: int, reads: int) -> None:
        self._view[self._reads + reader] = reads

    def reads(self) -> int:
        """Return how many reads all readers have made so far."""
        return sum(self._view[self._reads : self._reads + self.readers])

    def count_own_read(self, writer: int, *, right: bool) -> None:
        self._view[self._own_reads + 2 * writer + right] += 1

    def own_reads(self) -> tuple[int, int]:
        """Return how many reads inside a writer's own transaction were wrong, and how many were right."""
        wrong, right = (sum(self._view[self._own_reads + 2 * w + i] for w in range(self.writers)) for i in (0, 1))
        return wrong, right
