"""Which rows refer to a row, so that it cannot be deleted without them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

from scheduling.imports.engine.bulk import chunks

Referring = tuple["models.Field[Any, Any]", Any]
"""A foreign key, and the primary key of a row that refers by it."""


def references_to(model: type[models.Model], pks: Iterable[Any], using: str) -> dict[Any, list[Referring]]:
    """Return what refers to each of these rows. One query for each foreign key to the model.

    The many-to-many fields of the model itself are part of its rows.
    """
    found: defaultdict[Any, list[Referring]] = defaultdict(list)
    wanted = list(pks)
    if not wanted:
        return found
    for field in _foreign_keys_to(model):
        rows = field.model._base_manager.using(using).order_by()
        for chunk in chunks(wanted):
            pairs = rows.filter(**{f"{field.name}__in": chunk}).values_list(field.attname, "pk")
            for pk, other in pairs:
                found[pk].append((field, other))
    return found


def name_of(field: models.Field[Any, Any]) -> str:
    """Return what people call the rows that refer by a foreign key: "employees", also for those who have a skill."""
    # The table between two models belongs to the one with the many-to-many field.
    owner: Any = field.model._meta.auto_created or field.model
    return str(owner._meta.verbose_name_plural)


def _foreign_keys_to(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    own = {one.remote_field.through for one in model._meta.many_to_many}
    for relation in model._meta.get_fields(include_hidden=True):
        refers = relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)
        if refers and relation.related_model not in own:
            yield relation.field  # type: ignore[union-attr]
