"""What is stored after a load, and under which stamp."""

from typing import Any

import pytest
from django.db import transaction

from caching import cache_manager, caching_disabled
from caching.coherence.publishing import publisher
from caching.reading.aging import expires_at
from caching.reading.dependencies import Dependencies
from caching.reading.entries import Kind
from caching.reading.leases import Lease, take_leases
from caching.reading.storing import store
from caching.reading.tiers import Entry
from caching.values.freezing import freeze
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "id:1"
ANY = "scheduling.Employee/+"


@pytest.fixture
def kind(ticking: Clock) -> Kind:
    return cache_manager.kind("general", "id")


@pytest.fixture
def amy() -> Employee:
    return Employee.objects.get(pk=EmployeeFactory().pk)


def lease_of(kind: Kind, *tags: str, **options: Any) -> Lease:
    """Return a lease of now for a value that depends on these tags."""
    return take_leases(kind.runtime, {KEY: Dependencies(tags or ("general",), **options)})[KEY]


def stored(kind: Kind, value: Any, lease: Lease, ttl: float | None = None) -> Entry | None:
    """Store a value that was loaded under the lease; return what is held of it."""
    store(kind, {KEY: (freeze(value), lease)}, ttl)
    return kind.entries.entries.get(KEY)


class StampTests:
    def test_has_the_tags_known_before_and_those_of_the_rows(self, kind: Kind, amy: Employee) -> None:
        entry = stored(kind, [amy], lease_of(kind))
        assert entry is not None
        assert set(entry.stamp.tags) == {"general", f"scheduling.Employee#{amy.pk}", "scheduling.Employee/*"}

    def test_has_any_row_if_the_tags_do_not_cover_the_selection(self, kind: Kind, amy: Employee) -> None:
        entry = stored(kind, [amy], lease_of(kind, covers=False))
        assert entry is not None
        assert ANY in entry.stamp.tags

    def test_has_any_row_if_the_absent_one_may_appear_unnamed(self, kind: Kind, amy: Employee) -> None:
        absent = stored(kind, None, lease_of(kind, absent="scheduling.Employee"))
        present = stored(kind, amy, lease_of(kind, absent="scheduling.Employee"))
        assert absent is not None
        assert present is not None
        assert ANY in absent.stamp.tags
        assert ANY not in present.stamp.tags


class StoreTests:
    """Each reason for which a loaded value is not stored."""

    def test_a_tag_known_before_was_published(self, kind: Kind) -> None:
        lease = lease_of(kind)
        publisher.store.publish(["general"])
        assert stored(kind, 42, lease) is None or kind.find(KEY) is None

    def test_a_row_in_it_was_written(self, kind: Kind, amy: Employee) -> None:
        lease = lease_of(kind)
        Employee.objects.filter(pk=amy.pk).update(phone="1")
        assert stored(kind, amy, lease) is None

    def test_a_model_that_it_depends_on_was_written(self, kind: Kind) -> None:
        lease = lease_of(kind, labels=frozenset({"scheduling.Employee"}))
        EmployeeFactory()
        assert stored(kind, 42, lease) is None

    def test_something_was_rolled_back(self, kind: Kind, amy: Employee) -> None:
        lease = lease_of(kind)
        with transaction.atomic():
            amy.save()
            transaction.set_rollback(True)
        assert stored(kind, 42, lease) is None

    def test_the_transaction_of_the_caller_has_written(self, kind: Kind, amy: Employee) -> None:
        lease = lease_of(kind)
        with transaction.atomic():
            amy.save()
            assert stored(kind, 42, lease) is None

    def test_a_row_in_it_is_of_another_database(self, kind: Kind, amy: Employee) -> None:
        amy._state.db = "replica"
        assert stored(kind, amy, lease_of(kind)) is None

    def test_the_lease_says_that_it_must_not_be(self, kind: Kind) -> None:
        intent = publisher.store.begin(["general"])
        lease = lease_of(kind)
        publisher.store.end(intent)
        assert lease.known is None
        assert stored(kind, 42, lease) is None

    def test_all_kinds_were_made_anew_since_the_load_began(self, kind: Kind, amy: Employee) -> None:
        cache_manager.forget_places()
        assert stored(kind, [amy], lease_of(kind)) is None

    def test_caching_is_switched_off(self, kind: Kind) -> None:
        lease = lease_of(kind)
        with caching_disabled():
            assert stored(kind, 42, lease) is None


class DeadlineTests:
    def test_is_the_time_to_live_of_the_kind_or_of_the_call(self, kind: Kind, ticking: Clock) -> None:
        for ttl, seconds in ((None, kind.ttl), (7.0, 7.0)):
            entry = stored(kind, 42, lease_of(kind), ttl)
            assert entry is not None
            assert expires_at(entry) == ticking() + seconds

    def test_in_an_outage_is_counted_from_the_lease(
        self, kind: Kind, ticking: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kind.runtime.generations, "longest_life", 5)
        lease = lease_of(kind)
        ticking.tick(3)
        entry = stored(kind, 42, lease)
        assert entry is not None
        assert entry.deadline == ticking() + 2
