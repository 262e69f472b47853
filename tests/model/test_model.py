"""The bounded form of the model, with every run of the tests; ``python -m tests.model`` explores it in full."""

import sys
from collections.abc import Callable

import pytest

from .__main__ import main
from .mutations import FOUND, FOUND_IN_PAIRS, mutations
from .rules import ALL, NAMES
from .scenarios import limit, scenarios
from .search import Result, explore

BOUNDED = scenarios(full=False)


@pytest.fixture
def told(explored: Callable[..., None]) -> Callable[[Result], Result]:
    """Return a function that tells what was covered, prints it (pytest -rP shows that) and returns the result."""

    def tell(result: Result) -> Result:
        sys.stdout.write(f"{result}\n")
        explored(states=result.states, transitions=result.transitions)
        return result

    return tell


Told = Callable[[Result], Result]


class ProtocolTests:
    @pytest.mark.parametrize("name", BOUNDED)
    def test_has_no_counterexample(self, told: Told, name: str) -> None:
        result = told(explore(BOUNDED[name]))

        assert not result.violation, str(result)
        assert result.complete

    def test_has_the_limit_that_it_names(self, told: Told) -> None:
        result = told(explore(limit(excused=False)))

        assert "stale" in result.violation
        assert any("KILLED" in line for line in result.trace)
        assert any("not under a live intent" in line for line in result.trace)

    def test_has_no_other_limit(self, told: Told) -> None:
        result = told(explore(limit(excused=True)))

        assert not result.violation, str(result)
        assert result.complete


class MutationTests:
    @pytest.mark.parametrize(("rules", "scenario"), mutations().items(), ids=map("-and-".join, mutations()))
    def test_a_dropped_rule_is_found(self, told: Told, rules: tuple[str, ...], scenario: str) -> None:
        result = told(explore(BOUNDED[scenario], ALL.without(*rules)))

        assert result.violation
        assert result.trace

    @pytest.mark.parametrize(("rules", "scenario"), FOUND_IN_PAIRS.items(), ids=map("-and-".join, FOUND_IN_PAIRS))
    def test_either_rule_of_a_pair_stands_in(self, told: Told, rules: tuple[str, ...], scenario: str) -> None:
        for rule in set(rules) - set(FOUND):
            assert not told(explore(BOUNDED[scenario], ALL.without(rule))).violation

    def test_every_rule_is_dropped(self) -> None:
        assert {rule for rules in mutations() for rule in rules} == set(NAMES)


class CommandTests:
    def test_prints_what_was_covered(self, capsys: pytest.CaptureFixture[str]) -> None:
        status = main(["--bounded", "--scenario", "snapshot"])

        assert status == 0
        printed = capsys.readouterr().out
        assert "snapshot: " in printed
        assert "1 scenarios" in printed
        assert "no counterexample" in printed

    def test_prints_counterexamples_as_traces(self, capsys: pytest.CaptureFixture[str]) -> None:
        status = main(["--mutations", "--scenario", "rollback"])

        assert status == 0
        printed = capsys.readouterr().out
        assert "Without dirty_stores_nothing:" in printed
        assert "which is not committed" in printed
