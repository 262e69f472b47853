"""A key explained in sentences."""

import os

import pytest
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.admin.explained import WHY_DROPPED, WHY_NOT, explanation_of
from caching.coherence.publishing import publisher
from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def amy() -> Employee:
    employee: Employee = EmployeeFactory(email="amy@example.com")
    Employee.objects.get_by_email(employee.email)
    return employee


class ExplanationOfTests:
    def test_what_is_held_would_be_served(self, amy: Employee) -> None:
        found = explanation_of("employee", "email:amy@example.com")
        first, second, third, last = found.sentences
        assert first == "It belongs to the look-up scheduling.Employee.email and lives for 10.0 min."
        assert second.startswith(f"Process {os.getpid()}: holds it for 10.0 min more and would serve it, equal")
        assert third == "Shared tier: does not hold it."
        assert last.startswith(("Last invalidated", "No invalidation"))
        assert "employee/email:amy@example.com" in found.tags

    def test_after_a_write_it_says_why_not_and_who_did_it(self, amy: Employee) -> None:
        Employee.objects.filter(pk=amy.pk).update(first_name="Eve")
        _first, held, _shared, last = explanation_of("employee", "email:amy@example.com").sentences
        assert "would not serve it, because a write has changed what it depends on (" in held
        assert "DIFFERENT from the database" in held
        assert f"by process {os.getpid()} (" in last
        assert "): saved, by the tag" in last

    def test_what_is_not_held_says_so(self) -> None:
        first, held, *_others = explanation_of("general", "id:1").sentences
        assert first == "It has no look-up: code sets or computes it. It lives for 5.0 min."
        assert held == f"Process {os.getpid()}: does not hold it."

    def test_it_reads_nothing_itself(self, amy: Employee) -> None:
        before = cache_manager.get_stats()
        explanation_of("employee", "email:amy@example.com")
        assert cache_manager.get_stats() == before

    @pytest.mark.parametrize("key", ["", "id", "id:", ":5"])
    def test_a_wrong_key_gets_a_sentence(self, key: str) -> None:
        assert explanation_of("employee", key).problem == (
            f"“{key}” is not a key. Write kind:value, for example id:5 or email:amy@example.com."
        )

    def test_so_does_a_wrong_type(self) -> None:
        assert explanation_of("emploee", "id:5").problem == (
            "There is no cache type “emploee”. Choose one of the list."
        )

    def test_says_why_a_key_was_dropped(self, amy: Employee) -> None:
        Employee.objects.filter(pk=amy.pk).update(first_name="Eve")
        cache_manager.get("employee", "email:amy@example.com")
        _first, held, *_others = explanation_of("employee", "email:amy@example.com").sentences
        assert held.startswith(f"Process {os.getpid()}: dropped it ")
        assert held.endswith(" ago, because a write has changed what it depends on.")

    def test_says_first_that_the_cache_is_off(self, amy: Employee, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        first = explanation_of("employee", "email:amy@example.com").sentences[0]
        assert first == "The cache is switched off by the settings: every read asks the database."

    def test_says_first_that_the_generations_cannot_be_reached(self, amy: Employee, network: Proxy) -> None:
        cache_manager.get("employee", "email:amy@example.com")
        network.cut()
        wait_until(lambda: publisher.store.is_degraded)
        first = explanation_of("employee", "email:amy@example.com").sentences[0]
        assert first == "The cache is degraded: this process cannot reach the generations."

    def test_every_reason_has_a_sentence(self) -> None:
        assert set(WHY_DROPPED) == {"evicted", "expired", "invalidated"}
        assert set(WHY_NOT) == {"expired", "invalidated", "disabled", "degraded", "unproven"}
