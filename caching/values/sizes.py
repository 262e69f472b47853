"""How many bytes a cached value takes, estimated."""

from sys import getsizeof
from typing import Any

from .forms import Collection, Mapped, Record, Row

_DEEPEST = 10


def estimated_bytes(value: Any, depth: int = 0) -> int:
    """Return the bytes of a value in frozen form, with what it contains.

    Names of fields and classes are not counted, because all rows share them. What several entries share, such as a
    joined row, is counted for each of them: the estimate is rather too high than too low.
    """
    if depth > _DEEPEST:
        return getsizeof(value)
    return getsizeof(value) + sum(estimated_bytes(part, depth + 1) for part in _parts(value))


def _parts(value: Any) -> Any:
    if isinstance(value, Row):
        frozen = [part for _, part in value.frozen_fields]
        return (value.fields, *frozen, *(row for _, row in value.related if row is not None))
    if isinstance(value, Mapped):
        return [part for pair in value.pairs for part in pair]
    if isinstance(value, Record):
        return [part for _, part in value.fields]
    if isinstance(value, Collection):
        return value.items
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, (tuple, frozenset)):
        return value
    return ()
