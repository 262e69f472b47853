"""Which fields can be followed by value, and how their values are spelled in tags."""

import datetime
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import models

from caching import NotWatched
from caching.coherence.columns import canonical, column_of, followable, has_one_spelling, target_of
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


class CanonicalTests:
    @pytest.mark.parametrize(
        ("of", "spellings", "spelled"),
        [
            (field(Employee, "id"), [5, "5", 5.0], 5),
            (field(Employee, "email"), ["amy@example.com", " Amy@Example.COM "], "amy@example.com"),
            (field(Employee, "department"), [7, "7"], 7),
            (field(Shelf, "code"), ["A 1", " a 1 "], "a 1"),
            (field(Shelf, "is_gone"), [True, 1, "1", "True"], True),
            (field(Employee, "hire_date"), [datetime.date(2026, 3, 1), "2026-03-01"], datetime.date(2026, 3, 1)),
            (models.UUIDField(), [UUID(int=1), str(UUID(int=1)), UUID(int=1).hex], UUID(int=1).hex),
        ],
        ids=lambda value: "",
    )
    def test_spells_equal_values_in_one_way(self, of: Any, spellings: list[Any], spelled: Any) -> None:
        assert {canonical(of)(spelling) for spelling in spellings} == {spelled}

    def test_none_stays_none(self) -> None:
        assert canonical(field(Book, "shelf"))(None) is None

    def test_texts_that_a_database_may_find_equal_are_spelled_alike(self) -> None:
        assert canonical(field(Permission, "codename"))("Straße") == canonical(field(Permission, "codename"))("STRASSE")

    def test_all_values_that_have_several_spellings_are_one(self) -> None:
        spell = canonical(field(Moment, "moment"))
        assert spell(datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)) == spell(5) == "*"


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
