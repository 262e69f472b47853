"""The store of generations for one host, with a step before everything that is shared. Its code is the real one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caching.stores.generation_file import EPOCH, FIRST_SLOT, INTENT_ARRAYS, PENDING, SLOTS, slot_of
from caching.stores.generations import Intent, Stamp
from caching.stores.shared_memory import SharedMemoryGenerations

from .scheduler import Violation

if TYPE_CHECKING:
    import pytest

    from .world import World

INTENT_SECONDS = 30
_WORDS = {EPOCH, *range(FIRST_SLOT, FIRST_SLOT + SLOTS)}


class SteppedGenerations(SharedMemoryGenerations):
    """A store whose every call is one step: what it does under the lock, nobody sees half done."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world = world
        super().__init__(directory, intent_seconds=INTENT_SECONDS, clock=lambda: world.now)

    @staticmethod
    def install(patch: pytest.MonkeyPatch, world: World) -> None:
        """Put what the scheduler decides in the place of what the kernel does: nothing here."""

    def settle(self) -> None:
        """Let whoever repairs things come by: nobody here."""

    def _step(self, label: str) -> None:
        self.world.scheduler.step(label)

    def _has_seen(self, tags: Sequence[str], generations: Iterable[int | None]) -> None:
        self.world.scheduler.observed(tuple(map(self._name, map(slot_of, tags), generations)))
        self._looked()

    def _looked(self) -> None:
        """Say which file this process has mapped, and until when."""
        self.world.scheduler.set_to(("file", id(self)), hash((self._file_name(), self._current_until)))

    def _file_name(self) -> int:
        names = self.world.names
        return names.setdefault(("file", self._identity), len(names))

    def _name(self, slot: int, generation: int | None) -> int | None:
        """Return what stands for a random number, which does not matter: what was done to the slot until it came up."""
        if generation is None:
            return None
        return self.world.names.get((self._file_name(), slot, generation & ~PENDING), 0)

    def _written(self, tags: Iterable[str]) -> None:
        """Say what the slots have become; the order of what was done to them does not matter."""
        scheduler, names, view, file = self.world.scheduler, self.world.names, self._view, self._file_name()
        if scheduler.current is None:
            return
        for slot in {slot_of(tag) for tag in tags}:
            self.world.used.add(slot)
            history = scheduler.get(("history", file, slot)) + scheduler.current.seen
            scheduler.set_to(("history", file, slot), history)
            name = names.setdefault((file, slot, view[slot] & ~PENDING), history)
            scheduler.set_to((file, slot), hash((name, view[slot] >= PENDING, *view[slot + SLOTS :: SLOTS])))
        self._looked()

    def stamp(self, tags: Sequence[str]) -> Stamp | None:
        self._step("stamp")
        stamp = super().stamp(tags)
        self._has_seen(tags, stamp.generations if stamp else [None] * len(tags))
        return stamp

    def read(self, tags: Sequence[str], *, afresh: bool = False) -> tuple[int | None, ...]:
        self._step("read generations" if afresh else "read guards")
        found = super().read(tags, afresh=afresh)
        self._has_seen(tags, found)
        return found

    def holds(self, stamp: Stamp) -> bool:
        self._step("check stamp")
        holds = super().holds(stamp)
        if holds and stamp.read(self._view) != stamp.generations:
            raise Violation(f"The epoch says that {stamp.tags} have not changed, and they have.")
        self.world.scheduler.observed(holds)
        self._looked()
        return holds

    def begin(self, tags: Iterable[str]) -> Intent:
        tags = tuple(sorted(tags))
        self._step(f"begin {' '.join(tags)}")
        intent = self._remember(super().begin(tags))
        self._written(tags)
        return intent

    def _remember(self, intent: Intent) -> Intent:
        # The file counts in whole milliseconds.
        self.world.connection.intent_until = int(intent.deadline * 1000) / 1000
        return intent

    def end(self, intent: Intent) -> None:
        self._step("end")
        super().end(intent)
        self._written(intent.tags)
        self.world.database.published(self.world.connection.actor)

    def publish(self, tags: Iterable[str]) -> None:
        tags = tuple(sorted(tags))
        self._step(f"publish {' '.join(tags)}")
        super().publish(tags)
        self._written(tags)

    def _expire_intents(self, tags: Sequence[str]) -> None:
        self._step("expire intents")
        super()._expire_intents(tags)
        self._written(tags)

    def start_anew(self) -> None:
        """Map the file that is at the path; the intents of the run before are gone."""
        self._current_until = 0.0
        self.open()

    def look_later(self, seconds: float) -> None:
        """Let this process look at the path at another moment than the others do."""
        self._current_until += seconds

    def clean(self) -> None:
        """Give every slot that was used a fresh generation and no intent."""
        for slot in self.world.used:
            for array in range(1, INTENT_ARRAYS + 1):
                self._view[slot + SLOTS * array] = 0
            self._view[slot] = int.from_bytes(os.urandom(7), "big")
        self._view[EPOCH] = int.from_bytes(os.urandom(7), "big") | 1


class WordByWord(SteppedGenerations):
    """A store whose readers see every single word that a writer changes under its lock."""

    def __init__(self, world: World, directory: Path) -> None:
        super().__init__(world, directory)
        self._writing = False

    def _step(self, label: str) -> None:
        """Leave the steps to the words."""

    def _written(self, tags: Iterable[str]) -> None:
        """Leave it to the words."""

    def holds(self, stamp: Stamp) -> bool:
        scheduler = self.world.scheduler
        holds = SharedMemoryGenerations.holds(self, stamp)
        scheduler.observed(holds)
        # What is remembered is shared by the threads of the process, and decides what they read next.
        stands_for = hash(tuple(map(self._name, map(slot_of, stamp.tags), stamp.generations)))
        scheduler.set_to(("remembered", id(self), stands_for), self.world.names.get(("epoch", stamp.epoch), 0))
        return holds

    def begin(self, tags: Iterable[str]) -> Intent:
        return self._remember(SharedMemoryGenerations.begin(self, tuple(sorted(tags))))

    def start_anew(self) -> None:
        super().start_anew()
        self._writing = False
        if not isinstance(self._view, _Words):
            self._view = _Words(self, self._view)  # type: ignore[assignment]

    @contextmanager
    def _locked(self) -> Iterator[Any]:
        # Not the kernel's lock: a killed actor must lose it at once, and a waiting one must let the others run.
        with self.world.file_lock:
            self._map_if_replaced()
            yield self._view


class _Words:
    """The memory of a file: generations word by word. Counts and deadlines are only ever used under the lock."""

    def __init__(self, store: WordByWord, memory: memoryview) -> None:
        self._store, self._memory = store, memory

    def __getitem__(self, slot: int) -> int:
        world = self._store.world
        if slot in _WORDS and not world.file_lock.is_mine():
            world.scheduler.step(f"reads word {slot}", sees=[slot])
        return self._memory[slot]

    def __setitem__(self, slot: int, value: int) -> None:
        world = self._store.world
        if slot in _WORDS:
            if slot != EPOCH:
                world.used.add(slot)
            world.scheduler.step(f"writes word {slot}", changes=[slot])
            if slot == EPOCH and world.scheduler.current is not None:
                world.names.setdefault(("epoch", value), world.scheduler.get(slot))
        self._memory[slot] = value
