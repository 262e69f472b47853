"""The value that a look-up is asked for."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import models
from django.db.models import F, Value
from django.utils.translation import gettext_lazy

from caching import CachedGroup, CachedLookup
from caching.reading.asked import in_doubt, normalised
from scheduling.models import Employee
from tests.caching.coherence.test_columns import Colour, Holiday, Secret, Ticket
from tests.factories import EmployeeFactory

EMAIL: Any = Employee._meta.get_field("email")
ID: Any = Employee._meta.get_field("id")


class NormalisedTests:
    @pytest.mark.parametrize(
        ("field", "value", "wanted"),
        [
            (EMAIL, Secret("a@example.com"), "a@example.com"),
            (EMAIL, Colour.RED, "red"),
            (EMAIL, gettext_lazy("no translation"), "no translation"),
            (ID, True, 1),
            (ID, "7", 7),
            (ID, 2**70, None),
            (models.UUIDField(), Ticket(int=5), UUID(int=5)),
            (models.DateField(), Holiday(2026, 1, 2), date(2026, 1, 2)),
        ],
        ids=lambda value: "",
    )
    def test_is_what_the_field_holds(self, field: Any, value: Any, wanted: Any) -> None:
        found = normalised(field, field, value)
        assert found == wanted
        assert type(found) is type(wanted)

    @pytest.mark.parametrize(
        "value", [[1], (1,), {1}, {}, Employee.objects.all(), Value("amy"), F("email")], ids=lambda value: ""
    )
    def test_what_is_no_value_of_a_row_is_an_error(self, value: Any) -> None:
        with pytest.raises(TypeError, match=r"scheduling\.Employee\.email has no such value: a \w+\. Give one value"):
            normalised(EMAIL, EMAIL, value)

    def test_what_a_field_prepares_twice_in_two_ways_is_an_error(self) -> None:
        class Hashed(models.CharField):
            def get_prep_value(self, value: Any) -> Any:
                return value if value in ("", "Aa 1") else hashlib.sha256(value.encode()).hexdigest()

        with pytest.raises(TypeError, match="its get_prep_value changes again what it has prepared"):
            normalised(EMAIL, Hashed(max_length=64), "amy@example.com")

    def test_what_a_field_prepares_only_once_is_an_error(self) -> None:
        class Hexadecimal(models.IntegerField):
            def get_prep_value(self, value: Any) -> Any:
                return int(value, 16)

        with pytest.raises(TypeError, match="its get_prep_value changes again what it has prepared, or raises"):
            normalised(EMAIL, Hexadecimal(), "ff")
        assert normalised(EMAIL, Hexadecimal(), "no number") is None


@pytest.mark.django_db(transaction=True)
class SubclassTests:
    """A text that spells itself in its own way is asked for as the text that it is."""

    def test_finds_its_own_row_through_every_door(self, watching: Callable[..., None]) -> None:
        by_email = CachedLookup(Employee, "email", cache_type="rule", kind="own_text")
        by_name = CachedGroup(Employee, "last_name", cache_type="rule", kind="own_text_group")
        for name in ("a", "b", "***"):
            EmployeeFactory(email=name, last_name=name)
        for _ in ("a miss", "a hit"):
            for name in ("a", "b", "***"):
                found = by_email.get(Secret(name))
                assert found is not None
                assert found.email == name
                assert [row.email for row in by_name.get(Secret(name))] == [name]
        assert set(by_email.get_many([Secret("a"), Secret("b")])) == {"a", "b"}
        assert len(by_email.get_many_pks([Secret("a"), Secret("b")])[0]) == 2


class InDoubtTests:
    """What one query for several values found is what a query for each of them finds, unless the database differs."""

    def test_is_nothing_where_each_row_has_one_of_the_values(self) -> None:
        assert in_doubt(["a", "b"], ["a"]) == set()
        assert in_doubt([1, 2], []) == set()

    def test_is_all_where_a_row_has_another_value(self) -> None:
        assert in_doubt(["A", "b"], ["a"]) == {"A", "b"}

    def test_is_what_a_database_may_find_equal(self) -> None:
        assert in_doubt(["A", "a ", "b"], ["a "]) == {"A", "a "}
