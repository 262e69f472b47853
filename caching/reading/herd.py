"""One load over all processes: on a miss, the server of the shared tier says whose turn it is to load.

It only decides who loads. A process that has waited reads the shared tier as any read does, so it is served nothing
that has been written since. Without such a server, if it fails, or if somebody has waited for too long, each process
loads by itself.
"""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from asgiref.sync import sync_to_async

from ..coherence.watcher import in_transaction
from ..monitoring import stats
from .entries import Kind
from .finding import find_shared
from .runtime import Runtime
from .tiers import LEASE_SECONDS, Entry

_FIRST_PAUSE, _LAST_PAUSE = 0.005, 0.05
"""How long a task waits before it asks again whether another process has loaded its value, in seconds."""
_MAX_LOOKS = 3
"""How often to look for what others have just stored, if it is written again and again; then the caller loads."""
_BEGINNING = 4096
"""So many bytes of an entry tell it from another one of the same key: its stamp, and when it expires."""
_held_by: dict[bytes, int] = {}
"""The tokens of this process, each with the thread that loads under it."""
_NOBODY_YET = 0
"""No thread: whoever reads the key meanwhile, also the one that took the lease, waits for the load."""


class Turn:
    """What a caller has found out about some keys of one kind, and the leases under which it loads the others."""

    def __init__(self, kind: Kind, keys: Sequence[str]) -> None:
        self.kind = kind
        self.found: dict[str, Entry] = {}
        """What another process has loaded meanwhile."""
        self.waited_for: dict[str, bytes] = {}
        """The keys that others are loading, with the token of each."""
        self.stored: set[str] = set()
        """The keys whose values the holder of this turn has put into the shared tier."""
        self.asked = False
        """Whether the server was asked, which takes a moment."""
        self._keys = keys
        self._leases: dict[bytes, list[str]] = {}
        tier, dead = kind.runtime.shared, [(key, kind.dead.pop(key, None)) for key in keys]
        # The shared tier probably holds what this process has just found to be over.
        self._known = {key: tier.beginning(stamp) for key, stamp in dead if stamp is not None and tier is not None}
        """How a value in the shared tier begins that is of no use."""

    def claim(self, keys: Sequence[str]) -> None:
        """Ask for the turn to load some keys: afterwards they are found, waited for, or to be loaded by the caller."""
        for _ in range(_MAX_LOOKS):
            keys = self._use(self._claim(keys))
            if not keys:
                return

    def _use(self, contents: dict[str, bytes]) -> list[str]:
        """Take what the shared tier holds; return the keys of what is of no use."""
        if not contents:
            return []
        self.found |= find_shared(dict.fromkeys(contents, self.kind), contents)
        useless = {key: content[:_BEGINNING] for key, content in contents.items() if key not in self.found}
        self._known |= useless
        return list(useless)

    def _claim(self, keys: Sequence[str], *, looks: bool = True) -> dict[str, bytes]:
        """Take what nobody holds, note what others load, and return what the shared tier holds, by key."""
        by_name = dict(zip(self._names(keys), keys, strict=False))
        known = [self._known.get(key, b"") for key in by_name.values()]
        tier = self.kind.runtime.shared
        answer = tier and tier.in_turn(lambda turns: turns.claim(list(by_name), known, looks=looks))
        if not answer:
            return {}
        self.asked = True
        token, values, held = answer
        here = threading.get_ident()
        if mine := [by_name[name] for name, holder in held.items() if holder == token]:
            self._leases[token] = mine
            _held_by[token] = here
        # A load that asks for its own key does not wait for itself.
        others = {name: holder for name, holder in held.items() if holder != token and _held_by.get(holder) != here}
        self.waited_for |= {by_name[name]: holder for name, holder in others.items()}
        return {by_name[name]: value for name, value in values.items()}

    def take(self) -> None:
        """Take the leases that nobody holds, and look at nothing: for a caller who loads in any case."""
        self._claim(self._keys, looks=False)

    def take_for_another(self) -> None:
        """Do the same for a load in another thread, which begins later with ``adopted``."""
        self.take()
        _held_by.update(dict.fromkeys(self._leases, _NOBODY_YET))

    @contextmanager
    def adopted(self) -> Iterator[None]:
        """Load in this thread what another one has taken the leases for; give them back at the end."""
        _held_by.update(dict.fromkeys(self._leases, threading.get_ident()))
        with self:
            yield

    def wait(self, key: str, until: float) -> None:
        """Wait until the key is loaded by another process, or is ours to load: because that one has failed or died."""
        while (token := self.waited_for.pop(key, None)) is not None:
            if (left := until - time.monotonic()) <= 0:
                return
            tier = self.kind.runtime.shared
            told = tier and tier.in_turn(lambda turns: turns.wait(token, left))
            if told and told.startswith(b"="):
                self._use({key: told[1:]})
            if key in self.found or told == b"0" or (tier and tier.is_open):
                return
            self.claim([key])

    def release(self) -> None:
        """Give the leases back, and wake those who wait."""
        tier = self.kind.runtime.shared
        for token, keys in self._leases.items():
            _held_by.pop(token, None)
            outcome = {name: key in self.stored for name, key in zip(self._names(keys), keys, strict=False)}
            if tier is not None:
                tier.in_turn(lambda turns: turns.release(token, outcome))  # noqa: B023 (it is called at once)
        self._leases.clear()

    def _names(self, keys: Sequence[str]) -> list[str]:
        tier, place = self.kind.runtime.shared, self.kind.place()
        return [] if tier is None else tier.names(self.kind.entries.name, keys, (self.kind.declared_as, place or ""))

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *error: Any) -> None:
        self.release()


def has_turns(runtime: Runtime) -> bool:
    """Whether the server can be asked whose turn it is, and the calling thread may wait for others.

    A caller that holds database locks must not wait, because the load may be waiting for them.
    """
    tier = runtime.shared
    return (
        tier is not None
        and tier.turns is not None
        and runtime.is_serving
        and not runtime.generations.is_degraded
        and not tier.is_open
        and not in_transaction()
    )


def turn_of(kind: Kind, key: str, *, waited: bool) -> Turn | None:
    """Return the turn to load the key, after waiting for another process that loads it; None if nobody can be asked.

    ``waited`` says that another thread of this process has just loaded it.
    """
    if not has_turns(kind.runtime):
        return None
    turn = Turn(kind, (key,))
    if waited and (entry := kind.find(key)) is not None:
        turn.found[key] = entry
        return turn
    turn.claim((key,))
    if turn.waited_for:
        kind.count(stats.WAIT)
        turn.wait(key, time.monotonic() + LEASE_SECONDS)
    return turn


async def aturn_of(kind: Kind, key: str) -> Turn | None:
    """Return the same as ``turn_of``; while it waits, the thread of synchronous code is free for other tasks."""
    turn = Turn(kind, (key,))
    until, pause = time.monotonic() + LEASE_SECONDS, _FIRST_PAUSE

    def claim() -> bool:
        turn.waited_for.clear()
        asks = has_turns(kind.runtime)
        if (
            not turn.asked
            and (entry := kind.find(key) or (None if asks else find_shared({key: kind}).get(key))) is not None
        ):
            turn.found[key] = entry
        elif asks:
            turn.claim((key,))
        return not turn.waited_for

    while not await sync_to_async(claim)() and time.monotonic() < until:
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LAST_PAUSE)
    return turn
