"""Every way to read: each method of a look-up and a group, from each state that the two tiers can be in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.db import connection

from caching import CachedGroup, CachedLookup, cache_manager

Reads = CachedLookup[Any] | CachedGroup[Any]
Way = Callable[[Any, list[Any]], dict[Any, Any]]


def _get(reads: Any, values: list[Any]) -> dict[Any, Any]:
    return {value: reads.get(value) for value in values}


def _one_by_one(reads: Any, values: list[Any]) -> dict[Any, Any]:
    """A query for one value is joined, one for several is followed by a query for each joined model."""
    return {value: row for one in values for value, row in reads.get_many([one]).items()}


@async_to_sync
async def _aget(reads: Any, values: list[Any]) -> dict[Any, Any]:
    return {value: await reads.aget(value) for value in values}


def _many(reads: Any, values: list[Any]) -> dict[Any, Any]:
    """More values than Django's ``__in`` is used for."""
    absent: list[Any] = []
    if {*map(type, values)} <= {str}:
        absent = [f"absent {number}" for number in range(30)]
    elif {*map(type, values)} <= {int}:
        absent = list(range(1_000, 1_030))
    found = reads.get_many([*values, *absent])
    return {value: answer for value, answer in found.items() if value in values or answer}


WAYS: dict[str, Way] = {
    "get": _get,
    "get_many": lambda reads, values: reads.get_many(values),
    "get_many of one": _one_by_one,
    "aget": _aget,
}
WAYS_OF_A_LOOKUP: dict[str, Way] = {
    **WAYS,
    "aget_many": lambda reads, values: async_to_sync(reads.aget_many)(values),
    "get_many_pks": lambda reads, values: reads.get_many_pks(values)[0],
}
FILLS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "get": _get,
    "get_many": lambda reads, values: reads.get_many(values),
    "warm": lambda reads, values: reads.warm(values),
}
ON_A_HIT = ("get", "aget", "get_many", "get_many_pks")
OF_ROWS_OR_NONE = ("get", "aget")
"""The ways that answer None for a value without a row; the others leave it out."""


@dataclass(frozen=True)
class Answer:
    """What one door gave."""

    door: str
    way: str
    is_hit: bool
    content: dict[Any, Any]
    queries: int


def answers(reads: Reads, values: list[Any]) -> Iterator[Answer]:
    """Read the values through every door, and yield what each of them gave."""
    ways = WAYS_OF_A_LOOKUP if isinstance(reads, CachedLookup) else WAYS
    for name in ways:
        cache_manager.clear(reads.cache_type)
        yield _through(reads, values, f"{name}, a miss", name, ways[name], is_hit=False)
    cache_manager.clear(reads.cache_type)
    yield _through(reads, values, "get_many of many, a miss", "get_many", _many, is_hit=False)
    for filled_by, fill in FILLS.items():
        cache_manager.clear(reads.cache_type)
        fill(reads, values)
        # However an entry came to be, it is one entry: one filler is enough for the doors that read alike.
        for name in ON_A_HIT if filled_by == "get" else ("get", "get_many"):
            if name in ways:
                yield _through(reads, values, f"{name} after {filled_by}", name, ways[name], is_hit=True)
        for name in ("get", "get_many") if filled_by == "get" else ("get",):
            # What remains is the shared tier.
            reads.kind.entries.drop()
            found = f"{name} from the shared tier after {filled_by}"
            yield _through(reads, values, found, name, ways[name], is_hit=True)


def answers_to_spellings(reads: Reads, spellings: list[Any]) -> Iterator[Answer]:
    """Read single values through the doors that take any spelling of them and answer under it."""
    if not spellings:
        return
    for name in OF_ROWS_OR_NONE:
        cache_manager.clear(reads.cache_type)
        yield _through(reads, spellings, f"{name} of a spelling, a miss", name, WAYS[name], is_hit=False)
        yield _through(reads, spellings, f"{name} of a spelling, a hit", name, WAYS[name], is_hit=True)


def _through(reads: Reads, values: list[Any], door: str, name: str, way: Way, *, is_hit: bool) -> Answer:
    queries: list[str] = []

    def counted(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        queries.append(sql)
        return execute(sql, *args)

    # Django's own capturing costs a second query for each on SQLite.
    with connection.execute_wrapper(counted):
        content = way(reads, values)
    return Answer(door, name, is_hit, content, len(queries))
