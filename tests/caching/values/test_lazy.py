"""Lazy objects that stand for a row, such as ``request.user``."""

from typing import Any

import pytest
from django.db.models.signals import post_save
from django.utils.functional import SimpleLazyObject

from caching import Uncacheable, cache_manager, invalidate
from caching.values.lazy import instance_of, is_instance
from scheduling.caches import EMPLOYEES_OF_DEPARTMENT
from scheduling.models import Department, Employee
from tests.factories import DepartmentFactory, EmployeeFactory


def lazy(row: Any) -> Any:
    return SimpleLazyObject(lambda: row)


@pytest.mark.django_db(transaction=True)
class LazyObjectTests:
    def test_is_the_instance_that_it_stands_for(self) -> None:
        department = DepartmentFactory()
        assert instance_of(lazy(lazy(department))) is department
        assert instance_of(department) is department
        assert is_instance(department)
        assert not is_instance(lazy(department))

    def test_is_a_value_of_a_look_up(self) -> None:
        person = EmployeeFactory()
        assert EMPLOYEES_OF_DEPARTMENT.get(lazy(person.department)) == [person]

    def test_is_a_row_that_values_depend_on(self) -> None:
        department = DepartmentFactory(name="old")

        def name() -> str:
            load = lambda: Department.objects.get().name  # noqa: E731
            return cache_manager.get_or_load("department", "name:1", load, depends_on=[lazy(department)])

        assert name() == "old"
        Department.objects.update(name="new")
        assert name() == "new"

    @pytest.mark.parametrize("drops", [invalidate, lambda row: post_save.send(Department, instance=row, created=False)])
    def test_drops_what_depends_on_its_row(self, drops: Any) -> None:
        department = DepartmentFactory()
        loads = []

        def name() -> None:
            cache_manager.get_or_load("department", "name:1", lambda: loads.append(1), depends_on=[department])

        name()
        drops(lazy(department))
        name()
        assert len(loads) == 2

    def test_is_refused_as_a_value(self) -> None:
        department = DepartmentFactory()
        with pytest.raises(Uncacheable, match=r"SimpleLazyObject cannot be cached; cache the scheduling\.Department"):
            cache_manager.get_or_load("department", "row:1", lambda: [lazy(department)])

    def test_joined_to_a_row_is_not_held_with_it(self) -> None:
        pk = EmployeeFactory(department__name="old").pk

        def load() -> Employee:
            found = Employee.objects.get(pk=pk)
            found.department = lazy(found.department)
            return found

        for name in ("old", "old", "new"):
            Department.objects.update(name=name)
            assert cache_manager.get_or_load("employee", "row:1", load).department.name == name
