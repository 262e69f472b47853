"""Random sets of models: homes, things that belong to them and to each other, and things of a special kind."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F

APP = "tests_of_contract"
CODES = range(4)
SHELVES = range(2)
HOMES = range(3)
KEYS: dict[str, tuple[Callable[[], Any], Callable[[int], Any]]] = {
    "number": (lambda: models.BigAutoField(primary_key=True), lambda number: number + 1),
    "uuid": (lambda: models.UUIDField(primary_key=True, default=uuid.uuid4), lambda number: uuid.UUID(int=number + 1)),
    "text": (lambda: models.CharField(max_length=20, primary_key=True), lambda number: f"k:{number}"),
}
"""Keys: a field, and its value for the row with a number."""
CODE_FIELDS: dict[str, tuple[Callable[[], Any], Callable[[int], Any]]] = {
    "text": (lambda: models.CharField(max_length=20, unique=True), lambda number: f"Code {number}"),
    "number": (lambda: models.IntegerField(unique=True), lambda number: number - 1),
    "uuid": (lambda: models.UUIDField(unique=True), lambda number: uuid.UUID(int=number + 100)),
}
NOTES: dict[str, tuple[Callable[[], Any], Callable[[int], Any]]] = {
    "text": (lambda: models.TextField(default=""), str),
    "decimal": (lambda: models.DecimalField(max_digits=9, decimal_places=2, default=0), lambda n: Decimal(n) / 4),
    "json": (lambda: models.JSONField(default=dict), lambda number: {"n": [number]}),
    "file": (lambda: models.FileField(upload_to="notes"), lambda number: f"notes/{number}.txt"),
    "null": (lambda: models.FloatField(null=True), lambda number: None if number % 2 else number / 2),
}


class Present(models.Manager[Any]):
    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(is_gone=False)


class Excluding(models.Manager[Any]):
    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().exclude(is_gone=True)


class OfPresentHomes(models.Manager[Any]):
    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(home__is_gone=False)


class Joining(models.Manager[Any]):
    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().select_related("home", "parent__home")


class JoiningPresent(models.Manager[Any]):
    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().select_related("home").filter(is_gone=False)


class Deferring(models.Manager[Any]):
    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().defer("note")


class Shelved(models.Manager[Any]):
    """Its filter is taken from what a function returns, so it may be another one in the next call."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().exclude(**dict.fromkeys(["shelf"]))


MANAGERS: tuple[Any, ...] = (
    *(models.Manager, Present, Excluding, OfPresentHomes, Joining, JoiningPresent, Deferring, Shelved),
)
ORDERS: dict[tuple[Any, ...], bool] = {
    ("pk",): False,
    ("-code",): False,
    ("shelf", "-pk"): False,
    (F("shelf").desc(nulls_last=True), "code"): False,
    ("home__label", "pk"): True,
    ("-home__is_gone", "code"): True,
}
"""Orders of a list, and whether they need a join of the home."""


@dataclass(frozen=True)
class RandomSet:
    """Three models and what was drawn for them."""

    number: int
    home: Any
    thing: Any
    special: Any
    drawn: dict[str, Any] = field(repr=False)

    def __str__(self) -> str:
        return f"set {self.number} ({', '.join(f'{name}={value}' for name, value in self.drawn.items())})"

    @property
    def models(self) -> tuple[Any, ...]:
        return self.home, self.thing, *((self.special,) if self.special else ())

    def home_key(self, number: int) -> Any:
        return KEYS[self.drawn["key of a home"]][1](number)

    def key(self, number: int) -> Any:
        return KEYS[self.drawn["key"]][1](number)

    def code(self, number: int) -> Any:
        return CODE_FIELDS[self.drawn["code"]][1](number)

    def note(self, number: int) -> Any:
        return NOTES[self.drawn["note"]][1](number)


def make_set(number: int) -> RandomSet:
    """Draw a set of models. The same number gives the same set."""
    # Not by the number alone: hypothesis seeds its sequences by it.
    draw = random.Random(f"set {number}")
    drawn: dict[str, Any] = {
        "key of a home": draw.choice([*KEYS]),
        "key": draw.choice([*KEYS]),
        "code": draw.choice([*CODE_FIELDS]),
        "note": draw.choice([*NOTES]),
        "manager": draw.choice(MANAGERS),
        "by": draw.choice(["pk", "number", "name"]),
        "null": draw.random() < 0.6,
        "order": draw.choice([*ORDERS]),
        "special": draw.random() < 0.4,
        "tags by": draw.choice(["pk", "number"]),
        "deletion": draw.choice(["CASCADE", "SET_NULL", "SET_DEFAULT"]),
    }
    home = _model(
        f"Home{number}",
        id=KEYS[drawn["key of a home"]][0](),
        number=models.IntegerField(unique=True),
        name=models.CharField(max_length=20, unique=True),
        label=models.CharField(max_length=20),
        is_gone=models.BooleanField(default=False),
    )
    by = {} if drawn["by"] == "pk" else {"to_field": drawn["by"]}
    deletion = getattr(models, drawn["deletion"]) if drawn["null"] else models.CASCADE
    tag = _through(number, home, drawn)
    thing = _model(
        f"Thing{number}",
        id=KEYS[drawn["key"]][0](),
        code=CODE_FIELDS[drawn["code"]][0](),
        shelf=models.IntegerField(null=True),
        note=NOTES[drawn["note"]][0](),
        is_gone=models.BooleanField(default=False),
        home=models.ForeignKey(home, deletion, null=drawn["null"], default=None, related_name="things", **by),
        parent=models.ForeignKey("self", models.SET_NULL, null=True, related_name="children"),
        tags=models.ManyToManyField(home, related_name="tagged", **({"through": tag} if tag else {})),
        objects=drawn["manager"](),
    )
    special = _model(f"Special{number}", thing, size=models.IntegerField(default=0)) if drawn["special"] else None
    return RandomSet(number, home, thing, special, drawn)


def _model(name: str, base: Any = models.Model, /, **content: Any) -> Any:
    meta = type("Meta", (), {"app_label": APP})
    return type(name, (base,), {"__module__": __name__, "Meta": meta, "__str__": lambda row: str(row.pk), **content})


def _through(number: int, home: Any, drawn: dict[str, Any]) -> str:
    """Return the label of a through model that names homes by another field than the key; "" if none is drawn."""
    if drawn["tags by"] == "pk":
        return ""
    _model(
        f"Tag{number}",
        thing=models.ForeignKey(f"{APP}.Thing{number}", models.CASCADE, related_name="+"),
        home=models.ForeignKey(home, models.CASCADE, to_field="number", related_name="+"),
    )
    return f"{APP}.Tag{number}"
