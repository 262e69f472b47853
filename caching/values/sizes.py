"""How many bytes a cached value takes, estimated."""

from collections.abc import Sequence
from itertools import islice
from sys import getsizeof
from typing import Any

from ..keys import is_of_few
from .columns import is_short
from .fetching import Peers
from .fields import Made
from .forms import Collection, Mapped, Record, Row
from .sharing import own_values, shared_bytes

_DEEPEST = 10
_BYTES_OF_A_SHORT_VALUE = 40
_SAMPLED = 8
"""Of a longer list, about so many items are measured."""
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
    return getsizeof(value) + table + sum(estimated_bytes(part, depth + 1) for part in _parts(value))


def places_of(value: Any, bytes_of_a_place: int) -> int:
    """Return how many places of so many bytes each a value in frozen form takes, at least one.

    A row whose columns are all short is not measured. What several entries share is counted for each of them.
    """
    if isinstance(value, Row) and all(is_short(row.model) for row in value.all_rows()):
        return 1
    return max(-(-_bytes_of(value, set()) // bytes_of_a_place), 1)


def _bytes_of(value: Any, seen: set[int], depth: int = 0) -> int:
    """Return about as many bytes as a value takes, a row in it once; quicker than the estimate of a single entry."""
    if not isinstance(value, Row):
        parts = _parts(value) if depth < _DEEPEST else ()
        # The rows of a long list are much alike, so some of them are enough.
        every = len(parts) // _SAMPLED if isinstance(value, Collection) and len(parts) > 2 * _SAMPLED else 1
        some = islice(parts, 0, None, every)
        return getsizeof(value) + every * sum(_bytes_of(part, seen, depth + 1) for part in some)
    if id(value) in seen or depth > _DEEPEST:
        return 0
    seen.add(id(value))
    values, model = value.fields.values(), value.model
    texts = 0 if is_short(model) else sum(len(text) for text in values if type(text) is str or type(text) is bytes)
    inside = [part for _, part in value.frozen_fields] + [row for _, row in value.related if row is not None]
    own = getsizeof(value) + getsizeof(value.fields) + len(values) * _BYTES_OF_A_SHORT_VALUE + texts
    return own + sum(_bytes_of(part, seen, depth + 1) for part in inside)


def stamp_bytes(tags: Sequence[str]) -> int:
    """Return the bytes of a stamp with these tags; those that many entries have, of a type or of all rows, are shared.

    Of each tag it holds the text, the generation and its place in the store, each in a tuple.
    """
    own = sum(getsizeof(tag) + _BYTES_OF_AN_OWN_TAG for tag in tags if is_of_few(tag))
    return own + len(tags) * _BYTES_OF_A_TAG + _BYTES_OF_A_STAMP


def _parts(value: Any) -> Any:
    if isinstance(value, Row):
        frozen = [part for _, part in value.frozen_fields]
        return (*own_values(value.model, value.fields), *frozen, *(row for _, row in value.related if row is not None))
    if isinstance(value, Mapped):
        return [part for pair in value.pairs for part in pair]
    if isinstance(value, Record):
        return [part for _, part in value.fields]
    if isinstance(value, Collection):
        return value.items
    if isinstance(value, Made):
        return (value.stored,)
    if isinstance(value, Peers):
        return (value.value,)
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, (tuple, frozenset)):
        return value
    return ()
