"""Errors that a caller of the cache can cause. Backend faults are counted and logged instead of raised."""

from collections.abc import Iterable
from difflib import get_close_matches

from django.db import OperationalError


class CachingError(Exception):
    """The cache was asked for something it cannot do."""


class UnknownCacheType(CachingError, LookupError):
    """There is no cache type with this name; the message lists the known types, closest match first."""

    def __init__(self, name: object, known: Iterable[str]) -> None:
        nearest = get_close_matches(str(name), known := sorted(known), n=len(known), cutoff=0.5)
        ordered = nearest + [other for other in known if other not in nearest]
        super().__init__(f"Unknown cache type {name!r}. Known types: {', '.join(ordered)}.")


class UnknownModel(CachingError, LookupError):
    """There is no model with this label; the message suggests the closest matches."""

    def __init__(self, label: str, nearest: Iterable[str]) -> None:
        hint = f" Did you mean {' or '.join(nearest)}?" if nearest else ' A label has the form "app_label.ModelName".'
        super().__init__(f"There is no model {label!r}.{hint}")


class SharedKeys(CachingError, ValueError):
    """Two look-ups would find each other's answers: they have the same cache type and kind."""

    def __init__(self, type_name: str, kind: str, first: str, second: str) -> None:
        own = f"{second.split('.')[-2].lower()}_{kind}"
        super().__init__(
            f"The look-up {second} would share the keys {kind!r} of the cache type {type_name!r} with {first}, "
            "which is declared already, with other options if it is the same. Give it a kind of its own, such as "
            f"kind={own!r}."
        )


class KeyOfLookUp(CachingError, ValueError):
    """The value of a ``@cached`` function was to be held under a key of a look-up: one would be given as the other."""

    def __init__(self, type_name: str, kind: str, declared_as: str) -> None:
        super().__init__(
            f"The keys {kind!r} of the cache type {type_name!r} belong to the look-up {declared_as}, which holds its "
            f"rows under them. Begin the key of the function with another word, such as 'computed_{kind}:…'."
        )


class InvalidKey(CachingError, ValueError):
    """A key is a string of the form "kind:value" or "kind:value:detail"."""

    def __init__(self, key: object) -> None:
        super().__init__(
            f'{key!r} is not a cache key. A key is a string "kind:value" or "kind:value:detail", such as "id:5".'
        )


class InvalidTTL(CachingError, ValueError):
    """A time to live is a positive number of seconds."""

    def __init__(self, ttl: object) -> None:
        super().__init__(f"{ttl!r} is not a time to live. Give a positive number of seconds, or None for the default.")


class Uncacheable(CachingError, TypeError):
    """The value has a type outside the fixed set that every tier can store and return unchanged."""


class ModelNotLoaded(CachingError, AttributeError):
    """A look-up was used before its model was loaded, or its label names no model."""

    def __init__(self, declared_as: str) -> None:
        super().__init__(
            f"The look-up {declared_as} cannot be used yet: its model is not loaded, or there is none of that name. "
            "Use it after Django has started; `manage.py check` says whether the label is wrong."
        )


class NotWatched(CachingError):
    """A cached value depends on a model, or on one of its fields, whose writes are not watched."""


class WriteRefused(CachingError, OperationalError):
    """A write was not committed: other processes could not be notified and would have kept serving the old values.

    It is an OperationalError, so that ``atomic()`` rolls back.
    """
