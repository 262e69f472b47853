"""What simulated processes share besides generations: the shared tier, whose turn it is, and background jobs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from caching.keys import CacheType
from caching.reading import herd, refill
from caching.reading.tiers import Entry
from caching.stores.generations import Stamp

from .scheduler import Actor

if TYPE_CHECKING:
    import pytest

    from .world import World


class SharedMemory:
    """The server of the values of one run: entries, leases, and what loaders have told."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], Entry] = {}
        self.contents: dict[bytes, Entry] = {}
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
            if entry is not None:
                found |= self._restored(key, entry)
        return found

    def entries_in(self, contents: Mapping[str, bytes], *rest: Any) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for key, content in contents.items():
            found |= self._restored(key, self.memory.contents[content])
        return found

    def _restored(self, key: str, entry: Entry) -> dict[str, Entry]:
        stamp = self.world.process.store.restore(*_parts(entry.stamp))
        return {} if stamp is None else {key: Entry(entry.value, stamp, entry.deadline)}

    @staticmethod
    def beginning(stamp: Stamp) -> bytes:
        return repr(_parts(stamp)).encode()

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


def _parts(stamp: Stamp) -> tuple[bytes, tuple[str, ...], tuple[int, ...]]:
    return stamp.identity, stamp.tags, stamp.generations


class SimulatedTurns:
    """The leases. Those of a killed loader count as expired."""

    def __init__(self, world: World, memory: SharedMemory) -> None:
        self.world, self.memory = world, memory

    def claim(
        self, names: Sequence[str], known: Sequence[bytes], *, looks: bool = True
    ) -> tuple[bytes, dict[str, bytes], dict[str, bytes]]:
        scheduler, memory = self.world.scheduler, self.memory
        scheduler.step("looks for values and asks whose turn it is", changes=[("leases",)])
        memory.tokens += 1
        token = b"%d" % memory.tokens
        values: dict[str, bytes] = {}
        held: dict[str, bytes] = {}
        for name, beginning in zip(names, known, strict=True):
            content = self._content(name) if looks else None
            if content is not None and not (beginning and content.startswith(beginning)):
                values[name] = content
                continue
            holder, actor = memory.leases.get(name, (b"", None))
            if not holder or (actor is not None and actor.killed):
                holder = token
                memory.leases[name] = token, scheduler.current
            held[name] = holder
        scheduler.observed((tuple(values.items()), tuple(held.items())))
        return token, values, held

    def _content(self, name: str) -> bytes | None:
        type_name, _, key = name.partition("/")
        self.world.scheduler.observed(self.world.scheduler.get(("shared", type_name, key)))
        entry = self.memory.entries.get((type_name, key))
        if entry is None:
            return None
        content = SimulatedTier.beginning(entry.stamp) + b" %r" % entry.deadline
        self.memory.contents[content] = entry
        return content

    def release(self, token: bytes, stored: Mapping[str, bool]) -> None:
        scheduler, memory = self.world.scheduler, self.memory
        scheduler.step("gives its turn back", changes=[("leases",)])
        for name in stored:
            if memory.leases.get(name, (b"",))[0] == token:
                del memory.leases[name]
        memory.told[token] = b"1" if all(stored.values()) else b"0"
        if len(stored) == 1 and all(stored.values()):
            for name in stored:
                memory.told[token] = b"=" + (self._content(name) or b"")

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
