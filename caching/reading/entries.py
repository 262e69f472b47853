"""The entries that this process holds, by cache type and kind, with their locks and counts."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from itertools import islice

from ..keys import CacheType, kind_of
from ..monitoring import stats
from ..monitoring.load_times import bucket_of
from ..stores.generations import Stamp
from ..values.sizes import estimated_bytes, places_of, stamp_bytes
from .aging import aging, expires_at
from .eviction import Eviction, Room, room_for
from .places import accepted_by, declared_name
from .polling import Polling
from .runtime import Runtime
from .tiers import Entry

logger = logging.getLogger("caching")
_MEASURED = 64
"""Of so many entries that are stored, the size of one is measured."""
_BYTES_OF_AN_ENTRY = 440
"""The entry itself, its two moments, its key and its places in the tables of the tier and of the look-up."""
_MAX_DEAD = 256
"""Of so many entries of a kind it is known that they are over, until they are loaded again."""
_REMEMBERED = 256
"""Of so many entries of a type that were dropped, the reason is known."""
_logs, _DEBUG = logger.isEnabledFor, logging.DEBUG
_levels: dict[int, bool] = getattr(logger, "_cache", {})
"""What ``isEnabledFor`` has found out since a level was last changed. A hit looks here first, which costs no call."""


class TypeEntries:
    """The local tier of one cache type. ``lock`` protects its entries and all counts of the type."""

    def __init__(self, runtime: Runtime, declared: CacheType, max_size: int, eviction: Eviction, refresh: str) -> None:
        self.declared, self.name = declared, declared.name
        self.lock = threading.Lock()
        self.max_size, self.refresh = max_size, refresh
        most = runtime.config.ENTRY_BYTES
        self._empty = partial(room_for, max_size, eviction, lambda entry: places_of(entry.value, most))
        self.row, self.view = runtime.recorder.row(self.name), runtime.recorder.view
        # False once all kinds are made anew: what one of these still loads may belong to another place than it knows.
        self.is_current = True
        self.entries: Room[str, Entry] = self._empty()
        self.kinds: dict[str, Kind] = {}
        self.dropped: deque[tuple[str, str, float]] = deque(maxlen=_REMEMBERED)
        """The keys that were dropped last, why, and when by ``time.time``: so that a miss can be explained."""

    def why_dropped(self, key: str) -> tuple[str, float] | None:
        """Return why a key was dropped last, and when; None if it was not, or so long ago that it is forgotten."""
        dropped = reversed(self.dropped.copy())
        return next(((reason, at) for name, reason, at in dropped if _without_place(name) == key), None)

    def count(self, counter: int, number: int = 1) -> None:
        with self.lock:
            self.view[self.row + counter] += number

    def taken_marks(self) -> list[str]:
        """Return the keys of the entries that were read since the last call, as far as the tier knows that."""
        with self.lock:
            return self.entries.taken_marks()

    def drop(self, matching: Callable[[str], bool] | None = None) -> int:
        """Drop the entries whose keys match, by default all; return their number."""
        with self.lock:
            before = len(self.entries)
            if matching is None:
                # Replace the whole tier: removing a thousand entries one by one costs more than publishing.
                self.entries = self._empty()
            else:
                for key in [key for key in self.entries if matching(_without_place(key))]:
                    del self.entries[key]
            self.view[self.row + stats.ENTRIES] = len(self.entries)
            return before - len(self.entries)

    def drop_dead(self, runtime: Runtime) -> None:
        """Drop the entries that can never be served again, with one check of the generations."""
        with self.lock:
            held = list(self.entries.items())
        now = runtime.clock()
        holding = runtime.generations.holding([entry.stamp for _, entry in held])
        with self.lock:
            for (key, entry), holds in zip(held, holding, strict=True):
                expired = expires_at(entry) <= now
                if (expired or not holds) and self.entries.pop(key, None) is not None:
                    reason = stats.EVICTED_EXPIRED if expired else stats.REFUSAL
                    self.view[self.kinds[kind_of(key)].row + reason] += 1
            self.view[self.row + stats.ENTRIES] = len(self.entries)


class Kind:
    """The entries of one kind of key, with their TTL and their counts."""

    __slots__ = (
        "accepts",
        "dead",
        "declared_as",
        "due",
        "entries",
        "name",
        "polling",
        "renew",
        "row",
        "runtime",
        "ttl",
        "view",
    )

    def __init__(self, runtime: Runtime, entries: TypeEntries, name: str, ttl: float) -> None:
        self.runtime, self.entries, self.name, self.ttl = runtime, entries, name, ttl
        self.row = runtime.recorder.row(entries.name, name)
        self.view = runtime.recorder.view
        self.declared_as, self.accepts = declared_name(entries.name, name), accepted_by(entries.name, name)
        self.polling = Polling() if runtime.config.LEARN_TTL else None
        # How a value is renewed before it expires, if a look-up has said so; else its reader is told by ``due``.
        self.renew: Callable[[str, Entry], None] | None = None
        self.due: dict[str, Entry] = {}
        # What was found to be over since its last load: the shared tier probably holds the same.
        self.dead: dict[str, Stamp] = {}

    @property
    def lifetime(self) -> float:
        """The time to live of an entry that is stored now: ``ttl``, or what was learned from it."""
        return self.ttl if self.polling is None else self.polling.lifetime(self.ttl)

    is_placed = False
    """Whether ``place`` must be asked in the thread that reads the database."""

    def place(self) -> str | None:
        """Return the scope, databases and filter of now as text, None for a read that must pass the cache."""
        return ""

    def name_at(self, key: str, place: str | None) -> tuple[str, str]:
        """Return the name of an answer in this process, for those who load it or wait for it."""
        return self.entries.name, f"{key}\n{place}" if place else key

    def find(self, key: str) -> Entry | None:
        """Return the local entry and count a hit, if it may be served now; else return None."""
        held = self.entries
        with held.lock:
            try:
                entry: Entry = held.entries.hit(key)
            except KeyError:
                return None
            if self.runtime.may_serve(entry):
                self.view[self.row] += 1  # hits_local, the first counter
                if _levels.get(_DEBUG, True) and _logs(_DEBUG):
                    logger.debug("Hit in %s: %s", held.name, key)
                return entry
        return self._find_late(key, entry)

    def _find_late(self, key: str, entry: Entry) -> Entry | None:
        """Return an entry whose renewal is due, and let the first who finds it have it renewed; else return None."""
        is_late = entry.deadline <= self.runtime.clock() < entry.expires_at
        if not is_late or not self.runtime.may_serve_each([entry])[0]:
            self._drop_if_dead(key, entry)
            return None
        self.count(stats.HIT_LOCAL)
        self._ask_for_renewal(key, entry)
        return entry

    def _ask_for_renewal(self, key: str, entry: Entry) -> None:
        """Have the value renewed if this is the first who finds it; until it expires, hits are as quick as before."""
        held, late = self.entries, Entry(entry.value, entry.stamp, entry.expires_at)
        with held.lock:
            if is_first := held.entries.get(key) is entry:
                held.entries[key] = late
        if is_first and self.renew is not None:
            self.renew(key, late)
        elif is_first and len(self.due) < held.max_size:
            self.due[key] = late

    def aging(self, entry: Entry) -> Entry:
        """Return the entry with a moment before its deadline at which its renewal is due, if its type is renewed."""
        wanted = "all" if self.renew is None else "rows"
        # Where an answer depends on the context of the caller, another thread may load another answer.
        renews = not self.is_placed and self.entries.refresh in (wanted, "all")
        return aging(entry, self.runtime.clock()) if renews else entry

    def find_many(self, keys: Iterable[str]) -> dict[str, Entry]:
        """Return the result of ``find`` for several keys, with one check of the generations."""
        held = self.entries
        if not self.runtime.is_serving:
            return {}
        with held.lock:
            present = {key: held.entries[key] for key in keys if key in held.entries}
        served = self.runtime.may_serve_each(list(present.values()))
        found = {key: entry for (key, entry), serves in zip(present.items(), served, strict=True) if serves}
        self.count(stats.HIT_LOCAL, len(found))
        if self.renew is not None:
            now = self.runtime.clock()
            for key in [key for key, entry in found.items() if entry.deadline <= now]:
                self._ask_for_renewal(key, found[key])
        for key in found if _logs(_DEBUG) else ():
            logger.debug("Hit in %s: %s", held.name, key)
        if len(found) < len(present):
            for key in present.keys() - found.keys():
                self._drop_if_dead(key, present[key])
        return found

    def servable(self, keys: Collection[str]) -> set[str]:
        """Return the keys whose entries may be served now. They do not count as read."""
        held = self.entries
        with held.lock:
            entries = {key: entry for key, entry in held.entries.items() if key in keys}
        served = self.runtime.may_serve_each(list(entries.values()))
        return {key for key, serves in zip(entries, served, strict=True) if serves}

    def miss(self, *keys: str, inside_a_write: bool = False) -> None:
        """Count reads that the cache cannot answer."""
        self.count(stats.BYPASS if inside_a_write else stats.MISS, len(keys))
        if _logs(_DEBUG):
            for key in keys:
                logger.debug("%s in %s: %s", "Bypass" if inside_a_write else "Miss", self.entries.name, key)

    def _drop_if_dead(self, key: str, entry: Entry) -> None:
        """Drop the entry if it can never be served again, and count the reason."""
        held, runtime = self.entries, self.runtime
        if expires_at(entry) <= runtime.clock():
            reason = stats.EVICTED_EXPIRED
        elif not runtime.generations.holds(entry.stamp):
            reason = stats.REFUSAL
            self._remember_dead(key, entry.stamp)
        else:
            return
        with held.lock:
            if held.entries.get(key) is entry:
                del held.entries[key]
                self.view[self.row + reason] += 1
                why = "expired" if reason == stats.EVICTED_EXPIRED else "invalidated"
                held.dropped.append((key, why, time.time()))
                self.view[held.row + stats.ENTRIES] = len(held.entries)

    def _remember_dead(self, key: str, stamp: Stamp) -> None:
        shared = self.runtime.shared
        if shared is not None and shared.turns is not None and not self.is_placed:
            if len(self.dead) >= _MAX_DEAD:
                self.dead.clear()
            self.dead[key] = stamp

    def put(self, found: Mapping[str, Entry], counter: int | None, place: str = "") -> None:
        """Store entries, evicting others if the type is full; add their number to ``counter``, if there is one."""
        held = self.entries
        with held.lock:
            for key, entry in found.items():
                for evicted in held.entries.put(key, entry):
                    held.dropped.append((evicted, "evicted", time.time()))
                    self.view[held.row + stats.EVICTED_SIZE] += 1
            self.view[held.row + stats.ENTRIES] = len(held.entries)
            if counter is None:
                return
            before = self.view[self.row + counter]
            self.view[self.row + counter] = before + len(found)
        for entry in islice(found.values(), -before % _MEASURED, None, _MEASURED):
            self._measure(entry)

    def fill(self, found: Mapping[str, Entry], counter: int, place: str = "") -> None:
        """Store entries that nobody has asked for, as many as there is room for; add the number of all to ``counter``.

        They take the room that is free, that of entries which can never be served again, and that of earlier ones of
        their sort which nobody has read. What was read stays.
        """
        held = self.entries
        if len(held.entries) + len(found) > held.max_size:
            held.drop_dead(self.runtime)
        with held.lock:
            before = len(held.entries)
            stored = held.entries.fill(found)
            self.view[held.row + stats.EVICTED_SIZE] += before + len(stored) - len(held.entries)
            self.view[held.row + stats.ENTRIES] = len(held.entries)
            self.view[self.row + counter] += len(found)
        for key in stored[::_MEASURED]:
            self._measure(found[key])

    def _measure(self, entry: Entry) -> None:
        size = estimated_bytes(entry.value) + stamp_bytes(entry.stamp.tags) + _BYTES_OF_AN_ENTRY
        with self.entries.lock:
            self.view[self.entries.row + stats.SAMPLED] += 1
            self.view[self.entries.row + stats.SAMPLED_BYTES] += size

    def count(self, counter: int, number: int = 1) -> None:
        with self.entries.lock:
            self.view[self.row + counter] += number

    def count_load(self, nanoseconds: int) -> None:
        """Count a load and the time that it took."""
        with self.entries.lock:
            self.view[self.row + stats.LOAD] += 1
            self.view[self.row + stats.LOAD_NS] += nanoseconds
            self.view[self.row + stats.LOADS_WITHIN + bucket_of(nanoseconds)] += 1


def _without_place(key: str) -> str:
    """Return the key of an entry as the caller knows it."""
    return key.rpartition("\n")[0] or key
