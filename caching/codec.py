"""Values as the cache holds them: frozen in memory, bytes in the shared tier. No pickle, no deepcopy.

``freeze`` turns a value into a form that nobody else can change, ``thaw`` gives out a copy with the same type and
content, ``encode`` and ``decode`` turn the frozen form into bytes and back. The types are a fixed set: None, bool, int,
float, str, bytes, datetime, date, time, timedelta, Decimal, UUID; tuple, list, dict, set, frozenset; the dataclasses
declared for the cache type; rows of watched models, with the rows that ``select_related`` has joined to them.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cache, cached_property
from hashlib import blake2b
from itertools import chain
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.apps import apps
from django.db import models
from django.db.models.base import ModelState
from django.db.models.sql.constants import MULTI
from django.utils.functional import cached_property as django_cached_property

from .exceptions import Uncacheable

_ATOMS = frozenset({type(None), bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, UUID})
_ALLOWED = (
    "None, bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, UUID, tuple, list, dict, set, "
    "frozenset, the dataclasses declared for the cache type and rows of watched models"
)


RowName = tuple[type[models.Model], Any, str | None]
"""(model, primary key, database)."""


class Frozen:
    """A value that must be copied to be given out."""

    __slots__ = ()

    def thaw(self) -> Any:
        raise NotImplementedError


class Row(Frozen, msgspec.Struct, eq=False, gc=False):
    """A model instance: its loaded fields, its database, the rows joined to it."""

    model: type[models.Model]
    db: str | None
    fields: dict[str, Any]
    frozen_fields: tuple[tuple[str, Frozen], ...]
    related: "tuple[tuple[str, Row | None], ...]"

    def thaw(self) -> models.Model:
        model = self.model
        row = model.__new__(model)
        namespace = row.__dict__
        namespace.update(self.fields)
        namespace["_state"] = state = ModelState()
        state.db = self.db
        state.adding = False
        if self.frozen_fields:
            namespace.update((name, value.thaw()) for name, value in self.frozen_fields)
        if self.related:
            state.fields_cache = {name: other and other.thaw() for name, other in self.related}
        return row

    @property
    def pk(self) -> Any:
        return self.fields[self.model._meta.pk.attname]

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
    """A list, dict, set or tuple: its items, frozen where they must be."""

    __slots__ = ("factory", "items")

    def __init__(self, factory: type, items: tuple[Any, ...]) -> None:
        self.factory, self.items = factory, items

    def thaw(self) -> Any:
        return self.factory([item.thaw() if isinstance(item, Frozen) else item for item in self.items])


class Mapped(Frozen):
    """A dict: its pairs in order."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: tuple[tuple[Any, Any], ...]) -> None:
        self.pairs = pairs

    def thaw(self) -> dict[Any, Any]:
        return {key: value.thaw() if isinstance(value, Frozen) else value for key, value in self.pairs}


class Record(Frozen):
    """An instance of a declared dataclass that can be changed, or that holds what can be."""

    __slots__ = ("cls", "fields")

    def __init__(self, cls: type, fields: tuple[tuple[str, Any], ...]) -> None:
        self.cls, self.fields = cls, fields

    def thaw(self) -> Any:
        return _make_dataclass(
            self.cls, ((name, value.thaw() if isinstance(value, Frozen) else value) for name, value in self.fields)
        )


def _make_dataclass(cls: type, fields: Iterable[tuple[str, Any]]) -> Any:
    """Return an instance with these fields, without running ``__init__``: it was checked when it was made."""
    instance: Any = object.__new__(cls)
    for name, value in fields:
        object.__setattr__(instance, name, value)
    return instance


@dataclass(frozen=True, slots=True)
class Content:
    """A frozen value and the rows in it."""

    value: Any
    rows: frozenset[RowName]
    """Every row that the value contains, joined ones included."""

    @property
    def row_models(self) -> set[type[models.Model]]:
        return {model for model, _, _ in self.rows}

    @property
    def sources(self) -> set[tuple[type[models.Model], str | None]]:
        """The models with the databases that their rows were read from."""
        return {(model, database) for model, _, database in self.rows}


_PLAIN_FIELDS = (
    *(models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.DecimalField),
    *(models.DateField, models.TimeField, models.DurationField, models.UUIDField, models.FloatField, models.ForeignKey),
)


class Rows:
    """The rows met while values are frozen together. One that several values share is frozen once."""

    def __init__(self) -> None:
        self.found: set[RowName] = set()
        # By identity; the instance is held so that no other one takes its place.
        self._frozen: dict[int, tuple[models.Model, Row, frozenset[RowName]]] = {}

    def frozen(self, row: models.Model) -> Row | None:
        """Return the form of an instance that was frozen before, and count the rows in it as found."""
        known = self._frozen.get(id(row))
        if known is None:
            return None
        self.found |= known[2]
        return known[1]

    def remember(self, row: models.Model, frozen: Row, contained: Iterable[RowName]) -> None:
        self._frozen[id(row)] = row, frozen, frozenset(contained)


def freeze(value: Any, declared: tuple[type, ...] = (), rows: Rows | None = None) -> Content:
    """Return the value in a form that nobody else can change; raise Uncacheable for a type outside the set.

    ``rows`` is given by who freezes several values that share instances.
    """
    rows = rows or Rows()
    rows.found = set()
    try:
        return Content(_freeze(value, declared, rows), frozenset(rows.found))
    except RecursionError as error:
        raise Uncacheable("A value that contains itself, or is nested too deeply, cannot be cached.") from error


def frozen_rows(queryset: "models.QuerySet[Any]") -> list[Row] | None:
    """Run a query and return its rows in frozen form, in order, without making instances: a third of the cost.

    None, and no query, if a column may hold what can be changed.
    """
    model: Any = queryset.model
    attnames = list(_attnames(model))
    if not all(map(_is_plain, model._meta.concrete_fields)):
        return None
    return [
        Row(model, queryset.db, dict(zip(attnames, values, strict=True)), (), ())
        for values in _converted_rows(queryset.values_list(*attnames))
    ]


def _is_plain(field: "models.Field[Any, Any]") -> bool:
    """Whether what the field reads from the database cannot be changed."""
    return isinstance(field, _PLAIN_FIELDS) and not hasattr(field, "from_db_value")


def _converted_rows(queryset: "models.QuerySet[Any]") -> Iterable[tuple[Any, ...]]:
    """Return what iterating over a ``values_list`` returns; a value that many rows share is converted once.

    SQLite's dates and decimals pass several functions of Python each, and of one import all have the same moment.
    """
    compiler = queryset.query.get_compiler(queryset.db)
    columns = list(zip(*chain.from_iterable(compiler.execute_sql(MULTI) or ()), strict=True))
    if not columns:
        return ()
    selected = [expression for expression, _, _ in compiler.select]
    for at, (converters, expression) in compiler.get_converters(selected).items():
        converted = {}
        for raw in set(columns[at]):
            value = raw
            for convert in converters:
                value = convert(value, expression, compiler.connection)
            converted[raw] = value
        columns[at] = tuple(converted[raw] for raw in columns[at])
    return zip(*columns, strict=True)


def thaw(value: Any) -> Any:
    """Return a copy of a frozen value that its caller may change."""
    return value.thaw() if isinstance(value, Frozen) else value


def _freeze(value: Any, declared: tuple[type, ...], rows: Rows) -> Any:
    kind = type(value)
    if kind in _ATOMS:
        if kind in (datetime, time) and not _is_known_zone(value.tzinfo):
            raise Uncacheable(f"{value!r} has a time zone that cannot be cached; use zoneinfo or datetime.timezone.")
        if kind is str and not value.isascii() and not _is_unicode(value):
            raise Uncacheable(f"{value!r} holds half of a surrogate pair, which is no text that can be cached.")
        return value
    if isinstance(value, models.Model):
        return _freeze_row(value, rows)
    if kind is dict:
        pairs = tuple((_freeze_key(key, declared), _freeze(item, declared, rows)) for key, item in value.items())
        return Mapped(pairs)
    if kind in (list, tuple, set, frozenset):
        items = tuple(_freeze(item, declared, rows) for item in value)
        if kind in (tuple, frozenset) and not any(isinstance(item, Frozen) for item in items):
            return value
        return Collection(kind, items)
    if kind in declared:
        fields = tuple(
            (field.name, _freeze(getattr(value, field.name), declared, rows)) for field in dataclasses.fields(value)
        )
        unchangeable = _is_frozen(kind) and not any(isinstance(item, Frozen) for _, item in fields)
        return value if unchangeable else Record(kind, fields)
    raise Uncacheable(_refusal(value, declared))


def _is_known_zone(zone: Any) -> bool:
    """Whether the time zone can be found again by its name or its offset."""
    return zone is None or type(zone) is timezone or (type(zone) is ZoneInfo and zone.key is not None)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refusal(value: Any, declared: tuple[type, ...]) -> str:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(value, models.QuerySet):
        return f"A QuerySet of {value.model._meta.label} cannot be cached before it is evaluated; cache list(queryset)."
    if dataclasses.is_dataclass(kind):
        return f"The dataclass {name} is not declared: CacheType(…, dataclasses=({kind.__name__},))."
    return f"A value of type {name} cannot be cached. Cacheable are {_ALLOWED}."


def _freeze_key(key: Any, declared: tuple[type, ...]) -> Any:
    frozen = _freeze(key, declared, Rows())
    if isinstance(frozen, Frozen):
        raise Uncacheable(f"A dict with the key {key!r} cannot be cached; use keys of plain values.")
    return frozen


def _freeze_row(row: models.Model, rows: Rows) -> Row:
    if (known := rows.frozen(row)) is not None:
        return known
    model, state, pk = type(row), row._state, row.pk
    if state.adding or pk is None:
        raise Uncacheable(f"An unsaved {model._meta.label} cannot be cached; save it or cache what it holds.")
    outside, rows.found = rows.found, {(model, pk, state.db)}
    namespace = row.__dict__
    attnames = _attnames(model)
    fields = {name: value for name, value in namespace.items() if name in attnames}
    if len(fields) + 1 < len(namespace):
        _refuse_extra_attributes(model, namespace.keys() - attnames)
    changeable = {name: value for name, value in fields.items() if type(value) not in _ATOMS}
    frozen_fields = {name: _freeze(value, (), rows) for name, value in changeable.items()}
    related = tuple(
        (name, None if other is None else _freeze_row(other, rows))
        for name, other in state.fields_cache.items()
        if name in _foreign_keys(model)
    )
    for name, value in frozen_fields.items():
        fields.pop(name)
        if not isinstance(value, Frozen):
            fields[name] = value
    still_frozen = tuple((name, value) for name, value in frozen_fields.items() if isinstance(value, Frozen))
    frozen = Row(model, state.db, fields, still_frozen, related)
    rows.remember(row, frozen, rows.found)
    rows.found |= outside
    return frozen


def _refuse_extra_attributes(model: type[models.Model], names: Iterable[str]) -> None:
    if extra := sorted(name for name in names if not _is_derived(model, name)):
        raise Uncacheable(
            f"This {model._meta.label} carries {', '.join(extra)}, not a field of it; cache a dataclass that does."
        )


@cache
def _attnames(model: type[models.Model]) -> dict[str, None]:
    """The attributes that hold columns, in order, quick to look up."""
    return {field.attname: None for field in model._meta.concrete_fields}


@cache
def _foreign_keys(model: type[models.Model]) -> frozenset[str]:
    """The names under which ``select_related`` caches the one row at the other end of a key of this model."""
    return frozenset(field.name for field in model._meta.concrete_fields if field.is_relation)


def _is_derived(model: type[models.Model], name: str) -> bool:
    """Whether an attribute can be computed again, so that a copy may lack it."""
    return name.startswith("_") or isinstance(getattr(model, name, None), (cached_property, django_cached_property))


# -- bytes ------------------------------------------------------------------------------------------------------------

_DATETIME, _DATE, _TIME, _TIMEDELTA, _DECIMAL, _UUID, _TUPLE, _SET, _FROZENSET, _DICT, _RECORD, _LIST, _INT = range(
    1, 14
)
_COLLECTIONS: dict[type, int] = {list: _LIST, tuple: _TUPLE, set: _SET, frozenset: _FROZENSET}
_FACTORIES = {code: factory for factory, code in _COLLECTIONS.items()}
_PLAIN = frozenset({type(None), bool, float, str, bytes})
_pack = msgspec.msgpack.Encoder().encode
# OSError: a time zone that is named like a folder of them.
_DAMAGES = (
    *(msgspec.MsgspecError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, RecursionError, OSError),
)


def encode(value: Any) -> bytes:
    """Return the bytes of a frozen value."""
    return _pack(_plain(value))


def decode(content: bytes, declared: tuple[type, ...] = ()) -> Any:
    """Return the frozen value of some bytes.

    Raises ValueError when they are damaged, foreign, or were written by code whose models or dataclasses have other
    fields than ours.
    """
    try:
        return _restored(_hook(declared).decode(content))
    except _DAMAGES as error:
        raise ValueError(f"The stored bytes are not a value of ours: {error}") from error


def _plain(value: Any) -> Any:
    """Return the value as MessagePack can hold it, every other type as an extension.

    A row is the one array: most of what is stored are rows, and an extension is decoded in a second step.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else _extension(_INT, hex(value))
    if kind is Row:
        return _plain_row(value)
    if kind is datetime and value.tzinfo is UTC and not value.fold:
        return value  # a timestamp of MessagePack, which comes back as this
    if kind in _RAW_WRITERS:
        code, write = _RAW_WRITERS[kind]
        return msgspec.msgpack.Ext(code, write(value))
    if kind is Collection:
        return _extension(_COLLECTIONS[value.factory], [_plain(item) for item in value.items])
    if kind is Mapped:
        return _extension(_DICT, [[_plain(key), _plain(item)] for key, item in value.pairs])
    if kind in _COLLECTIONS:
        return _extension(_COLLECTIONS[kind], [_plain(item) for item in value])
    if kind is Record:
        return _extension(_RECORD, _plain_record(value.cls, value.fields))
    if kind in _WRITERS:
        code, write = _WRITERS[kind]
        return _extension(code, write(value))
    fields = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return _extension(_RECORD, _plain_record(kind, fields))


def _extension(code: int, value: Any) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, _pack(value))


def _plain_row(row: Row) -> list[Any]:
    model: Any = row.model
    fields = {name: _plain(value) for name, value in (*row.fields.items(), *row.frozen_fields)}
    attnames = _attnames(model)
    # None: all of them, in order, and none is a list or a dict that would have to be looked for when it is read.
    names = None if len(row.fields) == len(attnames) else list(fields)
    return [
        _signature(model),
        row.db,
        names,
        [fields[name] for name in names or attnames],
        {name: other and _plain_row(other) for name, other in row.related},
    ]


def _plain_record(cls: Any, fields: Iterable[tuple[str, Any]]) -> list[Any]:
    return [cls.__qualname__, _dataclass_fingerprint(cls), [_plain(value) for _, value in fields]]


def _write_zone(value: datetime | time) -> Any:
    zone = value.tzinfo
    if zone is None:
        return None
    if isinstance(zone, ZoneInfo):
        return zone.key
    # (offset,) or (offset, name) as it was made: an offset that has no name of its own must not get one.
    offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]
    return [offset.days, offset.seconds, offset.microseconds, *name]


def _read_zone(zone: Any) -> Any:
    if zone is None or isinstance(zone, str):
        return zone and ZoneInfo(zone)
    return UTC if zone == [0, 0, 0] else timezone(timedelta(*zone[:3]), *zone[3:])


_WRITERS: dict[type, tuple[int, Callable[[Any], Any]]] = {
    datetime: (_DATETIME, lambda v: [v.replace(tzinfo=None).isoformat(), _write_zone(v), v.fold]),
    time: (_TIME, lambda v: [v.replace(tzinfo=None).isoformat(), _write_zone(v), v.fold]),
    timedelta: (_TIMEDELTA, lambda v: [v.days, v.seconds, v.microseconds]),
}
_RAW_WRITERS: dict[type, tuple[int, Callable[[Any], bytes]]] = {
    date: (_DATE, lambda v: v.toordinal().to_bytes(3)),
    Decimal: (_DECIMAL, lambda v: str(v).encode()),
    UUID: (_UUID, lambda v: v.bytes),
}
"""Extensions whose content is no MessagePack: to decode it in a second step takes longer than to make the value."""
_READERS: Mapping[int, Callable[[Any], Any]] = {
    _DATETIME: lambda v: datetime.fromisoformat(v[0]).replace(tzinfo=_read_zone(v[1]), fold=v[2]),
    _TIME: lambda v: time.fromisoformat(v[0]).replace(tzinfo=_read_zone(v[1]), fold=v[2]),
    _TIMEDELTA: lambda v: timedelta(*v),
    _INT: lambda v: int(v, 16),  # in decimal Python refuses more than 4,300 digits
}
_RAW_READERS: Mapping[int, Callable[[memoryview], Any]] = {
    _DATE: lambda v: date.fromordinal(int.from_bytes(v)),
    _DECIMAL: lambda v: Decimal(str(v, "ascii")),
    _UUID: lambda v: UUID(bytes=bytes(v)),
}


class _Hook:
    """How the extensions of one cache type are read, those inside of others too."""

    def __init__(self, declared: tuple[type, ...]) -> None:
        self._declared = {cls.__qualname__: cls for cls in declared}
        self.decode = msgspec.msgpack.Decoder(ext_hook=self).decode

    def __call__(self, code: int, data: memoryview) -> Any:
        if code in _RAW_READERS:
            return _RAW_READERS[code](data)
        value = self.decode(data)
        if (read := _READERS.get(code)) is not None:
            return read(value)
        if code == _DICT:
            return Mapped(tuple((key, _restored(item)) for key, item in value if hash(key) is not None))
        if code == _RECORD:
            return self._record(value)
        items = tuple(_restored(item) for item in value)
        factory = _FACTORIES[code]
        if factory in (set, frozenset):
            factory(map(thaw, items))  # raises TypeError for what cannot be in a set
        if factory in (set, list) or any(isinstance(item, Frozen) for item in items):
            return Collection(factory, items)
        return factory(items)

    def _record(self, value: list[Any]) -> Any:
        name, written_by, values = value
        cls: Any = self._declared[name]
        if written_by != _dataclass_fingerprint(cls):
            raise ValueError(f"The dataclass {name} had other fields when it was stored.")
        names = (field.name for field in dataclasses.fields(cls))
        pairs = tuple(zip(names, map(_restored, values), strict=True))
        unchangeable = _is_frozen(cls) and not any(isinstance(item, Frozen) for _, item in pairs)
        return _make_dataclass(cls, pairs) if unchangeable else Record(cls, pairs)


# To make a decoder costs as much as to decode a row. It may be used by several threads, and inside itself.
_hook = cache(_Hook)


def _restored(value: Any) -> Any:
    """Return a decoded array as the frozen row that was encoded, what is none as it is."""
    if type(value) is dict:
        raise ValueError("The stored bytes are not a value of ours: a MessagePack map stands in rows alone.")
    return _row(value) if type(value) is list else value


def _row(value: list[Any]) -> Row:
    signature, db, names, values, related = value
    model = _model_of(signature)
    frozen_fields: tuple[tuple[str, Frozen], ...] = ()
    if names is None:
        # A copy has the room already: two thirds of the time that it takes to make it from pairs.
        fields: dict[str, Any] = _attnames(model).copy()
        fields.update(zip(_attnames(model), values, strict=True))
    else:
        fields = dict(zip(names, values, strict=True))
        changeable = {name: _restored(item) for name, item in fields.items() if type(item) not in _ATOMS}
        frozen_fields = tuple((name, item) for name, item in changeable.items() if isinstance(item, Frozen))
        for name, _ in frozen_fields:
            del fields[name]
    joined = tuple((name, other and _row(other)) for name, other in related.items())
    return Row(model, db, fields, frozen_fields, joined)


@cache
def _signature(model: Any) -> str:
    """Return what names the model and its fields."""
    return f"{model._meta.label} {fingerprint(model)}"


@cache
def _model_of(signature: str) -> Any:
    label = signature.partition(" ")[0]
    model: Any = apps.get_model(label)
    if signature != _signature(model):
        raise ValueError(f"{label} had other fields when it was stored.")
    return model


@cache
def fingerprint(model: Any) -> str:
    """Return what tells a model's fields from those of another version of the code."""
    described = ";".join(
        f"{field.attname}:{type(field).__qualname__}:{field.null}" for field in model._meta.concrete_fields
    )
    return blake2b(described.encode(), digest_size=8).hexdigest()


def _is_frozen(cls: Any) -> bool:
    return bool(cls.__dataclass_params__.frozen)


@cache
def _dataclass_fingerprint(cls: Any) -> str:
    described = ";".join(f"{field.name}:{field.type}" for field in dataclasses.fields(cls))
    return blake2b(described.encode(), digest_size=8).hexdigest()
