"""Models of every form: relations, inheritance, keys, columns that the database fills."""

import uuid
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.functions import Lower, Now, Upper

APP = "tests_of_contract"


class Named(models.Model):
    """What all of them have: a code, and a shelf to stand on."""

    code = models.CharField(max_length=20, unique=True)
    shelf = models.IntegerField(default=1)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.code


class Town(Named):
    """Its number is unique by a constraint."""

    number = models.IntegerField()

    class Meta:
        app_label = APP
        constraints = (models.UniqueConstraint(fields=("number",), name="one_town_of_a_number"),)


class Writer(Named):
    name = models.CharField(max_length=20, unique=True)
    home = models.ForeignKey(Town, models.CASCADE, null=True, to_field="number", related_name="writers")

    class Meta:
        app_label = APP
        ordering = ("-name",)


class Essay(Named):
    """Refers to its writer by name, to a critic by key, and to an essay that it answers."""

    writer = models.ForeignKey(Writer, models.CASCADE, to_field="name", related_name="essays")
    critic = models.ForeignKey(Writer, models.SET_NULL, null=True, related_name="+")
    answers = models.ForeignKey("self", models.CASCADE, null=True, related_name="answered_by")

    class Meta:
        app_label = APP


class Passport(Named):
    """Belongs to one writer; the writer's instance knows it, too."""

    writer = models.OneToOneField(Writer, models.CASCADE)

    class Meta:
        app_label = APP


class Desk(Named):
    """Its key is its writer."""

    writer = models.OneToOneField(Writer, models.CASCADE, primary_key=True)

    class Meta:
        app_label = APP


class Loose(Named):
    """Nothing makes sure that its town is there."""

    town = models.ForeignKey(Town, models.DO_NOTHING, db_constraint=False, null=True, related_name="+")

    class Meta:
        app_label = APP


class Vehicle(Named):
    town = models.ForeignKey(Town, models.CASCADE, null=True, related_name="+")

    class Meta:
        app_label = APP


class Car(Vehicle):
    doors = models.IntegerField(unique=True)
    spare = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    class Meta:
        app_label = APP


class SportsCar(Car):
    speed = models.FloatField(null=True)

    class Meta:
        app_label = APP


class Garage(Named):
    """Refers to a parent, to a child, and to a proxy."""

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="+")
    car = models.ForeignKey(Car, models.CASCADE, null=True, related_name="+")
    city = models.ForeignKey("City", models.CASCADE, null=True, related_name="+")

    class Meta:
        app_label = APP


class City(Town):
    class Meta:
        app_label = APP
        proxy = True
        ordering = ("-number",)


class Amphibian(Car, Passport):
    """Has two parents."""

    car_ptr = models.OneToOneField(Car, models.CASCADE, parent_link=True, primary_key=True)
    passport_ptr = models.OneToOneField(Passport, models.CASCADE, parent_link=True, related_name="amphibian")
    code = None
    shelf = None
    depth = models.IntegerField(default=3)

    class Meta:
        app_label = APP


class Seat(Named):
    """Its key is made of two columns."""

    pk = models.CompositePrimaryKey("row", "number")
    row = models.IntegerField()
    number = models.UUIDField(default=uuid.uuid4)
    town = models.ForeignKey(Town, models.CASCADE, related_name="+")

    class Meta:
        app_label = APP


class Ticket(Named):
    """Refers to a seat by both columns of its key; nothing makes sure that the seat is there."""

    row = models.IntegerField(null=True)
    number = models.UUIDField(null=True)
    seat = models.ForeignObject(
        Seat, models.DO_NOTHING, from_fields=("row", "number"), to_fields=("row", "number"), null=True, related_name="+"
    )

    class Meta:
        app_label = APP


class Computed(Named):
    """The database computes a column, and fills two others."""

    label = models.GeneratedField(
        expression=Upper("code"), output_field=models.CharField(max_length=20), db_persist=True
    )
    double = models.GeneratedField(
        expression=models.F("shelf") * 2, output_field=models.IntegerField(), db_persist=True, unique=True
    )
    rank = models.IntegerField(db_default=models.Value(7))
    at = models.DateTimeField(db_default=Now())

    class Meta:
        app_label = APP


class Ranked(Named):
    """Stands in an order among those of its writer."""

    writer = models.ForeignKey(Writer, models.CASCADE, related_name="+")

    class Meta:
        app_label = APP
        order_with_respect_to = "writer"


class Folded(Named):
    """Is ordered by an expression."""

    class Meta:
        app_label = APP
        ordering = (Lower("code").desc(nulls_last=True), "-pk")


class Remark(Named):
    """Is about any row of any model."""

    content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    about = GenericForeignKey()

    class Meta:
        app_label = APP


class Odd(models.Model):
    """Its names are odd, and its columns have others than its fields."""

    code = models.CharField(max_length=20, unique=True, db_column="The Code")
    shelf = models.IntegerField(db_column="order")
    fields = models.IntegerField(default=1)
    model = models.IntegerField(default=2, db_column="quoted column")
    db = models.ForeignKey(Town, models.CASCADE, null=True, related_name="+", db_column="from")

    class Meta:
        app_label = APP
        db_table = "Odd Table"

    def __str__(self) -> str:
        return self.code


class Twin(models.Model):
    """Another model of the same table, with other names and fewer columns."""

    code = models.CharField(max_length=20, unique=True, db_column="The Code")
    shelf = models.IntegerField(db_column="order")

    class Meta:
        app_label = APP
        db_table = "Odd Table"
        managed = False

    def __str__(self) -> str:
        return self.code


class Team(Named):
    members = models.ManyToManyField(Writer, through="Membership", related_name="teams")

    class Meta:
        app_label = APP


class Membership(Named):
    """A through model, whose other end is named by another field than the key."""

    team = models.ForeignKey(Team, models.CASCADE)
    writer = models.ForeignKey(Writer, models.CASCADE, to_field="name")

    class Meta:
        app_label = APP


def _keyed(name: str, key: Any) -> Any:
    """Make a model with a key, and a model that refers to it."""
    meta = type("Meta", (), {"app_label": APP})
    made: Any = type(name, (Named,), {"__module__": __name__, "id": key, "Meta": meta})
    to = models.ForeignKey(made, models.CASCADE, null=True, related_name="+")
    made.referrer = type(f"To{name}", (Named,), {"__module__": __name__, "to": to, "Meta": meta})
    return made


KEYED = {
    name: _keyed(f"KeyedBy{name}", key)
    for name, key in {
        "UUID": models.UUIDField(primary_key=True),
        "Text": models.CharField(max_length=20, primary_key=True),
        "Date": models.DateField(primary_key=True),
        "Moment": models.DateTimeField(primary_key=True),
        "Decimal": models.DecimalField(max_digits=6, decimal_places=2, primary_key=True),
        "Address": models.GenericIPAddressField(primary_key=True),
        "Small": models.SmallAutoField(primary_key=True),
        "Auto": models.AutoField(primary_key=True),
        "Big": models.BigAutoField(primary_key=True),
    }.items()
}
ALL = (
    *(Town, Writer, Essay, Passport, Desk, Loose, Vehicle, Car, SportsCar, Garage, Amphibian, Seat, Ticket, Computed),
    Ranked,
    *(Folded, Remark, Odd, Team, Membership),
    *(made for keyed in KEYED.values() for made in (keyed, keyed.referrer)),
)
"""All that have a table of their own, in the order in which they can be made."""
