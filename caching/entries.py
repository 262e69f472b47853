"""What this process holds of each cache type: its entries, their lock, their counts."""

import logging
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING

from .coherence.connections import dirty_watchers, is_dirty
from .keys import CacheType
from .monitoring import stats
from .tiers import Entry, LocalTier

if TYPE_CHECKING:
    from .manager import CacheManager

logger = logging.getLogger("caching")
_logs, _DEBUG = logger.isEnabledFor, logging.DEBUG

switched_off: ContextVar[int] = ContextVar("caching_switched_off", default=0)
"""How many ``caching_disabled()`` blocks the calling context is inside of."""
open_blocks: set[object] = set()
"""Those blocks of any context. While there is none, a hit need not look at its own."""


class TypeEntries:
    """The local tier of one cache type. ``lock`` guards its entries and every count of the type."""

    def __init__(self, manager: "CacheManager", declared: CacheType, max_size: int) -> None:
        self.name = declared.name
        self.declared = declared
        self.lock = threading.Lock()
        self.max_size = max_size
        self.row = manager.recorder.row(self.name)
        self.view = manager.recorder.view
        self.entries = self._empty_tier()
        self.kinds: dict[str, Kind] = {}
        self.holds = manager.generations.holds

    def _empty_tier(self) -> LocalTier:
        return LocalTier(self.max_size, self._count_eviction)

    def _count_eviction(self) -> None:
        self.view[self.row + stats.EVICTED_SIZE] += 1

    def count(self, counter: int, number: int = 1) -> None:
        with self.lock:
            self.view[self.row + counter] += number

    def drop(self, matching: Callable[[str], bool] | None = None) -> int:
        """Drop the entries whose keys match, all by default; return how many."""
        with self.lock:
            before = len(self.entries)
            if matching is None:
                # At once: to take out a thousand one by one costs more than to tell every process.
                self.entries = self._empty_tier()
            else:
                for key in [key for key in self.entries if matching(key)]:
                    del self.entries[key]
            self.view[self.row + stats.ENTRIES] = len(self.entries)
            return before - len(self.entries)


class Kind:
    """The entries of one kind of key: how long they live and what is counted of them."""

    __slots__ = ("entries", "manager", "name", "row", "ttl", "view")

    def __init__(self, manager: "CacheManager", entries: TypeEntries, name: str, ttl: float) -> None:
        self.manager, self.entries, self.name, self.ttl = manager, entries, name, ttl
        self.row = manager.recorder.row(entries.name, name)
        self.view = manager.recorder.view

    def find(self, key: str) -> Entry | None:
        """Return the entry of the local tier if it may be served now, and count the hit."""
        held, manager = self.entries, self.manager
        with held.lock:
            try:
                entry: Entry = held.entries[key]
            except KeyError:
                return None
            if (
                entry.deadline > manager.clock()
                and held.holds(entry.stamp)
                and manager.serves
                and not (open_blocks and switched_off.get())
                and (not dirty_watchers or not is_dirty(entry.stamp.tags))
            ):
                self.view[self.row] += 1  # hits_local, the first counter
                if _logs(_DEBUG):
                    logger.debug("Hit in %s: %s", held.name, key)
                return entry
        self._drop_if_dead(key, entry)
        return None

    def find_many(self, keys: Iterable[str]) -> dict[str, Entry]:
        """Return what ``find`` returns for several keys, by one look at the generations."""
        held, manager = self.entries, self.manager
        if not manager.serves or switched_off.get():
            return {}
        with held.lock:
            looked = {key: held.entries[key] for key in keys if key in held.entries}
        now = manager.clock()
        holding = manager.generations.holding([entry.stamp for entry in looked.values()])
        found = {
            key: entry
            for (key, entry), holds in zip(looked.items(), holding, strict=True)
            if holds and entry.deadline > now and (not dirty_watchers or not is_dirty(entry.stamp.tags))
        }
        self.count(stats.HIT_LOCAL, len(found))
        if _logs(_DEBUG):
            for key in found:
                logger.debug("Hit in %s: %s", held.name, key)
        if len(found) < len(looked):
            for key in looked.keys() - found.keys():
                self._drop_if_dead(key, looked[key])
        return found

    def miss(self, *keys: str, inside_a_write: bool = False) -> None:
        """Count reads that the cache does not answer."""
        self.count(stats.BYPASS if inside_a_write else stats.MISS, len(keys))
        if _logs(_DEBUG):
            for key in keys:
                logger.debug("%s in %s: %s", "Bypass" if inside_a_write else "Miss", self.entries.name, key)

    def _drop_if_dead(self, key: str, entry: Entry) -> None:
        """Drop an entry that can never be served again, and count why."""
        held, manager = self.entries, self.manager
        if entry.deadline <= manager.clock():
            reason = stats.EVICTED_EXPIRED
        elif not held.holds(entry.stamp):
            reason = stats.REFUSAL
        else:
            return
        with held.lock:
            if held.entries.get(key) is entry:
                del held.entries[key]
                self.view[self.row + reason] += 1
                self.view[held.row + stats.ENTRIES] = len(held.entries)

    def put(self, key: str, entry: Entry, counter: int) -> None:
        """Hold an entry, in place of the least recently used one when the type is full; count where it came from."""
        held = self.entries
        with held.lock:
            held.entries[key] = entry
            self.view[held.row + stats.ENTRIES] = len(held.entries)
            self.view[self.row + counter] += 1

    def count(self, counter: int, number: int = 1) -> None:
        with self.entries.lock:
            self.view[self.row + counter] += number
