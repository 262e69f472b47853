"""Filling the caches with the newest rows."""

from typing import Any

import pytest

from caching import cache_manager
from caching.monitoring.warming import Warmed, warm, warm_each
from scheduling.models import Shift
from tests.factories import ShiftFactory

pytestmark = pytest.mark.django_db(transaction=True)


class WarmTests:
    def test_loads_the_newest_rows(self, django_assert_num_queries: Any) -> None:
        shifts = ShiftFactory.create_batch(4)
        said = list(warm(["shift"], 2))
        assert "Loaded 2 of 2 values of shift by name." in said
        with django_assert_num_queries(0):
            for shift in shifts[2:]:
                Shift.objects.get_by_name(shift.name)
        with django_assert_num_queries(1):
            Shift.objects.get_by_name(shifts[0].name)
        assert cache_manager.get_stats()["types"]["shift"]["warmed"] >= 2

    def test_a_dry_run_loads_nothing(self) -> None:
        ShiftFactory()
        assert "Would look for 1 values of shift by name." in list(warm(["shift"], None, dry_run=True))
        assert cache_manager.get_stats()["cache_sizes"]["shift"] == 0

    def test_never_more_than_there_is_room_for(self, settings: Any) -> None:
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"shift": 6}}
        ShiftFactory.create_batch(9)
        list(warm(["shift"], None))
        held = cache_manager.get_stats()["types"]["shift"]
        assert held["entries"] <= 6
        assert held["evictions"]["size"] == 0

    def test_a_type_without_look_ups_says_so(self) -> None:
        assert list(warm(["general"], None)) == ["Nothing to load for general: it has no look-ups."]


class WarmEachTests:
    def test_says_what_was_loaded_and_what_was_held(self) -> None:
        shifts = ShiftFactory.create_batch(3)
        Shift.objects.get_by_name(shifts[2].name)
        found = {warmed.kind: warmed for warmed in warm_each(["shift", "general"], 2)}
        assert found["name"] == Warmed("shift", "name", 1, 2)
        assert {warmed.type for warmed in found.values()} == {"shift"}
