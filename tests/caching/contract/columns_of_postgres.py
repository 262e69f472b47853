"""The fields that only PostgreSQL has."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.contrib.postgres import fields, search
from django.contrib.postgres.signals import register_type_handlers
from django.db import connection, models
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange, NumericRange
from django.db.backends.signals import connection_created

from tests.caching.contract.columns import MOMENT, Address, Column, _char, _of


class CaselessField(models.TextField):
    def db_type(self, connection: Any) -> str:
        return "citext"


class PaddedField(models.CharField):
    def db_type(self, connection: Any) -> str:
        return f"char({self.max_length})"


def _array(base: "models.Field[Any, Any]") -> Any:
    return _of(fields.ArrayField, base_field=base)


DAY = datetime.date(2026, 2, 28)
RANGES = [NumericRange(1, 5), NumericRange(None, 5), NumericRange(empty=True), NumericRange(None, None)]
POSTGRES = (
    Column("ArrayOfWhole", _array(models.IntegerField()), [[], [1, 2], [3, None]]),
    Column("ArrayOfTexts", _array(models.TextField()), [["a", "ä'\""], [""]]),
    Column("ArrayOfArrays", _array(fields.ArrayField(models.IntegerField())), [[[1, 2], [3, 4]], []]),
    Column("ArrayOfDecimals", _array(models.DecimalField(max_digits=9, decimal_places=2)), [[Decimal("1.50")], []]),
    Column("ArrayOfMoments", _array(models.DateTimeField()), [[MOMENT, None]]),
    Column("ArrayOfFields", _array(Address(max_length=20)), [["10.0.0.1", None]], left_out=True),
    Column("HStore", _of(fields.HStoreField), [{}, {"a": "1", "b": None}]),
    Column("IntegerRange", _of(fields.IntegerRangeField), RANGES),
    Column("BigIntegerRange", _of(fields.BigIntegerRangeField), RANGES),
    Column("DecimalRange", _of(fields.DecimalRangeField), [NumericRange(Decimal("1.5"), Decimal("2.50"), "[]")]),
    Column("DateRange", _of(fields.DateRangeField), [DateRange(DAY, None), DateRange(empty=True)]),
    Column("DateTimeRange", _of(fields.DateTimeRangeField), [DateTimeTZRange(MOMENT, None, "()")]),
    Column("SearchVector", _of(search.SearchVectorField), ["'cat':3 'fat':2", ""]),
    Column("Caseless", _of(CaselessField), ["Amy", "bob"]),
    Column("Padded", _char(PaddedField), ["a", "b"]),
    Column("NaN", _of(models.FloatField), [float("nan"), float("-inf")]),
)


@contextmanager
def prepared() -> Iterator[None]:
    """Let there be the types that are no part of the server itself, in every connection that is opened."""
    with connection.cursor() as cursor:
        for extension in ("citext", "hstore"):
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    connection_created.connect(register_type_handlers)
    connection.close()
    try:
        yield
    finally:
        connection_created.disconnect(register_type_handlers)
