"""Where an answer is held: under its scope, its database, and never under another look-up's key."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from caching import CachedGroup, CachedLookup, CachingError, cache_manager, cached
from caching.reading.entries import Kind
from caching.reading.placed_kind import PlacedKind
from caching.reading.places import place_of
from scheduling.models import Department, Employee
from tests.caching.coherence.world import asks_the_database
from tests.factories import EmployeeFactory

scope: list[str | None] = [None]
alias: list[str] = ["default"]


def current() -> str | None:
    return scope[0]


class Router:
    """Sends reads and writes to the database of the moment."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return alias[0]

    db_for_write = db_for_read


@cached("employee", lambda: "names:all", depends_on=[Employee])
def names() -> str:
    return f"of {scope[0]}"


@pytest.fixture
def scoped(settings: Settings) -> None:
    scope[0] = None
    settings.CACHING = {**settings.CACHING, "SCOPE": f"{__name__}.current"}


class DeclareTests:
    def test_two_look_ups_of_one_type_and_kind_are_refused(self, watching: Callable[..., None]) -> None:
        CachedLookup(Employee, "employee_number", cache_type="rule", kind="number")
        with pytest.raises(CachingError, match="share the keys 'number' of the cache type 'rule'") as caught:
            CachedLookup(Department, "code", cache_type="rule", kind="number")
        assert "scheduling.Department.code" in str(caught.value)
        assert "scheduling.Employee.employee_number" in str(caught.value)
        assert "kind='department_number'" in str(caught.value)

    def test_one_of_the_same_field_with_other_options_is_refused(self, watching: Callable[..., None]) -> None:
        CachedGroup(Employee, "department", cache_type="rule", kind="staff")
        with pytest.raises(CachingError, match="other options"):
            CachedGroup(Employee, "department", cache_type="rule", kind="staff", order_by=("-pk",))

    def test_the_very_same_may_be_declared_again(self, watching: Callable[..., None]) -> None:
        for model in (Employee, "scheduling.Employee"):
            CachedLookup(model, "employee_number", cache_type="rule", kind="number")  # type: ignore[type-var]

    def test_a_look_up_that_was_refused_takes_no_kind(self, watching: Callable[..., None]) -> None:
        with pytest.raises(ValueError, match="not unique"):
            CachedLookup(Employee, "department", cache_type="rule", kind="staff")
        CachedGroup(Employee, "department", cache_type="rule", kind="staff")


@pytest.mark.django_db(transaction=True)
class ScopeTests:
    def test_each_scope_has_answers_of_its_own(self, scoped: None) -> None:
        for tenant in ("acme", "bolt", None, "acme"):
            scope[0] = tenant
            assert names() == names() == f"of {tenant}"
            if cache_manager.get("general", "own:1") is None:
                cache_manager.set("general", "own:1", tenant or "nobody")
            assert cache_manager.get("general", "own:1") == tenant or "nobody"

    def test_a_write_in_one_drops_the_answers_of_all(self, scoped: None) -> None:
        EmployeeFactory(email="amy@example.com")
        for tenant in ("acme", "bolt"):
            scope[0] = tenant
            Employee.objects.get_by_email("amy@example.com")
            assert not asks_the_database(lambda: Employee.objects.get_by_email("amy@example.com"))
        Employee.objects.update(first_name="Zoe")
        for tenant in ("acme", "bolt"):
            scope[0] = tenant
            assert Employee.objects.get_by_email("amy@example.com").first_name == "Zoe"

    def test_delete_and_pattern_drop_every_scope(self, scoped: None) -> None:
        for drop in (
            lambda: cache_manager.delete("general", "own:1"),
            lambda: cache_manager.invalidate_pattern("general", "own:*"),
        ):
            for tenant in ("acme", "bolt"):
                scope[0] = tenant
                cache_manager.set("general", "own:1", tenant)
            drop()
            for tenant in ("acme", "bolt"):
                scope[0] = tenant
                assert cache_manager.get("general", "own:1") is None

    def test_what_was_loaded_across_scopes_is_not_stored(self, scoped: None) -> None:
        def load() -> str:
            scope[0] = "bolt"
            return "of acme"

        scope[0] = "acme"
        assert cache_manager.get_or_load("general", "own:2", load) == "of acme"
        for tenant in ("acme", "bolt"):
            scope[0] = tenant
            assert cache_manager.get("general", "own:2") is None

    def test_a_shared_tier_keeps_them_apart(self, scoped: None, file_tier: object) -> None:
        for tenant in ("acme", "bolt"):
            scope[0] = tenant
            cache_manager.set("general", "own:1", tenant)
        for tenant in ("acme", "bolt"):
            scope[0] = tenant
            cache_manager.type_entries("general").drop()
            assert cache_manager.get("general", "own:1") == tenant


class DatabaseTests:
    def test_is_a_part_of_the_place(self, settings: Settings) -> None:
        settings.DATABASE_ROUTERS = [f"{__name__}.Router"]
        for kind in ("email", "of no look-up"):
            place = place_of("employee", kind, None)
            assert place is not None
            found = []
            for alias[0] in ("acme", "bolt", "default", "acme"):
                found.append(place())
            alias[0] = "default"
            assert found[0] == found[3]
            assert len(set(found)) == 3


class KindTests:
    def test_without_scope_routers_and_filters_knows_no_places(self) -> None:
        assert type(cache_manager.kind("employee", "email")) is Kind
        assert place_of("employee", "email", None) is None

    def test_with_a_scope_does(self, scoped: None) -> None:
        assert type(cache_manager.kind("employee", "email")) is PlacedKind
