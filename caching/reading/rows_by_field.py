"""The base class of the look-ups: the key of a value, the dependencies of its answer, one query for many values."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.db import models

from ..coherence.columns import column_of, prepares_itself, target_of
from ..coherence.late import note_if_late
from ..coherence.models_by_label import when_loaded
from ..coherence.tags import selection_tag
from ..coherence.watched import labels_of
from ..coherence.watching import watch
from ..exceptions import ModelNotLoaded
from ..keys import NO_VALUE, CacheType, all_rows_tag, any_row_tag, escape, key_tags, positive_ttl, refuse_kind, unescape
from ..keys import cache_type as find_cache_type
from ..monitoring import stats
from ..values.construction import makes_its_own_rows
from ..values.fields import made_fields
from ..values.forms import Content, Row
from ..values.freezing import freeze
from .asked import in_doubt, normalised, value_in_key
from .dependencies import Dependencies
from .entries import Kind
from .filters import DefaultFilter
from .finding import find_many
from .in_many import in_many
from .loading import load_contents, load_many, not_held
from .manager import cache_manager
from .managers import (
    compares_by_the_database,
    declared_queryset,
    joins_partly,
    keys_along,
    loading,
    paths_joined_by,
    refuse_additions,
    refuse_deferred,
)
from .places import Declared, declare
from .queries import are_made_at_each_read, frozen_rows, frozen_rows_by_value, join, join_frozen, parts, rows_by_value
from .renewal import renew_answer_later
from .tiers import Entry

logger = logging.getLogger("caching")

M = TypeVar("M", bound=models.Model)


class RowsByField(ABC, Generic[M]):
    """The base class of CachedLookup and CachedGroup."""

    def __init__(
        self,
        model: type[M] | str,
        field: str,
        *,
        cache_type: str | CacheType,
        ttl: float | None = None,
        kind: str | None = None,
        select_related: Sequence[str] = (),
        order_by: Sequence[Any] = (),
    ) -> None:
        self.cache_type = cache_type if isinstance(cache_type, CacheType) else find_cache_type(cache_type)
        self.ttl = positive_ttl(ttl)
        self._declared_as = f"{model if isinstance(model, str) else model._meta.label}.{field}"
        # A text is one name: its letters would be others.
        self._related = (select_related,) if isinstance(select_related, str) else tuple(select_related)
        self._order = (order_by,) if isinstance(order_by, str) else tuple(order_by)
        self._orders = bool(self._order)
        self._kind: Kind | None = None
        refuse_kind(kind or field)
        watch(model, by=(field,))
        when_loaded(model, lambda loaded: self._set_up(loaded, field, kind))

    def _set_up(self, model: type[M], field: str, kind: str | None) -> None:
        self._resolve(model, field, kind)
        options = f"{type(self).__name__} select_related={self._related} order_by={[*map(str, self._order)]}"
        name, filter_now = f"{model._meta.label}.{self.field.name}", None if self._filter.is_constant else self._filter
        place = filter_now.place if filter_now else None
        declared = Declared(name, options, (model, *self._joined), place, self._accepts, self)
        is_new = declare(self.cache_type.name, self.kind_name, declared)
        if is_new:
            note_if_late(f"The look-up {name}")
        cache_manager.types.forget_kind(self.cache_type.name, self.kind_name)

    def _resolve(self, model: type[M], field: str, kind: str | None) -> None:
        """Complete the declaration once the model is loaded."""
        self.model = model
        self.field = column_of(model, field)
        self._target = target_of(self.field)
        self._is_made = self.field.attname in made_fields(model)
        self._prepares_itself = prepares_itself(self.field)
        self.kind_name = kind or self.field.name
        refuse_additions(model)
        self._related = tuple(dict.fromkeys((*self._related, *paths_joined_by(model))))
        refuse_deferred(model, self._related)
        self._watch_subclasses()
        keys = list(keys_along(model, self._related))
        self._joined: tuple[type[models.Model], ...] = tuple(key.related_model for _, key in keys)
        # Without a constraint a key may name no row, and a join leaves its row out until there is one.
        self._may_dangle = any(
            not (key.db_constraint and holder._meta.managed and key.related_model._meta.managed) for holder, key in keys
        )
        for joined in self._joined:
            watch(joined)
        self._joins_itself = joins_partly(model) or any(compares_by_the_database(key) for _, key in keys)
        self._labels = frozenset(labels_of(model)).union(*map(labels_of, self._joined))
        self._filter = DefaultFilter(model)
        self._left_out_by = tuple(any_row_tag(labels_of(other)[0]) for other in self._models_that_leave_out())
        self._prefix = f"{self.kind_name}:"
        cache_manager.runtime.on_reconfigure.append(self._forget_kind)
        cache_manager.bind(self.cache_type, model)

    def __getattr__(self, name: str) -> Any:
        # Called only for missing attributes: before the models are loaded, if the label names no model, or by mistake.
        if "model" in self.__dict__:
            raise AttributeError(f"A {type(self).__name__} has no attribute {name!r}.")
        raise ModelNotLoaded(self.__dict__.get("_declared_as", type(self).__name__))

    def _watch_subclasses(self) -> None:
        """Watch the models that inherit from ours, if the manager may give rows of them."""
        if not makes_its_own_rows(declared_queryset(self.model)):
            return
        for other in apps.get_models():
            if issubclass(other, self.model):
                watch(other)

    def _models_that_leave_out(self) -> Iterator[type[models.Model]]:
        """Yield the models on whose rows the filter of the default manager depends.

        A write to them can make a hidden row visible, although it names neither the value nor a row in any entry.
        """
        if self._may_dangle:
            yield from self._joined
        for other in self._filter.deciding.values():
            watch(other)
            yield other

    def _forget_kind(self) -> None:
        self._kind = None

    @property
    def kind(self) -> Kind:
        """The entries of this look-up in this process."""
        if self._kind is None:
            kind = cache_manager.kind(self.cache_type, self.kind_name)
            if self.ttl is not None:
                kind.ttl = self.ttl
            kind.renew = partial(renew_answer_later, self)
            self._kind = kind
        return self._kind

    def normalise(self, value: Any) -> Any:
        """Return the value in the form in which the field holds it; None if no row can have it. A row means its key."""
        return normalised(self.field, self._target, value)

    def key(self, value: Any) -> str:
        """Return the key of a normalised value; None stands for the rows without one."""
        return self._prefix + (escape(value if type(value) is str else str(value)) if value is not None else NO_VALUE)

    def value_of(self, key: str) -> Any:
        """Return the normalised value that has this key; None if that cannot be told."""
        try:
            value = self.normalise(value_in_key(self._target, unescape(key.removeprefix(self._prefix))))
        except Exception:  # noqa: BLE001  (a field of somebody else may raise anything)
            return None
        return value if value is not None and self.key(value) == key else None

    def from_database(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the frozen answer for each key as the database gives it now, past the cache; ``wanted`` as of warm."""
        if (contents := self._contents(wanted)) is not None:
            return {key: content.value for key, content in contents.items()}
        answers = self._answers(wanted).items()
        return {key: freeze(answer, self.cache_type.dataclasses).value for key, answer in answers}

    def newest_values(self, most: int) -> list[Any]:
        """Return the values of the rows that were made last, of at most so many rows."""
        rows = self.model._default_manager.order_by("-pk").values_list(self.field.attname, flat=True)[:most]
        return [value for value in dict.fromkeys(map(self.normalise, rows)) if value is not None]

    def dependencies(self, value: Any) -> Dependencies:
        """Return the dependencies of the answer for a normalised value, as known before it is loaded."""
        tags = (
            *key_tags(self.cache_type.name, self.key(value)),
            selection_tag(self.model, self.field.name, value),
            *map(all_rows_tag, labels_of(self.model)),
            *self._left_out_by,
        )
        return Dependencies(tags, self._labels)

    def _queryset(self, values: Sequence[Any]) -> "models.QuerySet[Any]":
        # What the manager joins is ours to join, and what it prefetches is not kept.
        every = self.model._default_manager.all().select_related(None).prefetch_related(None)
        every = loading(every, self.field)
        if len(values) == 1 and values[0] is None:
            queryset = every.filter(**{f"{self.field.name}__isnull": True})
        # A key that names no row is found or not by the join that Django's own condition makes.
        elif self._may_dangle and self.field.is_relation:
            queryset = every.filter(**{f"{self.field.name}__in": values})
        else:
            queryset = in_many(every, self.field, values)
        return queryset.order_by(*self._order) if self._orders else queryset

    def _rows(self, values: Sequence[Any]) -> "list[Any]":
        """Load the rows for some values with their joined rows: one query for one value, several for many values.

        For many values, a shared joined row is read and created once, which takes a third of the time of a join.
        """
        if self._related and (len(values) == 1 or self._may_dangle or self._joins_itself):
            return [row for part in parts(values) for row in self._queryset(part).select_related(*self._related)]
        rows = [row for part in parts(values) for row in self._queryset(part)]
        for path in self._related:
            join(rows, path.split("__"))
        return rows

    def _wanted(self, values: Iterable[Any]) -> dict[str, Any]:
        """Return the distinct normalised values by key, without those that no row can have."""
        normalised = dict.fromkeys(map(self.normalise, values))
        normalised.pop(None, None)
        return {self.key(value): value for value in normalised}

    def _find(self, wanted: Mapping[str, Any]) -> dict[str, Entry]:
        return find_many(dict.fromkeys(wanted, self.kind))

    def _load_missing(self, missing: Mapping[str, Any], *, fills: bool = False) -> Mapping[str, Any]:
        """Load the answers for the keys in one query and store them; return them by key."""
        known = {key: self.dependencies(value) for key, value in missing.items()}
        return load_many(self.kind, known, lambda keys: self._answers({key: missing[key] for key in keys}), fills=fills)

    def _answers(self, missing: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer for each key, from one query; its content if instances must be made of that."""
        if are_made_at_each_read(self.model, *self._joined) and (contents := self._contents(missing)) is not None:
            return contents
        by_value = rows_by_value(self.field.attname, list(missing.values()), self._rows, are_made=self._is_made)
        return {key: self._answer(by_value[value]) for key, value in missing.items()}

    @abstractmethod
    def _answer(self, rows: list[Any]) -> Any:
        """Return the answer that consists of these instances."""

    def warm(self, values: Iterable[Any]) -> int:
        """Cache the missing answers without creating instances; return the number of values that were missing.

        At most as many values as the type has room for are looked at. What was read before is not displaced.
        """
        kind = self.kind
        wanted = dict(islice(self._wanted(values).items(), kind.entries.max_size))
        missing = not_held(kind, wanted)
        if not missing or not kind.runtime.is_serving:
            return 0
        dependencies = {key: self.dependencies(value) for key, value in missing.items()}
        if not load_contents(kind, dependencies, lambda: self._contents(missing)):
            self._load_missing(missing, fills=True)
        self.kind.count(stats.WARMED, len(missing))
        return len(missing)

    def _contents(self, missing: Mapping[str, Any]) -> dict[str, Content] | None:
        """Return the frozen answer for each key, from one query per model; None if instances are needed for that."""
        rows = self._frozen_rows(list(missing.values()))
        by_value = None if rows is None else frozen_rows_by_value(rows, self.field.attname, self.normalise)
        if by_value is None or in_doubt(missing.values(), by_value):
            return None
        return {key: self._content(by_value.get(value, [])) for key, value in missing.items()}

    def _content(self, rows: list[Row]) -> Content:
        return Content(self._held(rows), frozenset(part.name for row in rows for part in row.all_rows()))

    def _frozen_rows(self, values: Sequence[Any]) -> list[Row] | None:
        """Load the same as ``_rows`` in frozen form; None if instances are needed for that."""
        if self._may_dangle or self._joins_itself or any("__" in path for path in self._related):
            return None
        rows = frozen_rows(self._queryset(values))
        for name in self._related:
            if rows is None or not join_frozen(rows, column_of(self.model, name)):
                return None
        return rows

    def _is_row(self, value: Any) -> bool:
        return isinstance(value, Row) and issubclass(value.model, self.model)

    @abstractmethod
    def _accepts(self, value: Any) -> bool:
        """Whether a frozen value can be an answer, which consists of rows of the model."""

    @abstractmethod
    def _held(self, rows: list[Row]) -> Any:
        """Return the answer that consists of these frozen rows, in its frozen form."""

    def _log_bulk(self, total: int, cached: int) -> None:
        logger.info("Loaded %d %s (%d from cache)", total, self.model._meta.verbose_name_plural, cached)

    def invalidate(self, value: Any) -> None:
        """Drop the answer for one value in every process."""
        cache_manager.delete(self.cache_type, self.key(self.normalise(value)))
