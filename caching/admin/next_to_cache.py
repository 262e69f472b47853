"""What to cache next: the queries of the serving processes that took most time and were not answered by the cache."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..monitoring.questions import what_to_cache_next
from . import words

MAX_LINES = 15


@dataclass(frozen=True, kw_only=True)
class Line:
    """A query without its values."""

    text: str
    count: str
    time: str
    mean: str


def next_to_cache() -> Sequence[Line]:
    """Return the queries of the serving processes of this host, the one that took most time first."""
    return [
        Line(
            text=shape.text,
            count=words.number(shape.count),
            time=words.duration(shape.seconds),
            mean=words.duration(shape.seconds / shape.count),
        )
        for shape in what_to_cache_next(MAX_LINES)
    ]
