"""Explaining a key."""

from pathlib import Path
from typing import Any

import pytest

from caching import cache_manager
from caching.coherence.publishing import publisher
from caching.exceptions import InvalidKey, UnknownCacheType
from caching.monitoring.explanation import explain
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.factories import EmployeeFactory
from tests.processes import Child
from tests.proxy import Proxy
from tests.valkey import Valkey
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "email:amy@example.com"


@pytest.fixture
def employee() -> Employee:
    return EmployeeFactory(email="amy@example.com")


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> Path:
    """A directory whose log has nothing of other tests."""
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
    return tmp_path


def local() -> dict[str, Any]:
    found: dict[str, Any] = explain("employee", KEY)["local"]
    return found


class ExplainTests:
    def test_a_key_that_nobody_holds(self, employee: Employee) -> None:
        found = explain("employee", KEY)
        assert (found["local"], found["shared"], found["look_up"]) == (None, None, "scheduling.Employee.email")

    def test_an_entry_that_is_served(self, employee: Employee) -> None:
        Employee.objects.get_by_email(employee.email)
        found = local()
        assert (found["serves"], found["why_not"], found["equal"], found["invalidated_tags"]) == (True, None, True, [])
        assert 0 < found["seconds_left"] <= 600
        assert f"scheduling.Employee#{employee.pk}" in found["tags"]

    def test_a_write_of_another_process_is_named_with_cause_time_and_process(
        self, employee: Employee, directory: Path
    ) -> None:
        Employee.objects.get_by_email(employee.email)
        child = Child(directory)
        try:
            child.run("from scheduling.models import Employee")
            child.run(f"Employee.objects.filter(pk={employee.pk}).update(first_name='Eve')")
            found = explain("employee", KEY)
            assert (found["local"]["serves"], found["local"]["why_not"]) == (False, "invalidated")
            last = found["last_invalidation"]
            assert (last["pid"], last["cause"]) == (child.pid, "save")
            assert 0 <= last["seconds_ago"] < 60
            assert last["tag"] in found["local"]["tags"]
        finally:
            child.stop()

    def test_an_entry_whose_time_has_passed(self, employee: Employee, ticking: Clock) -> None:
        Employee.objects.get_by_email(employee.email)
        ticking.tick(601)
        assert (local()["serves"], local()["why_not"]) == (False, "expired")

    def test_one_that_was_dropped_since_its_time_had_passed(self, employee: Employee, ticking: Clock) -> None:
        Employee.objects.get_by_email(employee.email)
        ticking.tick(601)
        cache_manager.get("employee", KEY)
        found = explain("employee", KEY)
        assert (found["local"], found["dropped"]["reason"]) == (None, "expired")
        assert 0 <= found["dropped"]["seconds_ago"] < 60
        # Once it is held again, that is over.
        Employee.objects.get_by_email(employee.email)
        assert explain("employee", KEY)["dropped"] is None

    def test_one_that_was_evicted(self, employee: Employee, settings: Any) -> None:
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"employee": 2}}
        Employee.objects.get_by_email(employee.email)
        for other in EmployeeFactory.create_batch(2):
            Employee.objects.get_by_email(other.email)
        found = explain("employee", KEY)
        assert (found["local"], found["dropped"]["reason"]) == (None, "evicted")
        assert cache_manager.get_stats()["types"]["employee"]["evictions"]["size"] == 1

    def test_one_that_was_dropped_after_a_write(self, employee: Employee) -> None:
        Employee.objects.get_by_email(employee.email)
        Employee.objects.filter(pk=employee.pk).update(first_name="Eve")
        cache_manager.get("employee", KEY)
        assert explain("employee", KEY)["dropped"]["reason"] == "invalidated"

    def test_in_an_outage(self, employee: Employee, network: Proxy) -> None:
        Employee.objects.get_by_email(employee.email)
        network.cut()
        wait_until(lambda: publisher.store.is_degraded)
        assert explain("employee", KEY)["state"] == "degraded"
        assert explain("employee", KEY)["shared"] is None

    def test_a_clear_is_named(self, employee: Employee) -> None:
        Employee.objects.get_by_email(employee.email)
        cache_manager.clear("employee")
        found = explain("employee", KEY)
        assert (found["local"], found["last_invalidation"]["cause"]) == (None, "clear")

    def test_a_cache_that_is_switched_off(self, employee: Employee, settings: Any) -> None:
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        assert explain("employee", KEY)["state"] == "disabled"

    def test_a_value_that_cannot_be_loaded_from_its_key_is_not_compared(self) -> None:
        cache_manager.set("general", "id:1", 1)
        found = explain("general", "id:1")
        assert (found["look_up"], found["local"]["equal"], found["local"]["serves"]) == (None, None, True)

    def test_what_the_shared_tier_holds(self, employee: Employee, shared_valkey: Valkey) -> None:
        Employee.objects.get_by_email(employee.email)
        found = explain("employee", KEY)["shared"]
        assert (found["serves"], found["equal"]) == (True, True)

    def test_an_unknown_type_and_a_key_without_kind_are_refused(self) -> None:
        with pytest.raises(UnknownCacheType):
            explain("employees", KEY)
        with pytest.raises(InvalidKey):
            explain("employee", "amy")
