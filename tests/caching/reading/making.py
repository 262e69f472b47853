"""Models that make something of their columns: in fields, in constructors, in the query of their manager."""

import base64
import copy
import enum
import json
import pickle
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models.query import ModelIterable
from django.utils.translation import get_language

from caching import InvalidatingQuerySet
from tests.caching.reading.models import Client
from tests.caching.values.test_sameness import Version

APP = "tests_of_reading"


class Named(models.Model):
    name = models.CharField(max_length=40, default="amy")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Account(Named):
    """Its number is encrypted in the database, and decrypted as it is read."""

    number = models.CharField(max_length=90)

    class Meta:
        app_label = APP

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **options: Any) -> Any:
        row = super().from_db(db, field_names, values, **options)
        if not row.number.startswith("encrypted "):
            raise ValueError("not encrypted")
        row.number = row.number.removeprefix("encrypted ")
        row.name = row.name.title()
        return row


class Payment(Named):
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")

    class Meta:
        app_label = APP


class Counting(Named):
    """Its constructor changes a field."""

    reads = models.IntegerField(default=0)

    class Meta:
        app_label = APP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reads += 1


class Decoding:
    """A descriptor that keeps the text of a field, and decodes it whenever it is asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: Any = None) -> Any:
        return self if row is None else json.loads(row.__dict__[f"_text_of_{self.name}"])

    def __set__(self, row: Any, value: Any) -> None:
        row.__dict__[f"_text_of_{self.name}"] = value


class DecodedField(models.TextField):
    def contribute_to_class(self, cls: Any, name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, **kwargs)
        setattr(cls, self.attname, Decoding(self.attname))

    def pre_save(self, row: Any, add: bool) -> Any:
        return row.__dict__[f"_text_of_{self.attname}"]


class Decoded(Named):
    value = DecodedField(default="1")

    class Meta:
        app_label = APP


class Phone:
    def __init__(self, number: str) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phone) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)


class Calling:
    """A descriptor that makes a phone of whatever is set."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: Any = None) -> Any:
        return self if row is None else row.__dict__[self.name]

    def __set__(self, row: Any, value: Any) -> None:
        row.__dict__[self.name] = Phone(value) if isinstance(value, str) else value


class PhoneField(models.CharField):
    def contribute_to_class(self, cls: Any, name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, **kwargs)
        setattr(cls, self.attname, Calling(self.attname))

    def get_prep_value(self, value: Any) -> Any:
        return value.number if isinstance(value, Phone) else super().get_prep_value(value)


class Called(Named):
    phone = PhoneField(max_length=9, default="+49")

    class Meta:
        app_label = APP


class Dotting(Named):
    class Meta:
        app_label = APP

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, f"{value}." if name == "name" else value)


class Asking(Named):
    """Its constructor asks the database."""

    class Meta:
        app_label = APP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clients = Client.objects.count()


class AskingField(models.CharField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return f"{value} of {Client.objects.count()}"


class AskingByField(Named):
    value = AskingField(max_length=9, default="1")

    class Meta:
        app_label = APP


class TranslatingQuery(models.QuerySet["Translated"]):
    def values_list(self, *fields: Any, **options: Any) -> Any:
        others = {"name": "german", "key": "german"}
        return super().values_list(*(others.get(name, name) for name in fields), **options)


class Translated(Named):
    """Its manager gives the German name where it is asked for the name alone, and its rows remember theirs."""

    german = models.CharField(max_length=40, default="Amalia")
    key = models.CharField(max_length=9, default="k", unique=True)

    objects = TranslatingQuery.as_manager()

    class Meta:
        app_label = APP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name_before = self.name


class Marking(ModelIterable):
    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            row._language = "de"
            yield row


class MarkedQuery(models.QuerySet["Marked"]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._iterable_class = Marking


class Marked(Named):
    objects = MarkedQuery.as_manager()

    class Meta:
        app_label = APP


class Copying(ModelIterable):
    """Hands out copies, as a queryset does that gives rows of several classes."""

    shows_all_in_its_query = True

    def __iter__(self) -> Iterator[Any]:
        return map(copy.copy, super().__iter__())


class CopiedQuery(models.QuerySet["Copied"]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._iterable_class = Copying


class Copied(Named):
    objects = CopiedQuery.as_manager()

    class Meta:
        app_label = APP


class Secret(str):
    __slots__ = ()


class SecretField(models.TextField):
    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return f"encrypted {value}"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if not value.startswith("encrypted "):
            raise ValueError("not encrypted")
        return Secret(value.removeprefix("encrypted "))


class LabelField(models.TextField):
    """A text in the language of whoever reads it."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return json.loads(value)[get_language()]


class GreetingField(models.TextField):
    """A text in the language of whoever reads it, of which nobody can tell what it was made of."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return "hallo" if get_language() == "de" else value


class LeavingOut(models.Manager["Greeting"]):
    def get_queryset(self) -> "models.QuerySet[Greeting]":
        return super().get_queryset().defer("note")


class Greeting(Named):
    text = GreetingField(default="hello")
    note = models.TextField(default="")
    objects = LeavingOut()

    class Meta:
        app_label = APP


class WordsField(models.TextField):
    def get_db_converters(self, connection: Any) -> list[Any]:
        return [lambda value, expression, connection: value.split()]

    def get_prep_value(self, value: Any) -> Any:
        return " ".join(value)


class VersionField(models.CharField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return Version(value)

    def get_prep_value(self, value: Any) -> Any:
        return f"{float(value.text):g}" if isinstance(value, Version) else value


class PickledField(models.TextField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return pickle.loads(base64.b64decode(value))  # noqa: S301

    def get_prep_value(self, value: Any) -> Any:
        return base64.b64encode(pickle.dumps(value)).decode()


class State(enum.Enum):
    """A state that had another name once."""

    OPEN = "open"
    DONE = "done"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return cls.DONE if value == "closed" else None


STATES = [(state, state.name) for state in State]


class StateField(models.CharField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else State(value)

    def get_prep_value(self, value: Any) -> Any:
        return value.value if isinstance(value, State) else value


class PhoneField(models.CharField):
    """Prepares a number in any spelling."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else str(value).replace(" ", "")


class DialField(models.CharField):
    """Prepares a number without a country as one of the country whose language is spoken, and none as no value."""

    def get_prep_value(self, value: Any) -> Any:
        country = "+49" if get_language() == "de" else "+44"
        return None if not value else value if value.startswith("+") else country + value


class MadeDialField(DialField):
    def to_python(self, value: Any) -> Any:
        raise KeyError(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value or ""


class Errand(Named):
    state = StateField(max_length=9, default=State.OPEN, choices=STATES)
    code = StateField(max_length=9, unique=True, null=True, choices=STATES)
    phone = PhoneField(max_length=20, default="")
    dial = DialField(max_length=20, unique=True, null=True)
    made_dial = MadeDialField(max_length=20, null=True, unique=True)
    objects = InvalidatingQuerySet.as_manager()

    class Meta:
        app_label = APP


class Made(Named):
    """Each of its fields makes something else of its column."""

    secret = SecretField(default="s")
    label = LabelField(default='{"en": "house", "de": "Haus"}')
    words = WordsField(default=("a", "b"))
    version = VersionField(max_length=9, default="1.0")
    thing = PickledField(default=None)
    same_label = models.GeneratedField(expression=models.F("label"), output_field=LabelField(), db_persist=False)
    same_secret = models.GeneratedField(expression=models.F("secret"), output_field=SecretField(), db_persist=False)

    class Meta:
        app_label = APP


ALL = (
    Client,
    Account,
    Payment,
    Counting,
    Decoded,
    Called,
    Dotting,
    Asking,
    AskingByField,
    Translated,
    Marked,
    Copied,
    Errand,
    Greeting,
    Made,
)
