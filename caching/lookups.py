"""Cached rows by the value of one field: at most one row per value, or all rows per value."""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from asgiref.sync import sync_to_async
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from .among import having
from .codec import Collection, Content, Row, Rows, freeze, frozen_rows, thaw
from .coherence.connections import dirty_watchers, is_dirty
from .coherence.invalidation import column_of, labels_of, selection_tag, target_of, watch
from .coherence.statements import tables_named
from .entries import Kind, switched_off
from .exceptions import NotWatched
from .keys import CacheType, all_rows_tag, any_row_tag, cache_type, escape, key_tags, positive_ttl
from .leases import Dependencies
from .manager import cache_manager
from .tiers import Entry

logger = logging.getLogger("caching")

_MOST_IN_ONE_QUERY = 10_000
_LARGEST_KEY = 2**63 - 1


class _RowsByField:
    """What both forms of look-up share: the key of a value, its dependencies, one query for many values."""

    def __init__(
        self,
        model: type[models.Model],
        field: str,
        *,
        cache_type: "str | CacheType",
        ttl: float | None = None,
        kind: str | None = None,
        select_related: Sequence[str] = (),
        order_by: Sequence[Any] = (),
    ) -> None:
        watch(model, by=(field,))
        self.model = model
        self.field = column_of(model, field)
        self._target = target_of(self.field)
        self.cache_type = _type(cache_type)
        self.kind_name = kind or self.field.name
        self.ttl = positive_ttl(ttl)
        self._related = tuple(select_related)
        self._order = tuple(order_by)
        self._labels = frozenset(labels_of(model)).union(*(labels_of(joined) for joined in self._joined_models()))
        self._left_out_by = tuple(any_row_tag(labels_of(other)[0]) for other in self._models_that_leave_out())
        self._prefix = f"{self.kind_name}:"
        self._kind: Kind | None = None
        cache_manager.on_reconfigure.append(self._forget_kind)
        cache_manager.bind(self.cache_type, model)

    def _joined_models(self) -> Iterable[type[models.Model]]:
        for path in self._related:
            model = self.model
            for name in path.split("__"):
                joined = column_of(model, name).related_model
                if not isinstance(joined, type):
                    raise ValueError(f"{model._meta.label}.{name} is not a foreign key; it cannot be joined.")
                watch(model := joined)
                yield model

    def _models_that_leave_out(self) -> Iterator[type[models.Model]]:
        """Yield the models by whose rows the default manager leaves rows out.

        A row comes back by a write that names neither the value nor a row that any entry contains.
        """
        query = self.model._default_manager.all().query
        if not query.where:
            return
        sql = query.sql_with_params()[0]
        by_table = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
        for table in {self.model._meta.db_table, *tables_named(sql, by_table)}:
            watch(other := by_table.get(table, self.model))
            yield other

    def _forget_kind(self) -> None:
        self._kind = None

    @property
    def kind(self) -> Kind:
        """What this process holds of the look-up."""
        if self._kind is None:
            kind = cache_manager.kind(self.cache_type, self.kind_name)
            if self.ttl is not None:
                kind.ttl = self.ttl
            self._kind = kind
        return self._kind

    def normalise(self, value: Any) -> Any:
        """Return the value as the field holds it; None if no row can have it."""
        try:
            prepared = self._target.get_prep_value(value)
        except (ValidationError, TypeError, ValueError, OverflowError):
            return None
        return None if isinstance(prepared, int) and abs(prepared) > _LARGEST_KEY else prepared

    def key(self, value: Any) -> str:
        """Return the key of a normalised value."""
        return self._prefix + escape(value if type(value) is str else str(value))

    def dependencies(self, value: Any) -> Dependencies:
        """Return what the answer for a normalised value depends on before it is known."""
        tags = (
            *key_tags(self.cache_type.name, self.key(value)),
            selection_tag(self.model, self.field.name, value),
            *map(all_rows_tag, labels_of(self.model)),
            *self._left_out_by,
        )
        return Dependencies(tags, self._labels)

    def _queryset(self, values: Sequence[Any]) -> "models.QuerySet[Any]":
        queryset = having(self.model._default_manager.all(), self.field, values)
        return queryset.order_by(*self._order) if self._order else queryset

    def _rows(self, values: Sequence[Any]) -> "list[Any]":
        """Load the rows of some values, with the rows joined to them: in one query for one value, for many in more.

        For many values a joined row that is shared is read and made once, which costs a third of making it for each.
        """
        if len(values) == 1 and self._related:
            return list(self._queryset(values).select_related(*self._related))
        rows = [row for part in _parts(values) for row in self._queryset(part)]
        for path in self._related:
            _join(rows, path.split("__"))
        return rows

    def _wanted(self, values: Iterable[Any]) -> dict[str, Any]:
        """Return normalised values by key, each once, those that no row can have left out."""
        normalised = dict.fromkeys(map(self.normalise, values))
        normalised.pop(None, None)
        return {self.key(value): value for value in normalised}

    def _find(self, wanted: Mapping[str, Any]) -> dict[str, Entry]:
        return cache_manager.find_many(dict.fromkeys(wanted, self.kind))

    def _load_missing(self, missing: Mapping[str, Any]) -> dict[str, Any]:
        """Load the answers for keys in one query and store them; return them by key."""
        dependencies = {key: self.dependencies(value) for key, value in missing.items()}
        kind, caching = self.kind, cache_manager.serves and not switched_off.get()
        if caching:
            if dirty_watchers:
                for key in missing:
                    kind.miss(key, inside_a_write=is_dirty(dependencies[key].tags))
            else:
                kind.miss(*missing)
        leases = cache_manager.leases(dependencies) if caching else {}
        started = time.perf_counter_ns()
        answers = self._answers(missing)
        cache_manager.count_loads(kind, 1, started)
        if leases:
            rows = Rows()
            cache_manager.store(kind, {key: (freeze(answers[key], (), rows), leases[key]) for key in answers})
        return answers

    def _answers(self, missing: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer for each key, from one query."""
        raise NotImplementedError

    def warm(self, values: Iterable[Any]) -> int:
        """Cache the answers that are not cached yet; return for how many values. Makes no instances."""
        wanted = self._wanted(values)
        held = self._find(wanted)
        missing = {key: value for key, value in wanted.items() if key not in held}
        if not missing or not cache_manager.serves or switched_off.get():
            return 0
        leases = cache_manager.leases({key: self.dependencies(value) for key, value in missing.items()})
        started = time.perf_counter_ns()
        rows = self._frozen_rows(list(missing.values()))
        if rows is None:
            return len(self._load_missing(missing))
        cache_manager.count_loads(self.kind, 1, started)
        contents = self._contents(rows)
        nothing = Content(self._held([]), frozenset())
        cache_manager.store(
            self.kind, {key: (contents.get(value, nothing), leases[key]) for key, value in missing.items()}
        )
        return len(missing)

    def _frozen_rows(self, values: Sequence[Any]) -> list[Row] | None:
        """Load what ``_rows`` does, in frozen form; None if instances are needed for that."""
        if any("__" in path for path in self._related):
            return None
        rows = frozen_rows(self._queryset(values))
        for name in self._related:
            field = column_of(self.model, name)
            related: Any = field.related_model
            keys = {row.fields[field.attname] for row in rows or ()} - {None}
            joined = frozen_rows(having(related._base_manager.order_by(), related._meta.pk, keys))
            if rows is None or joined is None:
                return None
            by_pk = {other.pk: other for other in joined}
            for row in rows:
                if (key := row.fields[field.attname]) is None or key in by_pk:
                    row.related += ((name, by_pk.get(key)),)
        return rows

    def _contents(self, rows: Iterable[Row]) -> dict[Any, Content]:
        """Return the answer for each value that has rows, with the rows in it."""
        by_value: defaultdict[Any, list[Row]] = defaultdict(list)
        for row in rows:
            by_value[row.fields[self.field.attname]].append(row)
        return {
            value: Content(self._held(own), frozenset(row.name for one in own for row in one.all_rows()))
            for value, own in by_value.items()
        }

    def _held(self, rows: list[Row]) -> Any:
        """Return frozen rows as the answer is held."""
        raise NotImplementedError

    def _log_bulk(self, total: int, cached: int) -> None:
        logger.info("Loaded %d %s (%d from cache)", total, self.model._meta.verbose_name_plural, cached)

    def invalidate(self, value: Any) -> None:
        """Drop the answer for one value, in every process."""
        cache_manager.delete(self.cache_type, self.key(self.normalise(value)))


class CachedLookup(_RowsByField):
    """Rows by a unique field: one or many, sync or async; an absent row is cached too.

    Never older than the last write that was published before the call began, by any thread or process. Each call
    returns new instances with their own ``_state``; changing one never changes what is cached.
    """

    def __init__(
        self,
        model: type[models.Model],
        field: str,
        *,
        cache_type: "str | CacheType",
        ttl: float | None = None,
        kind: str | None = None,
        select_related: Sequence[str] = (),
    ) -> None:
        super().__init__(model, field, cache_type=cache_type, ttl=ttl, kind=kind, select_related=select_related)
        if not self.field.unique:
            raise ValueError(f"{model._meta.label}.{field} is not unique; use CachedGroup for all rows of a value.")
        self._keys: dict[Any, str] = {}

    def get(self, value: Any) -> Any:
        """Return the row, or None."""
        try:
            # A hit costs few microseconds; to normalise the value again would be a third of them.
            key = self._keys[value]
        except (KeyError, TypeError):
            normalised = self.normalise(value)
            if normalised is None:
                return None
            key = self._remember_key(value, normalised)
        entry = (self._kind or self.kind).find(key)
        if entry is not None:
            found = entry.value
            return None if found is None else found.thaw()
        return cache_manager.load_through(
            self.kind,
            key,
            lambda: self._load(self.normalise(value)),
            lambda: self.dependencies(self.normalise(value)),
            None,
        )

    def _remember_key(self, value: Any, normalised: Any) -> str:
        key = self.key(normalised)
        if value.__hash__ is not None:
            if len(self._keys) >= 2 * self.kind.entries.max_size:
                self._keys.clear()
            self._keys[value] = key
        return key

    async def aget(self, value: Any) -> Any:
        """Return what ``get`` returns."""
        normalised = self.normalise(value)
        if normalised is None:
            return None
        # Another thread's connection may have written: then only that thread can tell what may be served.
        if not dirty_watchers and (entry := self.kind.find(self.key(normalised))) is not None:
            return thaw(entry.value)
        return await sync_to_async(self.get)(value)

    def get_many(self, values: Iterable[Any]) -> dict[Any, Any]:
        """Return the rows by their value of the field; values without a row are absent. At most one query."""
        wanted = self._wanted(values)
        entries = self._find(wanted)
        found = {wanted[key]: entry.value.thaw() for key, entry in entries.items() if entry.value is not None}
        cached = len(found)
        if len(entries) < len(wanted):
            loaded = self._load_missing({key: value for key, value in wanted.items() if key not in entries})
            found |= {wanted[key]: row for key, row in loaded.items() if row is not None}
        self._log_bulk(len(found), cached)
        return found

    async def aget_many(self, values: Iterable[Any]) -> dict[Any, Any]:
        """Return what ``get_many`` returns."""
        return await sync_to_async(self.get_many)(values)

    def get_many_pks(self, values: Iterable[Any], *, normalised: bool = False) -> tuple[dict[Any, Any], Counter[str]]:
        """Return primary keys by value of the field, and how many look-ups each source has answered.

        The sources are "local", "shared", "database" and "missing". Rows are not made and not stored: ten times as
        fast as ``get_many`` where only the keys are needed. At most one query. ``normalised`` says that the values are
        distinct and as the field holds them.
        """
        wanted = {self.key(value): value for value in values} if normalised else self._wanted(values)
        local = self.kind.find_many(wanted)
        shared = cache_manager.find_shared({key: self.kind for key in wanted if key not in local})
        entries = local | shared
        found = {wanted[key]: entry.value.pk for key, entry in entries.items() if entry.value is not None}
        missing = {key: value for key, value in wanted.items() if key not in entries}
        self.kind.miss(*missing)
        loaded = self._pks(list(missing.values()))
        sources = Counter(
            local=len(local),
            shared=len(shared),
            database=len(loaded),
            missing=len(missing) - len(loaded),
        )
        self._log_bulk(len(found) + len(loaded), len(found))
        return found | loaded, sources

    def _pks(self, values: Sequence[Any]) -> dict[Any, Any]:
        pairs: list[tuple[Any, Any]] = []
        for part in _parts(values):
            pairs.extend(self._queryset(part).order_by().values_list(self.field.attname, "pk"))
        return dict(pairs)

    def dependencies(self, value: Any) -> Dependencies:
        found = super().dependencies(value)
        if not self.field.primary_key:
            return found
        # The key of a new row is known only after it was inserted: "nobody has it" depends on any row.
        return replace(found, absent=labels_of(self.model)[0])

    def _held(self, rows: list[Row]) -> Any:
        return rows[0] if rows else None

    def _load(self, value: Any) -> Any:
        return next(iter(self._rows([value])), None)

    def _answers(self, missing: Mapping[str, Any]) -> dict[str, Any]:
        by_value = {getattr(row, self.field.attname): row for row in self._rows(list(missing.values()))}
        return {key: by_value.get(value) for key, value in missing.items()}


class CachedGroup(_RowsByField):
    """All rows per value of a field, as a list in the order given: one value or many, sync or async.

    A row that moves to another value, in whatever process, leaves one list and enters the other; a change of the
    columns that the lists are ordered by is a change of the row. Promises what CachedLookup does.
    """

    def __init__(
        self,
        model: type[models.Model],
        field: str,
        *,
        cache_type: "str | CacheType",
        ttl: float | None = None,
        kind: str | None = None,
        select_related: Sequence[str] = (),
        order_by: Sequence[str] = (),
    ) -> None:
        super().__init__(
            model,
            field,
            cache_type=cache_type,
            ttl=ttl,
            kind=kind,
            select_related=select_related,
            order_by=order_by or model._meta.ordering or (),
        )
        for path in filter(None, map(self._joined_by, self._order)):
            if path not in self._related:
                raise ValueError(
                    f"The lists of {model._meta.label} by {field!r} are ordered through {path!r}, whose changes would "
                    f"not drop them. Add select_related=({path!r},)."
                )

    def _joined_by(self, order: Any) -> str:
        """Return the path of the foreign keys that an ordering follows, "" if it follows none."""
        *path, last = str(order).lstrip("-").split("__")
        try:
            if not path and column_of(self.model, last).is_relation and not last.endswith("_id"):
                path = [last]
        except NotWatched:
            # An expression: what it refers to is for its author to know.
            return ""
        return "__".join(path)

    def get(self, value: Any) -> list[Any]:
        """Return the rows that have the value."""
        normalised = self.normalise(value)
        if normalised is None:
            return []
        key = self.key(normalised)
        entry = self.kind.find(key)
        if entry is not None:
            return thaw(entry.value)
        return cache_manager.load_through(
            self.kind, key, lambda: self._rows([normalised]), lambda: self.dependencies(normalised), None
        )

    async def aget(self, value: Any) -> list[Any]:
        """Return what ``get`` returns."""
        return await sync_to_async(self.get)(value)

    def get_many(self, values: Iterable[Any]) -> dict[Any, list[Any]]:
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


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the values in parts that one query can take."""
    for start in range(0, len(values), _MOST_IN_ONE_QUERY):
        yield values[start : start + _MOST_IN_ONE_QUERY]


def _join(rows: Sequence[Any], path: Sequence[str]) -> None:
    """Give rows the instances that their foreign keys refer to, each read once, along a path of keys."""
    if not rows or not path:
        return
    field = column_of(type(rows[0]), path[0])
    keys = {getattr(row, field.attname) for row in rows}
    related: Any = field.related_model
    # As a join reads them: a default manager may leave some out.
    joined = related._base_manager.in_bulk(keys - {None})
    for row in rows:
        if (key := getattr(row, field.attname)) in joined:
            setattr(row, field.name, joined[key])
    _join(list(joined.values()), path[1:])


def _type(given: "str | CacheType") -> CacheType:
    return given if isinstance(given, CacheType) else cache_type(given)
