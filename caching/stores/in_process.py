"""Generations that only this process knows, used during an outage."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .generations import Stamp, reader_of

_MAX_TAGS = 200_000


class InProcessGenerations(dict[str, int]):
    """Maps tags to generations and creates missing ones. It sees the writes of this process at once, and no others.

    Each instance has its own identity, so that no entry survives from one outage to the next.
    """

    def __init__(self) -> None:
        super().__init__()
        self.identity = b"process " + os.urandom(8)

    def __missing__(self, tag: str) -> int:
        # If two threads miss at the same time, both get the number of the first.
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
        """Give the tags new generations."""
        if len(self) > _MAX_TAGS:
            # A missing tag gets a new number, which no entry has.
            self.clear()
        self.update((tag, _fresh()) for tag in tags)


def _fresh() -> int:
    return int.from_bytes(os.urandom(8)) >> 1
