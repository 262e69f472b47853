"""The cache types and kinds of this process, created when they are first used."""

import threading

from ..keys import CacheType, cache_type, kind_of, known_types
from ..monitoring import stats
from .entries import Kind, TypeEntries
from .placed_kind import PlacedKind
from .places import anything, place_beside, place_of
from .runtime import Runtime


class TypeTable:
    """The entries of all cache types in this process. Types and kinds are created when they are first used."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.held: dict[str, TypeEntries] = {}
        self._beside: dict[tuple[str, str], Kind] = {}
        self._lock = threading.RLock()
        runtime.on_reconfigure.append(self._forget)
        runtime.on_shared_fault = self._count_shared_fault

    def _forget(self) -> None:
        for entries in list(self.held.values()):
            entries.is_current = False
        self.held, self._beside = {}, {}
        self._lock = threading.RLock()

    def entries(self, name: str | CacheType) -> TypeEntries:
        """Return the entries of a type in this process; raise UnknownCacheType, which lists the known types."""
        declared = cache_type(name)
        config = self.runtime.config
        if declared.name not in self.held:
            with self._lock:
                max_size = config.MAX_SIZE.get(declared.name) or declared.max_size or config.default_max_size
                eviction = config.eviction(declared.name)
                entries = TypeEntries(self.runtime, declared, max_size, eviction, config.refresh(declared.name))
                self.held.setdefault(declared.name, entries)
        return self.held[declared.name]

    def all_entries(self) -> list[TypeEntries]:
        """Return the entries of every declared type in this process."""
        return [self.entries(name) for name in known_types()]

    def kind(self, type_name: str | CacheType, name: str) -> Kind:
        """Return a kind of a type; any name is a kind."""
        entries = self.entries(type_name)
        if name not in entries.kinds:
            with self._lock:
                entries.kinds.setdefault(name, self._make_kind(entries, name))
        return entries.kinds[name]

    def _make_kind(self, entries: TypeEntries, name: str) -> Kind:
        ttl, place = self.ttl(entries.declared, name), place_of(entries.name, name, self.runtime.scope)
        if place is None:
            return Kind(self.runtime, entries, name, ttl)
        return PlacedKind(self.runtime, entries, name, ttl, place)

    def forget_kind(self, type_name: str, name: str) -> None:
        """Make the kind anew when it is used next: a look-up has declared what its keys answer, and nobody else's."""
        if type_name in self.held and self.held[type_name].kinds.pop(name, None) is not None:
            self.held[type_name].drop(lambda key: kind_of(key) == name)

    def kind_of(self, type_name: str | CacheType, key: str) -> Kind:
        """Return the kind of a key; raise InvalidKey if it has none."""
        return self.kind(type_name, kind_of(key))

    def computed_kind_of(self, type_name: str | CacheType, key: str) -> Kind:
        """Return the kind in which anybody may hold a value under a key; raise InvalidKey if the key has none.

        What is held under a key of a look-up is held beside its rows, so that neither is given as the other.
        """
        kind = self.kind_of(type_name, key)
        if not kind.declared_as:
            return kind
        name = kind.entries.name, kind.name
        if name not in self._beside:
            with self._lock:
                self._beside.setdefault(name, self._make_kind_beside(kind))
        return self._beside[name]

    def _make_kind_beside(self, lookup: Kind) -> Kind:
        entries, name = lookup.entries, lookup.name
        place = place_beside(self.runtime.scope)
        kind = PlacedKind(self.runtime, entries, name, self.ttl(entries.declared, name), place)
        kind.declared_as, kind.accepts = "", anything
        return kind

    def ttl(self, declared: CacheType, kind: str) -> float:
        """Return the TTL of a kind in seconds: from the settings, else from the type, else the default."""
        config = self.runtime.config
        return config.ttl(declared.name, kind) or declared.ttl or config.default_ttl

    def _count_shared_fault(self) -> None:
        self.entries("general").count(stats.ERROR)
