"""The keys of a many-to-many field, of many rows at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models

from scheduling.imports.engine.bulk import chunks


class RelatedKeys:
    """The table between two models, as what each row of the first has of the second."""

    def __init__(self, field: models.ManyToManyField[Any, Any], using: str) -> None:
        self.name = field.name
        self.label = str(field.verbose_name)
        self.target: Any = field.related_model
        through: Any = field.remote_field.through
        self._through = through
        self._owner, self._other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        self._pairs = self._through._base_manager.using(using).order_by()

    def load(self, pks: Iterable[Any]) -> dict[Any, list[Any]]:
        """Return the keys that each of these rows has. Rows without any are left out."""
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        for chunk in chunks(pks):
            rows = self._pairs.filter(**{f"{self._owner}__in": chunk}).values_list(self._owner, self._other)
            for owner, other in rows:
                found[owner].append(other)
        return found

    def write(self, wanted: Mapping[Any, Sequence[Any]]) -> None:
        """Give each row exactly these keys."""
        now = self.load(wanted)
        for chunk in chunks(pk for pk in wanted if set(now.get(pk, ())) - set(wanted[pk])):
            self._pairs.filter(**{f"{self._owner}__in": chunk}).delete()
            for pk in chunk:
                now.pop(pk)
        missing = [
            self._through(**{self._owner: pk, self._other: key})
            for pk, keys in wanted.items()
            for key in keys
            if key not in now.get(pk, ())
        ]
        if missing:
            self._pairs.bulk_create(missing)
