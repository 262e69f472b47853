"""How the value of a field is held that is none of the plain types: as the database holds it, and made anew."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections, models
from django.db.models.fields.files import FieldFile

from ..exceptions import Uncacheable
from .construction import is_kept_elsewhere
from .contexts import asks_for_a_context
from .forms import Frozen
from .sameness import is_same

_CONVERTERS = ("from_db_value", "get_db_converters")
_BASES: dict[type, Any] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    bytes: lambda value: bytes(memoryview(value)),
    bytearray: bytes,
    memoryview: bytes,
    datetime: lambda value: datetime.combine(value.date(), value.timetz()),
    date: lambda value: date.fromordinal(value.toordinal()),
    time: lambda value: time.fromisoformat(value.isoformat()).replace(tzinfo=value.tzinfo, fold=value.fold),
    timedelta: lambda value: timedelta(value.days, value.seconds, value.microseconds),
    Decimal: lambda value: Decimal(value.as_tuple()),
    UUID: lambda value: UUID(int=value.int),
}


class Made(Frozen):
    """What a field of one's own makes of the value in its column: that value, from which the field makes it again."""

    __slots__ = ("attname", "db", "model", "stored")

    def __init__(self, model: type[models.Model], attname: str, db: str | None, stored: Any) -> None:
        self.model, self.attname, self.db, self.stored = model, attname, db, stored

    def thaw(self) -> Any:
        value = self.stored.thaw() if isinstance(self.stored, Frozen) else self.stored
        connection = connections[self.db or "default"]
        field = _field(self.model, self.attname)
        column = field.get_col(field.model._meta.db_table)  # of a foreign key: with the field that it refers to
        for convert in column.get_db_converters(connection):
            value = convert(value, column, connection)
        return value

    def may_query(self) -> bool:
        return True  # nobody knows what a field of somebody else does


@cache
def made_fields(model: type[models.Model]) -> frozenset[str]:
    """Return the columns whose values are made by code that is not Django's, which may ask for a language or a key."""
    return frozenset(field.attname for field in model._meta.concrete_fields if _has_own_converters(field))


def _has_own_converters(field: Any) -> bool:
    if getattr(field, "decoder", None) is not None:  # of a JSONField
        return True
    if "from_db_value" in vars(field) or not all(map(_is_by_django, _definers(type(field)))):
        return True
    return any(map(_has_own_converters, _parts(field)))


@cache
def _asks_for_a_context(field: Any) -> bool:
    """Whether a field makes something else of its column in another language, time zone or the like."""
    own = (getattr(field, name, None) for name in _CONVERTERS)
    return asks_for_a_context(field, *own) or any(map(_asks_for_a_context, _parts(field)))


def _parts(field: Any) -> list[Any]:
    """Return the fields by which a field makes its values: of an array, of the key, of what a column is computed."""
    output = getattr(field, "output_field", None)
    found = (getattr(field, "base_field", None), field.target_field if field.is_relation else None, output)
    return [part for part in found if part is not None]


def _definers(kind: type) -> list[type]:
    """Return the classes that say what a field of a class makes of the value in its column."""
    return [next(cls for cls in kind.__mro__ if name in vars(cls)) for name in _CONVERTERS if hasattr(kind, name)]


def _is_by_django(cls: type) -> bool:
    return cls.__module__.startswith("django.")


@cache
def _field(model: type[models.Model], attname: str) -> Any:
    return next(field for field in model._meta.concrete_fields if field.attname == attname)


def held(model: type[models.Model], attname: str, db: str | None, value: Any) -> Any:
    """Return the form of a value; raise Uncacheable if it cannot be made again from what the database holds."""
    if isinstance(value, FieldFile):
        if not value._committed:  # type: ignore[attr-defined]
            raise Uncacheable("A file that is not saved cannot be cached.")
        return value.name  # the field's descriptor makes the file, and gives it to its row
    named = f"{model._meta.label}.{attname}"
    if attname in made_fields(model):
        column = _field(model, attname)
        if _asks_for_a_context(column):
            raise Uncacheable(
                f"{named}: its field asks for a language or the like, so it does not tell what it was made of."
            )
        field = getattr(column, "output_field", column)
        connection = connections[db or "default"]
        for prepare in (field.get_prep_value, lambda value: field.get_db_prep_value(value, connection)):
            made = _made(Made(model, attname, db, None), prepare, value)
            if made is not None:
                return made
        raise Uncacheable(f"{named}: what the field makes of its column could not be made again with certainty.")
    try:
        return _base(value)
    except Uncacheable as error:
        if is_kept_elsewhere(model, attname):
            # Its descriptor has made it of what the column holds. Whether it does so again, who makes the row looks.
            with suppress(Exception):  # a field of somebody else may raise anything
                return _base(_field(model, attname).get_prep_value(value))
        raise Uncacheable(f"{named}: {error} Cache what you need of it, or the row before the field is read.") from None


def _made(made: Made, prepare: Callable[[Any], Any], value: Any) -> Made | None:
    """Return the form with the value in the column, if the field makes the same of it; None if it does not."""
    try:
        made.stored = _base(prepare(value))
        return made if is_same(made.thaw(), value) else None
    except Exception:  # noqa: BLE001  (a field of somebody else may raise anything)
        return None


def _base(value: Any) -> Any:
    """Return a value of a plain type: the text of an enumeration's member, the number of a subclass of int."""
    if value is None or type(value) is bool:
        return value
    for base, convert in _BASES.items():
        if type(value) is base and base not in (bytearray, memoryview):
            return value
        if isinstance(value, base):
            return convert(value)
    raise Uncacheable(f"A value of type {type(value).__qualname__} is none of the plain types.")


def is_range(value: Any) -> bool:
    """Whether this is a range of PostgreSQL as its driver makes it; nobody can change one."""
    return type(value).__module__ in ("psycopg.types.range", "psycopg2._range")
