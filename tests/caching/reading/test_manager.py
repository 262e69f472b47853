"""What a caller of the cache manager is promised."""

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings as django_settings
from django.db import connection, connections
from pytest_django.fixtures import Settings

from caching import (
    CacheType,
    InvalidKey,
    InvalidTTL,
    NotWatched,
    Uncacheable,
    UnknownCacheType,
    cache_manager,
    caching_disabled,
)
from caching.reading.manager import CacheManager
from scheduling.caches import EMPLOYEE_BY_ID, SCHEDULE_ASSIGNMENTS
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.factories import EmployeeFactory
from tests.processes import Child

committed = pytest.mark.django_db(transaction=True)
FALSE_VALUES = [None, False, 0, 0.0, "", b"", (), [], {}, set(), frozenset()]


def never() -> Any:
    raise AssertionError("the value was loaded again")


def counting(value: Any) -> Callable[[], Any]:
    """Return a load function that knows how often it was called."""

    def load() -> Any:
        load.calls += 1  # type: ignore[attr-defined]
        return value() if callable(value) else value

    load.calls = 0  # type: ignore[attr-defined]
    return load


class GetTests:
    def test_returns_the_default_for_what_is_not_cached(self) -> None:
        assert cache_manager.get("general", "id:1") is None
        assert cache_manager.get("general", "id:1", "default") == "default"

    @pytest.mark.parametrize("value", FALSE_VALUES, ids=repr)
    def test_returns_a_cached_false_value(self, value: Any) -> None:
        cache_manager.set("general", "id:1", value)
        found = cache_manager.get("general", "id:1", "default")
        assert found == value
        assert type(found) is type(value)
        assert cache_manager.get_stats()["hits"] == 1

    def test_takes_a_type_by_name_or_as_it_was_declared(self) -> None:
        cache_manager.set(CacheType("general"), "id:1", 5)
        assert cache_manager.get("general", "id:1") == 5

    def test_keys_of_different_types_are_different(self) -> None:
        cache_manager.set("general", "id:1", 5)
        assert cache_manager.get("rule", "id:1") is None


class SetTests:
    def test_a_new_value_replaces_the_old_one(self) -> None:
        cache_manager.set("general", "id:1", 1)
        cache_manager.set("general", "id:1", 2)
        assert cache_manager.get("general", "id:1") == 2

    def test_changing_what_was_stored_changes_nothing(self) -> None:
        value = {"list": [1]}
        cache_manager.set("general", "id:1", value)
        value["list"].append(2)
        assert cache_manager.get("general", "id:1") == {"list": [1]}

    def test_changing_what_was_returned_changes_nothing(self) -> None:
        cache_manager.set("general", "id:1", {"list": [1]})
        cache_manager.get("general", "id:1")["list"].append(2)
        assert cache_manager.get("general", "id:1") == {"list": [1]}

    @committed
    def test_depends_on_the_models_that_the_type_is_bound_to(self) -> None:
        cache_manager.set("employee", "count:all", 0)
        EmployeeFactory()
        assert cache_manager.get("employee", "count:all") is None

    @committed
    def test_depends_on_any_row_of_the_models_in_the_value(self) -> None:
        EmployeeFactory()
        cache_manager.set("general", "list:all", list(Employee.objects.all()))
        assert len(cache_manager.get("general", "list:all")) == 1
        EmployeeFactory()
        assert cache_manager.get("general", "list:all") is None

    @committed
    def test_another_model_drops_nothing(self) -> None:
        cache_manager.set("rule", "id:1", "kept")
        EmployeeFactory()
        assert cache_manager.get("rule", "id:1") == "kept"


class KeyOfALookUpTests:
    """Values are held under the keys of look-ups too, beside their rows: neither is given as the other."""

    @committed
    @pytest.mark.parametrize("is_shared", [False, True])
    def test_holds_what_was_set_and_gives_the_look_up_its_rows(self, is_shared: bool, request: Any) -> None:
        if is_shared:
            request.getfixturevalue("file_tier")
        amy, bo = EmployeeFactory(), EmployeeFactory()
        key, list_key = f"id:{amy.pk}", f"assignments:{amy.pk}"
        cache_manager.set_many("employee", {key: bo, f"id:{bo.pk}": "text"})
        cache_manager.set("schedule", list_key, "text")
        for _ in range(2):
            assert EMPLOYEE_BY_ID.get(amy.pk) == amy
            assert EMPLOYEE_BY_ID.get_many([bo.pk]) == {bo.pk: bo}
            assert SCHEDULE_ASSIGNMENTS.get(amy.pk) == []
            assert cache_manager.get("employee", key) == bo
            assert cache_manager.get("schedule", list_key) == "text"
            if is_shared:
                cache_manager.type_entries("employee").drop()
                cache_manager.type_entries("schedule").drop()

    @committed
    def test_gives_a_load_what_it_has_loaded(self) -> None:
        amy = EmployeeFactory()
        EMPLOYEE_BY_ID.get(amy.pk)
        load = counting("loaded")
        assert [cache_manager.get_or_load("employee", f"id:{amy.pk}", load) for _ in range(2)] == ["loaded"] * 2
        assert load.calls == 1  # type: ignore[attr-defined]
        assert EMPLOYEE_BY_ID.get(amy.pk) == amy

    @committed
    def test_gives_the_row_of_the_look_up_if_nothing_was_set(self) -> None:
        amy = EmployeeFactory()
        EMPLOYEE_BY_ID.get(amy.pk)
        assert cache_manager.get("employee", f"id:{amy.pk}") == amy

    @committed
    def test_is_deleted_with_both(self) -> None:
        amy = EmployeeFactory()
        EMPLOYEE_BY_ID.get(amy.pk)
        cache_manager.set("employee", f"id:{amy.pk}", "text")
        cache_manager.delete("employee", f"id:{amy.pk}")
        assert cache_manager.get("employee", f"id:{amy.pk}") is None


class ManyTests:
    def test_get_many_leaves_out_what_is_not_cached(self) -> None:
        cache_manager.set_many("general", {"id:1": None, "id:2": 2})
        assert cache_manager.get_many("general", ["id:1", "id:2", "id:3"]) == {"id:1": None, "id:2": 2}
        counted = cache_manager.get_stats()
        assert (counted["hits"], counted["misses"], counted["sets"]) == (2, 1, 2)

    def test_takes_any_iterable_and_different_kinds(self) -> None:
        cache_manager.set_many("general", {"id:1": 1, "name:x": 2})
        assert cache_manager.get_many("general", iter(["id:1", "name:x"])) == {"id:1": 1, "name:x": 2}

    def test_nothing_asked_is_nothing_done(self, manager: CacheManager) -> None:
        manager.set_many("general", {})
        assert manager.get_many("general", []) == {}

    def test_a_value_that_cannot_be_cached_stores_none_of_them(self) -> None:
        with pytest.raises(Uncacheable):
            cache_manager.set_many("general", {"id:1": 1, "id:2": object()})
        assert cache_manager.get_many("general", ["id:1", "id:2"]) == {}

    def test_have_one_time_to_live(self, manager: CacheManager, clock: Clock) -> None:
        manager.set_many("general", {"id:1": 1, "id:2": 2}, ttl=5)
        clock.tick(5)
        assert manager.get_many("general", ["id:1", "id:2"]) == {}


class GetOrLoadTests:
    def test_loads_once(self) -> None:
        load = counting("loaded")
        assert cache_manager.get_or_load("general", "id:1", load) == "loaded"
        assert cache_manager.get_or_load("general", "id:1", load) == "loaded"
        assert load.calls == 1  # type: ignore[attr-defined]

    @pytest.mark.parametrize("value", FALSE_VALUES, ids=repr)
    def test_returns_a_cached_false_value(self, value: Any) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: value)
        found = cache_manager.get_or_load("general", "id:1", never)
        assert found == value
        assert type(found) is type(value)

    def test_changing_what_was_loaded_changes_nothing(self) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: [1]).append(2)
        cache_manager.get_or_load("general", "id:1", never).append(3)
        assert cache_manager.get_or_load("general", "id:1", never) == [1]

    def test_a_load_that_raises_stores_nothing(self) -> None:
        with pytest.raises(ZeroDivisionError):
            cache_manager.get_or_load("general", "id:1", lambda: 1 / 0)
        assert cache_manager.get_or_load("general", "id:1", lambda: "loaded") == "loaded"

    @committed
    def test_a_row_costs_one_query_and_then_none(self, django_assert_num_queries: Any) -> None:
        employee = EmployeeFactory()
        with django_assert_num_queries(1):
            cache_manager.get_or_load("employee", "row:1", lambda: Employee.objects.get(pk=employee.pk))
        with django_assert_num_queries(0):
            found = cache_manager.get_or_load("employee", "row:1", never)
        assert found == employee
        assert found._state.db == "default"

    @committed
    def test_changing_a_returned_row_changes_nothing(self) -> None:
        employee = EmployeeFactory(first_name="Amy")
        for _ in range(3):
            found = cache_manager.get_or_load("employee", "row:1", lambda: Employee.objects.get(pk=employee.pk))
            assert found.first_name == "Amy"
            found.first_name = "changed"

    @committed
    def test_a_write_during_the_load_keeps_the_value_out(self) -> None:
        employee = EmployeeFactory(first_name="Amy")

        def load() -> Employee:
            found = Employee.objects.get(pk=employee.pk)
            Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
            return found

        stale = cache_manager.get_or_load("employee", "row:1", load)
        assert stale.first_name == "Amy"
        fresh = cache_manager.get_or_load("employee", "row:1", lambda: Employee.objects.get(pk=employee.pk))
        assert fresh.first_name == "Zoe"

    @committed
    def test_rows_of_a_model_that_nobody_watches_are_refused(self) -> None:
        from django.contrib.auth.models import Group

        group = Group.objects.create(name="staff")
        with pytest.raises(NotWatched) as caught:
            cache_manager.get_or_load("general", "id:1", lambda: Group.objects.get(pk=group.pk))
        assert str(caught.value) == (
            "Rows of auth.Group cannot be cached: its writes are not watched. Declare watch(Group) at start-up."
        )

    def test_what_cannot_be_cached_is_refused_in_memory_too(self) -> None:
        with pytest.raises(Uncacheable, match=r"A value of type builtins\.object cannot be cached"):
            cache_manager.get_or_load("general", "id:1", object)
        with pytest.raises(Uncacheable):
            cache_manager.set("general", "id:1", object())

    def test_what_cannot_be_cached_is_refused_while_caching_is_off_too(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        with pytest.raises(Uncacheable):
            cache_manager.get_or_load("general", "id:1", object)
        with caching_disabled(), pytest.raises(Uncacheable):
            cache_manager.set("general", "id:1", object())


class ArgumentTests:
    @pytest.fixture(
        params=[
            lambda type_, key: cache_manager.get(type_, key),
            lambda type_, key: cache_manager.set(type_, key, 1),
            lambda type_, key: cache_manager.get_many(type_, [key]),
            lambda type_, key: cache_manager.set_many(type_, {key: 1}),
            lambda type_, key: cache_manager.get_or_load(type_, key, lambda: 1),
            lambda type_, key: cache_manager.delete(type_, key),
            lambda type_, key: async_to_sync(cache_manager.aget)(type_, key),
            lambda type_, key: async_to_sync(cache_manager.aset)(type_, key, 1),
            lambda type_, key: async_to_sync(cache_manager.aget_or_load)(type_, key, lambda: 1),
        ],
        ids=["get", "set", "get_many", "set_many", "get_or_load", "delete", "aget", "aset", "aget_or_load"],
    )
    def call(self, request: pytest.FixtureRequest) -> Callable[[str, str], Any]:
        return request.param  # type: ignore[no-any-return]

    def test_an_unknown_type_lists_the_known_ones_the_nearest_first(self, call: Callable[[str, str], Any]) -> None:
        with pytest.raises(UnknownCacheType, match=r"^Unknown cache type 'shfit'\. Known types: shift, .*employee"):
            call("shfit", "id:1")

    @pytest.mark.parametrize("key", ["", "id", "id:", ":1"])
    def test_an_invalid_key_says_what_a_key_is(self, call: Callable[[str, str], Any], key: str) -> None:
        with pytest.raises(InvalidKey, match=r'is not a cache key\. A key is a string "kind:value"'):
            call("general", key)

    @pytest.mark.parametrize("call_", ["clear", "invalidate_pattern"])
    def test_clear_and_patterns_know_the_types_too(self, call_: str) -> None:
        with pytest.raises(UnknownCacheType):
            getattr(cache_manager, call_)(*["shfit", "id:*"][: 1 if call_ == "clear" else 2])

    @pytest.mark.parametrize("pattern", [5, None, b"id:*", ""])
    def test_a_pattern_is_a_string(self, pattern: Any) -> None:
        with pytest.raises(InvalidKey):
            cache_manager.invalidate_pattern("general", pattern)

    @pytest.mark.parametrize("ttl", [0, -1, "60", float("nan"), True])
    def test_an_invalid_time_to_live_is_refused_before_anything_is_done(self, ttl: Any) -> None:
        for call in (
            lambda: cache_manager.set("general", "id:1", 1, ttl=ttl),
            lambda: cache_manager.set_many("general", {"id:1": 1}, ttl=ttl),
            lambda: cache_manager.get_or_load("general", "id:1", never, ttl=ttl),
            lambda: async_to_sync(cache_manager.aget_or_load)("general", "id:1", never, ttl=ttl),
            lambda: async_to_sync(cache_manager.aset)("general", "id:1", 1, ttl=ttl),
        ):
            with pytest.raises(InvalidTTL, match="Give a positive number of seconds"):
                call()
        assert cache_manager.get("general", "id:1") is None


class TimeToLiveTests:
    @pytest.mark.parametrize(
        ("name", "cache_type", "key"),
        [
            ("employee_by_id", "employee", "id:5"),
            ("employee_by_email", "employee", "email:amy@example.com"),
            ("employee_list", "employee", "list:active"),
            ("department_by_id", "department", "id:5"),
            ("department_hierarchy", "department", "hierarchy:7:full"),
            ("department_list", "department", "list:active"),
            ("shift_by_id", "shift", "id:5"),
            ("shift_by_name", "shift", "name:Night"),
            ("shift_types", "shift", "types:active"),
            ("schedule_by_id", "schedule", "id:5"),
            ("schedule_assignments", "schedule", "assignments:5"),
            ("rule_by_id", "rule", "id:5"),
            ("active_rules", "rule", "active:all"),
            ("notification_by_id", "notification", "id:5"),
            ("unread_notifications", "notification", "unread:5"),
            ("default", "general", "anything:5"),
        ],
    )
    def test_every_one_of_the_settings_is_in_use(
        self, name: str, cache_type: str, key: str, manager: CacheManager, clock: Clock
    ) -> None:
        seconds = django_settings.CACHING["TTL"][name]
        manager.get_or_load(cache_type, key, lambda: "held")
        clock.tick(seconds - 0.5)
        assert manager.get(cache_type, key) == "held"
        clock.tick(0.5)
        assert manager.get(cache_type, key) is None
        assert manager.get_stats()["types"][cache_type]["evictions"]["expired"] == 1

    def test_the_table_names_nothing_that_is_not_tested(self) -> None:
        tested = type(self).test_every_one_of_the_settings_is_in_use.pytestmark[0].args[1]  # type: ignore[attr-defined]
        assert set(django_settings.CACHING["TTL"]) == {name for name, _, _ in tested}

    @pytest.mark.parametrize("method", ["set", "get_or_load"])
    def test_a_call_can_give_its_own(self, method: str, manager: CacheManager, clock: Clock) -> None:
        value = (lambda: "held") if method == "get_or_load" else "held"
        getattr(manager, method)("general", "id:1", value, ttl=2.5)
        clock.tick(2.4)
        assert manager.get("general", "id:1") == "held"
        clock.tick(0.2)
        assert manager.get("general", "id:1") is None

    def test_a_type_can_declare_its_own_and_the_settings_win(
        self, manager: CacheManager, clock: Clock, settings: Settings
    ) -> None:
        declared = CacheType("sample_of_lives", ttl=10)
        assert manager.types.ttl(declared, "id") == 10
        settings.CACHING = {**settings.CACHING, "TTL": {"sample_of_lives": 20}}
        manager.reconfigure()
        assert manager.types.ttl(declared, "id") == 20

    def test_a_hit_does_not_prolong_it(self, manager: CacheManager, clock: Clock) -> None:
        manager.set("general", "id:1", 1, ttl=10)
        clock.tick(9)
        assert manager.get("general", "id:1") == 1
        clock.tick(1)
        assert manager.get("general", "id:1") is None


class DeleteTests:
    def test_drops_one_key(self) -> None:
        cache_manager.set_many("general", {"id:1": 1, "id:2": 2})
        cache_manager.delete("general", "id:1")
        assert cache_manager.get_many("general", ["id:1", "id:2"]) == {"id:2": 2}
        counted = cache_manager.get_stats()
        assert counted["deletes"] == 1
        assert counted["cache_sizes"]["general"] == 1

    def test_of_what_is_not_there_is_fine(self) -> None:
        cache_manager.delete("general", "id:1")


class InvalidatePatternTests:
    def test_drops_what_the_glob_matches_and_returns_how_many(self) -> None:
        cache_manager.set_many("general", {"hierarchy:7:full": 1, "hierarchy:7:short": 2, "hierarchy:8:full": 3})
        assert cache_manager.invalidate_pattern("general", "hierarchy:7:*") == 2
        assert cache_manager.get_many("general", ["hierarchy:7:full", "hierarchy:7:short", "hierarchy:8:full"]) == {
            "hierarchy:8:full": 3
        }

    def test_of_a_kind_leaves_the_other_kinds(self) -> None:
        cache_manager.set_many("general", {"email:a": 1, "email:b": 2, "id:1": 3})
        assert cache_manager.invalidate_pattern("general", "email:*") == 2
        assert cache_manager.get("general", "id:1") == 3

    def test_without_a_wildcard_it_is_one_key(self) -> None:
        cache_manager.set_many("general", {"id:1": 1, "id:2": 2})
        assert cache_manager.invalidate_pattern("general", "id:1") == 1
        assert cache_manager.get("general", "id:2") == 2

    def test_a_colon_inside_a_value_is_no_segment(self) -> None:
        from caching.keys import make_key

        inside, apart = make_key("path", "a:b", "x"), make_key("path", "a", "b", "x")
        cache_manager.set_many("general", {inside: 1, apart: 2})
        assert cache_manager.invalidate_pattern("general", "path:a:*") == 1
        assert cache_manager.get("general", inside) == 1
        cache_manager.set("general", apart, 2)
        assert cache_manager.invalidate_pattern("general", f"{inside.rpartition(':')[0]}:*") == 1
        assert cache_manager.get("general", apart) == 2

    def test_is_never_too_little(self) -> None:
        keys = ["email:amy", "email:bob", "list:all"]
        for pattern in ("email:amy*", "email:?my", "e*", "*:amy", "*", "email:[a]my"):
            cache_manager.set_many("general", dict.fromkeys(keys, 1))
            cache_manager.invalidate_pattern("general", pattern)
            assert cache_manager.get("general", "email:amy") is None


class ClearTests:
    def test_drops_one_type(self) -> None:
        cache_manager.set_many("general", {"id:1": 1, "name:x": 2})
        cache_manager.set("rule", "id:1", 3)
        assert cache_manager.clear("general") == 2
        assert cache_manager.get_many("general", ["id:1", "name:x"]) == {}
        assert cache_manager.get("rule", "id:1") == 3

    def test_drops_every_type(self) -> None:
        cache_manager.set("general", "id:1", 1)
        cache_manager.set("rule", "id:1", 3)
        assert cache_manager.clear() == 2
        assert (cache_manager.get("general", "id:1"), cache_manager.get("rule", "id:1")) == (None, None)

    def test_storing_goes_on_afterwards_on_a_connection_that_was_never_opened(self) -> None:
        """Django says "no autocommit" of a connection before it is opened; that is no open transaction."""
        outcome: list[Any] = []

        def clear_and_store() -> None:
            connections["default"]
            cache_manager.clear("general")
            cache_manager.set("general", "id:1", "stored")
            outcome.append(cache_manager.get("general", "id:1"))

        thread = threading.Thread(target=clear_and_store)
        thread.start()
        thread.join()
        assert outcome == ["stored"]

    @committed
    def test_reaches_other_processes(self, child: Child) -> None:
        child.run("from caching import cache_manager")
        child.run("cache_manager.set('general', 'id:1', 'held')")
        assert child.run("cache_manager.get('general', 'id:1')") == "held"
        cache_manager.clear("general")
        assert child.run("cache_manager.get('general', 'id:1')") is None


class AsyncTests:
    def test_aget_and_aset(self) -> None:
        async def main() -> tuple[Any, Any]:
            before = await cache_manager.aget("general", "id:1", "default")
            await cache_manager.aset("general", "id:1", None)
            return before, await cache_manager.aget("general", "id:1", "default")

        assert async_to_sync(main)() == ("default", None)

    def test_aget_or_load_awaits_a_coroutine_function_once(self) -> None:
        calls: list[int] = []

        async def load() -> list[int]:
            calls.append(1)
            await asyncio.sleep(0)
            return [1]

        async def main() -> None:
            for _ in range(3):
                found = await cache_manager.aget_or_load("general", "id:1", load)
                assert found == [1]
                found.append(2)

        async_to_sync(main)()
        assert len(calls) == 1

    def test_a_get_inside_a_load_is_older_than_a_write_after_it(self) -> None:
        async def load() -> Any:
            return await cache_manager.aget("general", "id:1")

        async def main() -> Any:
            await cache_manager.aget_or_load("general", "id:77", load)
            await sync_to_async(cache_manager.delete)("general", "id:1")
            # What was read before the write must not be stored after it.
            await cache_manager.aset("general", "id:1", "old")
            return await cache_manager.aget("general", "id:1")

        assert async_to_sync(main)() is None

    def test_aget_or_load_takes_a_partial_and_a_plain_function(self) -> None:
        async def load(value: str) -> str:
            return value

        aget_or_load = async_to_sync(cache_manager.aget_or_load)
        assert aget_or_load("general", "id:1", functools.partial(load, "x")) == "x"
        assert aget_or_load("general", "id:2", lambda: "y") == "y"
        assert cache_manager.get_many("general", ["id:1", "id:2"]) == {"id:1": "x", "id:2": "y"}

    @committed
    def test_aget_or_load_keeps_out_what_was_written_during_the_load(self) -> None:
        employee = EmployeeFactory(first_name="Amy")

        async def load() -> str:
            name = (await Employee.objects.aget(pk=employee.pk)).first_name
            await Employee.objects.filter(pk=employee.pk).aupdate(first_name="Zoe")
            return name

        async def main() -> Any:
            await cache_manager.aget_or_load("employee", "name:1", load, depends_on=[Employee])
            return await cache_manager.aget("employee", "name:1")

        assert async_to_sync(main)() is None

    @committed
    def test_a_coroutine_reads_what_its_own_transaction_wrote(self) -> None:
        from django.db import transaction

        employee = EmployeeFactory(first_name="Amy")
        load = functools.partial(Employee.objects.get, pk=employee.pk)
        depends_on = [employee]
        assert cache_manager.get_or_load("employee", "row:1", load, depends_on=depends_on).first_name == "Amy"

        async def read() -> str:
            found = await cache_manager.aget_or_load("employee", "row:1", load, depends_on=depends_on)
            name: str = found.first_name
            return name

        with transaction.atomic():
            Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
            assert async_to_sync(read)() == "Zoe"
            transaction.set_rollback(True)
        assert async_to_sync(read)() == "Amy"


class ThreadTests:
    @committed
    def test_readers_and_a_writer_never_meet_an_old_value(self) -> None:
        """Each reader remembers the newest value whose write had returned before it asked."""
        employee = EmployeeFactory(max_hours_per_week=1)
        written = 1
        stale: list[tuple[int, int]] = []
        stop = threading.Event()

        def read() -> None:
            try:
                while not stop.is_set():
                    floor = written
                    found = Employee.objects.get_by_email(employee.email)
                    assert found is not None
                    if found.max_hours_per_week < floor:
                        stale.append((found.max_hours_per_week, floor))
            finally:
                connection.close()

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for hours in range(2, 62):
            Employee.objects.filter(pk=employee.pk).update(max_hours_per_week=hours)
            written = hours
        stop.set()
        for reader in readers:
            reader.join()
        assert stale == []


class ForgetPlacesTests:
    def test_drops_what_is_held_and_keeps_nothing_of_a_load_under_way(self) -> None:
        cache_manager.set("general", "id:1", "of all")

        def load() -> str:
            cache_manager.forget_places()
            return "of one"

        assert cache_manager.get_or_load("general", "id:2", load, depends_on=()) == "of one"
        assert cache_manager.get("general", "id:1") is None
        assert cache_manager.get("general", "id:2") is None
