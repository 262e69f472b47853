"""Functions whose values are cached."""

import inspect
from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction

from caching import InvalidKey, InvalidTTL, Uncacheable, UnknownCacheType, cache_manager, cached, caching_disabled
from caching.exceptions import KeyOfLookUp
from scheduling.caches import EMPLOYEE_BY_ID
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.factories import EmployeeFactory

calls: list[Any] = []


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


@cached("general", lambda number, detail="full": f"square:{number}:{detail}")
def square(number: int, detail: str = "full") -> list[Any]:
    """Return the square."""
    calls.append(number)
    return [number * number, detail]


@cached("general", lambda number: f"cube:{number}", ttl=5)
async def cube(number: int) -> list[int]:
    """Return the cube."""
    calls.append(number)
    return [number**3]


@cached("employee", lambda: "names:all", depends_on=[Employee])
def names() -> list[str]:
    return list(Employee.objects.order_by("first_name").values_list("first_name", flat=True))


class CachedTests:
    def test_the_function_runs_once_per_key(self) -> None:
        assert square(3) == square(3) == square(number=3) == [9, "full"]
        assert square(4) == [16, "full"]
        assert square(3, detail="short") == [9, "short"]
        assert calls == [3, 4, 3]

    def test_changing_what_was_returned_changes_nothing(self) -> None:
        square(3).clear()
        square(3).clear()
        assert square(3) == [9, "full"]

    def test_stays_the_function_that_it_was(self) -> None:
        assert (square.__name__, square.__doc__, square.__module__) == ("square", "Return the square.", __name__)  # type: ignore[attr-defined]
        assert list(inspect.signature(square).parameters) == ["number", "detail"]
        assert not iscoroutinefunction(square)

    def test_a_cached_none_is_a_hit(self) -> None:
        @cached("general", lambda: "nothing:1")
        def nothing() -> None:
            calls.append(1)

        assert nothing() is None
        assert nothing() is None
        assert calls == [1]

    def test_invalidate_drops_the_value_of_these_arguments(self) -> None:
        square(3)
        square(4)
        square.invalidate(3)
        square(3)
        square(4)
        assert calls == [3, 4, 3]

    def test_refresh_runs_it_again_and_caches_that(self) -> None:
        square(3)
        assert square.refresh(3) == [9, "full"]
        square(3)
        assert calls == [3, 3]

    def test_acall_is_the_same_from_a_coroutine(self) -> None:
        square(3)
        assert async_to_sync(square.acall)(3) == [9, "full"]
        assert async_to_sync(square.acall)(5) == [25, "full"]
        square(5)
        assert calls == [3, 5]

    @pytest.mark.django_db(transaction=True)
    def test_depends_on_models(self, django_assert_num_queries: Any) -> None:
        EmployeeFactory(first_name="Amy")
        assert names() == ["Amy"]
        with django_assert_num_queries(0):
            assert names() == ["Amy"]
        EmployeeFactory(first_name="Bob")
        assert names() == ["Amy", "Bob"]

    def test_caching_disabled_runs_it(self) -> None:
        square(3)
        with caching_disabled():
            square(3)
        assert calls == [3, 3]

    def test_mistakes_are_named(self) -> None:
        with pytest.raises(InvalidTTL):
            cached("general", lambda: "x:1", ttl=0)(lambda: 1)
        with pytest.raises(InvalidKey):
            cached("general", lambda: "x")(lambda: 1)()
        with pytest.raises(UnknownCacheType):
            cached("nobody", lambda: "x:1")(lambda: 1)()
        with pytest.raises(Uncacheable):
            cached("general", lambda: "x:1")(object)()


class AsyncCachedTests:
    def test_the_function_runs_once_per_key(self) -> None:
        async def main() -> list[Any]:
            return [await cube(2), await cube(2), await cube(3)]

        assert async_to_sync(main)() == [[8], [8], [27]]
        assert calls == [2, 3]

    def test_is_a_coroutine_function(self) -> None:
        assert iscoroutinefunction(cube)
        assert cube.__doc__ == "Return the cube."

    def test_has_its_time_to_live(self, ticking: Clock) -> None:
        async_to_sync(cube)(2)
        ticking.tick(4.9)
        async_to_sync(cube)(2)
        ticking.tick(0.2)
        async_to_sync(cube)(2)
        assert calls == [2, 2]

    def test_invalidate_and_refresh(self) -> None:
        async_to_sync(cube)(2)
        cube.invalidate(2)
        async_to_sync(cube)(2)
        assert async_to_sync(cube.refresh)(2) == [8]
        async_to_sync(cube)(2)
        assert calls == [2, 2, 2]

    def test_acall_is_the_call(self) -> None:
        assert async_to_sync(cube.acall)(2) == [8]
        assert async_to_sync(cube)(2) == [8]
        assert calls == [2]

    def test_its_value_is_found_by_its_key(self) -> None:
        async_to_sync(cube)(2)
        assert cache_manager.get("general", "cube:2") == [8]


class Report:
    """What has methods whose values are cached."""

    def __init__(self, number: int) -> None:
        self.number = number

    @cached("general", lambda self, detail="full": f"report:{self.number}:{detail}")
    def text(self, detail: str = "full") -> str:
        calls.append(self.number)
        return f"{self.number} {detail}"

    @cached("general", lambda self: f"later:{self.number}")
    async def later(self) -> int:
        calls.append(self.number)
        return self.number

    @classmethod
    @cached("general", lambda cls: f"name:{cls.__name__}")
    def name(cls) -> str:
        return cls.__name__


class MethodTests:
    def test_is_bound_to_its_instance(self) -> None:
        one, two = Report(1), Report(2)
        assert [one.text(), two.text(), one.text(), one.text(detail="short")] == [
            "1 full",
            "2 full",
            "1 full",
            "1 short",
        ]
        assert calls == [1, 2, 1]

    def test_drops_and_renews_the_value_of_its_instance(self) -> None:
        one, two = Report(1), Report(2)
        assert (one.text(), two.text()) == ("1 full", "2 full")
        one.text.invalidate()
        assert (one.text(), two.text(), one.text.refresh()) == ("1 full", "2 full", "1 full")
        assert calls == [1, 2, 1, 1]

    def test_may_be_a_coroutine_function(self) -> None:
        report = Report(3)
        assert iscoroutinefunction(report.later)
        assert async_to_sync(report.later)() == async_to_sync(report.later)() == 3
        assert calls == [3]

    def test_may_be_one_of_the_class(self) -> None:
        assert Report.name() == Report.name() == "Report"

    @pytest.mark.parametrize("kind", [classmethod, staticmethod, property])
    def test_above_another_decorator_is_refused(self, kind: Any) -> None:
        with pytest.raises(TypeError, match=f"put it below @{kind.__name__}"):
            cached("general", lambda: "a:1")(kind(lambda *args: None))


@pytest.mark.django_db(transaction=True)
class KeyTests:
    def test_of_a_look_up_is_refused(self) -> None:
        employee = EmployeeFactory()
        assert EMPLOYEE_BY_ID.get(employee.pk) == employee

        @cached("employee", lambda pk: f"id:{pk}", depends_on=[Employee])
        def double(pk: int) -> int:
            return 2 * pk

        with pytest.raises(KeyOfLookUp, match=r"'id' of the cache type 'employee' belong to .*Employee\.id"):
            double(employee.pk)
        assert EMPLOYEE_BY_ID.get(employee.pk) == employee
