"""The cache manager: every read of the cache goes through here.

A read finds an entry in the local tier, then in the shared tier, and serves it only while its stamp holds; else it
loads. A load reads the generations first and stores only what is provably as new as they are (docs/coherence.md).
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.apps import apps
from django.conf import settings
from django.db import models, router

from . import keys, leases
from .codec import Content, freeze, thaw
from .coherence.connections import (
    dirty_here,
    dirty_watchers,
    in_transaction,
    is_dirty,
    last_rollback,
    publish,
    takes_new_snapshots,
)
from .coherence.generations import GenerationStore, Stamp
from .coherence.invalidation import Selection, current_cause, labels_of, row_tags_of, watched_labels
from .coherence.publishing import publisher
from .conf import Config
from .entries import Kind, TypeEntries, open_blocks, switched_off
from .flights import Flights
from .keys import CacheType, all_rows_tag, any_row_tag
from .leases import Dependencies, Lease
from .monitoring import stats
from .monitoring.stats import StatsRecorder
from .tiers import Entry, SharedTier, is_process_local

Name = str | CacheType
Dependency = type[models.Model] | models.Model | Selection


class CacheManager:
    """Typed caches over a local and a shared tier; the process has one, ``cache_manager``.

    Every method may be called from any thread and inside any transaction. No read returns a value older than one whose
    write was published before the read began, by any thread or process of the host.
    ``clock`` gives the seconds that times to live are counted in.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.generations: GenerationStore
        self.recorder: StatsRecorder
        self.shared: SharedTier | None
        self.serves = True
        self._config: Config | None = None
        self._lock = threading.RLock()
        self._types: dict[str, TypeEntries] = {}
        self._models: defaultdict[str, set[type[models.Model]]] = defaultdict(set)
        self._types_by_tag: defaultdict[str, set[str]] = defaultdict(set)
        self._flights = Flights()
        self.on_reconfigure: list[Callable[[], None]] = []
        """Called when kinds must be asked for again."""
        publisher.listeners.append(self._count_invalidation)

    # -- set-up -------------------------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """The configuration in use; the first call reads the settings and opens the stores."""
        if self._config is None:
            with self._lock:
                if self._config is None:
                    self._config = self._set_up(Config.from_settings())
        return self._config

    def _set_up(self, config: Config) -> Config:
        self.recorder = StatsRecorder(Path(config.DIRECTORY) if config.DIRECTORY else None)
        self.generations = publisher.store
        self.serves = config.ENABLED
        alias = config.SHARED_ALIAS
        usable = alias is not None and not is_process_local(alias)
        self.shared = SharedTier(alias, self.generations, self._count_shared_fault) if usable and alias else None
        self._types = {}
        return config

    def reconfigure(self) -> None:
        """Drop entries, leases, counts and settings, so that the next use starts anew: after a fork, and in tests."""
        leases.drop_all()
        self._lock = threading.RLock()
        if self._config is not None:
            self.recorder.close()
        self._config = None
        self._types = {}
        self._flights = Flights()
        for forget in self.on_reconfigure:
            forget()

    def type_entries(self, cache_type: Name) -> TypeEntries:
        """Return what this process holds of a type; raise UnknownCacheType, which lists the known ones."""
        declared = keys.cache_type(cache_type)
        config = self.config
        if declared.name not in self._types:
            with self._lock:
                max_size = config.MAX_SIZE.get(declared.name) or declared.max_size or config.default_max_size
                self._types.setdefault(declared.name, TypeEntries(self, declared, max_size))
        return self._types[declared.name]

    def kind(self, cache_type: Name, name: str) -> Kind:
        """Return a kind of a type; kinds are open."""
        entries = self.type_entries(cache_type)
        if name not in entries.kinds:
            with self._lock:
                entries.kinds.setdefault(name, Kind(self, entries, name, self.ttl(entries.declared, name)))
        return entries.kinds[name]

    def ttl(self, declared: CacheType, kind: str) -> float:
        """Return the seconds that entries of a kind live: by the settings, else by the type, else the default."""
        return self.config.ttl(declared.name, kind) or declared.ttl or self.config.default_ttl

    def bind(self, cache_type: Name, model: type[models.Model]) -> None:
        """Let the values of a type that declare nothing else depend on any row of a model."""
        name = keys.cache_type(cache_type).name
        self._models[name].add(model)
        for label in labels_of(model):
            self._types_by_tag[any_row_tag(label)].add(name)

    # -- get and set --------------------------------------------------------------------------------------------------

    def get(self, cache_type: Name, key: str, default: Any = None) -> Any:
        """Return the cached value, else ``default``; remember the moment for the ``set`` that may follow."""
        return self.get_many(cache_type, (key,)).get(key, default)

    def get_many(self, cache_type: Name, keys: Iterable[str]) -> dict[str, Any]:
        """Return the cached values by key, without the keys that are not cached; one round trip to the shared tier."""
        kinds = {key: self._kind_of(cache_type, key) for key in keys}
        if not self.serves or switched_off.get():
            return {}
        name = self.type_entries(cache_type).name
        unknown = {key: self._dependencies(kind, key) for key, kind in kinds.items()}
        leases.remember({(name, key): lease for key, lease in self.leases(unknown).items()})
        found = self.find_many(kinds)
        for key, kind in kinds.items():
            if key not in found:
                kind.miss(key, inside_a_write=bool(dirty_watchers) and is_dirty(unknown[key].tags))
        return {key: thaw(entry.value) for key, entry in found.items()}

    def set(self, cache_type: Name, key: str, value: Any, ttl: float | None = None) -> None:
        """Store a value for ``ttl`` seconds.

        It depends on the rows in it, and on any row of their models and of those that the type is bound to. After a
        ``get`` of the key in the same context it is stored only if none of them has been written since; without one
        it is taken to be true now. Raises Uncacheable for a value that the tiers cannot hold.
        """
        self.set_many(cache_type, {key: value}, ttl)

    def set_many(self, cache_type: Name, mapping: Mapping[str, Any], ttl: float | None = None) -> None:
        """Store several values, each as ``set`` does; one round trip to each tier for every kind of key."""
        keys.positive_ttl(ttl)
        declared = self.type_entries(cache_type).declared
        kinds = {key: self._kind_of(cache_type, key) for key in mapping}
        contents = {key: freeze(value, declared.dataclasses) for key, value in mapping.items()}
        taken = {key: leases.take_back((declared.name, key)) for key in mapping}
        fresh = self.leases({key: self._dependencies(kinds[key], key) for key, lease in taken.items() if lease is None})
        by_kind: defaultdict[Kind, dict[str, tuple[Content, Lease]]] = defaultdict(dict)
        for key, content in contents.items():
            by_kind[kinds[key]][key] = content, taken[key] or fresh[key]
        for kind, loaded in by_kind.items():
            self.store(kind, loaded, ttl)

    def get_or_load(
        self,
        cache_type: Name,
        key: str,
        load: Callable[[], Any],
        ttl: float | None = None,
        depends_on: Iterable[Dependency] = (),
    ) -> Any:
        """Return the cached value, else load it, once at a time in this process, and store it for ``ttl`` seconds.

        ``depends_on`` names models (any row of them), instances (this row) and selections (``rows_where``); rows in
        the value need not be named. Without it a value depends on any row of the models in it and of those that the
        type is bound to.
        """
        keys.positive_ttl(ttl)
        kind = self._kind_of(cache_type, key)
        entry = kind.find(key)
        if entry is not None:
            return thaw(entry.value)
        return self.load_through(kind, key, load, lambda: self._dependencies(kind, key, depends_on), ttl)

    async def aget(self, cache_type: Name, key: str, default: Any = None) -> Any:
        """Return what ``get`` returns."""
        return await sync_to_async(self.get)(cache_type, key, default)

    async def aset(self, cache_type: Name, key: str, value: Any, ttl: float | None = None) -> None:
        """Do what ``set`` does."""
        await sync_to_async(self.set)(cache_type, key, value, ttl)

    async def aget_or_load(
        self,
        cache_type: Name,
        key: str,
        load: Callable[[], Any],
        ttl: float | None = None,
        depends_on: Iterable[Dependency] = (),
    ) -> Any:
        """Return what ``get_or_load`` returns; ``load`` may be a coroutine function."""
        keys.positive_ttl(ttl)
        kind = self._kind_of(cache_type, key)
        # Another thread's connection may have written: then only that thread can tell what may be served.
        if not dirty_watchers and (entry := kind.find(key)) is not None:
            return thaw(entry.value)

        def dependencies() -> Dependencies:
            return self._dependencies(kind, key, depends_on)

        if not iscoroutinefunction(load):
            return await sync_to_async(self.load_through)(kind, key, load, dependencies, ttl)
        async with self._flights.awaited((kind.entries.name, key)):
            entry, lease = await sync_to_async(self._before_load)(kind, key, dependencies)
            if entry is not None:
                return thaw(entry.value)
            started = time.perf_counter_ns()
            value = await load()
            await sync_to_async(self._after_load)(kind, key, value, lease, ttl, started)
            return value

    # -- loading ------------------------------------------------------------------------------------------------------

    def load_through(
        self, kind: Kind, key: str, load: Callable[[], Any], dependencies: Callable[[], Dependencies], ttl: float | None
    ) -> Any:
        """Load a value that is not in the local tier, unless another thread or the shared tier has it by now."""
        # Who finds it in the shared tier has nobody to wait for, and need not know what it depends on.
        looked = not dirty_watchers
        if looked and (entry := self.find_shared({key: kind}).get(key)) is not None:
            return thaw(entry.value)
        with self._flights.joined((kind.entries.name, key), may_wait=lambda: not in_transaction()) as waited:
            if waited:
                kind.count(stats.WAIT)
            entry, lease = self._before_load(kind, key, dependencies, looked=looked)
            if entry is not None:
                return thaw(entry.value)
            started = time.perf_counter_ns()
            value = load()
            self._after_load(kind, key, value, lease, ttl, started)
            return value

    def _before_load(
        self, kind: Kind, key: str, dependencies: Callable[[], Dependencies], *, looked: bool = False
    ) -> tuple[Entry | None, Lease | None]:
        """Return the entry that may be served, or the lease under which the load may be stored; count a miss.

        ``looked``: the shared tier was asked a moment ago.
        """
        if not self.serves or switched_off.get():
            return None, None
        if dirty_watchers and is_dirty(dependencies().tags):
            kind.miss(key, inside_a_write=True)
            return None, None
        entry = kind.find(key) or (None if looked else self.find_shared({key: kind}).get(key))
        if entry is not None:
            return entry, None
        kind.miss(key)
        return None, self.leases({key: dependencies()})[key]

    def _after_load(
        self, kind: Kind, key: str, value: Any, lease: Lease | None, ttl: float | None, started: int
    ) -> None:
        content = freeze(value, kind.entries.declared.dataclasses)
        self.count_loads(kind, 1, started)
        if lease is not None:
            self.store(kind, {key: (content, lease)}, ttl)

    def count_loads(self, kind: Kind, number: int, started: int) -> None:
        """Count loads that began together at a moment of ``time.perf_counter_ns``."""
        kind.count(stats.LOAD, number)
        kind.count(stats.LOAD_NS, time.perf_counter_ns() - started)

    def find_many(self, kinds: Mapping[str, Kind]) -> dict[str, Entry]:
        """Return the entries of one type that may be served now, by key, from both tiers; count the hits."""
        by_kind: defaultdict[Kind, list[str]] = defaultdict(list)
        for key, kind in kinds.items():
            by_kind[kind].append(key)
        found: dict[str, Entry] = {}
        for kind, own in by_kind.items():
            found |= kind.find_many(own)
        return found | self.find_shared({key: kind for key, kind in kinds.items() if key not in found})

    def find_shared(self, kinds: Mapping[str, Kind]) -> dict[str, Entry]:
        """Return the entries of one type that the shared tier has and that may be served now, by key; hold them."""
        tier = self.shared
        if tier is None or not kinds or not self.serves or switched_off.get() or self.generations.is_degraded:
            return {}
        declared = next(iter(kinds.values())).entries.declared
        entries = tier.get_entries(declared, kinds, self.clock())
        holding = self.generations.holding([entry.stamp for entry in entries.values()])
        served = {}
        for (key, entry), holds in zip(entries.items(), holding, strict=True):
            if holds and not (dirty_watchers and is_dirty(entry.stamp.tags)):
                kinds[key].put(key, entry, stats.HIT_SHARED)
                served[key] = entry
            else:
                kinds[key].count(stats.REFUSAL)
        return served

    def leases(self, wanted: Mapping[str, Dependencies]) -> dict[str, Lease]:
        """Return, by key, the generations of now, for loads that begin after this call."""
        labels = watched_labels()
        guards = dict(zip(labels, self.generations.read([any_row_tag(label) for label in labels]), strict=True))
        storable = takes_new_snapshots() and not dirty_here()
        if storable:
            stamps = self.generations.stamps([dependencies.tags for dependencies in wanted.values()])
        else:
            stamps = [None] * len(wanted)
        rollback, now = last_rollback(), self.clock()
        return {
            key: Lease(dependencies, None if _from_replica(dependencies) else stamp, guards, rollback, now)
            for (key, dependencies), stamp in zip(wanted.items(), stamps, strict=True)
        }

    def store(self, kind: Kind, loaded: Mapping[str, tuple[Content, Lease]], ttl: float | None = None) -> None:
        """Store what was loaded under leases, as far as nothing that it depends on has been written since."""
        if not self.serves or switched_off.get() or dirty_here():
            return
        ttl, longest_life = kind.ttl if ttl is None else ttl, self.generations.longest_life
        if not longest_life:
            return
        rows = {key: _row_tags(content) for key, (content, _) in loaded.items()}
        labels = watched_labels()
        # The guards come last: whoever wrote between the lease and the reading of a learned tag has changed them.
        tags = [*dict.fromkeys(chain.from_iterable(rows.values())), *map(any_row_tag, labels)]
        now = dict(zip(tags, self.generations.read(tags, afresh=True), strict=True))
        entries = {}
        for key, (content, lease) in loaded.items():
            stamp = self._learned(content, lease, rows[key], now)
            concerned = lease.dependencies.labels.union(*map(labels_of, content.row_models))
            if stamp is not None and all(_unchanged(label, lease.guards, now) for label in concerned):
                # In an outage it is as old as its lease: what others have written during the load nobody will tell.
                deadline = min(self.clock() + ttl, lease.taken_at + longest_life)
                entries[key] = Entry(content.value, stamp, deadline)
                kind.put(key, entries[key], stats.SET)
        if self.shared is not None and entries and not self.generations.is_degraded:
            self.shared.set_entries(kind.entries.name, entries, ttl)

    def _learned(
        self, content: Content, lease: Lease, rows: Iterable[str], now: Mapping[str, int | None]
    ) -> Stamp | None:
        """Return the stamp of a loaded value: what was known before, and the rows that it turned out to contain."""
        known = lease.known
        if known is None or lease.rollback != last_rollback():
            return None
        if any(database != router.db_for_write(model) for model, database in content.sources):
            return None
        learned = {tag: now[tag] for tag in rows if tag not in known.tags}
        selected_by: set[str] = set()
        if not lease.dependencies.covers:
            selected_by.update(label for model in content.row_models for label in labels_of(model))
        if lease.dependencies.absent and content.value is None:
            selected_by.add(lease.dependencies.absent)
        learned |= {any_row_tag(label): lease.guards.get(label) for label in selected_by}
        generations = [number for number in learned.values() if number is not None]
        if len(generations) < len(learned):
            return None
        return self.generations.restore(known.identity, (*known.tags, *learned), (*known.generations, *generations))

    def _kind_of(self, cache_type: Name, key: str) -> Kind:
        return self.kind(cache_type, keys.kind_of(key))

    def _dependencies(self, kind: Kind, key: str, depends_on: Iterable[Dependency] = ()) -> Dependencies:
        """Return what a value depends on by its key and by declaration."""
        name = kind.entries.name
        tags, labels = list(keys.key_tags(name, key)), set()
        declared = tuple(depends_on)
        for dependency in declared or self._models.get(name, ()):
            for model, found in _tags_of_dependency(dependency):
                tags.extend(found)
                labels.update(labels_of(model))
        return Dependencies(tuple(tags), frozenset(labels), covers=bool(declared))

    # -- invalidation -------------------------------------------------------------------------------------------------

    def delete(self, cache_type: Name, key: str) -> None:
        """Drop one key, in every process."""
        kind = self._kind_of(cache_type, key)
        kind.count(stats.DELETE)
        publish({keys.key_tag(kind.entries.name, key)}, current_cause("call"))
        kind.entries.drop(lambda held: held == key)
        if self.shared is not None:
            self.shared.delete(kind.entries.name, key)

    def invalidate_pattern(self, cache_type: Name, pattern: str) -> int:
        """Drop the keys that the glob matches, in every process; return how many this process held.

        Costs the same for ten keys as for a million: the deepest tag that covers the glob is published, so keys beside
        the matching ones may be dropped with them ("email:amy*" drops every email).
        """
        entries = self.type_entries(cache_type)
        tag = keys.pattern_tag(entries.name, pattern)
        publish({tag}, current_cause("pattern"))
        return entries.drop(lambda key: tag in keys.key_tags(entries.name, key))

    def clear(self, cache_type: Name | None = None) -> int:
        """Drop a type, or every type, in every process; return how many entries this process held."""
        names = keys.known_types() if cache_type is None else [keys.cache_type(cache_type).name]
        publish({keys.type_tag(name) for name in names}, current_cause("clear"))
        return sum(self.type_entries(name).drop() for name in names)

    # -- statistics ---------------------------------------------------------------------------------------------------

    def get_stats(self, *, all_processes: bool = False) -> dict[str, Any]:
        """Return what was counted in this process, or in all processes of the host, ended ones included."""
        config = self.config
        for name in keys.known_types():
            self.type_entries(name)
        snapshot, processes = self.recorder.snapshot_of_host() if all_processes else (self.recorder.snapshot(), 1)
        return {
            "enabled": config.ENABLED,
            "scope": "host" if all_processes else "process",
            "processes": processes,
            **stats.report(snapshot, {name: held.max_size for name, held in self._types.items()}, self._ttl_by_name),
        }

    def _ttl_by_name(self, type_name: str, kind: str) -> float | None:
        return self.ttl(keys.cache_type(type_name), kind) if type_name in keys.known_types() else None

    def reset_stats(self) -> None:
        """Set the counts of this process to zero."""
        if self.config:
            for held in tuple(self._types.values()):
                with held.lock:
                    self.recorder.reset(held.name)

    def _count_invalidation(self, tags: Iterable[str], causes: Iterable[str]) -> None:
        names: set[str] = set()
        for tag in tags:
            # Every write to a model publishes "any row" of it; other tags that matter here are those of the cache.
            names |= self._types_by_tag.get(tag) or {tag.partition("/")[0]}
        for name in names & self._types.keys():
            for cause in causes:
                self._types[name].count(stats.INVALIDATED.get(cause, stats.INVALIDATED["call"]))

    def _count_shared_fault(self) -> None:
        self.type_entries("general").count(stats.ERROR)


@contextmanager
def caching_disabled() -> Iterator[None]:
    """Read from the database and store nothing inside the block; writes still publish. Blocks nest."""
    open_blocks.add(block := object())
    token = switched_off.set(switched_off.get() + 1)
    try:
        yield
    finally:
        switched_off.reset(token)
        open_blocks.discard(block)


def _row_tags(content: Content) -> list[str]:
    """Return the tags of the rows that a value contains, and of "all rows" of their models."""
    rows = {tag for model, pk, _ in content.rows for tag in row_tags_of(model, pk)}
    rows.update(all_rows_tag(label) for model in content.row_models for label in labels_of(model))
    return sorted(rows)


def _unchanged(label: str, before: Mapping[str, int | None], now: Mapping[str, int | None]) -> bool:
    return before.get(label) is not None and before.get(label) == now[any_row_tag(label)]


def _tags_of_dependency(dependency: Dependency) -> Iterator[tuple[type[models.Model], Sequence[str]]]:
    if isinstance(dependency, Selection):
        yield dependency.model, (dependency.tag, *map(all_rows_tag, labels_of(dependency.model)))
    elif isinstance(dependency, models.Model):
        model = type(dependency)
        yield model, (*row_tags_of(model, dependency.pk), *map(all_rows_tag, labels_of(model)))
    else:
        yield dependency, [any_row_tag(labels_of(dependency)[0])]


def _from_replica(dependencies: Dependencies) -> bool:
    """Whether a model is read from another database than it is written to: a replica lags behind."""
    if not settings.DATABASE_ROUTERS:
        return False
    concerned = map(apps.get_model, dependencies.labels)
    return any(router.db_for_read(model) != router.db_for_write(model) for model in concerned)


general = CacheType("general")
cache_manager = CacheManager()
