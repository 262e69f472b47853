"""The model of the Redis store's view: nothing stale in any interleaving, and every rule is needed."""

import sys

import pytest

from .mirror import FOUND, RULES, SCENARIOS, explore, without


class MirrorTests:
    @pytest.mark.parametrize("name", SCENARIOS)
    def test_has_no_counterexample(self, name: str) -> None:
        states, counterexample = explore(SCENARIOS[name])

        sys.stdout.write(f"{name}: {states:,} states\n")
        assert not counterexample, counterexample

    @pytest.mark.parametrize(("rule", "name"), FOUND.items())
    def test_a_dropped_rule_is_found(self, rule: str, name: str) -> None:
        _, counterexample = explore(SCENARIOS[name], without(rule))

        assert "owed was" in counterexample

    def test_every_rule_is_dropped(self) -> None:
        assert set(FOUND) == set(RULES)
