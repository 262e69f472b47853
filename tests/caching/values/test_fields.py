"""Values of fields that are none of the plain types."""

from enum import IntEnum
from typing import Any

import pytest
from django.test import modify_settings
from django.utils.safestring import mark_safe

from caching import Uncacheable
from caching.values.encoding import decode, encode
from caching.values.fields import Made, held
from tests.caching.reading.models import Code, Opaque, Parcel, Task


class Size(IntEnum):
    SMALL = 1


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

    def test_what_cannot_be_compared_is_refused(self) -> None:
        with pytest.raises(Uncacheable):
            held(Parcel, "seal", "default", Opaque("x"))
