"""``get`` followed by ``set``: what is stored was true since the ``get``."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.signals import request_finished, request_started
from django.db import transaction

from caching import cache_manager, invalidate
from caching.reading import leases
from caching.reading.leases import MAX_LEASES, MAX_SECONDS
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "report:1"
NAME = ("employee", KEY)


def stored() -> Any:
    """Return what another reader would be served, without opening a lease."""
    entry = cache_manager.kind("employee", "report").find(KEY)
    return None if entry is None else entry.value


class GetAndSetTests:
    def test_stores_what_was_loaded_between(self) -> None:
        assert cache_manager.get("employee", KEY) is None
        cache_manager.set("employee", KEY, "report")
        assert stored() == "report"
        assert not leases.is_open(NAME)

    def test_a_write_between_them_keeps_the_value_out(self) -> None:
        employee = EmployeeFactory()
        assert cache_manager.get("employee", KEY) is None
        report = Employee.objects.get().first_name
        employee.first_name = "Zoe"
        employee.save()
        cache_manager.set("employee", KEY, report)
        assert stored() is None

    def test_a_row_written_between_them_is_not_served(self) -> None:
        employee = EmployeeFactory()
        cache_manager.get("general", "row:1")
        row = Employee.objects.get()
        Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
        cache_manager.set("general", "row:1", row)
        assert cache_manager.get("general", "row:1") is None

    def test_a_clear_between_them_keeps_the_value_out(self) -> None:
        cache_manager.get("employee", KEY)
        cache_manager.clear("employee")
        cache_manager.set("employee", KEY, "old")
        assert stored() is None

    def test_a_delete_between_them_keeps_the_value_out(self) -> None:
        cache_manager.get("employee", KEY)
        cache_manager.delete("employee", KEY)
        cache_manager.set("employee", KEY, "old")
        assert stored() is None

    def test_a_hit_leaves_no_lease(self) -> None:
        cache_manager.set("employee", KEY, 1)
        assert cache_manager.get("employee", KEY) == 1
        assert not leases.is_open(NAME)
        invalidate(Employee)
        cache_manager.set("employee", KEY, "of now")
        assert stored() == "of now"

    def test_a_context_without_end_stores_again_after_each_write(self) -> None:
        for turn in range(3):
            assert cache_manager.get("employee", KEY) is None
            cache_manager.set("employee", KEY, turn)
            assert [cache_manager.get("employee", KEY) for _ in range(3)] == [turn] * 3
            EmployeeFactory()

    def test_a_load_that_was_given_up_keeps_no_later_value_out(self, ticking: Clock) -> None:
        cache_manager.get("employee", KEY)
        ticking.tick(MAX_SECONDS + 1)
        for turn in range(3):
            EmployeeFactory()
            assert cache_manager.get("employee", KEY) is None
            cache_manager.set("employee", KEY, turn)
            assert stored() == turn

    def test_what_a_load_brings_that_was_given_up_too_early_is_not_stored(self, ticking: Clock) -> None:
        cache_manager.get("employee", KEY)
        EmployeeFactory()
        ticking.tick(MAX_SECONDS + 1)
        cache_manager.get("employee", KEY)
        cache_manager.set("employee", KEY, "new")
        cache_manager.set("employee", KEY, "old")
        assert stored() == "new"
        assert not leases.is_open(NAME)

    def test_without_a_get_the_value_is_taken_to_be_true_now(self) -> None:
        EmployeeFactory()
        cache_manager.set("employee", KEY, "report")
        assert stored() == "report"
        EmployeeFactory()
        assert stored() is None

    def test_get_many_leaves_a_lease_for_each_key(self) -> None:
        assert cache_manager.get_many("employee", [KEY, "report:2"]) == {}
        EmployeeFactory()
        cache_manager.set_many("employee", {KEY: "old", "report:3": "new"})
        assert stored() is None
        assert cache_manager.get("employee", "report:3") == "new"

    def test_a_get_inside_a_write_stores_nothing_afterwards(self) -> None:
        employee = EmployeeFactory()
        with transaction.atomic():
            employee.save()
            cache_manager.get("employee", KEY)
            value = Employee.objects.get().first_name
        cache_manager.set("employee", KEY, value)
        assert stored() is None

    def test_a_cached_none_is_told_from_a_miss_by_the_default(self) -> None:
        missing = object()
        assert cache_manager.get("employee", KEY, missing) is missing
        cache_manager.set("employee", KEY, None)
        assert cache_manager.get("employee", KEY, missing) is None

    def test_the_next_pair_stores_again(self) -> None:
        cache_manager.get("employee", KEY)
        EmployeeFactory()
        cache_manager.set("employee", KEY, "old")
        cache_manager.get("employee", KEY)
        cache_manager.set("employee", KEY, "new")
        assert stored() == "new"


class NestedPairsTests:
    def test_the_outer_set_is_stamped_with_its_own_get(self) -> None:
        cache_manager.get("employee", KEY)
        cache_manager.get("employee", KEY)
        cache_manager.set("employee", KEY, "inner")
        EmployeeFactory()
        cache_manager.set("employee", KEY, "outer, loaded before the write")
        assert stored() is None
        assert not leases.is_open(NAME)

    def test_the_oldest_get_decides(self) -> None:
        cache_manager.get("employee", KEY)
        EmployeeFactory()
        cache_manager.get("employee", KEY)
        cache_manager.set("employee", KEY, "of whichever get")
        assert stored() is None


class ContextTests:
    def test_tasks_do_not_share_leases(self) -> None:
        async def main() -> bool:
            may_write = asyncio.Event()

            async def one() -> None:
                await cache_manager.aget("employee", KEY)
                await may_write.wait()
                await cache_manager.aset("employee", KEY, "loaded before the write")

            async def other() -> None:
                # Its own pair must not use up, or replace, the lease of the first.
                await cache_manager.aget("employee", KEY)
                await cache_manager.aset("employee", KEY, "of the other")
                cache_manager.clear("employee")
                may_write.set()

            first = asyncio.create_task(one())
            await asyncio.sleep(0)
            await asyncio.gather(first, asyncio.create_task(other()))
            return leases.is_open(NAME)

        assert async_to_sync(main)() is False
        assert stored() is None

    def test_a_task_inherits_what_was_open_and_changes_only_its_copy(self) -> None:
        async def main() -> bool:
            await cache_manager.aget("employee", KEY)

            async def inherit() -> None:
                assert leases.is_open(NAME)
                await cache_manager.aset("employee", KEY, 1)
                assert not leases.is_open(NAME)

            await asyncio.create_task(inherit())
            return leases.is_open(NAME)

        assert async_to_sync(main)() is True

    def test_what_a_task_opens_is_not_open_around_it(self) -> None:
        async def main() -> bool:
            await cache_manager.aget("employee", "report:2")
            await asyncio.create_task(cache_manager.aget("employee", KEY))
            return leases.is_open(NAME)

        assert async_to_sync(main)() is False

    @pytest.mark.parametrize("signal", [request_started, request_finished])
    def test_a_request_begins_and_ends_without_leases(self, signal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        cache_manager.get("employee", KEY)
        assert leases.is_open(NAME)
        leases_only = [receiver for receiver in signal.receivers if receiver[0][0] == "caching"]
        monkeypatch.setattr(signal, "receivers", leases_only)
        signal.sender_receivers_cache.clear()
        signal.send(sender=None, environ={})
        assert not leases.is_open(NAME)
        signal.sender_receivers_cache.clear()

    def test_the_oldest_are_given_up_when_there_are_too_many(self) -> None:
        cache_manager.get("employee", KEY)
        cache_manager.get_many("employee", [f"many:{number}" for number in range(MAX_LEASES)])
        assert not leases.is_open(NAME)
        assert leases.is_open(("employee", f"many:{MAX_LEASES - 1}"))
