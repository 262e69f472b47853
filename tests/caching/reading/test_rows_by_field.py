"""What both forms of look-up share: the key of a value, and what its answer depends on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps

from caching import CachedGroup, CachedLookup, CacheType, UnknownCacheType, cache_manager
from caching.coherence import models_by_label
from caching.coherence.models_by_label import resolve_waiting
from caching.exceptions import ModelNotLoaded
from scheduling.models import Employee, ScheduleAssignment
from tests.factories import EmployeeFactory

GENERAL = CacheType("general")


@pytest.fixture
def by_number(watching: Callable[..., None]) -> CachedLookup[Employee]:
    return CachedLookup(Employee, "employee_number", cache_type=GENERAL)


@pytest.fixture
def by_department(watching: Callable[..., None]) -> CachedGroup[Employee]:
    return CachedGroup(Employee, "department", cache_type="general", kind="staff", select_related=["department"])


class KeyTests:
    def test_is_the_kind_and_the_escaped_value(self, by_number: CachedLookup[Employee]) -> None:
        assert by_number.key("a:b*") == "employee_number:a%3Ab%2A"
        assert by_number.key("") == "employee_number:%"

    def test_takes_a_kind_of_its_own(self, by_department: CachedGroup[Employee]) -> None:
        assert by_department.key(7) == "staff:7"


class NormaliseTests:
    @pytest.mark.parametrize(
        ("value", "normalised"), [(7, 7), ("7", 7), (7.0, 7), (None, None), ("x", None), (object(), None)]
    )
    def test_gives_the_value_as_the_field_holds_it(
        self, value: Any, normalised: int | None, by_department: CachedGroup[Employee]
    ) -> None:
        assert by_department.normalise(value) == normalised

    def test_no_row_has_a_key_that_no_database_can_hold(self, by_department: CachedGroup[Employee]) -> None:
        assert by_department.normalise(2**63 - 1) == 2**63 - 1
        assert by_department.normalise(2**63) is None


class DependenciesTests:
    def test_are_the_tags_of_the_key_the_selection_and_all_rows(self, by_number: CachedLookup[Employee]) -> None:
        found = by_number.dependencies("E1")
        assert set(found.tags) == {
            *("general", "general/employee_number", "general/employee_number:E1"),
            *("scheduling.Employee.employee_number=e1", "scheduling.Employee/*"),
        }
        assert found.labels == {"scheduling.Employee"}
        assert found.covers

    def test_name_the_models_of_the_joined_rows(self, by_department: CachedGroup[Employee]) -> None:
        assert by_department.dependencies(7).labels == {"scheduling.Employee", "scheduling.Department"}


class LabelTests:
    """A look-up may be declared before its model is loaded."""

    @pytest.fixture(autouse=True)
    def _before_the_models_are_loaded(
        self, watching: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[None]:
        unknown = list(models_by_label.unknown)
        monkeypatch.setattr(apps, "models_ready", False)
        yield
        models_by_label.unknown[:] = unknown

    @pytest.mark.django_db(transaction=True)
    def test_is_resolved_when_the_model_is_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lookup: CachedLookup[Employee] = CachedLookup("scheduling.Employee", "employee_number", cache_type="general")
        with pytest.raises(ModelNotLoaded, match=r"look-up scheduling\.Employee\.employee_number cannot be used yet"):
            lookup.get("E1")
        monkeypatch.setattr(apps, "models_ready", True)
        resolve_waiting()
        employee = EmployeeFactory(employee_number="E1")
        assert lookup.get("E1") == employee

    def test_that_names_no_model_can_never_be_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lookup: CachedLookup[Employee] = CachedLookup("scheduling.Employe", "email", cache_type="general")
        monkeypatch.setattr(apps, "models_ready", True)
        resolve_waiting()
        with pytest.raises(ModelNotLoaded, match=r"`manage\.py check` says whether the label is wrong"):
            lookup.get("amy@example.com")


class DeclarationTests:
    def test_an_unknown_cache_type_is_refused(self) -> None:
        with pytest.raises(UnknownCacheType, match="Unknown cache type 'employe'"):
            CachedLookup(Employee, "email", cache_type="employe")

    def test_what_a_look_up_does_not_have_is_named(self, by_number: CachedLookup[Employee]) -> None:
        with pytest.raises(AttributeError, match=r"^A CachedLookup has no attribute 'get_all'\.$"):
            by_number.get_all  # noqa: B018

    def test_the_kind_is_that_of_the_field(self, by_number: CachedLookup[Employee]) -> None:
        assert by_number.kind is cache_manager.kind("general", "employee_number")

    @pytest.mark.parametrize("kind", ["a:b", ":a", "a\nb"])
    def test_a_kind_that_no_key_begins_with_is_refused(self, kind: str) -> None:
        with pytest.raises(ValueError, match="cannot be the kind of a look-up"):
            CachedLookup(Employee, "email", cache_type="general", kind=kind)

    def test_the_kind_is_found_again_after_a_reconfiguration(self, by_number: CachedLookup[Employee]) -> None:
        before = by_number.kind
        cache_manager.reconfigure()
        assert by_number.kind is not before
        assert by_number.kind is cache_manager.kind("general", "employee_number")

    def test_rows_along_a_path_of_keys_can_be_joined(self, watching: Callable[..., None]) -> None:
        group = CachedGroup(
            ScheduleAssignment,
            "employee",
            cache_type="general",
            select_related=["employee__department", "shift"],
            order_by=["date", "pk"],
        )
        assert group.dependencies(5).labels >= {"scheduling.Employee", "scheduling.Department", "scheduling.Shift"}
