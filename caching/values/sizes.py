"""How many bytes a cached value takes, estimated."""

from collections.abc import Callable, Iterable, Sequence
from sys import getsizeof
from typing import Any

from django.db import models

from ..keys import is_of_few
from .columns import is_short
from .fields import Made
from .forms import Collection, Mapped, Record, Row
from .sharing import own_values, shared_bytes

_DEEPEST = 10
_BYTES_OF_A_TAG = 3 * 8
_BYTES_OF_AN_OWN_TAG = 2 * 32
_BYTES_OF_A_STAMP = 3 * 40 + 64 + 56


def estimated_bytes(value: Any, depth: int = 0) -> int:
    """Return the bytes of a value in frozen form, with what it contains.

    Names of fields and classes are not counted, because all rows share them; the values of columns that have few are
    divided among the rows. Else what several entries share, such as a joined row, is counted for each of them: the
    estimate is rather too high than too low.
    """
    if depth > _DEEPEST:
        return getsizeof(value)
    table = getsizeof(value.fields) + shared_bytes(value.model) if isinstance(value, Row) else 0
    return getsizeof(value) + table + sum(estimated_bytes(part, depth + 1) for part in _parts(value, own_values))


def places_of(value: Any, bytes_of_a_place: int) -> int:
    """Return how many places of so many bytes each a value in frozen form takes, at least one.

    Rows whose columns are all short are not measured. What several entries share is counted for each of them.
    """
    if isinstance(value, Row) and all(is_short(row.model) for row in value.all_rows()):
        return 1
    return max(-(-_bytes_of(value) // bytes_of_a_place), 1)


def _bytes_of(value: Any, depth: int = 0) -> int:
    held = getsizeof(value.fields) if isinstance(value, Row) else 0
    if depth > _DEEPEST:
        return getsizeof(value) + held
    return (
        getsizeof(value)
        + held
        + sum(_bytes_of(part, depth + 1) for part in _parts(value, lambda model, fields: fields.values()))
    )


def stamp_bytes(tags: Sequence[str]) -> int:
    """Return the bytes of a stamp with these tags; those that many entries have, of a type or of all rows, are shared.

    Of each tag it holds the text, the generation and its place in the store, each in a tuple.
    """
    own = sum(getsizeof(tag) + _BYTES_OF_AN_OWN_TAG for tag in tags if is_of_few(tag))
    return own + len(tags) * _BYTES_OF_A_TAG + _BYTES_OF_A_STAMP


def _parts(value: Any, values_of: Callable[[type[models.Model], dict[str, Any]], Iterable[Any]]) -> Any:
    if isinstance(value, Row):
        frozen = [part for _, part in value.frozen_fields]
        return (*values_of(value.model, value.fields), *frozen, *(row for _, row in value.related if row is not None))
    if isinstance(value, Mapped):
        return [part for pair in value.pairs for part in pair]
    if isinstance(value, Record):
        return [part for _, part in value.fields]
    if isinstance(value, Collection):
        return value.items
    if isinstance(value, Made):
        return (value.stored,)
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, (tuple, frozenset)):
        return value
    return ()
