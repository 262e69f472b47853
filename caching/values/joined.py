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
            if id(value) not in self._seen:
                inside = [*inside, *self._count_prefetched(value)]
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

    def _count_prefetched(self, row: models.Model) -> list[models.Model]:
        """Count what the queries refer to that have prefetched something with a row; return what they have given."""
        found: list[models.Model] = []
        for queryset in row.__dict__.get("_prefetched_objects_cache", {}).values():
            if not isinstance(queryset, models.QuerySet):
                continue
            leaves = queryset.query.where.leaves()  # an expression remembers what it was made of
            made_of = [part for leaf in leaves for part in getattr(leaf, "_constructor_args", ((),))[0]]
            known_by_field: dict[Any, dict[Any, Any]] = getattr(queryset, "_known_related_objects", {})
            known = [other for others in known_by_field.values() for other in others.values()]
            referred = (*made_of, *known, *getattr(queryset, "_hints", {}).values())
            self._counts.update(id(other) for other in referred if isinstance(other, models.Model))
            rows = queryset._result_cache
            if rows and id(rows) not in self._seen:  # Django shares one list between rows: it refers once
                self._seen.add(id(rows))
                found.extend(rows)
        return found


def _references(cache: dict[str, Any], name: str) -> int:
    return sys.getrefcount(cache[name])


_OWN = _references({"": object()}, "") - 1
"""The references that counting itself makes."""
