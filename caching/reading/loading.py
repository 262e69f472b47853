"""What happens on a miss: look into the shared tier, then load, and store unless a dependency was written meanwhile."""

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import nullcontext
from typing import Any, TypeVar

from asgiref.sync import sync_to_async

from ..coherence.dirty import dirty_watchers, is_dirty
from ..coherence.watcher import in_transaction
from ..exceptions import Uncacheable
from ..monitoring import stats
from ..monitoring.repeated_selects import not_noted
from ..values.forms import Content
from ..values.freezing import Rows, athaw, freeze, thaw
from .dependencies import Dependencies
from .entries import Kind
from .finding import find_shared
from .herd import Turn, aturn_of, has_turns, turn_of
from .leases import Lease, open_leases, take_leases
from .runtime import open_blocks, switched_off
from .single_flight import kept_going
from .storing import store
from .tiers import LEASE_SECONDS, Entry

logger = logging.getLogger("caching")
Loaded = TypeVar("Loaded")


def load_through(
    kind: Kind, key: str, load: Callable[[], Any], dependencies: Callable[[], Dependencies], ttl: float | None
) -> Any:
    """Return a value that is not in the local tier: from the shared tier, from another thread's load, or loaded now."""
    # A value in the shared tier needs neither the single flight nor its dependencies. What has just ended here has
    # probably ended there: then it is looked for by the command that asks whose turn it is to load it.
    looked = not dirty_watchers
    is_over = key in kind.dead and has_turns(kind.runtime)
    if looked and not is_over and (entry := find_shared({key: kind}).get(key)) is not None:
        return thaw(entry.value)
    with kind.runtime.single_flight.joined(
        kind.name_at(key, kind.place()), may_wait=lambda: not in_transaction()
    ) as waited:
        if waited:
            kind.count(stats.WAIT)
        turn = turn_of(kind, key, waited=waited) if looked and kind.runtime.shared is not None else None
        with turn or nullcontext():
            if turn is not None and key in turn.found:
                return thaw(turn.found[key].value)
            entry, lease = _before_load(kind, key, dependencies, looked=looked)
            if entry is not None:
                return thaw(entry.value)
            started = time.perf_counter_ns()
            with not_noted():
                value = load()
            _after_load(kind, key, value, lease, ttl, started, turn)
            return _instances(value)


@kept_going(open_leases)
async def aload_through(
    kind: Kind,
    key: str,
    load: Callable[[], Awaitable[Any]],
    dependencies: Callable[[], Dependencies],
    ttl: float | None,
) -> Any:
    """Do the same as ``load_through`` with an awaitable load, which goes on if the caller is cancelled."""
    async with kind.runtime.single_flight.awaited((kind.entries.name, key)):
        turn = await aturn_of(kind, key) if kind.runtime.shared is not None and not dirty_watchers else None
        try:
            if turn is not None and key in turn.found:
                return await athaw(turn.found[key].value)
            entry, lease = await sync_to_async(_before_load)(kind, key, dependencies, looked=turn is not None)
            if entry is not None:
                return await athaw(entry.value)
            started = time.perf_counter_ns()
            with not_noted():
                value = await load()
            await sync_to_async(_after_load)(kind, key, value, lease, ttl, started, turn)
            return value
        finally:
            if turn is not None and turn.asked:
                await sync_to_async(turn.release)()


def load_anew(
    kind: Kind,
    key: str,
    load: Callable[[], Any],
    dependencies: Callable[[], Dependencies],
    ttl: float | None,
    is_done: Callable[[], bool] = lambda: False,
) -> bool:
    """Load and store a value although there is one; return False if somebody else does so or has just done so.

    ``is_done`` says the latter. Nobody of this process waits for it: an error of this load, or a write during it, is no
    reader's concern.
    """
    if kind.runtime.single_flight.is_loading(kind.name_at(key, None)):
        return False
    turn = Turn(kind, (key,)) if has_turns(kind.runtime) else None
    with turn or nullcontext():
        if turn is not None:
            turn.take()
        if (turn is not None and turn.waited_for) or is_done():
            return False
        lease = take_leases(kind.runtime, {key: dependencies()}, {key: kind.place()})[key]
        started = time.perf_counter_ns()
        with not_noted():
            value = load()
        _after_load(kind, key, value, lease, ttl, started, turn)
    return True


async def aload_anew(
    kind: Kind,
    key: str,
    load: Callable[[], Awaitable[Any]],
    dependencies: Callable[[], Dependencies],
    ttl: float | None,
) -> bool:
    """Do the same as ``load_anew`` with an awaitable load."""
    taken = await sync_to_async(take_leases)(kind.runtime, {key: dependencies()}, {key: kind.place()})
    started = time.perf_counter_ns()
    with not_noted():
        value = await load()
    await sync_to_async(_after_load)(kind, key, value, taken[key], ttl, started)
    return True


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
    kind: Kind,
    key: str,
    value: Any,
    lease: Lease | None,
    ttl: float | None,
    started: int,
    turn: Turn | None = None,
) -> None:
    """Store what was loaded, and note in the turn whether all processes can find it now."""
    content = _frozen(kind, value)
    count_loads(kind, started)
    if lease is None or content is None:
        return
    stored = store(kind, {key: (content, lease)}, ttl)
    if turn is not None:
        turn.stored.update(stored)


def _instances(value: Any) -> Any:
    """Return what was loaded, made anew if it was loaded in frozen form."""
    return thaw(value.value) if isinstance(value, Content) else value


def _frozen(kind: Kind, value: Any, rows: Rows | None = None) -> Content | None:
    """Return the frozen form of what was loaded; None for rows of a look-up that nobody can make again.

    Nobody who reads rows by a field has chosen their types: such rows are read from the database each time. A look-up
    may have loaded them in frozen form.
    """
    if isinstance(value, Content):
        return value
    try:
        return freeze(value, kind.entries.declared.dataclasses, rows)
    except Uncacheable as error:
        if not kind.declared_as:
            raise
        logger.warning("Rows of %s pass the cache: %s", kind.declared_as, error)
        return None


Loads = Callable[[Collection[str]], Mapping[str, Any]]
"""Returns the values of some keys, by key, from one query."""


def load_many(
    kind: Kind, dependencies: Mapping[str, Dependencies], load: Loads, *, fills: bool = False
) -> Mapping[str, Any]:
    """Return the values of several keys that neither tier has, by key: from one load, or loaded by other processes.

    ``fills`` says that nobody has asked for them yet, so that they displace nothing that was read.
    """
    if fills or dirty_watchers or kind.runtime.shared is None or not has_turns(kind.runtime):
        return load_now(kind, dependencies, load, fills=fills)[0]
    with Turn(kind, list(dependencies)) as turn:
        turn.claim(list(dependencies))
        others = list(turn.waited_for)
        mine = {key: known for key, known in dependencies.items() if key not in turn.found and key not in others}
        values, stored = load_now(kind, mine, load)
        turn.stored.update(stored)
    values = dict(values)
    if others:
        kind.count(stats.WAIT)
        until = time.monotonic() + LEASE_SECONDS
        # Not inside the block above: what was loaded must not wait for what is not.
        with turn:
            for key in others:
                turn.wait(key, until)
            left = {key: dependencies[key] for key in others if key not in turn.found}
            loaded, stored = load_now(kind, left, load)
            turn.stored.update(stored)
        values |= loaded
    return values | {key: thaw(entry.value) for key, entry in turn.found.items()}


def load_now(
    kind: Kind, dependencies: Mapping[str, Dependencies], load: Loads, *, counts: bool = True, fills: bool = False
) -> tuple[Mapping[str, Any], Collection[str]]:
    """Load and store values in one load; return them, and the keys that all processes can find now.

    ``counts`` says that somebody wanted to read them, and has missed them.
    """
    if not dependencies:
        return {}, ()
    leases = {}
    if kind.runtime.is_serving:
        if counts and dirty_watchers:
            for key, known in dependencies.items():
                kind.miss(key, inside_a_write=is_dirty(known.tags))
        elif counts:
            kind.miss(*dependencies)
        leases = take_leases(kind.runtime, dependencies, dict.fromkeys(dependencies, kind.place()))
    started = time.perf_counter_ns()
    with not_noted():
        values = load(dependencies.keys())
    count_loads(kind, started)
    stored: Collection[str] = ()
    if leases:
        rows = Rows()
        contents = ((key, _frozen(kind, value, rows)) for key, value in values.items())
        loaded = {key: (content, leases[key]) for key, content in contents if content is not None}
        stored = store(kind, loaded, fills=fills)
    return {key: _instances(value) for key, value in values.items()}, stored


def load_contents(
    kind: Kind, dependencies: Mapping[str, Dependencies], load: Callable[[], Mapping[str, Content] | None]
) -> bool:
    """Fill the cache with frozen values of several keys, in one load; return False if ``load`` returned None."""
    leases = take_leases(kind.runtime, dependencies, dict.fromkeys(dependencies, kind.place()))
    started = time.perf_counter_ns()
    with not_noted():
        contents = load()
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


def not_held(kind: Kind, wanted: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """Return what neither tier can serve, without counting a read; fill the local tier with what the shared one has."""
    held = kind.servable(wanted)
    shared = find_shared({key: kind for key in wanted if key not in held}, fills=True)
    return {key: value for key, value in wanted.items() if key not in held and key not in shared}
