"""Whether a value that was made again is the one that it stands for."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.utils.safestring import mark_safe

from caching.values.sameness import is_same
from scheduling.models import Employee


class Version:
    """Equal to any other with the same number, however that is written."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and float(self.text) == float(other.text)

    def __hash__(self) -> int:
        return hash(float(self.text))


class Phone(str):
    """A text that remembers how it was written."""

    written: str


def phone(written: str) -> Phone:
    made = Phone(written.replace(" ", ""))
    made.written = written
    return made


class Slotted:
    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class Sentinel:
    """Has neither equality nor state."""


def knot(number: int) -> Version:
    made: Any = Version(str(number))
    made.itself = made
    return made  # type: ignore[no-any-return]


class SameTests:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: 1.5,
            lambda: Decimal("1.10"),
            lambda: datetime(2026, 1, 1, tzinfo=UTC),
            lambda: [1, ("a", {"b": {2}})],
            lambda: OrderedDict(a=[1]),
            lambda: mark_safe("x"),
            lambda: Version("1.0"),
            lambda: phone("0 1"),
            lambda: Slotted(1),
            lambda: knot(1),
            lambda: Employee(pk=1),
            lambda: SameTests.test_are_values_that_nothing_can_tell_apart,
        ],
    )
    def test_are_values_that_nothing_can_tell_apart(self, make: Any) -> None:
        assert is_same(make(), make())

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (1, True),
            (1.0, 1),
            (0.0, -0.0),
            (Decimal("1.0"), Decimal("1.00")),
            (datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 1, tzinfo=UTC)),
            ([1], [1, 2]),
            ([1], (1,)),
            ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
            ({1}, {1.0}),
            ("x", mark_safe("x")),
            (Version("1.0"), Version("1")),
            (phone("0 1"), phone("01")),
            (Slotted(1), Slotted(2)),
            (Sentinel(), Sentinel()),
            (object(), object()),
            (Employee(pk=1), Employee(pk=2)),
            (Employee(), Employee()),
        ],
    )
    def test_are_no_values_that_are_merely_equal(self, one: Any, other: Any) -> None:
        assert not is_same(one, other)
