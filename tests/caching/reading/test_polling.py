"""Loads as polls: what counts as one, and the time to live that is learned."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.monitoring.drift import MIN_POLLS
from caching.reading import polling
from caching.reading.entries import Kind
from caching.reading.manager import CacheManager
from scheduling.caches import SHIFT_BY_NAME
from scheduling.models import Shift
from tests.caching.clock import Clock
from tests.factories import ShiftFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kind(directory: Path, ticking: Clock) -> Kind:
    """A kind that lives for a minute, on a host that has counted no poll yet."""
    kind = cache_manager.kind("general", "polled")
    kind.ttl = 60
    return kind


def load(value: Any, key: str = "polled:1") -> Any:
    return cache_manager.get_or_load("general", key, lambda: value)


def counted() -> tuple[int, int]:
    """Return the polls of the kind, and how many of them found a change."""
    found = cache_manager.get_stats()["types"]["general"]["kinds"]["polled"]
    return found["polls"], found["drifted"]


class PollTests:
    def test_a_load_at_expiry_is_a_poll(self, kind: Kind, ticking: Clock) -> None:
        load({"rate": 1})
        ticking.tick(61)
        load({"rate": 1})
        assert counted() == (1, 0)
        ticking.tick(100)
        assert load({"rate": 2}) == {"rate": 2}
        assert counted() == (2, 1)

    def test_its_interval_is_the_time_between_the_loads(self, kind: Kind, ticking: Clock) -> None:
        load(1)
        ticking.tick(100)
        load(1)
        ticking.tick(61)
        load(2)
        found = cache_manager.runtime.recorder.snapshot()["general/polled"].polls
        assert (found.unchanged_seconds, dict(found.changed)[1]) == (100, 61)

    def test_a_hit_is_none(self, kind: Kind, ticking: Clock) -> None:
        load(1)
        ticking.tick(59)
        assert load(2) == 1
        assert counted() == (0, 0)

    def test_a_load_after_an_invalidation_is_none(self, kind: Kind, ticking: Clock) -> None:
        load(1)
        cache_manager.delete("general", "polled:1")
        load(2)
        ticking.tick(61)
        cache_manager.clear("general")
        load(3)
        assert counted() == (0, 0)
        ticking.tick(61)
        load(4)
        assert counted() == (1, 1)

    def test_a_value_that_a_caller_has_set_is_none(self, kind: Kind, ticking: Clock) -> None:
        load(1)
        ticking.tick(61)
        cache_manager.set("general", "polled:1", 2)
        ticking.tick(61)
        load(3)
        assert counted() == (0, 0)

    def test_a_load_in_an_outage_is_none(self, kind: Kind, ticking: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        load(1)
        ticking.tick(61)
        monkeypatch.setattr(kind.runtime.generations, "longest_life", 5)
        load(2)
        assert counted() == (0, 0)

    def test_few_keys_are_watched_and_those_that_nobody_reads_make_room(self, kind: Kind, ticking: Clock) -> None:
        for number in range(polling.MAX_WATCHED + 1):
            load(1, f"polled:{number}")
        ticking.tick(61)
        load(1, f"polled:{polling.MAX_WATCHED}")
        assert counted() == (0, 0)
        ticking.tick(300)
        load(1, f"polled:{polling.MAX_WATCHED}")
        ticking.tick(61)
        load(1, f"polled:{polling.MAX_WATCHED}")
        assert counted() == (1, 0)

    def test_what_was_only_warmed_is_not_watched(self, ticking: Clock) -> None:
        """A digest of each schedule that an import has filled would take as long as the import."""
        shift, ttl = ShiftFactory(), SHIFT_BY_NAME.kind.ttl
        SHIFT_BY_NAME.warm([shift.name])
        for polls in (0, 1):
            ticking.tick(ttl + 1)
            Shift.objects.get_by_name(shift.name)
            assert cache_manager.get_stats()["types"]["shift"]["kinds"]["name"]["polls"] == polls

    def test_rows_that_something_else_has_written_are_found(self, ticking: Clock) -> None:
        shift = ShiftFactory()
        ttl = SHIFT_BY_NAME.kind.ttl
        for seconds in (0, ttl + 1):
            ticking.tick(seconds)
            Shift.objects.get_by_name(shift.name)
        with connection.cursor() as cursor:
            # Past the watcher: the name of the table is put together by the database.
            cursor.connection.execute("UPDATE scheduling_shift SET code = 'drifted' WHERE id = " + str(shift.pk))
            cursor.connection.commit()
        ticking.tick(ttl + 1)
        found = Shift.objects.get_by_name(shift.name)
        assert found is not None
        assert found.code == "drifted"
        shift.save()
        ticking.tick(ttl + 1)
        Shift.objects.get_by_name(shift.name)
        counts = cache_manager.get_stats()["types"]["shift"]["kinds"]["name"]
        assert (counts["polls"], counts["drifted"]) == (2, 1)


class LifetimeTests:
    def poll(self, ticking: Clock, number: int, *, drifts: bool = False) -> None:
        for moment in range(number + 1):
            load(moment if drifts else 0)
            ticking.tick(60 * 8 + 1)

    def test_is_the_one_that_is_set_until_enough_is_known(self, kind: Kind, ticking: Clock) -> None:
        self.poll(ticking, MIN_POLLS - 1)
        assert kind.lifetime == 60

    def test_becomes_longer_where_nothing_drifts(self, kind: Kind, ticking: Clock) -> None:
        self.poll(ticking, 60)
        assert kind.lifetime == 8 * 60
        load(0)
        ticking.tick(8 * 60 - 1)
        assert load(2) == 0
        described = cache_manager.get_stats()["types"]["general"]["kinds"]["polled"]
        assert described["learned_ttl"] > described["ttl"]

    def test_becomes_shorter_where_all_drifts(self, kind: Kind, ticking: Clock) -> None:
        self.poll(ticking, 30, drifts=True)
        assert kind.lifetime == 15

    def test_follows_what_happens_now(self, kind: Kind, ticking: Clock) -> None:
        """However long nothing has drifted before."""
        self.poll(ticking, 3 * polling.RECENT_POLLS)
        assert kind.lifetime == 8 * 60
        self.poll(ticking, 2 * polling.RECENT_POLLS, drifts=True)
        assert kind.lifetime == 15

    def test_a_new_process_begins_with_what_the_host_knows(
        self, kind: Kind, ticking: Clock, manager: CacheManager, clock: Clock
    ) -> None:
        self.poll(ticking, 60)
        other = manager.kind("general", "polled")
        other.ttl = 60
        for _ in range(2):
            manager.get_or_load("general", "polled:1", lambda: 0)
            clock.tick(61)
        assert other.lifetime == 8 * 60

    def test_is_the_callers_where_he_gives_one(self, kind: Kind, ticking: Clock) -> None:
        self.poll(ticking, 60)
        cache_manager.get_or_load("general", "polled:2", lambda: 1, ttl=5)
        ticking.tick(6)
        assert cache_manager.get_or_load("general", "polled:2", lambda: 2, ttl=5) == 2

    def test_is_the_one_that_is_set_where_nothing_is_learned(self, settings: Settings, ticking: Clock) -> None:
        settings.CACHING = {**settings.CACHING, "LEARN_TTL": False}
        kind = cache_manager.kind("general", "polled")
        kind.ttl = 60
        self.poll(ticking, 60)
        assert (kind.polling, kind.lifetime) == (None, 60)
        assert counted() == (0, 0)
        assert cache_manager.get_stats()["types"]["general"]["kinds"]["polled"]["learned_ttl"] == 300

    def test_follows_the_one_that_is_set(self, kind: Kind, ticking: Clock) -> None:
        self.poll(ticking, 60)
        kind.ttl = 10
        assert kind.lifetime == 10
