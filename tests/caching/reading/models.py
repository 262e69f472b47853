"""Models whose instances are more than their columns. Their tables are made by the tests that need them."""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models.query import ModelIterable


class Code(str):
    """A text that knows that it is a code."""

    __slots__ = ()


class CodeField(models.CharField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else Code(value.upper())


class Opaque:
    """What cannot be compared, and so not be made again with certainty."""

    def __init__(self, text: str) -> None:
        self.text = text


class OpaqueField(models.CharField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else Opaque(value)

    def get_prep_value(self, value: Any) -> Any:
        return value.text if isinstance(value, Opaque) else super().get_prep_value(value)


class Client(models.Model):
    number = models.IntegerField(unique=True)
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "tests_of_reading"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Bill(models.Model):
    """Refers to its client by number, and to a sponsor who need not exist."""

    city = models.CharField(max_length=20)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, to_field="number", related_name="bills")
    sponsor = models.ForeignKey(
        Client, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="sponsored"
    )

    class Meta:
        app_label = "tests_of_reading"

    def __str__(self) -> str:
        return self.city


class Promise(models.Model):
    """Its client must exist for a join to find it, and nothing makes sure of that."""

    client = models.ForeignKey(Client, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")

    class Meta:
        app_label = "tests_of_reading"

    def __str__(self) -> str:
        return str(self.client_id)


class Task(models.Model):
    """Remembers the state that it was loaded in."""

    class State(models.TextChoices):
        NEW = "new"
        DONE = "done"

    state = models.CharField(max_length=10, choices=State)
    paper = models.FileField(upload_to="papers", blank=True)

    class Meta:
        app_label = "tests_of_reading"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state_before = self.state

    def __str__(self) -> str:
        return self.state


class Parcel(models.Model):
    state = models.CharField(max_length=10)
    code = CodeField(max_length=10, default="x")
    seal = OpaqueField(max_length=10, default="s")
    paper = models.FileField(upload_to="papers", blank=True)

    class Meta:
        app_label = "tests_of_reading"

    def __str__(self) -> str:
        return self.state


class Chair(models.Model):
    pk = models.CompositePrimaryKey("row", "number")
    row = models.IntegerField()
    number = models.IntegerField()
    code = models.CharField(max_length=20, unique=True)

    class Meta:
        app_label = "tests_of_reading"

    def __str__(self) -> str:
        return self.code


class AsChildren(ModelIterable):
    shows_all_in_its_query = True

    def __iter__(self) -> Iterator[Any]:
        rows = list(super().__iter__())
        children = Pub.objects.in_bulk([row.pk for row in rows])
        yield from (children.get(row.pk, row) for row in rows)


class ChildrenManager(models.Manager["House"]):
    def get_queryset(self) -> models.QuerySet["House"]:
        queryset = super().get_queryset()
        queryset._iterable_class = AsChildren
        return queryset


class House(models.Model):
    city = models.CharField(max_length=20)

    objects = ChildrenManager()

    class Meta:
        app_label = "tests_of_reading"

    def __str__(self) -> str:
        return self.city


class Pub(House):
    beers = models.IntegerField()

    objects = models.Manager()

    class Meta:
        app_label = "tests_of_reading"


class CountingManager(models.Manager["Counted"]):
    def get_queryset(self) -> models.QuerySet["Counted"]:
        return super().get_queryset().annotate(members=models.Value(1))


class Counted(models.Model):
    """Its default manager adds a value to each row."""

    objects = CountingManager()

    class Meta:
        app_label = "tests_of_reading"

    def __str__(self) -> str:
        return str(self.pk)


class JoiningManager(models.Manager["Visit"]):
    def get_queryset(self) -> models.QuerySet["Visit"]:
        return super().get_queryset().select_related("client")


class Visit(models.Model):
    """Its default manager joins the client by itself."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")

    objects = JoiningManager()

    class Meta:
        app_label = "tests_of_reading"

    def __str__(self) -> str:
        return str(self.client_id)


class Loose(models.Model):
    """Its code is compared without regard to case."""

    code = models.CharField(max_length=20, unique=True, db_collation="NOCASE")

    class Meta:
        app_label = "tests_of_reading"

    def __str__(self) -> str:
        return self.code
