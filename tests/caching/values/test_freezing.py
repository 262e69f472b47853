"""Values in memory: what comes out is what went in, and no reader can change what is held."""

import datetime
import functools
import struct
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count
from django.utils.functional import cached_property as django_cached_property
from django.utils.safestring import mark_safe

from caching import Uncacheable
from caching.values.freezing import freeze, thaw
from scheduling.models import Department, Employee, ScheduleAssignment
from tests.caching.values.examples import DECLARED, Box, HashableBox, Point, copied, loaded, through_bytes
from tests.factories import EmployeeFactory, ScheduleAssignmentFactory


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
            (["a\ud800"], "'a\\ud800' contains half of a surrogate pair, which cannot be cached."),
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
            f"The dataclass {Point.__module__}.Point is not declared: CacheType(…, dataclasses=(Point,))."
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


class RowTests:
    @pytest.mark.parametrize("copy", [copied, through_bytes])
    def test_keeps_every_field_and_its_database(self, copy: Any) -> None:
        names = [field.attname for field in Employee._meta.concrete_fields]
        row = Employee.from_db("default", names, list(range(len(names))))
        found = copy(row)
        assert type(found) is Employee
        assert {name: found.__dict__[name] for name in names} == {name: row.__dict__[name] for name in names}
        assert found._state.db == "default"
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
            "This scheduling.Department has attributes that are not fields (people); cache a dataclass that has them."
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
