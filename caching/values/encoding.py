"""Convert a frozen form to bytes (MessagePack with extensions), and back. Decoding never executes what it reads."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models

from .columns import attnames, key_names, model_of, signature
from .fetching import MODES, FetchedRow, Peers
from .fields import Made, is_range
from .forms import Collection, Frozen, Mapped, Record, Row
from .freezing import ATOMS, thaw
from .records import is_frozen, make_record, record_fingerprint
from .sharing import share

_DATETIME, _DATE, _TIME, _TIMEDELTA, _DECIMAL, _UUID, _TUPLE, _SET, _FROZENSET, _DICT, _RECORD, _LIST, _INT = range(
    1, 14
)
_RANGE, _MADE, _PEERS = 14, 15, 16
_PARTS_OF_A_ROW = 5
"""One more is the fetch mode, if it is not the usual one."""
_COLLECTIONS: dict[type, int] = {list: _LIST, tuple: _TUPLE, set: _SET, frozenset: _FROZENSET}
_FACTORIES = {code: factory for factory, code in _COLLECTIONS.items()}
_RANGES = ("Range", "NumericRange", "DateRange", "DateTimeRange", "DateTimeTZRange")
_PLAIN = frozenset({type(None), bool, float, str, bytes})
_pack = msgspec.msgpack.Encoder().encode
# OSError is raised for a time zone name that is a directory of the time zone database.
_DAMAGES = (
    *(msgspec.MsgspecError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, RecursionError, OSError),
)


def encode(value: Any) -> bytes:
    """Return a frozen value as bytes."""
    return _pack(_plain(value))


def decode(content: bytes, declared: tuple[type, ...] = ()) -> Any:
    """Return the frozen value that the bytes hold.

    Raises ValueError if they are damaged, were not written by the cache, or were written by a version of the code whose
    models or dataclasses had different fields.
    """
    try:
        return _restored(_hook(declared).decode(content))
    except _DAMAGES as error:
        raise ValueError(f"The stored bytes were not written by the cache: {error}") from error


def _plain(value: Any) -> Any:
    """Return the value in types that MessagePack has, with an extension for every other type.

    Arrays are used for rows only. Most stored values are rows, and an extension would need a second decoding step.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**64 else _extension(_INT, hex(value))
    if kind is Row or kind is FetchedRow:
        return _plain_row(value)
    if kind is datetime and value.tzinfo is UTC and not value.fold:
        return value  # a MessagePack timestamp, which is decoded to the same value
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
    if kind is Made:
        return _extension(_MADE, [value.model._meta.label, value.attname, value.db, _plain(value.stored)])
    if kind is Peers:
        return _extension(_PEERS, _plain(value.value))
    if is_range(value):
        bounds = None if value.isempty else [_plain(value.lower), _plain(value.upper), value._bounds]
        return _extension(_RANGE, [kind.__name__, bounds])
    fields = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return _extension(_RECORD, _plain_record(kind, fields))


def _extension(code: int, value: Any) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, _pack(value))


def _plain_row(row: Row) -> list[Any]:
    model: Any = row.model
    fields = {name: _plain(value) for name, value in (*row.fields.items(), *row.frozen_fields)}
    columns = attnames(model)
    # None means: all columns, in order. Then decoding need not look for values that can be changed in place.
    names = None if len(row.fields) == len(columns) else list(fields)
    return [
        signature(model),
        row.db,
        names,
        [fields[name] for name in names or columns],
        {name: other and _plain_row(other) for name, other in row.related},
        *([row.mode] if isinstance(row, FetchedRow) else ()),
    ]


def _plain_record(cls: Any, fields: Iterable[tuple[str, Any]]) -> list[Any]:
    return [cls.__qualname__, record_fingerprint(cls), [_plain(value) for _, value in fields]]


def _write_zone(value: datetime | time) -> Any:
    zone = value.tzinfo
    if zone is None:
        return None
    if isinstance(zone, ZoneInfo):
        return zone.key
    # (offset,) or (offset, name), as it was constructed: an offset without a name must not be given one.
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
"""Extensions whose content is not MessagePack: decoding it in a second step would take longer than parsing it."""
_READERS: Mapping[int, Callable[[Any], Any]] = {
    _DATETIME: lambda v: datetime.fromisoformat(v[0]).replace(tzinfo=_read_zone(v[1]), fold=v[2]),
    _TIME: lambda v: time.fromisoformat(v[0]).replace(tzinfo=_read_zone(v[1]), fold=v[2]),
    _TIMEDELTA: lambda v: timedelta(*v),
    _INT: lambda v: int(v, 16),  # Python refuses to parse more than 4,300 decimal digits
}
_RAW_READERS: Mapping[int, Callable[[memoryview], Any]] = {
    _DATE: lambda v: date.fromordinal(int.from_bytes(v)),
    _DECIMAL: lambda v: Decimal(str(v, "ascii")),
    _UUID: lambda v: UUID(bytes=bytes(v)),
}


class _Hook:
    """Decodes the extensions of one cache type, nested ones included."""

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
            return Mapped(tuple((_hashable(key), _restored(item)) for key, item in value))
        if code == _RECORD:
            return self._record(value)
        if code == _MADE:
            return _made(*value)
        if code == _RANGE:
            return _range(*value)
        if code == _PEERS:
            return _peers(_restored(value))
        items = tuple(_restored(item) for item in value)
        factory = _FACTORIES[code]
        if factory in (set, frozenset):
            factory(map(thaw, items))  # raises TypeError for unhashable items
        if factory in (set, list) or any(isinstance(item, Frozen) for item in items):
            return Collection(factory, items)
        return factory(items)

    def _record(self, value: list[Any]) -> Any:
        name, written_by, values = value
        cls: Any = self._declared[name]
        if written_by != record_fingerprint(cls):
            raise ValueError(f"The dataclass {name} had other fields when it was stored.")
        names = (field.name for field in dataclasses.fields(cls))
        pairs = tuple(zip(names, map(_restored, values), strict=True))
        unchangeable = is_frozen(cls) and not any(isinstance(item, Frozen) for _, item in pairs)
        return make_record(cls, pairs) if unchangeable else Record(cls, pairs)


def _hashable(key: Any) -> Any:
    hash(key)  # raises TypeError
    if isinstance(key, Frozen):
        raise ValueError("A key of a dict can be changed.")
    return key


def _made(label: str, attname: str, db: str | None, stored: Any) -> Made:
    """Return the form, once the field has made a value of it."""
    made = Made(apps.get_model(label), attname, _database(db), stored)
    try:
        made.thaw()
    except Exception as error:  # a field of somebody else may raise anything
        raise ValueError(f"{label}.{attname} cannot be made of what is stored.") from error
    return made


def _database(name: str | None) -> str | None:
    if name is not None and name not in connections.settings:
        raise ValueError(f"There is no database {name!r}.")
    return name


def _range(name: str, bounds: list[Any] | None) -> Any:
    from django.db.backends.postgresql import psycopg_any  # only where there are ranges is there a driver

    if name not in _RANGES:
        raise ValueError(f"There is no range {name}.")
    made = getattr(psycopg_any, name)
    return made(empty=True) if bounds is None else made(*bounds)


# Creating a decoder costs as much as decoding a row. A decoder is thread-safe and may be re-entered.
_hook = cache(_Hook)


def _restored(value: Any) -> Any:
    """Convert a decoded array back to the frozen row; return any other value unchanged."""
    if type(value) is dict:
        raise ValueError("The stored bytes were not written by the cache: MessagePack maps occur only in rows.")
    return _row(value) if type(value) is list else value


def _row(value: list[Any]) -> Row:
    mode = value.pop() if len(value) > _PARTS_OF_A_ROW else ""
    signature, db, names, values, related = value
    model = model_of(signature)
    frozen_fields: tuple[tuple[str, Frozen], ...] = ()
    if names is None:
        # Filling a copy, which already has its size, takes two thirds of the time of building a dict from pairs.
        fields: dict[str, Any] = attnames(model).copy()
        fields.update(zip(attnames(model), values, strict=True))
    else:
        fields = dict(zip(names, values, strict=True))
        if not set(key_names(model)) <= fields.keys() <= attnames(model).keys():
            raise ValueError(f"{model._meta.label} has other fields.")
        changeable = {name: _restored(item) for name, item in fields.items() if type(item) not in ATOMS}
        frozen_fields = tuple((name, item) for name, item in changeable.items() if isinstance(item, Frozen))
        for name, _ in frozen_fields:
            del fields[name]
    joined = tuple((name, other and _joined(model, name, _row(other))) for name, other in related.items())
    if mode:
        return FetchedRow(model, _database(db), share(model, fields), frozen_fields, joined, _known_mode(mode))
    return Row(model, _database(db), share(model, fields), frozen_fields, joined)


def _known_mode(name: str) -> str:
    if name not in MODES:
        raise ValueError(f"There is no fetch mode {name!r}.")
    return name


def _peers(value: Any) -> Peers:
    if not isinstance(value, Frozen):
        raise ValueError("There are no rows in the value.")
    return Peers(value)


def _joined(model: Any, name: str, other: Row) -> Row:
    """Return the row if it can be the one that a relation of the model refers to."""
    if not issubclass(other.model, _related(model, name)):
        raise ValueError(f"{model._meta.label}.{name} refers to no {other.model._meta.label}.")
    return other


@cache
def _related(model: Any, name: str) -> Any:
    """Return the model, of those with its table, that a relation refers to; any for a relation without one."""
    try:
        related: Any = model._meta.get_field(name).related_model
    except FieldDoesNotExist:
        return models.Model  # known by the name of its accessor
    return related._meta.concrete_model if hasattr(related, "_meta") else models.Model
