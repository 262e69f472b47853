"""Models of forms that the project's own do not have. Their tables are made by the tests that need them."""

from typing import Any

import django
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models

from scheduling.models import Employee


class EmployeeProxy(Employee):
    class Meta:
        proxy = True
        app_label = "tests_of_coherence"


class Place(models.Model):
    place_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.name


class Stall(models.Model):
    """A model with a proxy, and with a twin on its table."""

    name = models.CharField(max_length=20)

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.name


class StallProxy(Stall):
    class Meta:
        proxy = True
        app_label = "tests_of_coherence"


class StallTwin(models.Model):
    """It has another name for the column."""

    title = models.CharField(max_length=20, db_column="name")

    class Meta:
        app_label = "tests_of_coherence"
        managed = False
        db_table = "tests_of_coherence_stall"

    def __str__(self) -> str:
        return self.title


class Society(models.Model):
    society_id = models.AutoField(primary_key=True)
    title = models.CharField(max_length=20)

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.title


class Club(Place):
    members = models.IntegerField()

    class Meta:
        app_label = "tests_of_coherence"


class ClubWithTwoParents(Place, Society):
    class Meta:
        app_label = "tests_of_coherence"


class PresentManager(models.Manager["Shelf"]):
    def get_queryset(self) -> models.QuerySet["Shelf"]:
        return super().get_queryset().filter(is_gone=False)


class StrippedField(models.CharField):
    """Text that reaches the database without the spaces around it."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.strip() if isinstance(value, str) else value


class Shelf(models.Model):
    """Its default manager does not show every row."""

    code = StrippedField(max_length=20, unique=True)
    is_gone = models.BooleanField(default=False)

    objects = PresentManager()

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.code


class Moment(models.Model):
    """Its key has many spellings: one for each time zone."""

    moment = models.DateTimeField(primary_key=True)
    note = models.CharField(max_length=20)

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.note


class Seat(models.Model):
    """Its key is made of two columns."""

    pk = models.CompositePrimaryKey("row", "number")
    row = models.IntegerField()
    number = models.IntegerField()
    note = models.CharField(max_length=20)

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.note


class Meeting(models.Model):
    """Its relations name their other ends in every way that is not a plain key of the model itself."""

    title = models.CharField(max_length=20)
    people = models.ManyToManyField(EmployeeProxy, related_name="meetings")
    guests = models.ManyToManyField(Employee, through="Invitation", related_name="invitations_to")
    clubs = models.ManyToManyField(Society, through="Visit", related_name="meetings")
    notes = GenericRelation("tests_of_coherence.Note")

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.title


class Invitation(models.Model):
    """Refers to its guest by the e-mail address."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE)
    guest = models.ForeignKey(Employee, on_delete=models.CASCADE, to_field="email", related_name="+")
    accepted = models.BooleanField(default=False)

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return f"{self.guest_id}: {self.meeting_id}"


class Visit(models.Model):
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE)
    club = models.ForeignKey(Society, on_delete=models.CASCADE, related_name="+")

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return f"{self.club_id}: {self.meeting_id}"


class Booking(models.Model):
    """The parent of a through model, in whose table one of its keys is."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="+")

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return f"{self.pk}: {self.meeting_id}"


class TableBooking(Booking):
    seating = models.ForeignKey("tests_of_coherence.Seating", on_delete=models.CASCADE, related_name="+")

    class Meta:
        app_label = "tests_of_coherence"


class Seating(models.Model):
    name = models.CharField(max_length=20)
    meetings = models.ManyToManyField(Meeting, through=TableBooking, related_name="seatings")

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.name


class Note(models.Model):
    """Belongs to any row of any model."""

    text = models.CharField(max_length=20)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    about = GenericForeignKey()

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return self.text


class Book(models.Model):
    """Stays when its shelf goes."""

    title = models.CharField(max_length=20, db_column="The Title")
    shelf = models.ForeignKey(Shelf, on_delete=models.SET_DEFAULT, null=True, default=None, related_name="books")
    # With a callable: Django makes a class of its own of each.
    spare = models.ForeignKey(Shelf, on_delete=models.SET(lambda: None), null=True, related_name="spare_books")

    class Meta:
        app_label = "tests_of_coherence"
        db_table = "Table of BOOKS"

    def __str__(self) -> str:
        return self.title


if django.VERSION >= (6, 1):

    class Page(models.Model):
        """Goes with its book, by the database itself."""

        book = models.ForeignKey(Book, on_delete=models.DB_CASCADE, related_name="pages")
        text = models.CharField(max_length=20)

        class Meta:
            app_label = "tests_of_coherence"

        def __str__(self) -> str:
            return self.text

    class Mark(models.Model):
        """Stays when its page goes, which the database tells it."""

        page = models.ForeignKey(Page, on_delete=models.DB_SET_NULL, null=True)

        class Meta:
            app_label = "tests_of_coherence"

        def __str__(self) -> str:
            return str(self.page_id)


class Flight(models.Model):
    """It is referred to by two columns together."""

    airline = models.CharField(max_length=2)
    number = models.IntegerField()
    passengers = models.ManyToManyField(Place, through="Leg", related_name="flights")

    class Meta:
        app_label = "tests_of_coherence"
        constraints = [models.UniqueConstraint(fields=["airline", "number"], name="one_flight")]

    def __str__(self) -> str:
        return f"{self.airline}{self.number}"


class Leg(models.Model):
    place = models.ForeignKey(Place, models.CASCADE)
    airline = models.CharField(max_length=2)
    number = models.IntegerField()
    flight = models.ForeignObject(
        Flight, models.CASCADE, from_fields=("airline", "number"), to_fields=("airline", "number"), related_name="legs"
    )

    class Meta:
        app_label = "tests_of_coherence"

    def __str__(self) -> str:
        return f"{self.flight} to {self.place}"
