"""CachedGroup: all rows for each value of a field."""

from collections.abc import Iterable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import models
from django.db.models.sql import Query

from ..values.fetching import Peers, have_peers, introduce_found
from ..values.forms import Collection, Row
from ..values.freezing import thaw
from .asked import is_prepared_as_none
from .loading import load_through
from .managers import declared_queryset
from .orderings import OrderedByOthers, paths_ordered_by
from .rows_by_field import M, RowsByField


def _order_of(query: Query, model: type[models.Model]) -> tuple[Any, ...]:
    return tuple(query.order_by) or tuple(model._meta.ordering or ())


class CachedGroup(RowsByField[M]):
    """All rows for each value of a field, as a list in the given order: for one value or many, sync or async.

    If any process moves a row to another value, the row leaves one list and enters the other. A change of a column that
    determines the order reorders the list. The guarantees are those of CachedLookup.
    """

    def _resolve(self, model: type[M], field: str, kind: str | None) -> None:
        query = declared_queryset(model).query
        orders_itself = not self._order
        self._order = self._order or _order_of(query, model)
        super()._resolve(model, field, kind)
        self._refuse_order(self._order, query)
        if orders_itself:
            self._filter.accepts = self._is_followed

    def _refuse_order(self, orders: Iterable[Any], query: Query) -> None:
        """Raise ValueError if a change of the order would not drop the lists."""
        lists = f"The lists of {self.model._meta.label} by {self.field.name!r}"
        missing: dict[str, None] = {}
        for order in orders:
            try:
                alias = order.lstrip("-") if isinstance(order, str) else order
                by_alias = query.annotations.get(alias) if isinstance(alias, str) else None
                missing |= dict.fromkeys(paths_ordered_by(self.model, order if by_alias is None else by_alias))
            except OrderedByOthers as error:
                raise ValueError(
                    f"{lists} are ordered by {order!r}: {error}. Order by columns of the model, or sort the list "
                    "where it is used."
                ) from error
        for path in sorted(missing, key=len, reverse=True):
            if not any(f"{joined}__".startswith(f"{path}__") for joined in self._related):
                raise ValueError(
                    f"{lists} are ordered through {path!r}, whose changes would not drop them. "
                    f"Add select_related=({path!r},)."
                )

    def _is_followed(self, query: Query) -> bool:
        """Whether a list can be kept in the order that the default manager gives it now."""
        try:
            self._refuse_order(_order_of(query, self.model), query)
        except ValueError:
            return False
        return True

    def get(self, value: Any) -> list[M]:
        """Return the rows that have this value; for None those that have none, as ``filter`` does."""
        normalised = self.normalise(value)
        if normalised is None and not self._means_none(value):
            return []
        key = self.key(normalised)
        entry = self.kind.find(key)
        rows: list[M]
        if entry is not None:
            rows = thaw(entry.value)
        else:
            rows = load_through(
                self.kind,
                key,
                lambda: self._answers({key: normalised})[key],
                lambda: self.dependencies(normalised),
                None,
            )
        return rows

    def _means_none(self, value: Any) -> bool:
        """Whether a value means the rows without one: None, and what a field of one's own prepares as None."""
        if not self.field.null:
            return False
        return value is None or (self._prepares_itself and is_prepared_as_none(self._target, value))

    async def aget(self, value: Any) -> list[M]:
        """Return the same as ``get``."""
        return await sync_to_async(self.get)(value)

    def get_many(self, values: Iterable[Any]) -> dict[Any, list[M]]:
        """Return a list of rows for each value. At most one query, and one for the rows without a value."""
        values = list(values)
        without = {None: self.get(None)} if any(map(self._means_none, values)) else {}
        wanted = self._wanted(values)
        entries = self._find(wanted)
        lists = {key: thaw(entry.value) for key, entry in entries.items()}
        missing = {key: value for key, value in wanted.items() if key not in entries}
        if missing:
            lists |= self._load_missing(missing)
        self._log_bulk(sum(map(len, lists.values())), sum(len(lists[key]) for key in entries))
        introduce_found(lists)
        return {value: lists[key] for key, value in wanted.items()} | without

    async def aget_many(self, values: Iterable[Any]) -> dict[Any, list[M]]:
        """Return the same as ``get_many``."""
        return await sync_to_async(self.get_many)(values)

    def _accepts(self, value: Any) -> bool:
        held = value.value if isinstance(value, Peers) else value
        return isinstance(held, Collection) and held.factory is list and all(map(self._is_row, held.items))

    def _held(self, rows: list[Row]) -> Any:
        held = Collection(list, tuple(rows))
        return Peers(held) if rows and have_peers(rows[0]) else held

    def _answer(self, rows: list[Any]) -> Any:
        return rows
