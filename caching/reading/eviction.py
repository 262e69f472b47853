"""Which entry of a full type makes room: by SIEVE, or the least recently used."""

from collections import OrderedDict
from typing import Literal, TypeVar

from cachetools import Cache, LRUCache

Eviction = Literal["sieve", "lru"]
K = TypeVar("K")
V = TypeVar("V")


class SieveCache(Cache[K, V]):
    """A cache of at most ``maxsize`` entries that evicts by SIEVE. It has no lock: its owner must hold one.

    Entries stand in the order in which they came. A hit only marks its entry, so it costs less than moving it to an end
    as LRU does. To make room, a hand goes from the oldest entry to the newest and starts again behind it: it takes the
    mark off each marked entry and evicts the first without one. Entries that are read stay, and those of one long scan,
    which nobody reads twice, are evicted before them.

    Source: Y. Zhang et al., SIEVE is Simpler than LRU: an Efficient Turn-Key Eviction Algorithm for Web Caches,
    NSDI 2024.
    """

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self._values: dict[K, V] = {}
        """What the base class holds too; here a hit finds it without a second call."""
        self._read: set[K] = set()
        """The marked keys."""
        self._behind: OrderedDict[K, None] = OrderedDict()
        self._ahead: OrderedDict[K, None] = OrderedDict()
        """The keys that the hand has passed and those before it: together all, in the order in which they came."""

    def __getitem__(self, key: K) -> V:
        value = self._values[key]
        self._read.add(key)
        return value

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        if key not in self._values:
            self._go_round()
            self._ahead[key] = None
        self._values[key] = value

    def __delitem__(self, key: K) -> None:
        super().__delitem__(key)
        del self._values[key]
        self._read.discard(key)
        for keys in (self._ahead, self._behind):
            keys.pop(key, None)

    def popitem(self) -> tuple[K, V]:
        """Evict an entry and return it; raise KeyError if there is none."""
        while True:
            self._go_round()
            key, _ = self._ahead.popitem(last=False)
            if key not in self._read:
                return key, self.pop(key)
            self._read.discard(key)
            self._behind[key] = None

    def _go_round(self) -> None:
        if not self._ahead:
            self._ahead, self._behind = self._behind, self._ahead

    def clear(self) -> None:
        super().clear()
        for keys in (self._values, self._read, self._behind, self._ahead):
            keys.clear()


def room_for(maxsize: int, eviction: Eviction) -> Cache[K, V]:
    """Return an empty cache of at most ``maxsize`` entries."""
    return SieveCache(maxsize) if eviction == "sieve" else LRUCache(maxsize)
