"""What simulated processes share besides generations: the shared tier, whose turn it is, and background jobs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from caching.keys import CacheType
from caching.reading import herd, refill
from caching.reading.tiers import Entry

from .scheduler import Actor

if TYPE_CHECKING:
    import pytest

    from .world import World


class SharedMemory:
    """The server of the values of one run: entries, leases, and what loaders have told."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Entry] = {}
        self.leases: dict[str, tuple[bytes, Actor | None]] = {}
        self.told: dict[bytes, bytes] = {}
        self.tokens = 0


class SimulatedTier:
    """The shared tier as one process sees it. Each call is one step."""

    is_open = False

    def __init__(self, world: World, memory: SharedMemory) -> None:
        self.world, self.memory = world, memory
        self.turns = SimulatedTurns(world, memory)

    def get_entries(
        self, declared: CacheType, keys: Iterable[str], now: float, *rest: Any, **options: Any
    ) -> dict[str, Entry]:
        scheduler, found = self.world.scheduler, {}
        for key in keys:
            scheduler.step(f"looks into the shared tier for {key}")
            scheduler.observed(scheduler.get(("shared", declared.name, key)))
            entry = self.memory.entries.get((declared.name, key))
            stamp = entry and self.world.process.store.restore(*_parts(entry))
            if entry is not None and stamp is not None:
                found[key] = Entry(entry.value, stamp, entry.deadline)
        return found

    def set_entries(self, type_name: str, entries: Mapping[str, Entry], ttl: float, within: Any = None) -> bool:
        scheduler = self.world.scheduler
        for key, entry in entries.items():
            scheduler.step(f"puts {key} into the shared tier", changes=[("shared", type_name, key)])
            self.memory.entries[type_name, key] = entry
        return True

    def names(self, type_name: str, keys: Sequence[str], within: Any = None) -> list[str]:
        return [f"{type_name}/{key}" for key in keys]

    def in_turn(self, call: Callable[[Any], Any]) -> Any:
        return call(self.turns)


def _parts(entry: Entry) -> tuple[bytes, tuple[str, ...], tuple[int, ...]]:
    return entry.stamp.identity, entry.stamp.tags, entry.stamp.generations


class SimulatedTurns:
    """The leases. Those of a killed loader count as expired."""

    def __init__(self, world: World, memory: SharedMemory) -> None:
        self.world, self.memory = world, memory

    def claim(self, names: Sequence[str], done: Sequence[bytes]) -> tuple[bytes, list[bytes]]:
        scheduler, memory = self.world.scheduler, self.memory
        scheduler.step("asks whose turn it is", changes=[("leases",)])
        memory.tokens += 1
        token, held = b"%d" % memory.tokens, []
        for name, mark in zip(names, done, strict=True):
            holder, actor = memory.leases.get(name, (b"", None))
            if not holder or holder == mark or (actor is not None and actor.killed):
                holder = token
                memory.leases[name] = token, scheduler.current
            held.append(holder)
        scheduler.observed(tuple(held))
        return token, held

    def release(self, token: bytes, stored: Sequence[tuple[str, bool]]) -> None:
        scheduler, memory = self.world.scheduler, self.memory
        scheduler.step("gives its turn back", changes=[("leases",)])
        for name, is_stored in stored:
            if memory.leases.get(name, (b"",))[0] == token:
                del memory.leases[name]
                if is_stored:
                    memory.leases[name] = token + b"!", None
        memory.told[token] = b"1" if all(is_stored for _, is_stored in stored) else b"0"

    def wait(self, token: bytes, seconds: float) -> bytes | None:
        memory = self.memory

        def is_over() -> bool:
            return token in memory.told or any(
                holder == token and actor is not None and actor.killed for holder, actor in memory.leases.values()
            )

        self.world.scheduler.step("waits for the load of another process", when=is_over, waits=True)
        told = memory.told.get(token)
        self.world.scheduler.observed(told)
        return told


class SimulatedBackground:
    """Jobs that an actor of the process runs (``World.background``)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.jobs: list[Callable[[], Any]] = []

    def submit(self, name: Hashable, job: Callable[[], Any]) -> bool:
        self.jobs.append(job)
        self.world.scheduler.set_to(("jobs", id(self)), len(self.jobs))
        return True


def install(patch: pytest.MonkeyPatch, world: World) -> None:
    """Put what the scheduler decides in the place of threads and clocks."""
    scheduler = world.scheduler
    patch.setattr(herd, "time", SimpleNamespace(monotonic=lambda: world.now))
    patch.setattr(herd, "threading", SimpleNamespace(get_ident=lambda: scheduler.current and scheduler.current.index))
    patch.setattr(herd, "_held_by", {})
    patch.setattr(refill, "declared_lookups", lambda name: {"email": world.process.lookups["email"]})
