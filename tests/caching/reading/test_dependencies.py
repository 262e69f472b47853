"""What a value depends on, as far as that is known before it is loaded."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F, Value
from django.db.models.expressions import DatabaseDefault
from pytest_django.fixtures import Settings

from caching import (
    NotWatched,
    cache_manager,
    invalidate,
    rows_where,
)
from caching.reading.dependencies import Dependencies, from_replica, tags_of_dependency
from scheduling.models import Department, Employee, Skill
from tests.caching.reading.models import Chair
from tests.factories import DepartmentFactory, EmployeeFactory

committed = pytest.mark.django_db(transaction=True)


def counting(value: Any) -> Callable[[], Any]:
    """Return a load function that knows how often it was called."""

    def load() -> Any:
        load.calls += 1  # type: ignore[attr-defined]
        return value() if callable(value) else value

    load.calls = 0  # type: ignore[attr-defined]
    return load


class DependsOnTests:
    pytestmark = committed

    def cached(self, *depends_on: Any) -> bool:
        """Return whether the value is still cached, and cache it again."""
        load = counting("loaded")
        cache_manager.get_or_load("general", "id:1", load, depends_on=depends_on)
        return not load.calls  # type: ignore[attr-defined]

    def test_a_model_drops_it_with_any_row(self) -> None:
        assert not self.cached(Department)
        assert self.cached(Department)
        department = DepartmentFactory()
        assert not self.cached(Department)
        Department.objects.filter(pk=department.pk).update(name="Other")
        assert not self.cached(Department)
        department.delete()
        assert not self.cached(Department)
        assert self.cached(Department)

    def test_an_instance_drops_it_with_this_row_alone(self) -> None:
        one, other = DepartmentFactory(), DepartmentFactory()
        assert not self.cached(one)
        other.save()
        assert self.cached(one)
        one.save()
        assert not self.cached(one)
        Department.objects.update(name="All")
        assert not self.cached(one)
        gone = Department(pk=one.pk)
        one.delete()
        assert not self.cached(gone)

    def test_a_selection_drops_it_with_its_rows_alone(self) -> None:
        EmployeeFactory(email="amy@example.com")
        bob = EmployeeFactory(email="bob@example.com")
        selection = rows_where(Employee, email="Amy@Example.com")
        assert not self.cached(selection)
        bob.save()
        assert self.cached(selection)
        Employee.objects.get(email="amy@example.com").save()
        assert not self.cached(selection)
        Employee.objects.filter(first_name="x").update(last_name="y")
        assert not self.cached(selection)
        bob.email = "zoe@example.com"
        bob.save()
        assert self.cached(selection)

    def test_several_each_drop_it(self) -> None:
        department = DepartmentFactory()
        depends_on = (Skill, department)
        assert not self.cached(*depends_on)
        Skill.objects.create(name="Welding")
        assert not self.cached(*depends_on)
        department.save()
        assert not self.cached(*depends_on)
        assert self.cached(*depends_on)

    def test_invalidate_drops_what_depends_on_a_model_or_a_row(self) -> None:
        one, other = DepartmentFactory(), DepartmentFactory()
        assert not self.cached(one)
        invalidate(other)
        assert self.cached(one)
        invalidate(one)
        assert not self.cached(one)
        invalidate(Department)
        assert not self.cached(one)

    def test_a_model_that_nobody_watches_is_refused(self) -> None:
        from django.contrib.auth.models import Permission

        with pytest.raises(NotWatched, match=r"Rows of auth\.Permission cannot be cached: its writes are not watched"):
            self.cached(Permission)

    def test_a_label_is_as_good_as_the_model(self) -> None:
        assert not self.cached("scheduling.Department")
        assert self.cached("scheduling.Department")
        DepartmentFactory()
        assert not self.cached("scheduling.Department")

    def test_a_field_that_nobody_watches_is_refused(self) -> None:
        with pytest.raises(NotWatched, match=r"is not watched by 'phone'\. Declare watch\(Employee, by=\('phone',\)\)"):
            rows_where(Employee, phone="1")

    def test_a_selection_is_of_one_field(self) -> None:
        with pytest.raises(TypeError, match="rows_where takes one field and its value, not 2"):
            rows_where(Employee, email="x", id=5)


class TagsOfDependencyTests:
    def test_of_a_model_is_any_row(self) -> None:
        expected = [(Employee, ["scheduling.Employee/+"])]
        assert list(tags_of_dependency(Employee)) == list(tags_of_dependency("scheduling.Employee")) == expected

    def test_of_a_row_is_the_row_and_all_rows(self) -> None:
        ((model, tags),) = tags_of_dependency(Employee(pk=5))
        assert model is Employee
        assert set(tags) == {"scheduling.Employee#5", "scheduling.Employee/*"}

    def test_of_a_selection_is_its_value_and_all_rows(self) -> None:
        ((model, tags),) = tags_of_dependency(rows_where(Employee, email="Amy@example.com"))
        assert model is Employee
        assert set(tags) == {"scheduling.Employee.email=amy@example.com", "scheduling.Employee/*"}


class ReadsFromReplica:
    """A router that reads departments from a replica."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "replica" if model is Department else None


class FromReplicaTests:
    def test_is_false_without_routers(self) -> None:
        assert not from_replica(Dependencies((), frozenset({"scheduling.Department"})))

    def test_is_true_where_a_model_is_read_from_another_database(self, settings: Settings) -> None:
        settings.DATABASE_ROUTERS = [f"{__name__}.ReadsFromReplica"]
        assert from_replica(Dependencies((), frozenset({"scheduling.Department", "scheduling.Employee"})))
        assert not from_replica(Dependencies((), frozenset({"scheduling.Employee"})))


class UnsavedRowTests:
    def test_is_nothing_that_a_value_can_depend_on(self) -> None:
        with pytest.raises(TypeError, match=r"No value can depend on a row that is not saved: .* Save it first"):
            cache_manager.get_or_load("general", "id:1", lambda: 1, depends_on=[Employee()])

    def test_whose_key_the_database_fills_in_is_refused(self) -> None:
        for key in (DatabaseDefault(Value(1)), F("pk")):
            with pytest.raises(TypeError, match=r"No value can depend on a row that is not saved: .* Save it first"):
                list(tags_of_dependency(Employee(pk=key)))

    def test_with_a_part_of_its_key_is_refused(self, watching: Callable[..., None]) -> None:
        watching(Chair)
        with pytest.raises(TypeError, match="No value can depend on a row that is not saved"):
            list(tags_of_dependency(Chair(row=1, number=DatabaseDefault(Value(1)))))
        assert len(list(tags_of_dependency(Chair(row=1, number=1)))) == 1
