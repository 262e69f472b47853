"""Leases: the generations at the moment before a load, which decide what may be stored after it."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..coherence.dirty import dirty_here, last_rollback
from ..coherence.watched import watched_labels
from ..coherence.watcher import takes_new_snapshots
from ..keys import any_row_tag
from ..stores.generations import Stamp
from .dependencies import Dependencies, from_replica
from .runtime import Runtime

MAX_LEASES = 1024
"""The most open leases of one context. Beyond it the oldest are dropped; their ``set`` takes a new lease."""

MAX_SECONDS = 60.0
"""A ``get`` that misses this long after an open lease takes its place: the load of that one was given up."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The generations at one moment."""

    dependencies: Dependencies
    known: Stamp | None
    """The stamp of the tags known before the load; None if the loaded value must not be stored."""
    guards: Mapping[str, int | None]
    """The generation of "any row" of every watched model, by label; None while it has a live intent."""
    rollback: int = 0
    """The number of the last rollback in this process: a read between a write and its rollback may be wrong."""
    taken_at: float = 0.0
    """The moment, in seconds of the manager's clock."""
    opened: int = 1
    """How many calls of ``get`` for the key have not been followed by a ``set`` yet, without those given up."""
    given_up: int = 0
    """The number of older ``get`` calls whose load is taken to be given up. If one ends all the same, its ``set`` comes
    after ours and stores nothing. A lease with nothing but these (``opened`` is 0) only says so."""
    place: str | None = ""
    """The scope, databases and filter in which the load takes place."""


def take_leases(
    runtime: Runtime, wanted: Mapping[str, Dependencies], places: Mapping[str, str | None] = MappingProxyType({})
) -> dict[str, Lease]:
    """Return leases by key, with the current generations, for loads that begin after this call.

    ``places`` says by key in which place the load happens; None: what it gives must not be stored.
    """
    labels = watched_labels()
    guards = dict(zip(labels, runtime.generations.read([any_row_tag(label) for label in labels]), strict=True))
    stamps: Sequence[Stamp | None] = [None] * len(wanted)
    if takes_new_snapshots() and not dirty_here():
        stamps = runtime.generations.stamps([dependencies.tags for dependencies in wanted.values()])
    rollback, now = last_rollback(), runtime.clock()
    return {
        key: Lease(
            dependencies,
            None if from_replica(dependencies) else stamp,
            guards,
            rollback,
            now,
            place=places.get(key, ""),
        )
        for (key, dependencies), stamp in zip(wanted.items(), stamps, strict=True)
    }


# Tasks copy the context but not the objects in it. So the mapping is replaced and never changed in place.
open_leases: ContextVar[Mapping[tuple[str, str], Lease]] = ContextVar("caching_leases", default=MappingProxyType({}))


def remember(leases: Mapping[tuple[str, str], Lease]) -> None:
    """Keep the leases of a ``get`` for a later ``set`` in this context; an older lease of a key takes precedence."""
    held = dict(open_leases.get())
    for name, lease in leases.items():
        older = held.pop(name, None)
        if older is None:
            held[name] = lease
        elif older.opened and lease.taken_at - older.taken_at <= MAX_SECONDS:
            held[name] = replace(older, opened=older.opened + 1)
        else:
            held[name] = replace(lease, given_up=older.opened + older.given_up)
    for name in list(held)[: max(len(held) - MAX_LEASES, 0)]:
        del held[name]
    open_leases.set(held)


def take_back(name: tuple[str, str]) -> Lease | None:
    """Return the oldest open lease of a key, and close one ``get`` of it; None if there is none."""
    held = dict(open_leases.get())
    lease = held.pop(name, None)
    if lease is None:
        return None
    if lease.opened:
        rest = replace(lease, opened=lease.opened - 1)
    else:
        rest = replace(lease, given_up=lease.given_up - 1)
        lease = replace(lease, known=None)
    if rest.opened or rest.given_up:
        held[name] = rest
    open_leases.set(held)
    return lease


def is_open(name: tuple[str, str]) -> bool:
    return name in open_leases.get()


def drop_all(**kwargs: object) -> None:
    """Drop all leases of this context: the receiver of ``request_started`` and ``request_finished``."""
    if open_leases.get():
        open_leases.set(MappingProxyType({}))
