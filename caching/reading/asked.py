"""The value that a look-up is asked for, in the form in which its field holds it."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from ..coherence.columns import NOT_PREPARED_ONCE, SEVERAL, makes_values, plain, types_sent, value_meant

_KEYS = range(-(2**63), 2**63)
"""The whole numbers that a column of any database can hold."""
_COMMON = frozenset({str, int})


def normalised(field: "models.Field[Any, Any]", target: "models.Field[Any, Any]", value: Any) -> Any:
    """Return the value as the target of the field holds it; None if no row can have it. A row means its key.

    Raises TypeError for what is no value of a row: an instance without a key, a queryset, an expression, a list.
    """
    if type(value) not in _COMMON:
        if isinstance(value, SEVERAL) or hasattr(value, "resolve_expression"):
            raise TypeError(
                f"{field.model._meta.label}.{field.name} has no such value: a {type(value).__name__}. Give one value, "
                "or several to get_many."
            )
        if isinstance(value, models.Model):
            value = value_meant(field, value)
    try:
        prepared = target.get_prep_value(value)
    except (ValidationError, TypeError, ValueError, OverflowError):
        return None
    # What it leaves as it is, it has prepared twice.
    is_left = prepared is value or (type(prepared) is type(value) and type(value) in _COMMON and prepared == value)
    if not is_left and not _is_prepared(target, prepared):
        raise TypeError(f"{field.model._meta.label}.{field.name} cannot be looked up by: {NOT_PREPARED_ONCE}.")
    if type(prepared) not in _COMMON:
        prepared = plain(prepared)
    return None if isinstance(prepared, int) and prepared not in _KEYS else prepared


def is_prepared_as_none(target: "models.Field[Any, Any]", value: Any) -> bool:
    """Whether the field takes the value for none, such as an empty text."""
    try:
        return target.get_prep_value(value) is None
    except Exception:  # noqa: BLE001  (a field of somebody else may raise anything)
        return False


def value_in_key(target: "models.Field[Any, Any]", text: str) -> Any:
    """Return the value that a text in a key stands for; a field that makes values may read a text in another way."""
    return types_sent(target)(text) if makes_values(target) else target.to_python(text)


def _is_prepared(target: "models.Field[Any, Any]", value: Any) -> bool:
    try:
        again = target.get_prep_value(value)
    except (ValidationError, TypeError, ValueError, OverflowError, AttributeError):
        return False
    return again is value or bool(again == value)


def in_doubt(asked: Collection[Any], found: Iterable[Any]) -> set[Any]:
    """Return those of the values asked for, all in one query, of which only a query for one can tell what it finds.

    ``found`` are the values of the rows. The table of an unmanaged model may compare texts in its own way, such as
    without regard to case: then a row is found by a value that is not the one in the row.
    """
    values = set(asked)
    if not values.issuperset(found):
        return values
    texts = [value for value in values if type(value) is str]
    alike = Counter(map(_folded, texts))
    return set() if len(alike) == len(texts) else {text for text in texts if alike[_folded(text)] > 1}


def _folded(text: str) -> str:
    return text.casefold().rstrip(" ")
