"""The frozen forms of values. All readers share a frozen form; each of them gets a copy that it may change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import models
from django.db.models.base import ModelState
from django.db.models.signals import post_init

from .columns import FETCH_ONE, key_names, names_and_reader, one_to_ones
from .construction import is_plain, plain_models
from .records import make_record

_new = object.__new__
RowName = tuple[type[models.Model], Any, str | None]
"""(model, primary key, database)."""


class Frozen:
    """A value that must be copied before it is returned to a reader."""

    __slots__ = ()

    def thaw(self) -> Any:
        raise NotImplementedError

    def may_query(self) -> bool:
        """Whether making the copy runs code of somebody else, which an event loop must not: it may query."""
        return False


class Row(Frozen, msgspec.Struct, eq=False, gc=False):
    """A model instance: its loaded fields, its database and the rows joined to it."""

    model: type[models.Model]
    db: str | None
    fields: dict[str, Any]
    frozen_fields: tuple[tuple[str, Frozen], ...]
    related: "tuple[tuple[str, Row | None], ...]"

    def thaw(self) -> models.Model:
        model = self.model
        if model not in plain_models.known and not is_plain(model):
            return self._tell() if model in plain_models.told_of else self._construct()
        row, state = _new(model), ModelState()
        state.db = self.db
        state.adding = False
        row.__dict__ = namespace = self.fields.copy()
        namespace["_state"] = state
        if self.frozen_fields:
            namespace.update((name, value.thaw()) for name, value in self.frozen_fields)
        if self.related:
            state.fields_cache = self._joined(row)
        return row

    def _tell(self) -> models.Model:
        """Return a new instance of which the receivers of post_init have been told, before it has a database as ever.

        What else Django's constructor does is done quicker by setting the fields.
        """
        model = self.model
        row, state = _new(model), ModelState()
        row.__dict__ = namespace = self.fields.copy()
        namespace["_state"] = state
        if self.frozen_fields:
            namespace.update((name, value.thaw()) for name, value in self.frozen_fields)
        post_init.send(sender=model, instance=row)
        row._state.adding = False
        row._state.db = self.db
        if self.related:
            row._state.fields_cache.update(self._joined(row))
        return row

    def _joined(self, row: models.Model) -> dict[str, models.Model | None]:
        """Return new instances of the rows joined to a row; those that no other row can have know it, as in Django."""
        joined = {name: None if other is None else other.thaw() for name, other in self.related}
        for name, back in one_to_ones(self.model):
            if (other := joined.get(name)) is not None:
                back.set_cached_value(other, row)
        return joined

    def _construct(self) -> models.Model:
        """Return a new instance as Django makes one: the model keeps state of its own for each of its instances."""
        model, fields = self.model, self.fields
        names, values_in, is_told_names, _ = names_and_reader(model)
        if self.frozen_fields:
            fields = fields | {name: value.thaw() for name, value in self.frozen_fields}
        if is_told_names or len(fields) < len(names):
            row = self._from_db(fields)
        else:
            # What Django's own from_db does with the values of all columns.
            row = model(*values_in(fields))
            row._state.adding = False
            row._state.db = self.db
        if self.related:
            row._state.fields_cache.update(self._joined(row))
        return row

    def _from_db(self, fields: Mapping[str, Any]) -> models.Model:
        """Return what the model's ``from_db`` makes of loaded fields, called as Django calls it."""
        names, values_in, _, is_told_mode = names_and_reader(self.model)
        told: dict[str, Any] = {"fetch_mode": self.fetch_mode} if is_told_mode else {}
        if len(fields) < len(names):
            loaded = [name for name in names if name in fields]
            return self.model.from_db(self.db, loaded, [fields[name] for name in loaded], **told)
        return self.model.from_db(self.db, names.copy(), values_in(fields), **told)

    def may_query(self) -> bool:
        if self.model not in plain_models.known and not is_plain(self.model):
            return True
        if not self.frozen_fields and not self.related:
            return False
        parts = (*self.frozen_fields, *self.related)
        return any(part is not None and part.may_query() for _, part in parts)

    def value(self, name: str) -> Any:
        """Return a copy of the value of a field."""
        return self.fields[name] if name in self.fields else dict(self.frozen_fields)[name].thaw()

    @property
    def pk(self) -> Any:
        try:
            key = tuple([self.fields[name] for name in key_names(self.model)])
        except KeyError:
            key = tuple([self.value(name) for name in key_names(self.model)])
        return key if len(key) > 1 else key[0]

    @property
    def fetch_mode(self) -> Any:
        """How the instances fetch what they were loaded without."""
        return FETCH_ONE

    @property
    def name(self) -> "RowName":
        return self.model, self.pk, self.db

    def all_rows(self) -> "Iterator[Row]":
        """Yield this row and the rows joined to it."""
        yield self
        for _, other in self.related:
            if other is not None:
                yield from other.all_rows()


class Collection(Frozen):
    """A list, set, frozenset or tuple: its items, frozen where necessary."""

    __slots__ = ("factory", "items")

    def __init__(self, factory: type, items: tuple[Any, ...]) -> None:
        self.factory, self.items = factory, items

    def thaw(self) -> Any:
        return self.factory([item.thaw() if isinstance(item, Frozen) else item for item in self.items])

    def may_query(self) -> bool:
        return any(isinstance(item, Frozen) and item.may_query() for item in self.items)


class Mapped(Frozen):
    """A dict: its pairs, in order."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: tuple[tuple[Any, Any], ...]) -> None:
        self.pairs = pairs

    def thaw(self) -> dict[Any, Any]:
        return {key: value.thaw() if isinstance(value, Frozen) else value for key, value in self.pairs}

    def may_query(self) -> bool:
        return any(isinstance(value, Frozen) and value.may_query() for _, value in self.pairs)


class Record(Frozen):
    """An instance of a declared dataclass that is mutable or contains mutable values."""

    __slots__ = ("cls", "fields")

    def __init__(self, cls: type, fields: tuple[tuple[str, Any], ...]) -> None:
        self.cls, self.fields = cls, fields

    def thaw(self) -> Any:
        return make_record(
            self.cls, ((name, value.thaw() if isinstance(value, Frozen) else value) for name, value in self.fields)
        )

    def may_query(self) -> bool:
        return any(isinstance(value, Frozen) and value.may_query() for _, value in self.fields)


@dataclass(frozen=True, slots=True)
class Content:
    """A frozen value together with the rows that it contains."""

    value: Any
    rows: frozenset[RowName]
    """Every row in the value, including joined rows."""

    @property
    def row_models(self) -> set[type[models.Model]]:
        return {model for model, _, _ in self.rows}

    @property
    def sources(self) -> set[tuple[type[models.Model], str | None]]:
        """The models in the value, each with the database that its rows were read from."""
        return {(model, database) for model, _, database in self.rows}
