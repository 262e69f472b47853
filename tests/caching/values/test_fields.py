"""Values of fields that are none of the plain types."""

from enum import IntEnum
from typing import Any

import pytest
from django.test import modify_settings
from django.utils.safestring import mark_safe

from caching import Uncacheable
from caching.values.encoding import decode, encode
from caching.values.fields import Made, held, made_fields
from scheduling.models import Rule
from tests.caching.reading.models import Code, Opaque, Parcel, Task


class Size(IntEnum):
    SMALL = 1


class MadeFieldsTests:
    def test_are_those_whose_values_somebody_else_than_django_makes(self) -> None:
        assert made_fields(Parcel) == {"code", "seal"}
        assert made_fields(Rule) == frozenset()


class HeldTests:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            (Task.State.NEW, "new"),
            (mark_safe("x"), "x"),
            (Size.SMALL, 1),
            (memoryview(b"x"), b"x"),
            (bytearray(b"x"), b"x"),
        ],
    )
    def test_members_and_subclasses_are_held_as_the_database_holds_them(self, value: Any, wanted: Any) -> None:
        found = held(Parcel, "state", "default", value)
        assert (found, type(found)) == (wanted, type(wanted))

    def test_a_file_is_its_name(self) -> None:
        assert held(Parcel, "paper", "default", Parcel(paper="a.txt").paper) == "a.txt"

    @modify_settings(INSTALLED_APPS={"append": "tests.caching.reading.apps.TestsOfReadingConfig"})
    def test_what_a_field_makes_is_made_again(self) -> None:
        found = held(Parcel, "code", "default", Code("A1"))
        for made in (found, decode(encode(found))):
            assert isinstance(made, Made)
            assert (made.thaw(), type(made.thaw())) == ("A1", Code)

    @modify_settings(INSTALLED_APPS={"append": "tests.caching.reading.apps.TestsOfReadingConfig"})
    def test_what_has_no_equality_of_its_own_is_compared_by_its_state(self) -> None:
        assert held(Parcel, "seal", "default", Opaque("x")).thaw().text == "x"

    def test_what_the_field_would_make_differently_is_refused_by_name(self) -> None:
        marked = Opaque("x")
        marked.mark = "by hand"  # type: ignore[attr-defined]
        with pytest.raises(Uncacheable, match=r"tests_of_reading\.Parcel\.seal"):
            held(Parcel, "seal", "default", marked)

    def test_what_no_plain_type_is_like_is_refused_by_name(self) -> None:
        with pytest.raises(Uncacheable, match=r"tests_of_reading\.Parcel\.state: .* type object"):
            held(Parcel, "state", "default", object())
