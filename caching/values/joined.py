"""Which instances were loaded together with the rows that they are joined to, and which were there before."""

import dataclasses
import sys
from collections import Counter
from typing import Any

from django.db import models


class References:
    """How often each instance in a value is referred to from within the value.

    Django joins to the rows of ``department.people.all()``, of ``user.profile`` and of a prefetch the very instance
    that was asked. It may be older than the load, or hold what was typed into a form. Somebody outside of the value
    refers to it then: whoever asked. What ``select_related`` has made, nobody else has seen.
    """

    def __init__(self, value: Any) -> None:
        self._value = value
        self._counts: Counter[int] = Counter()
        self._seen: set[int] = set()
        self._decided: dict[int, bool] = {}

    def are_all_inside(self, cache: dict[str, Any], name: str) -> bool:
        """Whether nothing outside of the value refers to the instance that a row has in its cache of joined rows."""
        if not self._counts:
            self._count(self._value)
        at = id(cache[name])
        if at not in self._decided:
            self._decided[at] = _references(cache, name) - _OWN <= self._counts[at]
        return self._decided[at]

    def _count(self, value: Any) -> None:
        if isinstance(value, models.Model):
            self._counts[id(value)] += 1
            inside: Any = value._state.fields_cache.values()
        elif isinstance(value, (list, tuple, set, frozenset)):
            inside = value
        elif isinstance(value, dict):
            inside = value.values()
        elif dataclasses.is_dataclass(value):
            inside = [getattr(value, field.name) for field in dataclasses.fields(value)]
        else:
            return
        if id(value) not in self._seen:
            self._seen.add(id(value))
            for item in inside:
                self._count(item)


def _references(cache: dict[str, Any], name: str) -> int:
    return sys.getrefcount(cache[name])


_OWN = _references({"": object()}, "") - 1
"""The references that counting itself makes."""
