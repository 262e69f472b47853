"""Generations that live in this process alone, for the time of an outage."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .generations import Stamp, reader_of

_MAX_TAGS = 200_000


class InProcessGenerations(dict[str, int]):
    """Tag -> generation; a missing one is made. What this process publishes is seen at once, of others nothing.

    Each instance has an identity of its own, so that nothing is taken from one outage into another.
    """

    def __init__(self) -> None:
        super().__init__()
        self.identity = b"process " + os.urandom(8)

    def __missing__(self, tag: str) -> int:
        # Of two threads that miss at the same time, both get the number of the one that came first.
        return self.setdefault(tag, _fresh())

    def stamp(self, tags: Sequence[str]) -> Stamp:
        read = self.reader(tags)
        return Stamp(self.identity, tuple(tags), read(self), read)

    def read(self, tags: Sequence[str]) -> tuple[int | None, ...]:
        return tuple(self[tag] for tag in tags)

    def holds(self, stamp: Stamp) -> bool:
        return stamp.read(self) == stamp.generations

    def reader(self, tags: Sequence[str]) -> Callable[[Any], tuple[int, ...]]:
        return reader_of(tags)

    def forget(self, tags: Iterable[str]) -> None:
        """Give the tags fresh generations."""
        if len(self) > _MAX_TAGS:
            # Whatever is missing gets a number that was never served.
            self.clear()
        self.update((tag, _fresh()) for tag in tags)


def _fresh() -> int:
    return int.from_bytes(os.urandom(8)) >> 1
