"""Equal values of a watched column have one form in tags, however they are given."""

import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import models

from caching.coherence.spelling import canonical, spelled_when_sent
from scheduling.models import Employee
from tests.caching.coherence.models import Book, Moment, Shelf


def field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


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


class SpelledWhenSentTests:
    """Of a parameter of a statement it must be known what the database makes of it."""

    @pytest.mark.parametrize(
        ("of", "value"),
        [
            (models.IntegerField(), 5),
            (models.CharField(max_length=3), "abc"),
            (models.TextField(), "a" * 100),
            (models.UUIDField(), UUID(int=1).hex),
            (models.BooleanField(), True),
            (models.DateField(), "2026-01-02"),
            (models.DateField(), datetime.date(2026, 1, 2)),
            (models.IntegerField(), None),
        ],
        ids=lambda value: "",
    )
    def test_is_the_canonical_form_of_what_django_sends(self, of: Any, value: Any) -> None:
        assert spelled_when_sent(of)(value) == canonical(of)(value)

    def test_a_text_loses_the_blanks_at_its_end(self) -> None:
        spell = spelled_when_sent(models.CharField(max_length=3))
        assert spell("ab ") == spell("ab    ") == canonical(models.CharField(max_length=3))("ab") == "ab"

    @pytest.mark.parametrize(
        ("of", "value"),
        [
            (models.IntegerField(), 1.5),
            (models.IntegerField(), Decimal("3.6")),
            (models.IntegerField(), "5"),
            (models.CharField(max_length=3), True),
            (models.CharField(max_length=3), b"abc"),
            (models.CharField(max_length=3), "abcd"),
            (models.UUIDField(), 1),
            (models.DateField(), datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)),
        ],
        ids=lambda value: "",
    )
    def test_anything_else_is_unknown(self, of: Any, value: Any) -> None:
        with pytest.raises(ValueError, match=r"This is (stored as another value|cut, or refused)\."):
            spelled_when_sent(of)(value)
