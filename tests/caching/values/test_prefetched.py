"""What was prefetched with rows: it is left out if a hit would read the same, and refused if it would not."""

from typing import Any

import pytest
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Prefetch, QuerySet

from caching import Uncacheable
from caching.values.freezing import freeze
from caching.values.prefetched import own_prefetches, prefetched_otherwise
from scheduling.models import Department, Employee, Skill
from tests.factories import EmployeeFactory

SOME = Employee.objects.filter(email="amy@example.com")
OWN: dict[str, tuple[Any, ...]] = {
    "employees": (Prefetch("employees", queryset=SOME),),
    "sorted": (Prefetch("employees", queryset=Employee.objects.order_by("-email"), to_attr="sorted"),),
    "employees__skills": (Prefetch("employees__skills", queryset=Skill.objects.exclude(name="x")),),
    "employees__known": ("employees", Prefetch("employees__skills", to_attr="known")),
}
SAME: dict[str, tuple[Any, ...]] = {
    "names": ("employees", "employees__skills__employees", "rules"),
    "queries": (Prefetch("employees", queryset=Employee.objects.all()), Prefetch("rules")),
    "joins": (Prefetch("employees", queryset=Employee.objects.select_related("user").defer("first_name")),),
}


@pytest.mark.django_db
class RowTests:
    @pytest.fixture(autouse=True)
    def _person(self) -> None:
        EmployeeFactory().skills.add(Skill.objects.create(name="first aid"))

    def prefetched(self, *lookups: Any) -> Department:
        return Department.objects.prefetch_related(*lookups).get()

    @pytest.mark.parametrize("name", ["employees", "employees__skills", "employees__known"])
    def test_with_a_list_that_only_its_query_gives_is_refused_by_name(self, name: str) -> None:
        row = self.prefetched(*OWN[name])
        assert prefetched_otherwise(row) == name
        with pytest.raises(Uncacheable, match=f"Department has prefetched '{name}' by a query of its own"):
            freeze([row])

    def test_joined_to_a_row_is_refused_too(self) -> None:
        lookup = Prefetch("department__employees", queryset=SOME)
        rows = list(Employee.objects.select_related("department").prefetch_related(lookup))
        with pytest.raises(Uncacheable, match="Department has prefetched 'employees' by a query of its own"):
            freeze(rows)

    @pytest.mark.parametrize("name", SAME)
    def test_with_what_its_relations_give_is_held(self, name: str) -> None:
        row = self.prefetched(*SAME[name])
        assert prefetched_otherwise(row) is None
        assert freeze([row]).value.items[0].pk == row.pk

    def test_is_compared_with_its_relation_from_either_end(self) -> None:
        for lookup, own in (("employees", False), (Prefetch("employees", queryset=SOME), True)):
            (skill,) = Skill.objects.prefetch_related(lookup)
            assert (prefetched_otherwise(skill) == "employees") is own

    def test_that_was_not_prefetched_has_nothing(self) -> None:
        assert prefetched_otherwise(Department.objects.get()) is None


class QueryTests:
    @pytest.mark.parametrize("name", OWN)
    def test_of_its_own_is_named(self, name: str) -> None:
        assert list(own_prefetches(Department.objects.prefetch_related(*OWN[name]))) == [name]

    @pytest.mark.parametrize("name", SAME)
    def test_that_gives_every_row_is_none_of_its_own(self, name: str) -> None:
        assert list(own_prefetches(Department.objects.prefetch_related(*SAME[name]))) == []

    def test_inside_of_another_is_found(self) -> None:
        inner: QuerySet[Employee] = Employee.objects.prefetch_related(Prefetch("skills", to_attr="known"))
        outer = Department.objects.prefetch_related(Prefetch("employees", queryset=inner))
        assert list(own_prefetches(outer)) == ["employees"]

    def test_for_one_of_several_models_is_found(self) -> None:
        lookup: Any = GenericPrefetch("employees", [Employee.objects.all(), Skill.objects.filter(name="x")])
        assert list(own_prefetches(Department.objects.prefetch_related(lookup))) == ["employees"]
