"""CachedLookup: at most one row for each value of a unique field."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async

from ..coherence.columns import is_unique
from ..coherence.dirty import dirty_watchers
from ..coherence.watched import labels_of
from ..values.construction import makes_its_own_rows, reads_its_own_columns
from ..values.contexts import gives_the_same
from ..values.fetching import introduce_found
from ..values.forms import Row
from ..values.freezing import athaw
from .asked import in_doubt
from .dependencies import Dependencies
from .finding import find_shared
from .loading import load_through
from .queries import parts
from .rows_by_field import M, RowsByField

_EXACT = (str, int, UUID)
"""The types whose values are equal only if they are the same text."""


class CachedLookup(RowsByField[M]):
    """Rows by a unique field: one or many, sync or async. The absence of a row is cached too.

    A result is never older than the last write that any thread or process published before the call began. Each call
    returns new instances with their own ``_state``; changing them never affects the cache.
    """

    _keys: dict[type, dict[Any, str]]

    def _resolve(self, model: type[M], field: str, kind: str | None) -> None:
        super()._resolve(model, field, kind)
        if not is_unique(self.field):
            raise ValueError(f"{self._declared_as} is not unique; use CachedGroup for all rows of a value.")
        prepares_alike = gives_the_same(self._target, "get_prep_value", "to_python")
        # No key is remembered where the field may prepare a value in another way for the next who asks.
        self._keys = {kind: {} for kind in _EXACT} if prepares_alike else {}

    def get(self, value: Any) -> M | None:
        """Return the row, or None."""
        try:
            # A hit takes a few microseconds, and normalising the value again would be a third of them.
            key = self._keys[type(value)][value]
        except (KeyError, TypeError):
            normalised = self.normalise(value)
            if normalised is None:
                return None
            key = self._remember_key(value, normalised)
        entry = (self._kind or self.kind).find(key)
        if entry is None:
            return self._get_through(key, value)
        found: Row | None = entry.value
        return None if found is None else found.thaw()  # type: ignore[return-value]

    def _get_through(self, key: str, value: Any) -> M | None:
        # Apart from ``get``: a function whose variables a lambda uses reads all of them more slowly.
        loaded: M | None = load_through(
            self.kind,
            key,
            lambda: self._load(self.normalise(value)),
            lambda: self.dependencies(self.normalise(value)),
            None,
        )
        return loaded

    def _remember_key(self, value: Any, normalised: Any) -> str:
        key = self.key(normalised)
        # 1, True and 1.0 are equal, and different texts.
        if (known := self._keys.get(type(value))) is not None:
            if len(known) >= 2 * self.kind.entries.max_size:
                known.clear()
            known[value] = key
        return key

    async def aget(self, value: Any) -> M | None:
        """Return the same as ``get``."""
        normalised = self.normalise(value)
        if normalised is None:
            return None
        # If a connection has written, only the thread that owns it can decide what may be served.
        kind = self.kind
        if not (dirty_watchers or kind.is_placed) and (entry := kind.find(self.key(normalised))) is not None:
            held: Row | None = entry.value
            if held is None:
                return None
            return await athaw(held) if held.may_query() else held.thaw()  # type: ignore[return-value]
        return await sync_to_async(self.get)(value)

    def get_many(self, values: Iterable[Any]) -> dict[Any, M]:
        """Return rows by their value of the field, without the values that have no row. At most one query."""
        wanted = self._wanted(values)
        entries = self._find(wanted)
        found = {wanted[key]: entry.value.thaw() for key, entry in entries.items() if entry.value is not None}
        cached = len(found)
        if len(entries) < len(wanted):
            loaded = self._load_missing({key: value for key, value in wanted.items() if key not in entries})
            found |= {wanted[key]: row for key, row in loaded.items() if row is not None}
        introduce_found(found)
        self._log_bulk(len(found), cached)
        return found

    async def aget_many(self, values: Iterable[Any]) -> dict[Any, M]:
        """Return the same as ``get_many``."""
        return await sync_to_async(self.get_many)(values)

    def get_many_pks(self, values: Iterable[Any], *, normalised: bool = False) -> tuple[dict[Any, Any], Counter[str]]:
        """Return primary keys by value of the field, and the number of look-ups that each source answered.

        The sources are "local", "shared", "database" and "missing". No instances are created and nothing is stored,
        which makes it ten times as fast as ``get_many`` if only the keys are needed. At most one query. ``normalised``
        says that the values are distinct and already in the form in which the field holds them.
        """
        wanted = {self.key(value): value for value in values} if normalised else self._wanted(values)
        local = self.kind.find_many(wanted)
        shared = find_shared({key: self.kind for key in wanted if key not in local})
        entries = local | shared
        found = {wanted[key]: entry.value.pk for key, entry in entries.items() if entry.value is not None}
        missing = {key: value for key, value in wanted.items() if key not in entries}
        self.kind.miss(*missing)
        loaded = self._pks(list(missing.values())) if missing else {}
        sources = Counter(
            local=len(local),
            shared=len(shared),
            database=len(loaded),
            missing=len(missing) - len(loaded),
        )
        self._log_bulk(len(found) + len(loaded), len(found))
        return found | loaded, sources

    def _pks(self, values: Sequence[Any]) -> dict[Any, Any]:
        if self._is_made:
            return {value: row.pk for value in values for row in self._rows([value])[:1]}
        every = self.model._default_manager.all()
        if self._may_dangle or makes_its_own_rows(every) or reads_its_own_columns(every):
            return {getattr(row, self.field.attname): row.pk for row in self._rows(values)}
        pairs: list[tuple[Any, Any]] = []
        for part in parts(values):
            pairs.extend(self._queryset(part).order_by().values_list(self.field.attname, "pk"))
        found = dict(pairs)
        if doubtful := in_doubt(values, found):
            certain = set(values) - doubtful
            found = {value: pk for value, pk in found.items() if value in certain}
            for value in doubtful:
                found.update((value, pk) for pk in self._queryset([value]).order_by().values_list("pk", flat=True)[:1])
        return found

    def dependencies(self, value: Any) -> Dependencies:
        found = super().dependencies(value)
        if not self.field.primary_key:
            return found
        # The key of a new row is known only after the INSERT, so the absence of a row depends on any row.
        return replace(found, absent=labels_of(self.model)[0])

    def _accepts(self, value: Any) -> bool:
        return value is None or self._is_row(value)

    def _held(self, rows: list[Row]) -> Any:
        return rows[0] if rows else None

    def _load(self, value: Any) -> Any:
        return self._answers({"": value})[""]

    def _answer(self, rows: list[Any]) -> Any:
        return rows[0] if rows else None
