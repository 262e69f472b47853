"""Which fields can be followed by value, and how their values are spelled in tags."""

import datetime
import enum
import hashlib
from decimal import InvalidOperation
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, models
from django.db.models.functions import Lower
from django.test.utils import isolate_apps

from caching import NotWatched
from caching.coherence.columns import (
    column_of,
    followable,
    has_one_spelling,
    identifies,
    is_unique,
    plain,
    prepares_once,
    target_of,
)
from caching.coherence.spelling import canonical, spelled_when_sent
from scheduling.models import Department, Employee, ScheduleAssignment
from tests.caching.coherence.models import Book, Invitation, Meeting, Moment, Note, Shelf
from tests.caching.reading.models import Loose


def field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


class ColumnOfTests:
    def test_returns_the_field(self) -> None:
        assert column_of(Employee, "email") is field(Employee, "email")

    def test_pk_is_the_primary_key(self) -> None:
        assert column_of(Moment, "pk") is field(Moment, "moment")

    def test_a_field_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(NotWatched, match=r"scheduling\.Employee has no field 'mail' to watch\."):
            column_of(Employee, "mail")

    @pytest.mark.parametrize(("model", "name"), [(Note, "about"), (Department, "employees")])
    def test_a_field_without_a_column_is_refused(self, model: type[models.Model], name: str) -> None:
        with pytest.raises(NotWatched, match=rf"\.{name} is not a column, so it cannot be watched by value\."):
            column_of(model, name)


class IsUniqueTests:
    @isolate_apps("scheduling")
    def test_is_true_by_the_field_or_by_a_constraint_on_nothing_else(self) -> None:
        class Guest(models.Model):
            number = models.IntegerField(unique=True)
            email = models.EmailField()
            badge = models.CharField(max_length=9)
            seat = models.CharField(max_length=9)
            nick = models.CharField(max_length=9)
            queue = models.IntegerField()
            name = models.CharField(max_length=9)

            class Meta:
                app_label = "scheduling"
                unique_together = ("badge",)
                constraints = (
                    models.UniqueConstraint(fields=("email",), name="one_email"),
                    models.UniqueConstraint(fields=("seat",), condition=models.Q(queue=1), name="some_seats"),
                    models.UniqueConstraint(Lower("nick"), name="one_nick"),
                    models.UniqueConstraint(fields=("queue",), deferrable=models.Deferrable.DEFERRED, name="at_last"),
                    models.UniqueConstraint(fields=("name", "seat"), name="together"),
                )

            def __str__(self) -> str:
                return self.name

        class VipGuest(Guest):
            class Meta:
                app_label = "scheduling"

        for model in (Guest, VipGuest):
            found = [field.name for field in model._meta.concrete_fields if is_unique(field)]
            assert found == ["id", "number", "email", "badge", *(["guest_ptr"] if model is VipGuest else [])]


class TargetOfTests:
    def test_of_a_plain_field_is_the_field(self) -> None:
        assert target_of(field(Employee, "email")) is field(Employee, "email")

    def test_of_a_foreign_key_is_the_field_it_refers_to(self) -> None:
        assert target_of(field(ScheduleAssignment, "employee")) is field(Employee, "id")
        assert target_of(field(Invitation, "guest")) is field(Employee, "email")


class FollowableTests:
    @pytest.mark.parametrize(
        ("model", "name"),
        [(Employee, "email"), (Employee, "hire_date"), (Employee, "department"), (Shelf, "is_gone"), (Meeting, "id")],
    )
    def test_takes_fields_whose_values_have_one_spelling(self, model: type[models.Model], name: str) -> None:
        assert followable(model, name) is field(model, name)

    @pytest.mark.parametrize(("model", "name"), [(Employee, "hourly_rate"), (Moment, "moment")])
    def test_refuses_fields_whose_values_have_several(self, model: type[models.Model], name: str) -> None:
        with pytest.raises(NotWatched, match="cannot be watched by value; watch a column of whole numbers, text"):
            followable(model, name)


class EncipheredField(models.CharField):
    """The database holds its text in another form."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value[::-1]


class HasOneSpellingTests:
    def test_is_false_where_the_database_holds_something_else_than_the_value(self) -> None:
        assert has_one_spelling(models.CharField(max_length=5))
        assert not has_one_spelling(EncipheredField(max_length=5))

    def test_is_false_for_moments(self) -> None:
        assert has_one_spelling(models.DateField())
        assert not has_one_spelling(models.DateTimeField())


class EqualityTests:
    """Which texts are the same is for us to say, and not for the database."""

    def test_of_a_collation_is_refused(self) -> None:
        with pytest.raises(NotWatched, match=r"tests_of_reading\.Loose\.code .* by the collation NOCASE"):
            followable(Loose, "code")

    @pytest.mark.parametrize("collation", ["C", "BINARY", "de-x-icu"])
    def test_of_bytes_is_followed(self, collation: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(field(Loose, "code"), "db_collation", collation)
        assert followable(Loose, "code") is field(Loose, "code")

    def test_of_a_type_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(field(Book, "title"), "db_parameters", lambda connection: {"type": "citext"})
        with pytest.raises(NotWatched, match=r"Book\.title .* by the type citext"):
            followable(Book, "title")

    def test_of_a_key_is_that_of_the_database_too(self) -> None:
        assert identifies(Employee, field(Employee, "id"))
        assert not identifies(Loose, field(Loose, "code"))
        assert not identifies(Moment, field(Moment, "moment"))

    @pytest.mark.parametrize(
        ("base", "kind"), [(models.CharField, "uuid"), (models.CharField, "mood"), (models.IntegerField, "numeric")]
    )
    def test_of_a_type_that_the_class_of_the_field_does_not_have_is_refused(
        self, base: Any, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = type("Own", (base,), {"db_type": lambda self, connection: kind})(max_length=20)
        own.set_attributes_from_name("title")
        own.model = Book
        monkeypatch.setattr("caching.coherence.columns.column_of", lambda model, name: own)
        with pytest.raises(NotWatched, match=rf"Book\.title .* by the type {kind}"):
            followable(Book, "title")


class Secret(str):
    """It does not show itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return "***"


class Colour(str, enum.Enum):  # noqa: UP042
    RED = "red"


class Ticket(UUID):
    def __str__(self) -> str:
        return "ticket"


class Level(enum.IntEnum):
    LOW = 1


class Holiday(datetime.date):
    def __str__(self) -> str:
        return "a holiday"


class PlainTests:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            (Secret("a"), "a"),
            (Colour.RED, "red"),
            (Ticket(int=5), UUID(int=5)),
            (Level.LOW, 1),
            (Holiday(2026, 1, 2), datetime.date(2026, 1, 2)),
            (True, True),
            (1.5, 1.5),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_is_the_value_as_a_database_holds_it(self, value: Any, wanted: Any) -> None:
        assert plain(value) == wanted
        assert type(plain(value)) is type(wanted)

    def test_is_what_stands_in_a_tag(self) -> None:
        spell = canonical(field(Shelf, "code"))
        assert [f"{spell(text)}" for text in (Secret("a"), Secret("b"), Colour.RED)] == ["a", "b", "red"]
        assert canonical(models.UUIDField())(Ticket(int=5)) == UUID(int=5).hex


class HashedField(models.CharField):
    def get_prep_value(self, value: Any) -> Any:
        return hashlib.sha256(str(value).encode()).hexdigest()


class CodeOfField(models.CharField):
    def get_prep_value(self, value: Any) -> Any:
        return value.code


class ChoosyField(models.CharField):
    error: type[Exception] = ValueError

    def get_prep_value(self, value: Any) -> Any:
        if value not in ("a", "b"):
            raise self.error(value)
        return value


class AnyCaseField(models.CharField):
    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup("iexact" if lookup_name == "exact" else lookup_name)


class Grade(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class GradeField(models.CharField):
    """Holds the value of a member, and takes members and their values alone."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else Grade(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else Grade(value).value


class BackwardsField(GradeField):
    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else value[::-1]


class RandomlyEncipheredField(GradeField):
    """Knows what it has enciphered by how that begins, so that it enciphers nothing twice."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        return value if str(value).startswith("secret ") else f"secret {uuid4()} {value}"


class WordsField(GradeField):
    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else value.split()

    def get_prep_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value


GRADES = [(Grade.GOOD, "Good"), (Grade.BAD, "Bad")]


class MakesValuesTests:
    """A field that makes something of its column is followed by what the column holds."""

    @staticmethod
    def of_book(own: Any) -> Any:
        own.set_attributes_from_name("title")
        own.model = Book
        return own

    def test_is_followed_if_it_sends_what_it_prepares(self) -> None:
        own = self.of_book(GradeField(max_length=9, choices=GRADES))
        assert has_one_spelling(own)
        assert canonical(own)(Grade.GOOD) == canonical(own)("good") == spelled_when_sent(own)("GOOD") == "good"
        assert canonical(own)(None) is spelled_when_sent(own)(None) is None

    def test_a_parameter_is_not_prepared_again(self) -> None:
        assert spelled_when_sent(self.of_book(GradeField(max_length=9, choices=GRADES)))("no grade") == "no grade"

    def test_a_value_that_the_field_does_not_take_is_refused(self) -> None:
        with pytest.raises(ValueError, match="does not take 'no grade'"):
            canonical(self.of_book(GradeField(max_length=9, choices=GRADES)))("no grade")

    def test_does_without_choices_that_cannot_be_asked_yet(self) -> None:
        def choices() -> Any:
            raise OperationalError("no such table")

        assert not has_one_spelling(self.of_book(GradeField(max_length=9, choices=choices)))

    def test_is_tried_with_the_first_choice_that_is_a_value(self) -> None:
        assert has_one_spelling(self.of_book(GradeField(max_length=9, choices=[("", "none"), *GRADES])))

    @pytest.mark.parametrize("kind", [BackwardsField, RandomlyEncipheredField, WordsField])
    def test_is_not_followed_if_it_may_encipher_or_makes_several_values(self, kind: Any) -> None:
        assert not has_one_spelling(self.of_book(kind(max_length=90)))

    def test_is_not_followed_as_a_key_nor_through_one(self) -> None:
        assert not has_one_spelling(self.of_book(GradeField(max_length=9, choices=GRADES, primary_key=True)))


class AsksOtherwiseTests:
    """Only the value that a field prepares once finds its rows."""

    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            (HashedField, "its get_prep_value changes again"),
            (CodeOfField, "its get_prep_value changes again what it has prepared, or raises"),
            (AnyCaseField, "another look-up for 'exact' than Django's"),
        ],
    )
    def test_is_refused(self, kind: Any, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
        own = kind(max_length=64)
        own.set_attributes_from_name("title")
        own.model = Book
        monkeypatch.setattr("caching.coherence.columns.column_of", lambda model, name: own)
        with pytest.raises(NotWatched, match=rf"Book\.title cannot be watched by value: .*{why}"):
            followable(Book, "title")

    def test_a_field_that_strips_may_do_so_again(self) -> None:
        assert prepares_once(field(Shelf, "code"), " a ")
        for error in (ValueError, InvalidOperation, AssertionError):
            choosy = ChoosyField()
            choosy.error = error
            assert prepares_once(choosy, "no such value")
        assert followable(Shelf, "code") is field(Shelf, "code")
