"""What happens on a miss: look into the shared tier, then load, and store unless a dependency was written meanwhile."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import nullcontext
from typing import Any

from asgiref.sync import sync_to_async

from ..coherence.dirty import dirty_watchers, is_dirty
from ..coherence.watcher import in_transaction
from ..exceptions import Uncacheable
from ..monitoring import stats
from ..values.forms import Content
from ..values.freezing import Rows, freeze, thaw
from .dependencies import Dependencies
from .entries import Kind
from .herd import Look, Turn, has_turns
from .leases import Lease, take_leases
from .runtime import open_blocks, switched_off
from .storing import store
from .tiers import LEASE_SECONDS, Entry

logger = logging.getLogger("caching")

_FIRST_PAUSE, _LAST_PAUSE = 0.005, 0.05
"""How long a task waits before it asks again whether another process has loaded its value, in seconds."""


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
        turn = _turn_of(kind, key, waited=waited) if looked and kind.runtime.shared is not None else None
        with turn or nullcontext():
            if turn is not None and key in turn.found:
                return thaw(turn.found[key].value)
            entry, lease = _before_load(kind, key, dependencies, looked=looked)
            if entry is not None:
                return thaw(entry.value)
            started = time.perf_counter_ns()
            value = load()
            stored = _after_load(kind, key, value, lease, ttl, started)
            if turn is not None:
                turn.stored.update(stored)
            return value


def _turn_of(kind: Kind, key: str, *, waited: bool) -> Turn | None:
    """Return the turn to load the key, after waiting for another process that loads it; None if nobody can be asked.

    ``waited`` says that another thread of this process has just loaded it.
    """
    if not has_turns(kind.runtime):
        return None
    turn = Turn(kind, (key,))
    if waited and (entry := kind.find(key)) is not None:
        turn.found[key] = entry
        return turn
    look = _look_for(kind)
    turn.claim((key,), look)
    if turn.waited_for:
        kind.count(stats.WAIT)
        turn.wait(key, time.monotonic() + LEASE_SECONDS, look)
    return turn


def _look_for(kind: Kind) -> Look:
    return lambda keys: find_shared(dict.fromkeys(keys, kind))


async def aload_through(
    kind: Kind,
    key: str,
    load: Callable[[], Awaitable[Any]],
    dependencies: Callable[[], Dependencies],
    ttl: float | None,
) -> Any:
    """Do the same as ``load_through`` with an awaitable load."""
    async with kind.runtime.single_flight.awaited((kind.entries.name, key)):
        turn = await _aturn_of(kind, key) if kind.runtime.shared is not None and not dirty_watchers else None
        try:
            if turn is not None and key in turn.found:
                return thaw(turn.found[key].value)
            entry, lease = await sync_to_async(_before_load)(kind, key, dependencies, looked=turn is not None)
            if entry is not None:
                return thaw(entry.value)
            started = time.perf_counter_ns()
            value = await load()
            stored = await sync_to_async(_after_load)(kind, key, value, lease, ttl, started)
            if turn is not None:
                turn.stored.update(stored)
            return value
        finally:
            if turn is not None and turn.asked:
                await sync_to_async(turn.release)()


async def _aturn_of(kind: Kind, key: str) -> Turn | None:
    """Return the same as ``_turn_of``; while it waits, the thread of synchronous code is free for other tasks."""
    look, turn = _look_for(kind), Turn(kind, (key,))
    until, pause = time.monotonic() + LEASE_SECONDS, _FIRST_PAUSE

    def claim() -> bool:
        turn.waited_for.clear()
        if not turn.asked:
            entry = kind.find(key) or look((key,)).get(key)
            if entry is not None:
                turn.found[key] = entry
                return True
        if has_turns(kind.runtime):
            turn.claim((key,), look)
        return not turn.waited_for

    while not await sync_to_async(claim)() and time.monotonic() < until:
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LAST_PAUSE)
    return turn


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


def _after_load(
    kind: Kind, key: str, value: Any, lease: Lease | None, ttl: float | None, started: int
) -> Collection[str]:
    """Store what was loaded; return the keys that all processes can find now."""
    content = _frozen(kind, value)
    count_loads(kind, started)
    if lease is None or content is None:
        return ()
    return store(kind, {key: (content, lease)}, ttl)


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


Loads = Callable[[Collection[str]], Mapping[str, Any]]
"""Returns the values of some keys, by key, from one query."""


def load_many(kind: Kind, dependencies: Mapping[str, Dependencies], load: Loads) -> Mapping[str, Any]:
    """Return the values of several keys that neither tier has, by key: from one load, or loaded by other processes."""
    if dirty_watchers or kind.runtime.shared is None or not has_turns(kind.runtime):
        return _load_now(kind, dependencies, load)[0]
    look = _look_for(kind)
    with Turn(kind, list(dependencies)) as turn:
        turn.claim(list(dependencies), look)
        others = list(turn.waited_for)
        mine = {key: known for key, known in dependencies.items() if key not in turn.found and key not in others}
        values, stored = _load_now(kind, mine, load)
        turn.stored.update(stored)
    values = dict(values)
    if others:
        kind.count(stats.WAIT)
        until = time.monotonic() + LEASE_SECONDS
        # Not inside the block above: what was loaded must not wait for what is not.
        with Turn(kind, others) as rest:
            rest.waited_for |= turn.waited_for
            for key in others:
                rest.wait(key, until, look)
            left = {key: dependencies[key] for key in others if key not in rest.found}
            loaded, stored = _load_now(kind, left, load)
            rest.stored.update(stored)
        values |= loaded
        turn.found |= rest.found
    return values | {key: thaw(entry.value) for key, entry in turn.found.items()}


def _load_now(
    kind: Kind, dependencies: Mapping[str, Dependencies], load: Loads
) -> tuple[Mapping[str, Any], Collection[str]]:
    """Load and store values in one load; return them, and the keys that all processes can find now."""
    if not dependencies:
        return {}, ()
    leases = {}
    if kind.runtime.is_serving:
        if dirty_watchers:
            for key, known in dependencies.items():
                kind.miss(key, inside_a_write=is_dirty(known.tags))
        else:
            kind.miss(*dependencies)
        leases = take_leases(kind.runtime, dependencies, dict.fromkeys(dependencies, kind.place()))
    started = time.perf_counter_ns()
    values = load(dependencies.keys())
    count_loads(kind, started)
    if not leases:
        return values, ()
    rows = Rows()
    contents = ((key, _frozen(kind, value, rows)) for key, value in values.items())
    return values, store(kind, {key: (content, leases[key]) for key, content in contents if content is not None})


def load_contents(
    kind: Kind, dependencies: Mapping[str, Dependencies], load: Callable[[], Mapping[str, Content] | None]
) -> bool:
    """Load and store frozen values of several keys, in one load; return False if ``load`` returned None."""
    leases = take_leases(kind.runtime, dependencies, dict.fromkeys(dependencies, kind.place()))
    started = time.perf_counter_ns()
    contents = load()
    if contents is None:
        return False
    count_loads(kind, started)
    store(kind, {key: (content, leases[key]) for key, content in contents.items()})
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


def find_shared(kinds: Mapping[str, Kind]) -> dict[str, Entry]:
    """Return the entries in the shared tier that may be served now, by key; also store them in the local tier."""
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
    for (key, entry), serves in zip(entries.items(), runtime.may_serve_each(list(entries.values())), strict=True):
        if serves:
            kinds[key].put(key, entry, stats.HIT_SHARED, within[key][1])
            served[key] = entry
        else:
            kinds[key].count(stats.REFUSAL)
    return served
