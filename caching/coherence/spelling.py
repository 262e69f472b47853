"""The canonical form of the values of watched columns, as it stands in tags."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import models

from .columns import has_one_spelling, makes_values, plain, target_of, types_sent


@cache
def canonical(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return a function that converts any form of a value of the field to the canonical form used in tags."""
    target = target_of(field)
    if not has_one_spelling(target):
        # The key is a moment or a fraction, for instance: all rows share one tag.
        return lambda value: "*"
    if makes_values(target):
        return lambda value: _spelled_as_held(_prepared(target, value))
    whole = isinstance(target, models.IntegerField) and type(target).__module__.startswith("django.")

    def spell(value: Any) -> Any:
        if value is None or (whole and type(value) is int):
            return value
        # Use the form that reaches the database: a field may strip or lower-case its values.
        value = plain(target.get_prep_value(target.to_python(value)))
        if isinstance(value, str):
            return _folded(value)
        return value.hex if isinstance(value, UUID) else value

    return spell


@cache
def spelled_when_sent(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return the same as ``canonical``, for the parameters of statements.

    It raises ValueError for a parameter of which only the database knows what it stores: one of another type, such as
    1.5 in a column of whole numbers, and a text that is too long for the column.
    """
    target: Any = target_of(field)
    spell = canonical(field)
    if not has_one_spelling(target):
        return spell
    sent = types_sent(target)
    most = target.max_length if isinstance(target, models.CharField) else None
    if makes_values(target):
        spell = _spelled_as_held  # it is prepared

    def spell_sent(value: Any) -> Any:
        if value is not None and (not isinstance(value, sent) or isinstance(value, datetime)):
            raise ValueError("This is stored as another value.")
        if most is not None and value is not None and len(value) > most and len(str.rstrip(value, " ")) > most:
            raise ValueError("This is cut, or refused.")
        return spell(value)

    return spell_sent


def _spelled_as_held(value: Any) -> Any:
    """Return the canonical form of a plain value that a column holds, of which its field makes something."""
    if isinstance(value, str):
        return _folded(str.__str__(value))
    return int.__index__(value) if isinstance(value, int) else value


def _folded(text: str) -> str:
    """Return one form for all texts that a database may consider equal, or store as one.

    PostgreSQL cuts the blanks at the end of a text that is too long, without an error.
    """
    return text.casefold().rstrip(" ")


def _prepared(target: "models.Field[Any, Any]", value: Any) -> Any:
    try:
        return target.get_prep_value(value)
    except Exception as error:  # a field of somebody else may raise anything
        raise ValueError(f"{target} does not take {value!r}.") from error
