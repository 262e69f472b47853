"""A model for each class of field. Each has a code, a shelf, the field as ``value``, and a twin that is joined."""

import datetime
import enum
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from tests.caching.reading.models import Opaque, OpaqueField

APP = "tests_of_contract"
BY_VALUE = "cannot be watched by value"
MOMENT = datetime.datetime(2026, 3, 29, 1, 30, 0, 250_000, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Column:
    """A class of field, values of it, and how it may be looked up by."""

    name: str
    make: Callable[..., Any]
    values: list[Any]
    by_value: bool = False
    """Whether rows can be looked up by it; else that is refused."""
    asked: list[Any] = field(default_factory=list)
    """Other spellings of values, and values that no row can have."""
    left_out: bool = False
    """Whether a cached row leaves its value out."""

    def model(self) -> Any:
        """Make the model of this column."""
        meta = type("Meta", (), {"app_label": APP, "ordering": ("pk",)})
        content = {
            "__module__": __name__,
            "__str__": lambda row: row.code,
            "code": models.CharField(max_length=20, unique=True),
            "shelf": models.IntegerField(),
            "value": self.make(null=True, unique=True),
            "twin": models.ForeignKey("self", models.CASCADE, null=True, related_name="+"),
            "Meta": meta,
        }
        return type(f"Of{self.name}", (models.Model,), content)


class Code(str):
    """A text that knows that it is a code."""

    __slots__ = ()


class CodeField(models.CharField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else Code(value)


class StrippedField(models.CharField):
    """It has no from_db_value: what is written differs from what was given, what is read does not."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.strip() if isinstance(value, str) else value


class ListField(models.TextField):
    """A list of words, which whoever reads it may change."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else value.split()

    def get_prep_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else super().get_prep_value(value)


@dataclass
class Money:
    amount: Decimal
    currency: str


class MoneyField(models.CharField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            return value
        amount, currency = value.split()
        return Money(Decimal(amount), currency)

    def get_prep_value(self, value: Any) -> Any:
        return f"{value.amount} {value.currency}" if isinstance(value, Money) else super().get_prep_value(value)


class Reversed(models.CharField):
    """Holds its text backwards: an encrypted field, as far as the cache can tell."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else value[::-1]

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return value if value is None else value[::-1]


class Address(models.CharField):
    """A whole object of the standard library."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else IPv4Address(value)

    def get_prep_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, IPv4Address) else super().get_prep_value(value)


class Local(models.DateTimeField):
    """A moment in the time zone of a place."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else value.astimezone(ZoneInfo("Europe/Berlin"))


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class LevelField(models.IntegerField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else Level(value)


class Weekday(models.TextChoices):
    MONDAY = "mon"
    SUNDAY = "sun"


class Size(models.IntegerChoices):
    SMALL = 1
    LARGE = 2


class Decoder(json.JSONDecoder):
    """Reads fractions as decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parse_float=Decimal, **kwargs)


class SetDecoder(json.JSONDecoder):
    """Reads lists as objects of its own."""

    known: ClassVar[dict[str, Any]] = {}

    def decode(self, text: str, *args: Any) -> Any:
        found = super().decode(text, *args)
        return Opaque(str(found)) if isinstance(found, list) else found


def _char(kind: Any = models.CharField, **more: Any) -> Callable[..., Any]:
    return lambda **options: kind(max_length=100, **more, **options)


def _of(kind: Any, **more: Any) -> Callable[..., Any]:
    return lambda **options: kind(**more, **options)


TEXTS = ["", "Straße", "ﬁ\u200b\n", "50% a:b/c#d", "'\"\\"]
UUIDS = [uuid.UUID(int=1), uuid.UUID("12345678-1234-5678-1234-567812345678")]
WHOLE = [0, 1, -1, 32_767]
DATES = [datetime.date(1, 1, 1), datetime.date(2026, 2, 28), datetime.date(9999, 12, 31)]

DJANGOS = (
    Column(
        "BigInteger", _of(models.BigIntegerField), [*WHOLE, 2**63 - 1, -(2**63)], True, ["1", 1.0, True, 2**70, "x"]
    ),
    Column("Integer", _of(models.IntegerField), WHOLE, True, ["1", " 1 ", 1.0, True, Decimal(1), 1.5, 2**70, "x"]),
    Column("SmallInteger", _of(models.SmallIntegerField), WHOLE, True, ["1", "01", 7]),
    Column("PositiveInteger", _of(models.PositiveIntegerField), [0, 7], True, ["7", -1]),
    Column("PositiveBigInteger", _of(models.PositiveBigIntegerField), [0, 2**63 - 1], True, ["0", 2**64]),
    Column("PositiveSmallInteger", _of(models.PositiveSmallIntegerField), [0, 7], True, ["7"]),
    Column("Boolean", _of(models.BooleanField), [True, False], True, ["True", "f", 1, 0, "maybe"]),
    Column("Char", _char(), TEXTS, True, ["A", "no such", 1, True, "x" * 200]),
    Column("Text", _of(models.TextField), ["", "Straße", "long " * 2_000], True, ["strasse", 1.5]),
    Column("Email", _char(models.EmailField), ["a@example.com", "Ä@example.com"], True, ["A@example.com"]),
    Column("Slug", _char(models.SlugField), ["a-b", "A_b"], True, ["a-B"]),
    Column("URL", _char(models.URLField), ["https://example.com/?a=b#c", "http://ä.example/"], True, ["x"]),
    Column("UUID", _of(models.UUIDField), UUIDS, True, [str(UUIDS[1]), UUIDS[1].hex, 1, "no uuid"]),
    Column("Date", _of(models.DateField), DATES, True, ["2026-02-28", MOMENT, "2026-02-30", "x"]),
    Column(
        "DateTime",
        _of(models.DateTimeField),
        [MOMENT, MOMENT.replace(microsecond=0), datetime.datetime(2, 1, 1, tzinfo=datetime.UTC)],
    ),
    Column("Time", _of(models.TimeField), [datetime.time(), datetime.time(23, 59, 59, 999_999)]),
    Column(
        "Duration",
        _of(models.DurationField),
        [datetime.timedelta(), datetime.timedelta(-1, 1, 1), datetime.timedelta(9_999, 5)],
    ),
    Column(
        "Decimal",
        lambda **options: models.DecimalField(max_digits=12, decimal_places=3, **options),
        [Decimal("0"), Decimal("1.5"), Decimal("-99999999.999"), Decimal("2.500")],
    ),
    Column("Float", _of(models.FloatField), [0.0, -1.5, 1e300, 0.1, float("inf")]),
    Column("Binary", _of(models.BinaryField), [b"", b"\x00\xff", b"text"]),
    Column("File", _char(models.FileField, upload_to="papers"), ["papers/a.txt"]),
    Column("Image", _char(models.ImageField, upload_to="images"), ["images/a.png"]),
    Column("FilePath", _char(models.FilePathField, path="/"), ["/etc"]),
    Column("GenericIPAddress", _of(models.GenericIPAddressField), ["10.0.0.1", "2001:db8::1"]),
    Column(
        "JSON", _of(models.JSONField), [1, "text", [], {}, [1, [2.5, None]], {"a": {"b": [True]}, "ä": "ß"}, 0.1, 2**70]
    ),
)
OWN = (
    Column(
        "JSONOfMoments", _of(models.JSONField, encoder=DjangoJSONEncoder), [{"at": MOMENT, "id": UUIDS[0]}, [MOMENT]]
    ),
    Column("JSONOfDecimals", _of(models.JSONField, decoder=Decoder), [{"price": 1.50}, [0.25, 1]]),
    Column("JSONOfOpaques", _of(models.JSONField, decoder=SetDecoder), [[1, 2], {"a": 1}], left_out=True),
    Column("Weekday", _char(choices=Weekday), list(Weekday), True, ["mon", Weekday.MONDAY, "tue"]),
    Column("Size", _of(models.IntegerField, choices=Size), list(Size), True, [1, "2", Size.LARGE]),
    Column("Code", _char(CodeField), ["a", "B"], True, ["A", Code("a")]),
    Column("Stripped", _char(StrippedField), [" a ", "b"], True, ["a", " b"]),
    Column("Opaque", _char(OpaqueField), ["a", "b"], True, [Opaque("a")], left_out=True),
    Column("Words", _of(ListField), [["a", "b"], ["c"]]),
    Column("Money", _char(MoneyField), [Money(Decimal("1.50"), "EUR"), Money(Decimal(2), "CHF")]),
    Column("Reversed", _char(Reversed), ["abc", "xy"]),
    Column("Address", _char(Address), [IPv4Address("10.0.0.1")]),
    Column("Local", _of(Local), [MOMENT]),
    Column("Level", _of(LevelField), list(Level), True, [1, "2", 3]),
)
