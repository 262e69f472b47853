"""Which entry of a full type makes room: by SIEVE, or the least recently used."""

from collections import OrderedDict
from collections.abc import Callable, ItemsView, Mapping
from typing import Literal, TypeVar

from cachetools import Cache, LRUCache

Eviction = Literal["sieve", "lru"]
K = TypeVar("K")
V = TypeVar("V")


class WeighedCache(Cache[K, V]):
    """A cache of ``maxsize`` places, of which an entry takes as many as ``weigh`` says: nearly always one."""

    def __init__(self, maxsize: int, weigh: Callable[[V], int] = lambda value: 1) -> None:
        super().__init__(maxsize)
        self.weigh = weigh
        self._more: dict[K, int] = {}
        """How many places an entry takes beyond the first; only those that do. cachetools keeps a size of each."""
        self._extra = 0

    def put(self, key: K, value: V) -> list[K]:
        """Store an entry and return the keys of those that made room for it.

        One that would take more places than there are is not stored; then its own key is returned.
        """
        return self._put(key, value, self.weigh(value))

    def _put(self, key: K, value: V, weight: int) -> list[K]:
        evicted: list[K] = []
        self._extra -= self._more.pop(key, 0)
        if weight > self.maxsize:
            self.pop(key, None)
            return [key]
        while not self.has_room(weight - (key in self)):
            other, _ = self.popitem()
            evicted += [other] if other != key else []
        self[key] = value
        if weight > 1:
            self._more[key] = weight - 1
            self._extra += weight - 1
        return evicted

    def has_room(self, weight: int) -> bool:
        """Whether so many places are free."""
        return len(self) + self._extra + weight <= self.maxsize

    def __delitem__(self, key: K) -> None:
        super().__delitem__(key)
        self._extra -= self._more.pop(key, 0)

    def clear(self) -> None:
        super().clear()
        self._more.clear()
        self._extra = 0


class SieveCache(WeighedCache[K, V]):
    """A cache of at most ``maxsize`` entries that evicts by SIEVE. It has no lock: its owner must hold one.

    Entries stand in the order in which they came. A hit only marks its entry, so it costs less than moving it to an end
    as LRU does. To make room, a hand goes from the oldest entry to the newest and starts again behind it: it takes the
    mark off each marked entry and evicts the first without one. Entries that are read stay, and those of one long scan,
    which nobody reads twice, are evicted before them. ``fill`` stores what nobody has asked for yet, and displaces only
    what came in the same way and was never read.

    Source: Y. Zhang et al., SIEVE is Simpler than LRU: an Efficient Turn-Key Eviction Algorithm for Web Caches,
    NSDI 2024.
    """

    def __init__(self, maxsize: int, weigh: Callable[[V], int] = lambda value: 1) -> None:
        super().__init__(maxsize, weigh)
        self._values: dict[K, V] = self._Cache__data  # type: ignore[attr-defined]
        """What the base class holds; here a hit finds it without a second call."""
        self._read: set[K] = set()
        self._read_before: set[K] = set()
        """The marked keys, those since the marks were taken last and the others."""
        self._behind: OrderedDict[K, None] = OrderedDict()
        self._ahead: OrderedDict[K, None] = OrderedDict()
        """The keys that the hand has passed and those before it: together all, in the order in which they came."""
        self._filled: dict[K, None] = {}
        """The keys that ``fill`` has stored, the oldest first; those that have been read since may still be here."""

    def __getitem__(self, key: K) -> V:
        value = self._values[key]
        self._read.add(key)
        return value

    hit = __getitem__
    """The same by name: an index on a class of our own costs a hit a tenth of its time."""

    def __setitem__(self, key: K, value: V) -> None:
        is_new = key not in self._values
        super().__setitem__(key, value)
        if is_new:
            self._go_round()
            self._ahead[key] = None

    def __delitem__(self, key: K) -> None:
        super().__delitem__(key)
        self._unmark(key)
        for keys in (self._ahead, self._behind, self._filled):
            keys.pop(key, None)

    def items(self) -> ItemsView[K, V]:
        """Return the entries without marking them as read."""
        return self._values.items()

    def fill(self, entries: Mapping[K, V]) -> list[K]:
        """Store entries that nobody has asked for, as far as there is room; return the keys of those that are new.

        The room is what is free, and that of earlier fills that nobody has read.
        """
        unread = [key for key in self._filled if not self._is_marked(key) and key not in entries][::-1]
        stored = []
        for key, value in entries.items():
            if key in self._values:
                self.put(key, value)
                continue
            weight = self.weigh(value)
            while unread and not self.has_room(weight):
                del self[unread.pop()]
            if self.has_room(weight):
                self._put(key, value, weight)
                self._filled[key] = None
                stored.append(key)
        return stored

    def popitem(self) -> tuple[K, V]:
        """Evict an entry and return it; raise KeyError if there is none."""
        while True:
            self._go_round()
            key, _ = self._ahead.popitem(last=False)
            if not self._is_marked(key):
                return key, self.pop(key)
            self._unmark(key)
            # Its mark is gone, but it has been read.
            self._filled.pop(key, None)
            self._behind[key] = None

    def taken_marks(self) -> list[K]:
        """Return the keys that were read since the last call. It changes nothing about who makes room."""
        taken, self._read = self._read, set()
        self._read_before |= taken
        return list(taken)

    def _is_marked(self, key: K) -> bool:
        return key in self._read or key in self._read_before

    def _unmark(self, key: K) -> None:
        self._read.discard(key)
        self._read_before.discard(key)

    def _go_round(self) -> None:
        if not self._ahead:
            self._ahead, self._behind = self._behind, self._ahead

    def clear(self) -> None:
        super().clear()
        for keys in (self._read, self._read_before, self._behind, self._ahead, self._filled):
            keys.clear()


class LeastRecentlyUsed(WeighedCache[K, V], LRUCache[K, V]):
    """A cache of at most ``maxsize`` entries that evicts the one whose last read is the longest ago.

    It does not know which entries have been read, so ``fill`` takes only room that is free, and there are no marks.
    """

    hit = LRUCache.__getitem__

    def taken_marks(self) -> list[K]:
        return []

    def items(self) -> ItemsView[K, V]:
        """Return the entries without counting that as a read."""
        return {key: Cache.__getitem__(self, key) for key in self}.items()

    def fill(self, entries: Mapping[K, V]) -> list[K]:
        """Store entries that nobody has asked for, as far as there is free room; return the keys of the new ones."""
        stored = []
        for key, value in entries.items():
            weight = self.weigh(value)
            if key not in self:
                if not self.has_room(weight):
                    continue
                stored.append(key)
            self._put(key, value, weight)
        return stored


Room = SieveCache[K, V] | LeastRecentlyUsed[K, V]


def room_for(maxsize: int, eviction: Eviction, weigh: Callable[[V], int] = lambda value: 1) -> Room[K, V]:
    """Return an empty cache of at most ``maxsize`` entries, or of fewer that take more than one place."""
    return SieveCache(maxsize, weigh) if eviction == "sieve" else LeastRecentlyUsed(maxsize, weigh)
