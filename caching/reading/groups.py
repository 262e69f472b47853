"""CachedGroup: all rows for each value of a field."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from asgiref.sync import sync_to_async

from ..coherence.columns import column_of
from ..exceptions import NotWatched
from ..values.forms import Collection, Row
from ..values.freezing import thaw
from .loading import load_through
from .rows_by_field import M, RowsByField


class CachedGroup(RowsByField[M]):
    """All rows for each value of a field, as a list in the given order: for one value or many, sync or async.

    If any process moves a row to another value, the row leaves one list and enters the other. A change of a column that
    determines the order reorders the list. The guarantees are those of CachedLookup.
    """

    def _resolve(self, model: type[M], field: str, kind: str | None) -> None:
        self._order = self._order or tuple(model._meta.ordering or ())
        super()._resolve(model, field, kind)
        for path in filter(None, map(self._joined_by, self._order)):
            if path not in self._related:
                raise ValueError(
                    f"The lists of {model._meta.label} by {field!r} are ordered through {path!r}, whose changes would "
                    f"not drop them. Add select_related=({path!r},)."
                )

    def _joined_by(self, order: Any) -> str:
        """Return the path of foreign keys that an ordering follows, "" if it follows none."""
        *path, last = str(order).lstrip("-").split("__")
        try:
            if not path and column_of(self.model, last).is_relation and not last.endswith("_id"):
                path = [last]
        except NotWatched:
            # It is an expression; its author must know what it refers to.
            return ""
        return "__".join(path)

    def get(self, value: Any) -> list[M]:
        """Return the rows that have this value."""
        normalised = self.normalise(value)
        if normalised is None:
            return []
        key = self.key(normalised)
        entry = self.kind.find(key)
        rows: list[M]
        if entry is not None:
            rows = thaw(entry.value)
        else:
            rows = load_through(
                self.kind, key, lambda: self._rows([normalised]), lambda: self.dependencies(normalised), None
            )
        return rows

    async def aget(self, value: Any) -> list[M]:
        """Return the same as ``get``."""
        return await sync_to_async(self.get)(value)

    def get_many(self, values: Iterable[Any]) -> dict[Any, list[M]]:
        """Return a list of rows for each value. At most one query."""
        wanted = self._wanted(values)
        entries = self._find(wanted)
        lists = {key: thaw(entry.value) for key, entry in entries.items()}
        missing = {key: value for key, value in wanted.items() if key not in entries}
        if missing:
            lists |= self._load_missing(missing)
        self._log_bulk(sum(map(len, lists.values())), sum(len(lists[key]) for key in entries))
        return {value: lists[key] for key, value in wanted.items()}

    def _held(self, rows: list[Row]) -> Any:
        return Collection(list, tuple(rows))

    def _answers(self, missing: Mapping[str, Any]) -> dict[str, Any]:
        lists: defaultdict[Any, list[Any]] = defaultdict(list)
        for row in self._rows(list(missing.values())):
            lists[getattr(row, self.field.attname)].append(row)
        return {key: lists[value] for key, value in missing.items()}
