"""What happens on a miss: look into the shared tier, then load, and store unless a dependency was written meanwhile."""

import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from asgiref.sync import sync_to_async

from ..coherence.dirty import dirty_watchers, is_dirty
from ..coherence.watcher import in_transaction
from ..exceptions import Uncacheable
from ..monitoring import stats
from ..monitoring.repeated_selects import is_loading
from ..values.forms import Content
from ..values.freezing import Rows, freeze, thaw
from .dependencies import Dependencies
from .entries import Kind
from .leases import Lease, take_leases
from .runtime import open_blocks, switched_off
from .storing import store
from .tiers import Entry

logger = logging.getLogger("caching")
Loaded = TypeVar("Loaded")


def load_through(
    kind: Kind, key: str, load: Callable[[], Any], dependencies: Callable[[], Dependencies], ttl: float | None
) -> Any:
    """Return a value that is not in the local tier: from the shared tier, from another thread's load, or loaded now."""
    # A value in the shared tier needs neither the single flight nor its dependencies.
    looked = not dirty_watchers
    if looked and (entry := find_shared({key: kind}).get(key)) is not None:
        return thaw(entry.value)
    with kind.runtime.single_flight.joined(
        kind.name_at(key, kind.place()), may_wait=lambda: not in_transaction()
    ) as waited:
        if waited:
            kind.count(stats.WAIT)
        entry, lease = _before_load(kind, key, dependencies, looked=looked)
        if entry is not None:
            return thaw(entry.value)
        started = time.perf_counter_ns()
        value = _run(load)
        _after_load(kind, key, value, lease, ttl, started)
        return value


async def aload_through(
    kind: Kind,
    key: str,
    load: Callable[[], Awaitable[Any]],
    dependencies: Callable[[], Dependencies],
    ttl: float | None,
) -> Any:
    """Do the same as ``load_through`` with an awaitable load."""
    async with kind.runtime.single_flight.awaited((kind.entries.name, key)):
        entry, lease = await sync_to_async(_before_load)(kind, key, dependencies)
        if entry is not None:
            return thaw(entry.value)
        started, token = time.perf_counter_ns(), is_loading.set(True)
        try:
            value = await load()
        finally:
            is_loading.reset(token)
        await sync_to_async(_after_load)(kind, key, value, lease, ttl, started)
        return value


def _before_load(
    kind: Kind, key: str, dependencies: Callable[[], Dependencies], *, looked: bool = False
) -> tuple[Entry | None, Lease | None]:
    """Return an entry that may be served, or count a miss and return the lease for the load.

    ``looked`` says that the shared tier has just been asked.
    """
    if not kind.runtime.is_serving:
        return None, None
    if dirty_watchers and is_dirty(dependencies().tags):
        kind.miss(key, inside_a_write=True)
        return None, None
    entry = kind.find(key) or (None if looked else find_shared({key: kind}).get(key))
    if entry is not None:
        return entry, None
    kind.miss(key)
    return None, take_leases(kind.runtime, {key: dependencies()}, {key: kind.place()})[key]


def _run(load: Callable[[], Loaded]) -> Loaded:
    """Return what is loaded. Its statements are no reads that could be cached next."""
    token = is_loading.set(True)
    try:
        return load()
    finally:
        is_loading.reset(token)


def _after_load(kind: Kind, key: str, value: Any, lease: Lease | None, ttl: float | None, started: int) -> None:
    content = _frozen(kind, value)
    count_loads(kind, started)
    if lease is not None and content is not None:
        store(kind, {key: (content, lease)}, ttl)


def _frozen(kind: Kind, value: Any, rows: Rows | None = None) -> Content | None:
    """Return the frozen form of what was loaded; None for rows of a look-up that nobody can make again.

    Nobody who reads rows by a field has chosen their types: such rows are read from the database each time.
    """
    try:
        return freeze(value, kind.entries.declared.dataclasses, rows)
    except Uncacheable as error:
        if not kind.declared_as:
            raise
        logger.warning("Rows of %s pass the cache: %s", kind.declared_as, error)
        return None


def load_many(
    kind: Kind,
    dependencies: Mapping[str, Dependencies],
    load: Callable[[], Mapping[str, Any]],
    *,
    fills: bool = False,
) -> Mapping[str, Any]:
    """Load and store the values of several keys that neither tier has, in one load; return them by key."""
    leases = {}
    if kind.runtime.is_serving:
        if dirty_watchers:
            for key, known in dependencies.items():
                kind.miss(key, inside_a_write=is_dirty(known.tags))
        else:
            kind.miss(*dependencies)
        leases = take_leases(kind.runtime, dependencies, dict.fromkeys(dependencies, kind.place()))
    started = time.perf_counter_ns()
    values = _run(load)
    count_loads(kind, started)
    if leases:
        rows = Rows()
        contents = ((key, _frozen(kind, value, rows)) for key, value in values.items())
        loaded = {key: (content, leases[key]) for key, content in contents if content is not None}
        store(kind, loaded, fills=fills)
    return values


def load_contents(
    kind: Kind, dependencies: Mapping[str, Dependencies], load: Callable[[], Mapping[str, Content] | None]
) -> bool:
    """Fill the cache with frozen values of several keys, in one load; return False if ``load`` returned None."""
    leases = take_leases(kind.runtime, dependencies, dict.fromkeys(dependencies, kind.place()))
    started = time.perf_counter_ns()
    contents = _run(load)
    if contents is None:
        return False
    count_loads(kind, started)
    store(kind, {key: (content, leases[key]) for key, content in contents.items()}, fills=True)
    return True


def count_loads(kind: Kind, started: int) -> None:
    """Count a load; ``started`` is the value of ``time.perf_counter_ns`` at its beginning.

    Inside ``caching_disabled()`` nothing is counted, so that a page about the counts leaves no trace in them.
    """
    if open_blocks and switched_off.get():
        return
    kind.count_load(time.perf_counter_ns() - started)


def find_many(kinds: Mapping[str, Kind]) -> dict[str, Entry]:
    """Return the entries of one type that may be served now, by key, from both tiers; count hits."""
    by_kind: defaultdict[Kind, list[str]] = defaultdict(list)
    for key, kind in kinds.items():
        by_kind[kind].append(key)
    found: dict[str, Entry] = {}
    for kind, own in by_kind.items():
        found |= kind.find_many(own)
    return found | find_shared({key: kind for key, kind in kinds.items() if key not in found})


def not_held(kind: Kind, wanted: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """Return what neither tier can serve, without counting a read; fill the local tier with what the shared one has."""
    held = kind.servable(wanted)
    shared = find_shared({key: kind for key in wanted if key not in held}, fills=True)
    return {key: value for key, value in wanted.items() if key not in held and key not in shared}


def find_shared(kinds: Mapping[str, Kind], *, fills: bool = False) -> dict[str, Entry]:
    """Return the entries in the shared tier that may be served now, by key; also store them in the local tier.

    ``fills`` says that nobody has asked for them yet, so that they displace nothing that was read.
    """
    if not kinds:
        return {}
    any_kind = next(iter(kinds.values()))
    runtime, declared = any_kind.runtime, any_kind.entries.declared
    tier = runtime.shared
    if tier is None or not runtime.is_serving or runtime.generations.is_degraded:
        return {}
    places = {kind: kind.place() for kind in kinds.values()}
    within = {key: (kind.declared_as, place) for key, kind in kinds.items() if (place := places[kind]) is not None}
    entries = tier.get_entries(declared, within, runtime.clock(), within, lambda key, value: kinds[key].accepts(value))
    served = {}
    filled: defaultdict[Kind, dict[str, Entry]] = defaultdict(dict)
    for (key, entry), serves in zip(entries.items(), runtime.may_serve_each(list(entries.values())), strict=True):
        if serves:
            if fills:
                filled[kinds[key]][key] = entry
            else:
                kinds[key].put(key, entry, stats.HIT_SHARED, within[key][1])
            served[key] = entry
        else:
            kinds[key].count(stats.REFUSAL)
    for kind, found in filled.items():
        kind.fill(found, stats.WARMED, places[kind] or "")
    return served
