"""Leases: the generations of the moment before a load, which decide what may be stored after it."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import MappingProxyType

from .coherence.generations import Stamp

MOST_LEASES = 1024
"""Open leases of one context; beyond that the oldest are given up, and a ``set`` takes the moment of the call."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What is known of a value before it is loaded."""

    tags: tuple[str, ...]
    labels: frozenset[str] = frozenset()
    """The models whose guard decides whether the loaded value may be stored."""
    covers: bool = True
    """Whether the tags cover which rows are selected; if not, any row of the models in the value does."""
    absent: str = ""
    """The model whose any row decides, if the value turns out to be None."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The generations of one moment."""

    dependencies: Dependencies
    known: Stamp | None
    """The tags that are known before the load; None: what is loaded must not be stored."""
    guards: Mapping[str, int | None]
    """Label -> generation of "any row" of every watched model, None under a live intent."""
    rollback: int = 0
    """The last rollback of this process: what is read between a write and its rollback is not true."""
    taken_at: float = 0.0
    """The moment, in seconds of the manager's clock."""
    opened: int = 1
    """How many ``get`` of the key have not been followed by a ``set``."""


# Tasks copy the context, not what it refers to: the mapping is replaced, never changed.
_open: ContextVar[Mapping[tuple[str, str], Lease]] = ContextVar("caching_leases", default=MappingProxyType({}))


def remember(leases: Mapping[tuple[str, str], Lease]) -> None:
    """Keep the leases of a ``get`` for the ``set`` that may follow in this context; older ones of a key win."""
    held = dict(_open.get())
    for name, lease in leases.items():
        held[name] = replace(held[name], opened=held[name].opened + 1) if name in held else lease
    for name in list(held)[: max(len(held) - MOST_LEASES, 0)]:
        del held[name]
    _open.set(held)


def take_back(name: tuple[str, str]) -> Lease | None:
    """Return the oldest open lease of a key and close one ``get`` of it."""
    held = dict(_open.get())
    lease = held.pop(name, None)
    if lease is None:
        return None
    if lease.opened > 1:
        held[name] = replace(lease, opened=lease.opened - 1)
    _open.set(held)
    return lease


def is_open(name: tuple[str, str]) -> bool:
    return name in _open.get()


def drop_all(**kwargs: object) -> None:
    """Give up all leases of this context: the receiver of ``request_started`` and ``request_finished``."""
    if _open.get():
        _open.set(MappingProxyType({}))
