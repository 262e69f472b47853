"""The fetch modes of Django 6.1: a hit has that of its query, and fetches for the rows that its reader got with it."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import django
import pytest
from django.db import connection, models
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext

from caching import CachedGroup, CachedLookup, Uncacheable
from caching.values.encoding import decode, encode
from caching.values.fetching import FetchedRow, Peers, introduce, mode_of, mode_of_query
from caching.values.freezing import freeze, thaw
from scheduling.models import Department, Employee
from tests.factories import DepartmentFactory, EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)
with_modes = pytest.mark.skipif(django.VERSION < (6, 1), reason="Fetch modes came with Django 6.1")


@pytest.fixture
def staff() -> None:
    for name in ("Cook", "Wait"):
        EmployeeFactory(department=DepartmentFactory(name=name))


def rows(mode: str, **options: Any) -> list[Employee]:
    queryset: Any = Employee.objects.order_by("pk")
    return list(queryset.fetch_mode(getattr(models, mode)))


def queries(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as found:
        call()
    return len(found)


def departments(found: Any) -> list[str]:
    return [row.department.name for row in found]


class ModeTests:
    def test_is_the_usual_one_unless_something_else_is_said(self, staff: None) -> None:
        row = Employee.objects.earliest("pk")
        assert mode_of(row) == mode_of(Employee()) == mode_of_query(Employee.objects.all()) == ""
        assert type(freeze(row).value) is not FetchedRow

    @with_modes
    @pytest.mark.parametrize("mode", ["FETCH_PEERS", "FETCH_RAISE"])
    def test_of_a_query_is_that_of_each_copy(self, staff: None, mode: str) -> None:
        content = freeze(rows(mode)).value
        for held in (content, decode(encode(content))):
            assert [row._state.fetch_mode for row in thaw(held)] == [getattr(models, mode)] * 2

    @with_modes
    def test_that_blocks_fetching_blocks_it_on_a_hit(self, staff: None) -> None:
        from django.core.exceptions import FieldFetchBlocked

        row = thaw(freeze(rows("FETCH_RAISE")[0]).value)
        with pytest.raises(FieldFetchBlocked):
            _ = row.department

    @with_modes
    def test_that_is_not_of_django_is_refused(self, staff: None) -> None:
        from django.db.models.fetch_modes import FetchMode

        class Counting(FetchMode):
            pass

        queryset: Any = Employee.objects.all()
        found = queryset.fetch_mode(Counting())
        assert mode_of_query(found) is None
        with pytest.raises(Uncacheable, match=r"scheduling\.Employee with the fetch mode .*Counting cannot be cached"):
            freeze(list(found))

    @with_modes
    def test_of_which_nobody_has_heard_is_no_value(self, staff: None) -> None:
        stored = encode(freeze(rows("FETCH_PEERS")[0]).value).replace(b"FETCH_PEERS", b"FETCH_LATER")
        with pytest.raises(ValueError, match="FETCH_LATER"):
            decode(stored)


@with_modes
class PeersTests:
    @pytest.fixture(params=["list", "tuple", "dict", "nested"])
    def value(self, request: Any, staff: None) -> Any:
        found = rows("FETCH_PEERS")
        return {
            "list": found,
            "tuple": (*found,),
            "dict": {row.pk: row for row in found},
            "nested": {1: [found[0]], 2: {3: found[1]}},
        }[request.param]

    def people(self, value: Any) -> list[Employee]:
        if isinstance(value, Employee):
            return [value]
        return [row for part in (value.values() if isinstance(value, dict) else value) for row in self.people(part)]

    def test_are_the_rows_that_come_together(self, value: Any) -> None:
        held = freeze(value).value
        assert isinstance(held, Peers)
        for form in (held, decode(encode(held))):
            found = self.people(thaw(form))
            assert queries(lambda found=found: departments(found)) == 1
            assert departments(found) == ["Cook", "Wait"]

    def test_are_never_rows_of_another_reader(self, value: Any) -> None:
        held = freeze(value).value
        ours, theirs = self.people(thaw(held)), self.people(thaw(held))
        departments(ours)
        assert not any("department" in row._state.fields_cache for row in theirs)

    def test_are_kept_alive_by_nobody(self, value: Any) -> None:
        held = freeze(value).value
        first, second = self.people(thaw(held))
        gone = weakref.ref(second)
        del second
        gc.collect()
        assert gone() is None
        assert first.department.name == "Cook"

    def test_of_a_single_row_is_itself(self, staff: None) -> None:
        row: Any = thaw(freeze(rows("FETCH_PEERS")[0]).value)
        assert [peer() for peer in row._state.peers] == [row]

    def test_are_told_apart_by_how_they_are_joined(self, staff: None) -> None:
        queryset: Any = Employee.objects.select_related("department").order_by("pk")
        found = thaw(freeze(list(queryset.fetch_mode(models.FETCH_PEERS))).value)
        joined = [row.department for row in found]
        introduce([found, Department.objects.earliest("pk")])
        assert [len(row._state.peers) for row in (*found, *joined)] == [2] * 4


@with_modes
class LookUpTests:
    """The default manager of the model says how its rows fetch."""

    @pytest.fixture(autouse=True)
    def _manager(self, staff: None, watching: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        ask = Employee.objects.get_queryset
        fetching: Any = lambda: ask().fetch_mode(models.FETCH_PEERS)  # type: ignore[attr-defined]  # noqa: E731
        monkeypatch.setattr(Employee._default_manager, "get_queryset", fetching)

    def test_for_many_values_makes_all_rows_peers(self) -> None:
        people = CachedLookup(Employee, "pk", cache_type="rule", kind="fetching")
        keys = [row.pk for row in Employee.objects.order_by("pk")]
        people.get(keys[0])
        for _ in "miss of one", "hit":
            found = people.get_many(keys)
            assert queries(lambda found=found: departments(found.values())) == 1
            assert len(found) == 2

    def test_makes_rows_peers_that_are_made_of_what_the_columns_hold(self) -> None:
        def receive(**kwargs: Any) -> None:
            """Do nothing."""

        people = CachedLookup(Employee, "pk", cache_type="rule", kind="told")
        post_init.connect(receive, sender=Employee)
        try:
            found = people.get_many([row.pk for row in Employee.objects.all()])
        finally:
            post_init.disconnect(receive, sender=Employee)
        assert queries(lambda: departments(found.values())) == 1

    def test_of_lists_makes_all_rows_peers_with_their_joins(self) -> None:
        lists = CachedGroup(Employee, "department", cache_type="rule", kind="lists", select_related=("department",))
        keys = [row.pk for row in Department.objects.order_by("pk")]
        lists.get(keys[0])
        for _ in "miss of one", "hit":
            found: Any = lists.get_many(keys)
            (cook,), (waiter,) = found.values()
            assert len(cook._state.peers) == len(waiter.department._state.peers) == 2
        cold = CachedGroup(Employee, "department", cache_type="rule", kind="cold", select_related=("department",))
        (cook,), (waiter,) = cold.get_many(keys).values()
        assert cook.department._state.fetch_mode is waiter._state.fetch_mode is models.FETCH_PEERS
        cold.warm(keys)
        assert cold.get(keys[0])[0].department._state.fetch_mode is models.FETCH_PEERS
