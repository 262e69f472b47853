"""Values in memory and as bytes: what comes out is what went in, and nobody can change what is held."""

import contextlib
import dataclasses
import datetime
import functools
import struct
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.db.models import Count
from django.utils.functional import cached_property as django_cached_property
from django.utils.safestring import mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from caching import Uncacheable
from caching.values.columns import fingerprint
from caching.values.encoding import decode, encode
from caching.values.freezing import freeze, thaw
from scheduling.models import Department, Employee, ScheduleAssignment
from tests.factories import EmployeeFactory, ScheduleAssignmentFactory

PACK = msgspec.msgpack.encode


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    x: int
    tags: Any = ()


@dataclasses.dataclass
class Box:
    content: Any


DECLARED = (Point, Box)
ZONES = st.none() | st.sampled_from(
    [
        datetime.UTC,
        datetime.timezone(datetime.timedelta(hours=5, minutes=45)),
        datetime.timezone(datetime.timedelta(hours=-3), "Local"),
        datetime.timezone(datetime.timedelta(0), "GMT"),
        datetime.timezone(datetime.timedelta(microseconds=-1)),
        ZoneInfo("Europe/Paris"),
        ZoneInfo("America/New_York"),
    ]
)
HASHABLE_ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.datetimes(timezones=ZONES, allow_imaginary=True),
    st.dates(),
    st.times(timezones=ZONES),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
)
HASHABLE = st.recursive(
    HASHABLE_ATOMS,
    lambda inner: st.one_of(st.tuples(inner, inner), st.frozensets(inner, max_size=3), st.builds(Point, st.integers())),
    max_leaves=5,
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(HASHABLE, max_size=4),
        st.builds(Point, st.integers(), inner),
        st.builds(Box, inner),
    ),
    max_leaves=12,
)


def copied(value: Any) -> Any:
    return thaw(freeze(value, DECLARED).value)


def through_bytes(value: Any) -> Any:
    return thaw(decode(encode(freeze(value, DECLARED).value), DECLARED))


def described(value: Any) -> Any:
    """Return what tells two values apart where ``==`` does not: types, order, zones, folds, signs of zero."""
    kind = type(value)
    if kind is dict:
        return kind, [(described(key), described(item)) for key, item in value.items()]
    if kind in (set, frozenset):
        return kind, sorted(map(repr, map(described, value)))
    if kind in (list, tuple):
        return kind, [described(item) for item in value]
    if kind in DECLARED:
        return kind, [described(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if kind in (datetime.datetime, datetime.time):
        return kind, repr(value.replace(tzinfo=None)), repr(value.tzinfo), value.fold
    return kind, hex(value) if kind is int else repr(value)


def everything_reachable(value: Any) -> list[Any]:
    """Return the containers inside a value that can be changed in place."""
    found = [value] if isinstance(value, (list, dict, set, Box)) else []
    if isinstance(value, dict):
        inner: Any = value.values()
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = value
    elif type(value) in DECLARED:
        inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
    else:
        inner = ()
    return found + [container for item in inner for container in everything_reachable(item)]


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


class RefusalTests:
    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (object(), "A value of type builtins.object cannot be cached. Cacheable are None, bool, int, float, str"),
            (bytearray(b"x"), "A value of type builtins.bytearray cannot be cached."),
            (memoryview(b"x"), "A value of type builtins.memoryview cannot be cached."),
            (iter([1]), "A value of type builtins.list_iterator cannot be cached."),
            (mark_safe("x"), "A value of type django.utils.safestring.SafeString cannot be cached."),
            (Employee.EmploymentType.FULL_TIME, "EmploymentType cannot be"),
            (["a\ud800"], "'a\\ud800' holds half of a surrogate pair, which is no text that can be cached."),
            ([{"a": (1, object())}], "A value of type builtins.object cannot be cached."),
        ],
        ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
    )
    def test_another_type_is_refused_in_one_sentence(self, value: Any, message: str) -> None:
        with pytest.raises(Uncacheable) as caught:
            freeze(value)
        assert message in str(caught.value)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)

    def test_a_dataclass_that_is_not_declared_says_how_to_declare_it(self) -> None:
        with pytest.raises(Uncacheable) as caught:
            freeze([Point(1)], (Box,))
        assert str(caught.value) == (
            f"The dataclass {__name__}.Point is not declared: CacheType(…, dataclasses=(Point,))."
        )

    def test_a_subclass_of_a_declared_dataclass_is_another_type(self) -> None:
        class Cube(Box):
            pass

        with pytest.raises(Uncacheable, match="Cube is not declared"):
            freeze(Cube(1), DECLARED)

    def test_a_queryset_says_to_make_a_list(self) -> None:
        with pytest.raises(Uncacheable) as caught:
            freeze(Employee.objects.all())
        assert str(caught.value) == (
            "A QuerySet of scheduling.Employee cannot be cached before it is evaluated; cache list(queryset)."
        )

    def test_a_key_that_can_change_is_named(self) -> None:
        with pytest.raises(
            Uncacheable, match=r"A dict with the key .*Box.* cannot be cached; use keys of plain values"
        ):
            freeze({(HashableBox([1]),): 2}, (HashableBox,))

    def test_a_time_zone_that_cannot_be_found_again(self) -> None:
        class Odd(datetime.tzinfo):
            def utcoffset(self, moment: datetime.datetime | None) -> datetime.timedelta:
                return datetime.timedelta(hours=1)

        for value in (datetime.datetime(2026, 1, 1, tzinfo=Odd()), datetime.time(tzinfo=Odd())):
            with pytest.raises(Uncacheable, match="time zone that cannot be cached; use zoneinfo or datetime"):
                freeze([value])

    def test_a_time_zone_without_a_name(self, tmp_path: Path) -> None:
        # The smallest file that zoneinfo reads: version 1, no transitions, one type.
        header = struct.pack(">4sc15x6l", b"TZif", b"\0", 0, 0, 0, 0, 1, 4)
        (tmp_path / "zone").write_bytes(header + struct.pack(">lbb", 3600, 0, 0) + b"XYZ\0")
        with (tmp_path / "zone").open("rb") as file:
            zone = ZoneInfo.from_file(file)
        with pytest.raises(Uncacheable, match="time zone that cannot be cached"):
            freeze(datetime.datetime(2026, 1, 1, tzinfo=zone))

    def test_a_list_that_contains_itself(self) -> None:
        endless: list[Any] = []
        endless.append(endless)
        with pytest.raises(
            Uncacheable, match=r"A value that contains itself, or is nested too deeply, cannot be cached"
        ):
            freeze(endless)


@dataclasses.dataclass(unsafe_hash=True)
class HashableBox:
    content: Any = dataclasses.field(hash=False)


def loaded(**values: Any) -> Employee:
    """Return an employee as a query that selects these columns makes it."""
    return Employee.from_db("default", list(values), list(values.values()))


class RowTests:
    @pytest.mark.parametrize("copy", [copied, through_bytes])
    def test_keeps_every_field_and_its_database(self, copy: Any) -> None:
        names = [field.attname for field in Employee._meta.concrete_fields]
        row = Employee.from_db("other", names, list(range(len(names))))
        found = copy(row)
        assert type(found) is Employee
        assert {name: found.__dict__[name] for name in names} == {name: row.__dict__[name] for name in names}
        assert found._state.db == "other"
        assert found._state.adding is False
        assert found._state is not row._state

    @pytest.mark.parametrize("copy", [copied, through_bytes])
    def test_keeps_deferred_fields_deferred(self, copy: Any) -> None:
        found = copy(loaded(id=5, email="amy@example.com"))
        assert found.email == "amy@example.com"
        assert "first_name" in found.get_deferred_fields()

    @pytest.mark.parametrize("copy", [copied, through_bytes])
    def test_fields_that_can_be_changed_in_place_are_copied(self, copy: Any) -> None:
        row = loaded(id=5, email="amy@example.com", role={"plan": [1, {"a": (2, [3])}]})
        frozen = freeze(row)
        one, other = copy(row), thaw(frozen.value)
        assert one.role == other.role == {"plan": [1, {"a": (2, [3])}]}
        one.role["plan"].append(9)
        other.role["plan"][1]["a"][1].append(9)
        assert thaw(frozen.value).role == {"plan": [1, {"a": (2, [3])}]}
        assert row.role == {"plan": [1, {"a": (2, [3])}]}

    def test_names_the_rows_that_it_contains(self) -> None:
        rows = [loaded(id=5, email="a"), {"x": (loaded(id=6, email="b"),)}]
        assert set(freeze(rows).rows) == {(Employee, 5, "default"), (Employee, 6, "default")}

    @pytest.mark.django_db
    @pytest.mark.parametrize("copy", [copied, through_bytes])
    def test_keeps_the_rows_that_select_related_joined(self, copy: Any, django_assert_num_queries: Any) -> None:
        made = ScheduleAssignmentFactory()
        row = ScheduleAssignment.objects.select_related("employee__department__parent", "shift").get()
        with django_assert_num_queries(0):
            found = copy(row)
            assert found.employee == made.employee
            assert found.employee.department.name == made.employee.department.name
            assert found.employee.department.parent is None
            assert found.shift.name == made.shift.name
        with django_assert_num_queries(1):
            assert found.schedule == made.schedule
        found.employee.first_name = "changed"
        assert row.employee.first_name != "changed"
        assert {model for model, _, _ in freeze(row).rows} >= {ScheduleAssignment, Employee, Department}

    @pytest.mark.django_db
    @pytest.mark.parametrize("copy", [copied, through_bytes])
    def test_a_copy_can_be_saved_and_reloaded(self, copy: Any) -> None:
        EmployeeFactory(email="amy@example.com")
        found = copy(Employee.objects.get())
        found.first_name = "Zoe"
        found.save()
        found.refresh_from_db()
        assert Employee.objects.get().first_name == "Zoe"

    def test_an_unsaved_row_is_refused(self) -> None:
        for row in (Employee(email="a"), Employee(id=5, email="a")):
            with pytest.raises(Uncacheable) as caught:
                freeze(row)
            assert str(caught.value) == (
                "An unsaved scheduling.Employee cannot be cached; save it or cache what it holds."
            )

    @pytest.mark.django_db
    def test_an_annotation_is_refused(self) -> None:
        EmployeeFactory()
        row = Department.objects.annotate(people=Count("employees")).get()
        with pytest.raises(Uncacheable) as caught:
            freeze(row)
        assert str(caught.value) == (
            "This scheduling.Department carries people, not a field of it; cache a dataclass that does."
        )

    @pytest.mark.django_db
    @pytest.mark.parametrize("decorator", [functools.cached_property, django_cached_property])
    def test_what_can_be_computed_again_is_left_out(self, decorator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        EmployeeFactory()
        shout = decorator(lambda row: row.name.upper())
        shout.__set_name__(Department, "shout")
        monkeypatch.setattr(Department, "shout", shout, raising=False)
        row = Department.objects.prefetch_related("employees").get()
        assert row.shout
        assert not {"_prefetched_objects_cache", "shout"} & set(copied(row).__dict__)


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
        with pytest.raises(ValueError, match="not a value of ours"):
            decode(content, ())


class FingerprintTests:
    def test_differs_between_models(self) -> None:
        assert fingerprint(Employee) != fingerprint(Department)
