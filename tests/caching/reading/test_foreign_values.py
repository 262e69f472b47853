"""Bytes in the shared tier that the cache did not write, or wrote for something else: never served, never raised."""

import contextlib
import datetime
import logging
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.cache import caches
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caching import cache_manager
from caching.reading.tiers import Envelope, Within, _shared_keys
from caching.values.encoding import decode, encode
from caching.values.freezing import freeze, thaw
from scheduling import caches as declared
from scheduling.models import Employee
from tests.caching.values.examples import DECLARED, VALUES
from tests.factories import DepartmentFactory, EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)

PACK = msgspec.msgpack.encode
OPEN = msgspec.msgpack.Decoder(Envelope).decode
EXAMPLES = 40 if not os.environ.get("FUZZ_SECONDS") else 1000
NAN, INFINITY = float("nan"), float("inf")


class Stored:
    """The entry of one employee in the shared tier, which a test replaces."""

    def __init__(self) -> None:
        self.employee = EmployeeFactory(email="amy@example.com", first_name="Amy")
        self.lookup = declared.EMPLOYEE_BY_EMAIL
        assert self.read() == self.employee
        kind = self.lookup.kind
        within: Within = (kind.declared_as, kind.place() or "")
        (self.place,) = _shared_keys([f"employee/{self.lookup.key('amy@example.com')}"], [within])
        self.content: bytes = caches[cache_manager.config.SHARED_ALIAS].get(self.place)  # type: ignore[index]
        assert self.content is not None

    def read(self) -> Any:
        return self.lookup.get("amy@example.com")

    def replace(self, content: Any) -> None:
        """Store other bytes, and forget what this process holds."""
        alias: Any = caches[cache_manager.config.SHARED_ALIAS]  # type: ignore[index]
        alias.set(self.place, content, 60)
        self.lookup.kind.entries.drop(lambda key: True)

    def replace_value(self, value: bytes) -> None:
        self.changed(value=value)

    def changed(self, **fields: Any) -> None:
        self.replace(PACK(msgspec.structs.replace(OPEN(self.content), **fields)))


@pytest.fixture
def stored(file_tier: Path) -> Stored:
    return Stored()


def row(instance: Any) -> bytes:
    return encode(freeze(instance).value)


def tampered(instance: Any, **changes: Any) -> bytes:
    """Return the bytes of a row of which one part is another: signature, db, names, values, related."""
    names = ("signature", "db", "names", "values", "related")
    parts = dict(zip(names, msgspec.msgpack.decode(row(instance)), strict=True))
    return PACK(list((parts | changes).values()))


class EnvelopeTests:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"hello",
            b"\x00" * 100,
            b"\x91" * 100_000 + b"\x90",
            b"\xdd\xff\xff\xff\xff",
            PACK(5),
            PACK({"a": 1}),
            PACK([]),
            PACK([b"", [], [], 0.0, b""]),
            PACK([b"", ["a"], [1, 2], 0.0, b""]),
            PACK([b"", ["a"], ["b"], 0.0, b""]),
            PACK([b"", ["a"], [1], "soon", b""]),
            PACK([b"", "a" * 1000, [1], 0.0, b""]),
            b"\x80\x04\x95\x0f\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix",
            5,
            "text",
            None,
            [1],
        ],
        ids=lambda content: repr(content)[:30],
    )
    def test_of_nobody_is_a_miss(self, content: Any, stored: Stored) -> None:
        stored.replace(content)

        assert stored.read() == stored.employee

    @pytest.mark.parametrize("moment", [NAN, INFINITY, -INFINITY, -1.0, 0.0])
    def test_that_expires_at_no_moment_is_a_miss(
        self, moment: float, stored: Stored, django_assert_num_queries: Any
    ) -> None:
        stored.changed(expires_at=moment)

        with django_assert_num_queries(1):
            assert stored.read() == stored.employee

    def test_with_other_generations_is_a_miss(self, stored: Stored, django_assert_num_queries: Any) -> None:
        for generation in (0, -1, 2**63, 2**64 - 1):
            stored.changed(generations=(generation,) * len(OPEN(stored.content).generations))
            with django_assert_num_queries(1):
                assert stored.read() == stored.employee

    def test_is_deleted_and_logged(self, stored: Stored, caplog: pytest.LogCaptureFixture) -> None:
        stored.replace(b"hello")
        with caplog.at_level(logging.WARNING, logger="caching"):
            cache_manager.get("employee", stored.lookup.key("amy@example.com"))

        assert "held a value that the cache did not write" in caplog.text
        assert caches[cache_manager.config.SHARED_ALIAS].get(stored.place) is None  # type: ignore[index]


class ValueTests:
    @pytest.mark.parametrize("value", [None, 5, "Amy", 0.5, (), (1, 2), {"a": 1}, datetime.date(2026, 11, 30)])
    def test_a_scalar_is_no_row(self, value: Any, stored: Stored) -> None:
        stored.replace_value(encode(freeze(value).value))

        # None is what the look-up stores for a row that is not there; nobody can tell who wrote it.
        assert stored.read() == (None if value is None else stored.employee)

    def test_a_row_of_another_model_is_a_miss(self, stored: Stored, caplog: pytest.LogCaptureFixture) -> None:
        stored.replace_value(row(DepartmentFactory()))

        assert stored.read() == stored.employee
        assert "it is no answer for its key" in caplog.text

    def test_rows_of_another_model_are_no_list(self, stored: Stored) -> None:
        department = stored.employee.department
        group = declared.EMPLOYEES_OF_DEPARTMENT
        assert [each.pk for each in group.get(department.pk)] == [stored.employee.pk]
        for value in ([department], [5], (stored.employee,), {1: 2}, None, stored.employee):
            assert not group.kind.accepts(freeze(value).value), value
        assert group.kind.accepts(freeze([stored.employee]).value)

    def test_a_tampered_row_is_a_miss(self, stored: Stored) -> None:
        employee = Employee.objects.get()
        pk = {"names": ["id"], "values": [employee.pk]}
        for changes in (
            {"signature": "scheduling.Employee 00"},
            {"signature": "auth.User 00"},
            {"signature": 5},
            {"db": "elsewhere"},
            {"db": 5},
            {"names": ["id", "_state"], "values": [1, 2]},
            {"names": ["id", "save"], "values": [1, 2]},
            {"names": ["email"], "values": ["amy@example.com"]},
            {"names": [["id"]], "values": [1]},
            {"values": []},
            {"values": 5},
            {"related": 5},
            {**pk, "related": {"department": msgspec.msgpack.decode(row(employee))}},
            {**pk, "related": {"department": 5}},
        ):
            stored.replace_value(tampered(employee, **changes))
            assert stored.read().first_name == "Amy", changes

    def test_nesting_is_no_way_to_break_it(self, stored: Stored) -> None:
        deep: Any = b"\x90"
        for _ in range(3000):
            deep = PACK(msgspec.msgpack.Ext(7, deep))
        for value in (deep, b"\x91" * 50_000 + b"\x90", b"\x81\xa1a" * 50_000 + b"\x90"):
            stored.replace_value(value)
            assert stored.read() == stored.employee

    def test_what_is_cut_off_or_changed_in_one_byte_is_a_miss_or_a_row(self, stored: Stored) -> None:
        """Every byte once: what comes out is an employee or nothing, whatever its fields say."""
        value = OPEN(stored.content).value
        for at in range(0, len(value), 3):
            for other in (value[:at], value[:at] + bytes([value[at] ^ 0x81]) + value[at + 1 :]):
                stored.replace_value(other)
                assert isinstance(stored.read(), Employee | None)


class EveryByteTests:
    """Properties of the codec, without a store."""

    @settings(max_examples=EXAMPLES)
    @given(VALUES, st.data())
    def test_mutated_bytes_are_a_value_or_a_value_error(self, value: Any, data: st.DataObject) -> None:
        content = bytearray(encode(freeze(value, DECLARED).value))
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content)))
            cut = data.draw(st.integers(0, 3))
            content[at : at + cut] = data.draw(st.binary(max_size=3))
        try:
            found = decode(bytes(content), DECLARED)
        except ValueError:
            return
        thaw(found)

    @settings(max_examples=3 * EXAMPLES)
    @given(st.binary(max_size=200))
    def test_random_bytes_are_a_value_or_a_value_error(self, content: bytes) -> None:
        with contextlib.suppress(ValueError):
            thaw(decode(content, DECLARED))

    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.binary(max_size=100))
    def test_random_bytes_in_the_tier_are_a_miss(self, stored: Stored, content: bytes) -> None:
        stored.replace(content)

        assert stored.read() == stored.employee
