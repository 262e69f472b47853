"""One simulated process: a cache manager and look-ups of its own, whose memory the scheduler watches."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from cachetools import Cache

from caching.reading.entries import Kind
from caching.reading.eviction import SieveCache
from caching.reading.groups import CachedGroup
from caching.reading.lookups import CachedLookup
from caching.reading.manager import CacheManager
from caching.reading.polling import Polling
from caching.reading.tiers import Entry
from scheduling.models import Employee, ScheduleAssignment

from .database import ASSIGNMENT, EMPLOYEE, Connection
from .questions import Question
from .scheduler import Lock, Violation
from .stores import SteppedGenerations

if TYPE_CHECKING:
    from .world import World


class Process:
    """One simulated process."""

    def __init__(self, world: World, name: str, store: SteppedGenerations) -> None:
        self.world, self.name, self.store = world, name, store
        self.manager = CacheManager(clock=lambda: 0.0)
        self.connections: list[Connection] = []

    def set_up(self) -> None:
        """Make the look-ups; this process must be the one that runs."""
        group = {"cache_type": "schedule"}
        self.lookups: dict[str, Any] = {
            # With kinds of their own, because the look-ups of the project have the keys "id", "email" and "schedule".
            "id": _SimulatedLookup(Employee, "id", cache_type="employee", kind="simulated_id"),
            "email": _SimulatedLookup(Employee, "email", cache_type="employee", kind="simulated_email"),
            "schedule": _SimulatedGroup(ScheduleAssignment, "schedule", kind="simulated", **group),
            "joined": _SimulatedGroup(
                ScheduleAssignment, "schedule", kind="simulated_joined", select_related=("employee",), **group
            ),
        }
        for lookup in self.lookups.values():
            lookup.world = self.world
        for name in ("employee", "schedule"):
            entries = self.manager.type_entries(name)
            entries.lock = Lock(self.world.scheduler)  # type: ignore[assignment]
            entries.entries = _WatchedEntries(self, entries.entries)
        self.manager.runtime.single_flight._loading = _WatchedFlights(self)

    def digest(self, key: Hashable) -> int:
        """Return the digest of what the process remembers by a key."""
        return self.world.scheduler.get((self.name, key))

    def changed(self, key: Hashable, *, put: bool) -> None:
        """Tell the scheduler that the running actor has put something there, or taken it away."""
        actor = self.world.scheduler.current
        self.world.scheduler.set_to((self.name, key), actor.seen if actor and put else 0)

    def forget(self) -> None:
        self.connections.clear()
        self.manager.runtime.shared = None
        self.store.start_anew()
        for name in ("employee", "schedule"):
            # One by one: all at once would put an unwatched tier in the place of ours.
            self.manager.type_entries(name).drop(lambda key: True)
            for kind in self.manager.type_entries(name).kinds.values():
                kind.dead, kind.polling = _WatchedMemory(self, f"{kind.name} is over"), None

    def learn(self) -> None:
        """Poll the kinds of look-ups, as every process does where times to live are learned."""
        for kind in self.manager.type_entries("employee").kinds.values():
            kind.polling = _WatchedPolling(self, kind.name)

    def ask(self, question: Question) -> Any:
        """Return what the code under test answers."""
        load = self.world.load_everybody
        if question.lookup == "everybody":
            return self.manager.get_or_load("employee", "everybody:all", load, depends_on=[Employee])
        if question.lookup == "get_set":
            found = self.manager.get("employee", "everybody:by_hand")
            if found is None:
                found = load()
                self.manager.set("employee", "everybody:by_hand", found)
            return found
        return self.lookups[question.lookup].get(question.value)


class _WatchedEntries(SieveCache[str, Entry]):
    """A local tier that tells the scheduler who looks and who changes."""

    def __init__(self, process: Process, entries: Cache[str, Entry]) -> None:
        super().__init__(int(entries.maxsize))
        self._process = process

    def __getitem__(self, key: str) -> Entry:
        self._process.world.scheduler.observed(self._process.digest(key))
        return super().__getitem__(key)

    def __setitem__(self, key: str, entry: Entry) -> None:
        self._process.changed(key, put=True)
        super().__setitem__(key, entry)

    def __delitem__(self, key: str) -> None:
        self._process.changed(key, put=False)
        super().__delitem__(key)


class _WatchedFlights(dict[Any, Any]):
    """The loads under way, watched in the same way."""

    def __init__(self, process: Process) -> None:
        super().__init__()
        self._process = process

    def setdefault(self, name: Any, mine: Any) -> Any:
        found = super().setdefault(name, mine)
        self._process.world.scheduler.observed(found is mine)
        self._process.changed(name, put=True)
        return found

    def pop(self, name: Any, default: Any = None) -> Any:
        self._process.changed(name, put=False)
        return super().pop(name, default)


class _WatchedMemory(dict[str, Any]):
    """What a kind remembers besides its entries, watched in the same way."""

    def __init__(self, process: Process, name: str) -> None:
        super().__init__()
        self._process, self._name = process, name

    def __contains__(self, key: object) -> bool:
        self._observe(key)
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._observe(key)
        return super().get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        self._process.changed((self._name, key), put=True)
        super().__setitem__(key, value)

    def pop(self, key: str, default: Any = None) -> Any:
        self._observe(key)
        self._process.changed((self._name, key), put=False)
        return super().pop(key, default)

    def _observe(self, key: object) -> None:
        self._process.world.scheduler.observed(self._process.digest((self._name, key)))


class _WatchedPolling(Polling):
    """The polls of a kind. Nobody writes past Django here, so none of them may find a change."""

    def __init__(self, process: Process, name: str) -> None:
        super().__init__()
        self._watched = _WatchedMemory(process, f"{name} is polled")

    def _count(self, kind: Kind, seconds: float, *, changed: bool) -> None:
        if changed:
            raise Violation("What Django has written was counted as drift.")


class _Simulated:
    """A look-up whose query goes to the simulated database."""

    world: World

    def _rows(self, values: Sequence[Any]) -> list[Any]:
        field: Any = self.field  # type: ignore[attr-defined]
        table = EMPLOYEE if self.model is Employee else ASSIGNMENT  # type: ignore[attr-defined]
        return self.world.load(table, lambda row: getattr(row, field.attname) in values, join=bool(self._related))  # type: ignore[attr-defined]


class _SimulatedLookup(_Simulated, CachedLookup):
    pass


class _SimulatedGroup(_Simulated, CachedGroup):
    pass
