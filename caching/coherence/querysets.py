"""A QuerySet that announces the new values of a bulk_update, which cannot be parsed from its statement."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import connections, models

from .columns import makes_values, target_of
from .plans import Announced
from .watcher import watcher_of

ModelT = TypeVar("ModelT", bound=models.Model)


def _from_relations(objs: Iterable[Any], field: Any) -> bool:
    """Whether Django will take a key from a related row that was saved after it was assigned."""
    return field.is_relation and any(getattr(obj, field.attname) is None and field.is_cached(obj) for obj in objs)


class InvalidatingQuerySet(models.QuerySet[ModelT]):
    """A QuerySet whose ``bulk_update`` publishes exactly the rows and values that it writes.

    All other writes are exact without it. A plain QuerySet is just as safe, but its bulk_update of a watched field
    invalidates all rows of the model.
    """

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        objs, fields = tuple(objs), list(fields)
        values: dict[str, list[Any]] = {}
        for field in map(self.model._meta.get_field, fields):
            # A field that makes something of its column may prepare what the instance has in any way.
            if isinstance(field, models.Field) and field.column and not makes_values(target_of(field)):
                new = [getattr(instance, field.attname) for instance in objs]
                if not any(hasattr(value, "resolve_expression") for value in new) and not _from_relations(objs, field):
                    values[field.column] = new
        self._for_write = True
        watcher = watcher_of(connections[self.db])
        with watcher.announcing(Announced(self.model._meta.db_table, values)):
            return super().bulk_update(objs, fields, batch_size=batch_size)
