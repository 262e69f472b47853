"""Generations: what a tag is worth now, and the interface of the stores that keep them.

A generation is an opaque value that a tag has until the next change; it never comes back. A *stamp* is what the tags
of an entry were worth when its value was loaded: as long as it holds, the value is true. An *intent* is the mark of
one COMMIT in progress: while one is live on a tag, nobody serves or stores under it.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from operator import itemgetter
from typing import Any
from weakref import WeakSet

import msgspec


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """The generations of some tags at one moment, with the identity of the store that gave them."""

    identity: bytes
    tags: tuple[str, ...]
    generations: tuple[int, ...]
    read: Callable[[Any], tuple[int, ...]]
    """How the store reads the same tags again, prepared once."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One COMMIT in progress: its tags, and until when (seconds of the store's clock) it counts."""

    identity: bytes
    tags: tuple[str, ...]
    deadline: float
    places: tuple[int, ...] = ()
    """Where the store keeps the tags, worked out once."""
    name: bytes = b""
    """What tells it from other intents on the same tags, where they are not counted but listed."""
    undelivered: bool = False
    """Whether the store does not know of it: who commits must leave its tags in the outbox."""


@dataclass(frozen=True, slots=True)
class Server:
    """What matters of the configuration of a server that keeps generations."""

    tracks: bool
    """Whether it keeps mirrors current; if not, every hit costs a round trip."""
    maxmemory_policy: str
    """What it evicts first when its memory is full."""


def reader_of(places: Sequence[Hashable]) -> Callable[[Any], tuple[int, ...]]:
    """Return what reads these places of a view, as a tuple, in one step of the interpreter."""
    return itemgetter(*places) if len(places) > 1 else lambda view: (view[places[0]],)


class GenerationStore(ABC):
    """Where generations live. Every method may be called from any thread of any process."""

    has_outbox = False
    """Whether what it cannot deliver is repaired: see outbox.py."""
    longest_life: float = inf
    """How many seconds an entry that is stored now may live at most: few, while nothing is heard of other processes."""

    def __init__(self) -> None:
        self._forget()
        _stores.add(self)

    @abstractmethod
    def _forget(self) -> None:
        """Let go of every handle and lock without using it: after a fork they are the parent's."""

    @property
    def is_degraded(self) -> bool:
        """Whether the store cannot be reached, so that this process only knows of its own writes."""
        return self.longest_life != inf

    @abstractmethod
    def open(self) -> None:
        """Reach the store now instead of at the first use; raise GenerationsUnavailable if that fails."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; the next use opens it again."""

    @abstractmethod
    def stamp(self, tags: Sequence[str]) -> Stamp | None:
        """Return what the tags are worth now, or None if one has a live intent or the view is not proven current."""

    def stamps(self, groups: Sequence[Sequence[str]]) -> list[Stamp | None]:
        """Return what ``stamp`` returns for several groups of tags, in one round trip where the store is a server."""
        return [self.stamp(tags) for tags in groups]

    @abstractmethod
    def read(self, tags: Sequence[str], *, afresh: bool = False) -> tuple[int | None, ...]:
        """Return each tag's generation, None for one with a live intent, all None if the view is not proven current.

        They are read in the order given, or all at the same moment. ``afresh`` asks the store itself, whatever this
        process has heard of it before.
        """

    @abstractmethod
    def holds(self, stamp: Stamp) -> bool:
        """Whether every tag of the stamp still has its generation, by a view that is proven current."""

    def holding(self, stamps: Sequence[Stamp]) -> list[bool]:
        """Return what ``holds`` returns for several stamps, in at most one round trip where the store is a server."""
        return [self.holds(stamp) for stamp in stamps]

    @abstractmethod
    def restore(self, identity: bytes, tags: Sequence[str], generations: Sequence[int]) -> Stamp | None:
        """Return the stamp of generations that were read before; None if another store, or start of it, gave them."""

    @abstractmethod
    def begin(self, tags: Iterable[str]) -> Intent:
        """Give every tag a fresh generation and a live intent. Raises GenerationsUnavailable: nothing may commit."""

    @abstractmethod
    def end(self, intent: Intent) -> None:
        """Give every tag of the intent a fresh generation and take this intent, and no other, away."""

    @abstractmethod
    def publish(self, tags: Iterable[str]) -> None:
        """Give every tag a fresh generation at once, for a change that no COMMIT of ours makes visible."""

    def describe(self) -> Server | None:
        """Return what matters of the server's configuration, None without a server. Raises GenerationsUnavailable."""
        return None

    def drain(self) -> int:
        """Publish what the outbox holds, and return how many rows it was. Raises GenerationsUnavailable."""
        return 0


_stores: "WeakSet[GenerationStore]" = WeakSet()


def _forget_after_fork() -> None:
    for store in list(_stores):
        store._forget()


os.register_at_fork(after_in_child=_forget_after_fork)


class GenerationsUnavailable(Exception):
    """The store of generations cannot be reached: nothing is proven, so this process serves nothing."""

    def __init__(self, message: str, *, others_serve: bool) -> None:
        super().__init__(message)
        self.others_serve = others_serve
        """Whether other processes may be serving what this one cannot invalidate."""
