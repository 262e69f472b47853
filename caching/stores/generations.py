"""Generations: the current version of each tag, and the interface of the stores that keep them.

A generation is an opaque number that a tag has until the next change; it is never used again. A *stamp* records the
generations of an entry's tags when its value was loaded: as long as the stamp holds, the value is current. An *intent*
marks one COMMIT in progress: while a tag has a live intent, no entry that depends on it is served or stored.

An *epoch* is a number that a store changes after each change of generations. A stamp that was found to hold in an epoch
holds until that is over, so that a hit compares one number instead of the generations of all tags.
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


class Stamp(msgspec.Struct, gc=False):
    """The generations of some tags at one moment, with the identity of the store that they were read from.

    Nothing but ``epoch`` ever changes.
    """

    identity: bytes
    tags: tuple[str, ...]
    generations: tuple[int, ...]
    read: Callable[[Any], tuple[int, ...]]
    """Reads the generations of the same tags from the store's view; prepared once."""
    epoch: int = -1
    """The epoch of the store in which the stamp was last found to hold; -1, which no epoch is, if it never was."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One COMMIT in progress: its tags, and the moment (in seconds of the store's clock) when the intent expires."""

    identity: bytes
    tags: tuple[str, ...]
    deadline: float
    places: tuple[int, ...] = ()
    """The positions of the tags in the store, computed once."""
    name: bytes = b""
    """Identifies the intent among others on the same tags, in a store that lists intents instead of counting them."""
    undelivered: bool = False
    """Whether the store could not be told of the intent. The committer must then leave the tags in the outbox."""


@dataclass(frozen=True, slots=True)
class Server:
    """The relevant configuration of a server that keeps generations."""

    tracks: bool
    """Whether it supports CLIENT TRACKING, which keeps mirrors current; if not, every hit costs a round trip."""
    maxmemory_policy: str
    """Which keys it evicts first when its memory is full."""


def reader_of(places: Sequence[Hashable]) -> Callable[[Any], tuple[int, ...]]:
    """Return a function that reads these positions of a view as a tuple, in a single C call."""
    return itemgetter(*places) if len(places) > 1 else lambda view: (view[places[0]],)


class GenerationStore(ABC):
    """Keeps generations. Every method may be called from any thread of any process."""

    has_outbox = False
    """Whether undelivered invalidations are left in the outbox and delivered later: see outbox.py."""
    longest_life: float = inf
    """How many seconds an entry stored now may live at most; short while other processes cannot be heard."""

    def __init__(self) -> None:
        self._forget()
        _stores.add(self)

    @abstractmethod
    def _forget(self) -> None:
        """Discard every handle and lock without using it: after a fork they belong to the parent."""

    @property
    def is_degraded(self) -> bool:
        """Whether the store is unreachable, so that this process only knows about its own writes."""
        return self.longest_life != inf

    @abstractmethod
    def open(self) -> None:
        """Connect to the store now instead of at the first use; raise GenerationsUnavailable if that fails."""

    @abstractmethod
    def close(self) -> None:
        """Close the store; the next use opens it again."""

    @abstractmethod
    def stamp(self, tags: Sequence[str]) -> Stamp | None:
        """Return the current stamp of the tags; None if one has a live intent or the view is not proven current."""

    def stamps(self, groups: Sequence[Sequence[str]]) -> list[Stamp | None]:
        """Return the result of ``stamp`` for several groups of tags, in one round trip if the store is a server."""
        return [self.stamp(tags) for tags in groups]

    @abstractmethod
    def read(self, tags: Sequence[str], *, afresh: bool = False) -> tuple[int | None, ...]:
        """Return each tag's generation, None for a tag with a live intent; all None if the view is not proven current.

        They are read in the order given, or all at the same moment. ``afresh`` asks the store itself instead of
        relying on what this process already knows.
        """

    @abstractmethod
    def holds(self, stamp: Stamp) -> bool:
        """Whether every tag of the stamp still has the same generation, by a view that is proven current."""

    def holding(self, stamps: Sequence[Stamp]) -> list[bool]:
        """Return the result of ``holds`` for several stamps, in at most one round trip if the store is a server."""
        return [self.holds(stamp) for stamp in stamps]

    @abstractmethod
    def restore(self, identity: bytes, tags: Sequence[str], generations: Sequence[int]) -> Stamp | None:
        """Rebuild a stamp from generations read earlier; None if they come from another store or another run of it."""

    @abstractmethod
    def begin(self, tags: Iterable[str]) -> Intent:
        """Give every tag a new generation and a live intent. After GenerationsUnavailable nothing may commit."""

    @abstractmethod
    def end(self, intent: Intent) -> None:
        """Give every tag of the intent a new generation and remove this intent, and no other."""

    @abstractmethod
    def publish(self, tags: Iterable[str]) -> None:
        """Give every tag a new generation at once, for a change that is not made visible by a watched COMMIT."""

    def describe(self) -> Server | None:
        """Return the relevant configuration of the server; None without one. Raises GenerationsUnavailable."""
        return None

    def drain(self) -> int:
        """Publish the contents of the outbox and return the number of its rows. Raises GenerationsUnavailable."""
        return 0


_stores: "WeakSet[GenerationStore]" = WeakSet()


def _forget_after_fork() -> None:
    for store in list(_stores):
        store._forget()


os.register_at_fork(after_in_child=_forget_after_fork)


class GenerationsUnavailable(Exception):
    """The store of generations cannot be reached: nothing is proven current, so this process serves nothing."""

    def __init__(self, message: str, *, others_serve: bool) -> None:
        super().__init__(message)
        self.others_serve = others_serve
        """Whether other processes may be serving entries that this one cannot invalidate."""
