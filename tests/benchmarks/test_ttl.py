"""The simulation of learned times to live, in small."""

import pytest

from benchmarks import ttl


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ttl, "RUNS", 5)


@pytest.mark.usefixtures("_quick")
class MeasureTests:
    def test_has_the_promised_figures_and_meets_its_bars(self) -> None:
        found = ttl.measure(40_000)

        assert found.keys() >= {
            *("drift_error_percent", "hit_rate_fixed", "hit_rate_learned"),
            *("drift_served_fixed", "drift_served_learned"),
        }
        assert [bar.figure for bar in ttl.BARS if not bar.is_met(found)] == []
