"""Generations in a memory-mapped file: one host, any number of processes, no server.

The file has 65,536 slots. A tag is mapped to a slot by CRC-32 modulo a prime, in the same way in every process; two
tags that share a slot merely invalidate each other. A slot holds a random 63-bit generation. Its top bit means
"pending"; only then do further arrays say how many intents are live on the slot and until when. Intents are counted in
two groups: a group accepts intents for INTENT_SECONDS and then runs out while the other one takes over. With a single
group, the intent of a killed writer would never expire while others keep writing: each of them would prolong it.

The last word of the header is the epoch: random, and another one after each change of generations. While a writer is at
work, it is 0, in which readers remember nothing; a writer that is killed leaves it so, until the next one has finished.

Reads take no lock: aligned eight-byte loads are atomic. Writers take a thread lock and the kernel's file lock, once for
all tags of a phase; the kernel releases its lock when a process is killed. Whatever a killed writer leaves behind is
safe: it sets "pending" last, after count and deadline, and nothing commits before ``begin`` has returned.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .generation_file import (
    CHANGING,
    CLOSES,
    COUNTS,
    DEADLINES,
    EPOCH,
    FILE_BYTES,
    FIRST_SLOT,
    PENDING,
    SECOND_GROUP,
    SLOTS,
    fresh_generations,
    has_live_intents,
    milliseconds,
    slot_of,
    slots_of_common,
    takes_intents,
)
from .generations import GenerationsUnavailable, Intent, Stamp, reader_of
from .mapped_file import FROM_END, NO_OFFSET, MappedFile, lseek


class SharedMemoryGenerations(MappedFile):
    """The store in one directory. Works across forks; notices within a second that its file was replaced or deleted.

    ``clock`` gives seconds and must agree in all processes of the host, as CLOCK_MONOTONIC does.
    """

    def __init__(
        self, directory: Path, *, intent_seconds: float = 30, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._intent_seconds = intent_seconds
        self._common: dict[str, int] = {}
        super().__init__(directory, clock)

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
            and (lseek(self._file, NO_OFFSET, FROM_END) == FILE_BYTES or self._is_whole())
            and (stamp.epoch == self._view[EPOCH] or self._still_holds(stamp))
        )

    def _still_holds(self, stamp: Stamp) -> bool:
        """Compare all generations, and remember in which epoch they were found to be the same."""
        view = self._view  # one for both: another thread may map another file meanwhile
        epoch = view[EPOCH]
        self._keep_the_order()
        holds = stamp.read(view) == stamp.generations
        if holds and epoch != CHANGING:
            stamp.epoch = epoch
        return holds

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
        fresh = fresh_generations(slots)
        with self._changing() as view:
            now = self._clock()
            deadline = now + self._intent_seconds
            now_ms, deadline_ms = milliseconds(now), milliseconds(deadline)
            places = []
            for slot, generation in fresh:
                place = slot if takes_intents(view, slot, now_ms) else slot + SECOND_GROUP
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
        fresh = fresh_generations(slots)
        with self._changing() as view:
            now_ms = milliseconds(self._clock())
            # After our deadline others may have reset the count and started again: then we must not decrement it.
            ours = now_ms < milliseconds(intent.deadline) and intent.identity == self._identity
            for place, (slot, generation) in zip(intent.places, fresh, strict=True):
                if ours and view[place + COUNTS]:
                    view[place + COUNTS] -= 1
                view[slot] = generation | (PENDING if has_live_intents(view, slot, now_ms) else 0)

    def publish(self, tags: Iterable[str]) -> None:
        fresh = fresh_generations({slot_of(tag) for tag in tags})
        with self._changing() as view:
            for slot, generation in fresh:
                view[slot] = generation | (view[slot] & PENDING)

    def _expire_intents(self, tags: Sequence[str]) -> None:
        """Give new generations to pending tags whose intents have all expired."""
        try:
            with self._locked() as view:
                now, slots = milliseconds(self._clock()), {slot_of(tag) for tag in tags}
                expired = [slot for slot in slots if view[slot] & PENDING and not has_live_intents(view, slot, now)]
                if expired:
                    with self._next_epoch(view):
                        for slot, generation in fresh_generations(expired):
                            view[slot] = generation
        except GenerationsUnavailable:
            return


def _reader(tags: Sequence[str]) -> Callable[[memoryview], tuple[int, ...]]:
    return reader_of([slot_of(tag) for tag in tags])
