"""manage.py cache doctor."""

from typing import Any

import pytest

from scheduling.models import Employee
from tests.caching.management.running import refused, run
from tests.valkey import Valkey


@pytest.mark.usefixtures("own_counts")
class DoctorTests:
    def test_looks_at_everything(self, employee: Employee) -> None:
        said = run("doctor")
        assert "WRONG" not in said
        for part in ("Generations: SharedMemoryGenerations", "can be used", "The clock", "The outbox has 0 rows."):
            assert part in said
        assert "scheduling.Employee" in said
        assert "0 processes of this host serve requests." in said

    def test_measures_the_shared_tier(self, employee: Employee, shared_valkey: Valkey) -> None:
        assert "Shared tier 'shared': " in run("doctor")

    def test_a_cache_that_is_switched_off_needs_attention(self, employee: Employee, settings: Any) -> None:
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        sentence, code = refused("doctor")
        assert (sentence.endswith("of these need attention."), code) == (True, 1)
