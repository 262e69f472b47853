"""Which other rows decide the order of a list."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import ExtractHour, ExtractYear, Lower, Now, Random, TruncDate

from caching.reading.orderings import OrderedByOthers, paths_ordered_by
from scheduling.models import Department, Employee
from tests.caching.reading.models import Bill, Client, Pub


class Place(models.Model):
    owner = models.ForeignKey(Client, models.CASCADE, related_name="+")

    class Meta:
        app_label = "tests_of_orderings"
        ordering = ("owner__name",)

    def __str__(self) -> str:
        return str(self.pk)


class Stall(Place):
    class Meta:
        app_label = "tests_of_orderings"


class Snack(models.Model):
    stall = models.ForeignKey(Stall, models.CASCADE, related_name="+")

    class Meta:
        app_label = "tests_of_orderings"

    def __str__(self) -> str:
        return str(self.pk)


def paths(model: Any, order: Any) -> list[str]:
    return sorted(set(paths_ordered_by(model, order)))


class PathTests:
    @pytest.mark.parametrize(
        ("order", "wanted"),
        [
            ("last_name", []),
            ("-pk", []),
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

    def test_do_not_go_along_a_link_to_a_parent(self) -> None:
        """The columns of a parent are in the row."""
        assert paths(Pub, "house_ptr__city") == []
        assert paths(Pub, "house_ptr") == []
        assert paths(Snack, "stall__place_ptr__owner__name") == ["stall", "stall__owner"]
        assert paths(Stall, "place_ptr") == ["owner"]
        assert paths(Stall, "place_ptr__owner__name") == ["owner"]
        assert paths(Snack, "stall__place_ptr") == ["stall", "stall__owner"]
        assert paths(Snack, "stall__pk") == []

    def test_follow_the_ordering_of_the_other_model(self) -> None:
        assert paths(Bill, "client") == ["client"]
        assert paths(Bill, "client_id") == []
        assert paths(Bill, "client__number") == []
        assert paths(Bill, "client__id") == ["client"]


class RefusalTests:
    @pytest.mark.parametrize(
        "order", ["?", Random(), Now(), Case(When(date_joined__lte=Now(), then=0), default=1), RawSQL("random()", ())]
    )
    def test_what_is_another_order_each_time(self, order: Any) -> None:
        with pytest.raises(OrderedByOthers, match="another order at each read"):
            paths(User, order)

    @pytest.mark.parametrize(
        "order",
        ["date_joined__hour", "-date_joined__date", ExtractHour("date_joined"), TruncDate(F("date_joined")).desc()],
    )
    def test_what_the_time_zone_decides(self, order: Any) -> None:
        with pytest.raises(OrderedByOthers, match="depends on the time zone that is active"):
            paths(User, order)

    @pytest.mark.parametrize(
        "order",
        [
            ExtractHour("date_joined", tzinfo=UTC),
            Q(date_joined__lte=datetime(2026, 1, 1, tzinfo=UTC)),
            "date_joined",
        ],
        ids=str,
    )
    def test_is_none_of_what_the_row_decides_alone(self, order: Any) -> None:
        assert paths(User, order) == []

    @pytest.mark.parametrize("order", ["hire_date__year", ExtractYear("hire_date")], ids=str)
    def test_is_none_of_a_date(self, order: Any) -> None:
        assert paths(Employee, order) == []

    def test_an_alias_for_a_column_of_another_row(self) -> None:
        aliased = Employee.objects.alias(own=F("email"), other=F("department__name")).query.annotations
        assert paths(Employee, aliased["own"]) == []
        with pytest.raises(OrderedByOthers, match="alias for a column of other rows"):
            paths(Employee, aliased["other"])

    @pytest.mark.parametrize(
        "order",
        [
            "employees__last_name",
            "parent__employees__last_name",
            Count("employees"),
            Subquery(Employee.objects.filter(department=OuterRef("pk")).values("last_name")[:1]),
        ],
    )
    def test_what_no_join_brings_along(self, order: Any) -> None:
        with pytest.raises(OrderedByOthers):
            paths(Department, order)
