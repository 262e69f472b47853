"""Which other rows decide the order of a list."""

from typing import Any

import pytest
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Lower

from caching.reading.orderings import OrderedByOthers, paths_ordered_by
from scheduling.models import Department, Employee
from tests.caching.reading.models import Bill


def paths(model: Any, order: Any) -> list[str]:
    return sorted(set(paths_ordered_by(model, order)))


class PathTests:
    @pytest.mark.parametrize(
        ("order", "wanted"),
        [
            ("last_name", []),
            ("-pk", []),
            ("?", []),
            ("department_id", []),
            ("department__id", []),
            ("department__name", ["department"]),
            ("department__parent__name", ["department", "department__parent"]),
            (F("department__name").desc(), ["department"]),
            (F("department"), []),
            (Lower("department__name"), ["department"]),
            (Q(department__name="x"), ["department"]),
        ],
    )
    def test_follow_names_and_expressions(self, order: Any, wanted: list[str]) -> None:
        assert paths(Employee, order) == wanted

    def test_follow_the_ordering_of_the_other_model(self) -> None:
        assert paths(Bill, "client") == ["client"]
        assert paths(Bill, "client_id") == []
        assert paths(Bill, "client__number") == []
        assert paths(Bill, "client__id") == ["client"]


class RefusalTests:
    @pytest.mark.parametrize(
        "order",
        [
            "employees__last_name",
            Count("employees"),
            Subquery(Employee.objects.filter(department=OuterRef("pk")).values("last_name")[:1]),
        ],
    )
    def test_what_no_join_brings_along(self, order: Any) -> None:
        with pytest.raises(OrderedByOthers):
            paths(Department, order)
