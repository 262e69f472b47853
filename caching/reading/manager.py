"""The cache manager: the one object through which values are read, set and invalidated.

A read looks for an entry in the local tier, then in the shared tier, and serves it only if its stamp holds; otherwise
it loads the value. A load reads the generations first and stores the value only if it is proven to be as new as they
are (docs/coherence.md).
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.db import models

from .. import keys
from ..coherence.causes import current_cause
from ..coherence.dirty import dirty_watchers, is_dirty, rolled_back
from ..coherence.invalidation import publish
from ..coherence.models_by_label import ModelOrLabel, when_loaded
from ..coherence.publishing import publisher
from ..coherence.watched import labels_of
from ..conf import Config
from ..keys import CacheType, any_row_tag
from ..monitoring import stats
from ..values.forms import Content
from ..values.freezing import athaw, freeze, thaw
from . import leases
from .dependencies import Dependencies, Dependency, tags_of_dependency
from .entries import Kind, TypeEntries
from .finding import find_many
from .leases import Lease, take_leases
from .loading import aload_through, load_through
from .refill import refill
from .renewal import arenew_later, renew_later
from .runtime import Runtime
from .storing import store
from .type_table import TypeTable

Name = str | CacheType


class CacheManager:
    """Typed caches over a local and a shared tier. Each process has one manager, ``cache_manager``.

    Every method may be called from any thread and inside any transaction. A read never returns a value older than the
    last write to it that any thread or process published before the read began.
    ``clock`` gives seconds; times to live are measured with it.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.runtime = Runtime(clock)
        self.types = TypeTable(self.runtime)
        self._models: defaultdict[str, set[type[models.Model]]] = defaultdict(set)
        self._types_by_tag: defaultdict[str, set[str]] = defaultdict(set)
        self.runtime.on_reconfigure.append(leases.drop_all)
        publisher.listeners.append(self._count_invalidation)

    # -- set-up -------------------------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """The configuration in use; the first call reads the settings and opens the stores."""
        return self.runtime.config

    def reconfigure(self) -> None:
        """Discard entries, leases, counts and settings, so that the next use starts afresh: after a fork, in tests."""
        self.runtime.reconfigure()

    def forget_places(self) -> None:
        """Drop what is held, and make all kinds anew: answers now differ by something that they did not differ by."""
        # What is being loaded is stored nowhere: it was to be held for everybody.
        rolled_back()
        self.runtime.forget_places()

    def type_entries(self, cache_type: Name) -> TypeEntries:
        """Return the entries of a type in this process; raise UnknownCacheType, which lists the known types."""
        return self.types.entries(cache_type)

    def kind(self, cache_type: Name, name: str) -> Kind:
        """Return a kind of a type; any name is a kind."""
        return self.types.kind(cache_type, name)

    def bind(self, cache_type: Name, model: ModelOrLabel) -> None:
        """Make values of a type that declare no dependencies depend on any row of a model."""
        when_loaded(model, partial(self._bind, keys.cache_type(cache_type).name))

    def _bind(self, name: str, model: type[models.Model]) -> None:
        self._models[name].add(model)
        for label in labels_of(model):
            self._types_by_tag[any_row_tag(label)].add(name)

    # -- get and set --------------------------------------------------------------------------------------------------

    def get(self, cache_type: Name, key: str, default: Any = None) -> Any:
        """Return the cached value, else ``default``; remember the moment for a ``set`` that may follow."""
        return self.get_many(cache_type, (key,)).get(key, default)

    def get_many(self, cache_type: Name, keys: Iterable[str]) -> dict[str, Any]:
        """Return cached values by key, omitting keys that are not cached; one round trip to the shared tier.

        Under a key of a look-up, what was set is found first, then the answer that the look-up holds.
        """
        kinds = {key: self.types.computed_kind_of(cache_type, key) for key in keys}
        if not self.runtime.is_serving:
            return {}
        found = find_many(kinds)
        others = {key: self.types.kind_of(cache_type, key) for key in kinds if key not in found}
        found |= find_many({key: kind for key, kind in others.items() if kind is not kinds[key]})
        unknown = {key: self._dependencies(kind, key) for key, kind in kinds.items() if key not in found}
        if unknown:
            places = _places({key: kinds[key] for key in unknown})
            taken = take_leases(self.runtime, unknown, places)
            leases.remember({kinds[key].name_at(key, places[key]): lease for key, lease in taken.items()})
        for key in unknown:
            kinds[key].miss(key, inside_a_write=bool(dirty_watchers) and is_dirty(unknown[key].tags))
        return {key: thaw(entry.value) for key, entry in found.items()}

    def set(self, cache_type: Name, key: str, value: Any, ttl: float | None = None) -> None:
        """Store a value for ``ttl`` seconds.

        The value depends on the rows in it, and on any row of their models and of the models that the type is bound to.
        After a ``get`` of the key that missed in the same context, it is stored only if none of these has been written
        since; without one it is assumed to be current. Raises Uncacheable for a value that the tiers cannot hold.
        """
        self.set_many(cache_type, {key: value}, ttl)

    def set_many(self, cache_type: Name, mapping: Mapping[str, Any], ttl: float | None = None) -> None:
        """Store several values as ``set`` does, with one round trip to each tier per kind of key."""
        keys.positive_ttl(ttl)
        declared = self.types.entries(cache_type).declared
        kinds = {key: self.types.computed_kind_of(cache_type, key) for key in mapping}
        contents = {key: freeze(value, declared.dataclasses) for key, value in mapping.items()}
        places = _places(kinds)
        taken = {key: leases.take_back(kinds[key].name_at(key, places[key])) for key in mapping}
        without = {key: self._dependencies(kinds[key], key) for key, lease in taken.items() if lease is None}
        fresh = take_leases(self.runtime, without, places)
        by_kind: defaultdict[Kind, dict[str, tuple[Content, Lease]]] = defaultdict(dict)
        for key, content in contents.items():
            by_kind[kinds[key]][key] = content, taken[key] or fresh[key]
        for kind, loaded in by_kind.items():
            store(kind, loaded, ttl, is_poll=False)

    def get_or_load(
        self,
        cache_type: Name,
        key: str,
        load: Callable[[], Any],
        ttl: float | None = None,
        depends_on: Iterable[Dependency] = (),
    ) -> Any:
        """Return the cached value; otherwise load it, one load at a time per key, and store it for ``ttl`` seconds.

        ``depends_on`` lists models (any row), instances (that row) and selections (``rows_where``); rows in the value
        need not be listed. Without it, the value depends on any row of the models in it and of the models that the type
        is bound to.
        """
        keys.positive_ttl(ttl)
        kind = self.types.computed_kind_of(cache_type, key)
        entry = kind.find(key)
        if entry is not None:
            if kind.due and (held := kind.due.pop(key, None)) is not None:
                renew_later(kind, key, held, load, lambda: self._dependencies(kind, key, depends_on), ttl)
            return thaw(entry.value)
        return load_through(kind, key, load, lambda: self._dependencies(kind, key, depends_on), ttl)

    async def aget(self, cache_type: Name, key: str, default: Any = None) -> Any:
        """Return the same as ``get``."""
        return await sync_to_async(self.get)(cache_type, key, default)

    async def aset(self, cache_type: Name, key: str, value: Any, ttl: float | None = None) -> None:
        """Do the same as ``set``."""
        await sync_to_async(self.set)(cache_type, key, value, ttl)

    async def aget_or_load(
        self,
        cache_type: Name,
        key: str,
        load: Callable[[], Any],
        ttl: float | None = None,
        depends_on: Iterable[Dependency] = (),
    ) -> Any:
        """Return the same as ``get_or_load``; ``load`` may be a coroutine function."""
        keys.positive_ttl(ttl)
        kind = self.types.computed_kind_of(cache_type, key)

        def dependencies() -> Dependencies:
            return self._dependencies(kind, key, depends_on)

        # If a connection has written, only the thread that owns it can decide what may be served.
        if not (dirty_watchers or kind.is_placed) and (entry := kind.find(key)) is not None:
            if kind.due and (held := kind.due.pop(key, None)) is not None:
                later = arenew_later if iscoroutinefunction(load) else renew_later
                later(kind, key, held, load, dependencies, ttl)
            return await athaw(entry.value)
        if iscoroutinefunction(load):
            return await aload_through(kind, key, load, dependencies, ttl)
        return await sync_to_async(load_through)(kind, key, load, dependencies, ttl)

    def _dependencies(self, kind: Kind, key: str, depends_on: Iterable[Dependency] = ()) -> Dependencies:
        """Return the dependencies of a value, from its key and from its declaration."""
        name = kind.entries.name
        tags, labels = list(keys.key_tags(name, key)), set()
        declared = tuple(depends_on)
        for dependency in declared or self._models.get(name, ()):
            for model, found in tags_of_dependency(dependency):
                tags.extend(found)
                labels.update(labels_of(model))
        return Dependencies(tuple(tags), frozenset(labels), covers=bool(declared))

    # -- invalidation -------------------------------------------------------------------------------------------------

    def delete(self, cache_type: Name, key: str) -> None:
        """Drop one key in every process."""
        kind = self.types.kind_of(cache_type, key)
        kind.count(stats.DELETE)
        publish({keys.key_tag(kind.entries.name, key)}, current_cause("call"))
        kind.entries.drop(lambda held: held == key)
        if (shared := self.runtime.shared) is not None:
            shared.delete(kind.entries.name, key, (kind.declared_as, kind.place() or ""))

    def invalidate_pattern(self, cache_type: Name, pattern: str) -> int:
        """Drop the keys that match the glob in every process; return the number of entries this process dropped.

        The cost does not depend on the number of keys: the most specific tag that covers the glob is published. Keys
        that do not match may therefore be dropped too ("email:amy*" drops every email).
        """
        entries = self.types.entries(cache_type)
        tag = keys.pattern_tag(entries.name, pattern)
        publish({tag}, current_cause("pattern"))
        return entries.drop(lambda key: tag in keys.key_tags(entries.name, key))

    def clear(self, cache_type: Name | None = None) -> int:
        """Drop a type, or all types, in every process; return the number of entries this process held."""
        names = keys.known_types() if cache_type is None else [keys.cache_type(cache_type).name]
        publish({keys.type_tag(name) for name in names}, current_cause("clear"))
        return sum(self.types.entries(name).drop() for name in names)

    # -- statistics ---------------------------------------------------------------------------------------------------

    def get_stats(self, *, all_processes: bool = False) -> dict[str, Any]:
        """Return the counts of this process, or of all processes of the host, including those that have ended."""
        self.types.all_entries()  # the first use opens the recorder
        recorder = self.runtime.recorder
        snapshot, processes = recorder.snapshot_of_host() if all_processes else (recorder.snapshot(), 1)
        return {"scope": "host" if all_processes else "process", "processes": processes, **self.describe(snapshot)}

    def describe(self, snapshot: Mapping[str, stats.CacheStats]) -> dict[str, Any]:
        """Return counts by "type/kind" in the form of ``get_stats``, with the sizes and times to live of the types."""
        sizes = {held.name: held.max_size for held in self.types.all_entries()}
        max_drift = self.config.MAX_DRIFT if self.config.LEARN_TTL else None
        return {"enabled": self.config.ENABLED, **stats.report(snapshot, sizes, self._ttl_by_name, max_drift)}

    def _ttl_by_name(self, type_name: str, kind: str) -> float | None:
        return self.types.ttl(keys.cache_type(type_name), kind) if type_name in keys.known_types() else None

    @property
    def state(self) -> str:
        """Return "enabled", "disabled" by the settings, or "degraded" while the generations cannot be reached."""
        if not self.config.ENABLED:
            return "disabled"
        return "degraded" if self.runtime.generations.is_degraded else "enabled"

    def reset_stats(self) -> None:
        """Reset the counts of this process to zero."""
        for held in tuple(self.types.held.values()):
            with held.lock:
                self.runtime.recorder.reset(held.name)

    def types_of(self, tags: Iterable[str]) -> AbstractSet[str]:
        """Return the names of the types that a publication of these tags may concern."""
        names: set[str] = set()
        for tag in tags:
            # Every write to a model publishes "any row" of it; the other relevant tags are those of the cache itself.
            names |= self._types_by_tag.get(tag) or {tag.partition("/")[0]}
        return names

    def _count_invalidation(self, tags: Iterable[str], causes: Iterable[str], seconds: float) -> None:
        names = self.types_of(tags)
        for name in names & self.types.held.keys():
            for cause in causes:
                self.types.held[name].count(stats.INVALIDATED.get(cause, stats.INVALIDATED["call"]))
        if getattr(settings, "CACHING", {}).get("REFILL"):
            for name in names & set(keys.known_types()):
                if self.config.refills(name):
                    refill(self.runtime, name, tags)


def _places(kinds: Mapping[str, Kind]) -> dict[str, str | None]:
    """Return by key where an answer of now is held."""
    now = {kind: kind.place() for kind in kinds.values()}
    return {key: now[kind] for key, kind in kinds.items()}


general = CacheType("general")
cache_manager = CacheManager()
