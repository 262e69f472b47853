"""Values in memory and as bytes: what comes out is what went in, and nobody can change what is held."""

import contextlib
import dataclasses
import datetime
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caching.values.columns import fingerprint
from caching.values.encoding import decode, encode
from caching.values.freezing import freeze, thaw
from scheduling.models import Employee
from tests.caching.values.examples import (
    DECLARED,
    VALUES,
    Box,
    Point,
    copied,
    described,
    everything_reachable,
    loaded,
    through_bytes,
)

PACK = msgspec.msgpack.encode


class RoundTripTests:
    @given(VALUES)
    def test_a_copy_has_the_same_types_and_content(self, value: Any) -> None:
        assert described(copied(value)) == described(value)

    @given(VALUES)
    def test_bytes_give_the_same_types_and_content(self, value: Any) -> None:
        assert described(through_bytes(value)) == described(value)

    @given(VALUES)
    def test_what_was_read_from_bytes_can_be_stored_again(self, value: Any) -> None:
        assert described(through_bytes(through_bytes(value))) == described(value)

    @given(VALUES)
    def test_a_copy_shares_nothing_that_can_be_changed(self, value: Any) -> None:
        frozen = freeze(value, DECLARED).value
        one, other = thaw(frozen), thaw(frozen)
        ids = {id(container) for container in (*everything_reachable(value), *everything_reachable(other))}
        assert not [container for container in everything_reachable(one) if id(container) in ids]

    @pytest.mark.parametrize(
        "value",
        [
            2**63 - 1,
            2**63,
            2**64 - 1,
            2**64,
            -(2**63),
            -(2**63) - 1,
            10**5000,
            -(10**5000),
            float("inf"),
            -0.0,
            Decimal("-0.00"),
            Decimal("NaN"),
            Decimal("1E+1000"),
            datetime.datetime.min,
            datetime.datetime.max,
            datetime.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Paris")),
            datetime.time(1, 2, 3, 4, tzinfo=ZoneInfo("Europe/Paris"), fold=1),
            datetime.timedelta.min,
            UUID(int=0),
            {(1, "a"): {None: [set()]}},
            ({1: [2]},),
            frozenset({(1, frozenset({2}))}),
        ],
        ids=lambda value: repr(value)[:40] if not isinstance(value, int) else f"int of {value.bit_length()} bits",
    )
    def test_keeps_the_extremes(self, value: Any) -> None:
        assert described(copied(value)) == described(value) == described(through_bytes(value))

    def test_nan_stays_nan(self) -> None:
        value = through_bytes(float("nan"))
        assert value != value

    def test_the_order_of_a_dict_is_kept(self) -> None:
        assert list(through_bytes({"b": 1, "a": 2, 3: 4})) == ["b", "a", 3]

    def test_changing_the_original_changes_nothing(self) -> None:
        value = {"rows": [1, {2}], "box": Box([3])}
        frozen = freeze(value, DECLARED).value
        value["rows"].append(4)  # type: ignore[attr-defined]
        value["rows"][1].clear()  # type: ignore[index]
        value["box"].content.append(5)  # type: ignore[attr-defined]
        assert thaw(frozen) == {"rows": [1, {2}], "box": Box([3])}

    def test_a_value_that_cannot_change_is_not_copied(self) -> None:
        value = (1, "a", frozenset({2}), Point(3))
        assert copied(value) is value


class DecodeTests:
    def refused(self, content: bytes) -> str:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message depends on the damage)
            thaw(decode(content, DECLARED))
        return str(caught.value)

    @given(VALUES, st.data())
    @settings(max_examples=50)
    def test_truncated_bytes_are_a_value_error(self, value: Any, data: st.DataObject) -> None:
        content = encode(freeze(value, DECLARED).value)
        self.refused(content[: data.draw(st.integers(0, len(content) - 1))])

    @given(st.binary())
    def test_foreign_bytes_are_a_value_or_a_value_error(self, content: bytes) -> None:
        with contextlib.suppress(ValueError):
            thaw(decode(content, DECLARED))

    @given(VALUES, st.data())
    def test_a_flipped_byte_is_a_value_or_a_value_error(self, value: Any, data: st.DataObject) -> None:
        content = bytearray(encode(freeze(value, DECLARED).value))
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
        with contextlib.suppress(ValueError):
            thaw(decode(bytes(content), DECLARED))

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xc1",
            b"garbage",
            b"\x80\x04K\x05.",  # a pickle
            PACK({"a": 1}),
            PACK([{"a": 1}]),
            b"\xdd\xff\xff\xff\xff",
            b"\x91" * 5000 + b"\x01",
            PACK(msgspec.msgpack.Ext(99, PACK([1]))),
            PACK(msgspec.msgpack.Ext(99, PACK(1))),
            PACK(msgspec.msgpack.Ext(1, PACK(["2026-01-01T00:00:00", "No/Zone", 0]))),
            PACK(msgspec.msgpack.Ext(1, PACK(["2026-01-01T00:00:00", "America", 0]))),
            PACK(msgspec.msgpack.Ext(1, PACK(["2026-01-01T00:00:00", "../etc/passwd", 0]))),
            PACK(msgspec.msgpack.Ext(5, PACK("not a number"))),
            PACK(msgspec.msgpack.Ext(6, PACK(b"short"))),
            PACK(msgspec.msgpack.Ext(8, PACK([[1]]))),  # a set of lists
            PACK(msgspec.msgpack.Ext(10, PACK([[[1], 1]]))),  # a dict with a list for a key
            PACK(msgspec.msgpack.Ext(11, PACK(["Unknown", "", []]))),
            PACK(msgspec.msgpack.Ext(12, PACK(["scheduling.Nothing", "", None, None, [], {}]))),
            PACK(msgspec.msgpack.Ext(12, PACK(["os.system", "", None, None, [], {}]))),
            PACK(msgspec.msgpack.Ext(12, PACK(5))),
            PACK(msgspec.msgpack.Ext(13, PACK("12x"))),
        ],
        ids=lambda content: repr(content[:24]),
    )
    def test_what_we_never_write_is_a_value_error(self, content: bytes) -> None:
        assert self.refused(content)

    def test_a_folder_of_time_zones_is_not_a_time_zone(self) -> None:
        import zoneinfo

        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "Atlantis").mkdir()
            zoneinfo.reset_tzpath([folder])
            try:
                self.refused(PACK(msgspec.msgpack.Ext(1, PACK(["2026-01-01T00:00:00", "Atlantis", 0]))))
            finally:
                zoneinfo.reset_tzpath()

    def test_a_row_of_a_model_with_other_fields_is_a_value_error(self) -> None:
        content = encode(freeze(loaded(id=5, email="amy@example.com")).value)
        other = b"0" * len(fingerprint(Employee))
        message = self.refused(content.replace(fingerprint(Employee).encode(), other))
        assert "scheduling.Employee had other fields when it was stored." in message

    def test_a_dataclass_with_other_fields_is_a_value_error(self) -> None:
        old = dataclasses.make_dataclass("Point", [("x", int)], frozen=True)
        old.__qualname__ = "Point"
        content = encode(freeze(old(1), (old,)).value)
        assert "The dataclass Point had other fields when it was stored." in self.refused(content)

    def test_a_dataclass_that_is_not_declared_any_more_is_a_value_error(self) -> None:
        content = encode(freeze(Point(1), DECLARED).value)
        with pytest.raises(ValueError, match="were not written by the cache"):
            decode(content, ())
