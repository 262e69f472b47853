"""How the value of a field is held that is none of the plain types: as the database holds it, and made anew."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connections, models
from django.db.models.fields.files import FieldFile

from ..exceptions import Uncacheable
from .forms import Frozen

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
        field: Any = next(field for field in self.model._meta.concrete_fields if field.attname == self.attname)
        return field.from_db_value(self.stored, field.cached_col, connections[self.db or "default"])


def held(model: type[models.Model], attname: str, db: str | None, value: Any) -> Any:
    """Return the form of a value; raise Uncacheable if it cannot be made again from what the database holds."""
    if isinstance(value, FieldFile):
        if not value._committed:  # type: ignore[attr-defined]
            raise Uncacheable("A file that is not saved cannot be cached.")
        return value.name  # the field's descriptor makes the file, and gives it to its row
    field: Any = next(field for field in model._meta.concrete_fields if field.attname == attname)
    if hasattr(field, "from_db_value"):
        made = _made(field, model, db, value)
        if made is not None:
            return made
    return _base(value)


def _made(field: Any, model: type[models.Model], db: str | None, value: Any) -> Made | None:
    """Return a form from which the field makes an equal value of the same type; None if it does not."""
    try:
        made = Made(model, field.attname, db, _base(field.get_prep_value(value)))
        again = made.thaw()
        return made if type(again) is type(value) and again == value else None
    except Exception:  # noqa: BLE001  (a field of somebody else may raise anything)
        return None


def _base(value: Any) -> Any:
    """Return a value of a plain type: the text of an enumeration's member, the number of a subclass of int."""
    for base, convert in _BASES.items():
        if type(value) is base and base not in (bytearray, memoryview):
            return value
        if isinstance(value, base):
            return convert(value)
    raise Uncacheable(f"A value of type {type(value).__qualname__} is none of the plain types.")


def is_range(value: Any) -> bool:
    """Whether this is a range of PostgreSQL as its driver makes it; nobody can change one."""
    return type(value).__module__ in ("psycopg.types.range", "psycopg2._range")
