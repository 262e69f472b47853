"""The cases of models with relations and parents, and of keys of every type: their rows, and what is read of them."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType

from tests.caching.contract import models
from tests.caching.contract.cases import Case
from tests.caching.contract.columns import BY_VALUE
from tests.caching.contract.models import KEYED

MOMENT = datetime.datetime(2026, 3, 29, 1, 30, tzinfo=datetime.UTC)
KEYS: dict[str, list[Any]] = {
    "UUID": [uuid.UUID(int=7), uuid.UUID(int=8)],
    "Text": ["a", "Ä b:c"],
    "Date": [MOMENT.date(), datetime.date(1, 1, 1)],
    "Moment": [MOMENT, MOMENT.replace(microsecond=5)],
    "Decimal": [Decimal("1.50"), Decimal("-2.00")],
    "Address": ["10.0.0.1", "::1"],
    "Small": [1, 2],
    "Auto": [1, 2**31 - 1],
    "Big": [1, 2**63 - 1],
}
NOT_BY_KEY = ("Moment", "Decimal", "Address")


def make_towns() -> list[Any]:
    """Make what the rows of all others may refer to."""
    return [models.Town.objects.create(code=f"t{n}", number=9 - n, shelf=n) for n in (1, 2)]


def make_related() -> None:
    """Make the rows of the models of this file."""
    towns = make_towns()
    ann, bob = (
        models.Writer.objects.create(code=f"w{n}", name=name, home=home)
        for n, (name, home) in enumerate((("Ann", towns[0]), ("Bob", None)))
    )
    first = models.Essay.objects.create(code="e0", writer=ann)
    second = models.Essay.objects.create(code="e1", writer=bob, critic=ann, answers=first)
    models.Essay.objects.create(code="e2", writer=ann, critic=bob, answers=second, shelf=2)
    passports = [models.Passport.objects.create(code=f"p{n}", writer=writer) for n, writer in enumerate((ann, bob))]
    models.Desk.objects.create(code="d0", writer=bob)
    for number, town in enumerate((towns[0].pk, None, 404)):
        models.Loose.objects.create(code=f"l{number}", town_id=town)
    _make_vehicles(towns, passports)
    for number in (1, 2):
        models.Seat.objects.create(code=f"s{number}", row=number, number=uuid.UUID(int=number), town=towns[0])
        models.Computed.objects.create(code=f"c{number}", shelf=number)
        models.Folded.objects.create(code="aB"[number - 1])
        models.Odd.objects.create(code=f"o{number}", shelf=number, db=towns[0] if number == 1 else None)
    for number, row in enumerate((1, 2, 3, None)):
        models.Ticket.objects.create(code=f"k{number}", row=row, number=row and uuid.UUID(int=row), shelf=number % 2)
    for number, writer in enumerate((ann, bob, ann)):
        models.Ranked.objects.create(code=f"r{number}", writer=writer)
    ann.set_ranked_order([3, 1])  # type: ignore[attr-defined]
    models.Remark.objects.create(code="r", content_type=ContentType.objects.get_for_model(models.Town), object_id=1)
    team = models.Team.objects.create(code="m")
    models.Membership.objects.create(code="m", team=team, writer=ann)


def make_keyed() -> None:
    """Make the rows of the models with keys of many types."""
    for name, model in KEYED.items():
        for number, key in enumerate(KEYS[name]):
            to = model.objects.create(code=f"k{number}", pk=key)
            model.referrer.objects.create(code=f"k{number}", to=to)
        model.referrer.objects.create(code="none")


def _make_vehicles(towns: list[Any], passports: list[Any]) -> None:
    bike = models.Vehicle.objects.create(code="v0")
    car = models.Car.objects.create(code="v1", doors=3, town=towns[0], shelf=2)
    fast = models.SportsCar.objects.create(code="v2", doors=2, speed=1.5, spare=car, town=towns[1])
    for number, (vehicle, needed) in enumerate(((bike, None), (car, car), (fast.car_ptr, fast.car_ptr))):
        city = models.City.objects.get(pk=towns[0].pk) if number else None
        models.Garage.objects.create(code=f"g{number}", vehicle_id=vehicle.pk, car=needed, city=city)


RELATED = (
    Case(models.Town, unique=("pk", "code", "number")),
    Case(models.Writer, unique=("id", "name"), groups=("shelf", "home"), order_by=()),
    Case(models.Writer, related=("home",)),
    Case(models.Essay, groups=("writer", "critic", "answers")),
    Case(models.Essay, groups=("writer",), related=("writer", "critic")),
    Case(models.Essay, groups=("writer",), related=("writer__home", "critic__home", "answers__writer")),
    Case(models.Essay, related=("answers__answers",)),
    Case(
        models.Essay,
        unique=(),
        groups=("shelf",),
        order_by=("writer__name", "-pk"),
        related=("writer",),
        name="In order",
    ),
    Case(
        models.Essay,
        unique=(),
        order_by=("writer__code",),
        refused=r"ordered through 'writer'.*Add select_related=\('writer',\)",
        name="Essays in the order of their writers",
    ),
    Case(models.Essay, unique=(), order_by=("answered_by",), refused="stands for rows of other models", name="By many"),
    Case(models.Essay, unique=("shelf",), groups=(), refused="is not unique", name="Not unique"),
    Case(models.Essay, related=("shelf",), refused="is not a foreign key", name="No relation"),
    Case(models.Passport, unique=("pk", "code", "writer"), groups=("writer",)),
    Case(models.Passport, unique=("pk", "writer"), related=("writer",)),
    Case(models.Passport, related=("writer__home",)),
    Case(models.Desk, unique=("pk", "code", "writer")),
    Case(models.Desk, unique=("pk",), related=("writer",)),
    Case(models.Loose, groups=("town",)),
    Case(models.Loose, groups=("town", "shelf"), related=("town",)),
    Case(models.Vehicle, unique=("pk", "code"), groups=("town", "shelf")),
    Case(models.Car, unique=("pk", "code", "doors", "vehicle_ptr"), groups=("town", "spare", "shelf")),
    Case(models.Car, related=("town", "spare")),
    Case(models.Car, unique=("pk",), groups=(), related=("vehicle_ptr",)),
    Case(models.SportsCar, unique=("pk", "code", "doors"), groups=("town", "spare", "speed")[:2]),
    Case(models.SportsCar, related=("spare__town", "town")),
    Case(models.SportsCar, unique=(), groups=("speed",), refused=BY_VALUE, name="By a fraction"),
    Case(models.Garage, groups=("vehicle", "car", "city")),
    Case(models.Garage, related=("vehicle", "car", "city")),
    Case(models.Garage, related=("vehicle__town", "car__spare")),
    Case(models.City, unique=("pk", "code", "number"), order_by=()),
    Case(models.Seat, groups=("shelf", "row", "town")),
    Case(models.Ticket, groups=("row", "number", "shelf")),
    Case(models.Ticket, related=("seat__town",), refused="Leave 'seat' out of select_related", name="By two columns"),
    Case(models.Seat, groups=("row",), related=("town",)),
    Case(models.Seat, unique=("pk",), groups=(), refused="is not a column", name="By a key of two columns"),
    Case(models.Computed, groups=("shelf", "rank")),
    Case(models.Computed, unique=("double",), groups=("label",), refused=BY_VALUE, name="By a computed column"),
    Case(models.Ranked, unique=("code",), groups=("writer",), order_by=()),
    Case(models.Ranked, groups=("writer", "_order"), related=("writer",), order_by=("-_order", "pk")),
    Case(models.Folded, unique=("code",), order_by=()),
    Case(models.Remark, groups=("content_type", "object_id")),
    Case(models.Remark, related=("content_type",)),
    Case(models.Odd, groups=("shelf", "db", "fields", "model")),
    Case(models.Odd, related=("db",)),
    Case(models.Twin),
    Case(models.Membership, groups=("team", "writer")),
    Case(models.Membership, related=("team", "writer__home")),
)
OF_KEYS = (
    *(Case(model, unique=("pk", "code")) for name, model in KEYED.items() if name not in NOT_BY_KEY),
    *(Case(KEYED[name]) for name in NOT_BY_KEY),
    *(Case(KEYED[name], unique=("pk",), groups=(), refused=BY_VALUE, name=f"By {name}") for name in NOT_BY_KEY),
    *(Case(model.referrer, groups=("to",)) for name, model in KEYED.items() if name not in NOT_BY_KEY),
    *(Case(model.referrer, related=("to",)) for model in KEYED.values()),
)
