"""The rate of changes from polls, and the time to live that follows from it."""

import random
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.monitoring import drift
from caching.monitoring.drift import (
    BOUNDS,
    COUNTERS,
    LONGEST,
    MIN_POLLS,
    NEGLIGIBLE,
    SHORTEST,
    Polls,
    drifted_share,
    positions,
)

polls = Polls.counted


def simulated(rate: float, number: int, seed: int) -> Polls:
    """Return polls at irregular intervals of a value that changes as a Poisson process."""
    chance = random.Random(seed)
    intervals = [chance.uniform(0.2, 3) / rate for _ in range(number)]
    return polls([(seconds, chance.random() > exp(-rate * seconds)) for seconds in intervals])


class PositionsTests:
    @pytest.mark.parametrize(("seconds", "name"), [(0.1, "within_4s"), (4, "within_4s"), (5, "within_16s")])
    def test_are_those_of_the_bucket(self, seconds: float, name: str) -> None:
        number, milliseconds = positions(seconds, changed=True)
        assert (COUNTERS[number], COUNTERS[milliseconds]) == (f"polls_changed_{name}", f"polls_changed_ms_{name}")

    def test_the_last_bucket_has_no_bound(self) -> None:
        assert COUNTERS[positions(BOUNDS[-1] + 1, changed=True)[0]] == "polls_changed_beyond"
        assert COUNTERS[positions(10**9, changed=True)[1]] == "polls_changed_ms_beyond"

    def test_polls_without_a_change_need_no_buckets(self) -> None:
        assert [COUNTERS[position] for position in positions(7, changed=False)] == [
            "polls_unchanged",
            "polls_unchanged_ms",
        ]


class RateTests:
    @pytest.mark.parametrize("rate", [1 / 5, 1 / 60, 1 / 3600, 1 / 86_400])
    def test_is_near_the_true_one_after_200_polls(self, rate: float) -> None:
        errors = sorted(abs(simulated(rate, 200, seed).rate / rate - 1) for seed in range(41))
        assert errors[20] < 0.2
        assert errors[40] < 0.5

    @given(st.integers(0, 300), st.integers(0, 300), st.sampled_from([3.0, 60.0, 5000.0]))
    def test_of_regular_polls_is_the_formula_of_the_paper(self, unchanged: int, changed: int, seconds: float) -> None:
        found = polls([(seconds, False)] * unchanged + [(seconds, True)] * changed)
        expected = -log((unchanged + 0.5) / (unchanged + changed + 0.5)) / seconds
        assert found.rate == pytest.approx(expected, rel=1e-6, abs=1e-12)

    def test_has_less_bias_than_without_the_correction(self) -> None:
        """In the mean over many short runs of polls."""
        rate, seconds, runs = 1 / 100, 100.0, 400
        chance, corrected, plain = random.Random(3), 0.0, 0.0
        for _ in range(runs):
            changed = sum(chance.random() > exp(-1) for _ in range(20))
            found = polls([(seconds, True)] * changed + [(seconds, False)] * (20 - changed))
            corrected += found.rate / runs
            plain += (-log(max(20 - changed, 0.01) / 20) / seconds) / runs
        assert abs(corrected / rate - 1) < abs(plain / rate - 1)
        assert abs(corrected / rate - 1) < 0.05

    def test_is_nothing_without_a_change_and_finite_with_nothing_else(self) -> None:
        assert Polls().rate == 0
        assert polls([(60, False)] * 50).rate == 0
        assert 0 < polls([(60, True)] * 50).rate < 1

    @given(st.lists(st.tuples(st.floats(0.01, 1e6), st.booleans()), max_size=40))
    def test_one_more_change_makes_it_higher(self, found: list[tuple[float, bool]]) -> None:
        assert polls(found).cautious_rate >= polls(found).rate >= 0


class TTLTests:
    BOUND = 0.02

    def test_few_polls_teach_nothing(self) -> None:
        assert polls([(600, False)] * (MIN_POLLS - 1)).ttl(600, self.BOUND) == 600

    def test_is_longer_where_nothing_drifts(self) -> None:
        # The more polls say so, the longer, up to eight times as long.
        some, many = (polls([(600, False)] * number).ttl(600, self.BOUND) for number in (MIN_POLLS + 20, 212))
        assert 600 < some < many == LONGEST * 600

    def test_is_not_longer_where_something_drifts_if_little(self) -> None:
        # Once a day: 0.35 % of the reads, a sixth of the bound. More than that nobody has asked for.
        for seed in range(5):
            assert simulated(1 / 86_400, 2000, seed).ttl(600, self.BOUND) == 600

    def test_is_longer_where_next_to_nothing_drifts(self) -> None:
        found = polls([(600, False)] * 20_000 + [(600, True)])
        assert 600 < found.ttl(600, self.BOUND) < LONGEST * 600
        assert drifted_share(found.rate * found.ttl(600, self.BOUND)) < self.BOUND * NEGLIGIBLE

    def test_is_not_shorter_before_anything_has_drifted(self) -> None:
        assert polls([(600, False)] * MIN_POLLS).ttl(600, self.BOUND) == 600

    def test_is_shorter_where_much_does(self) -> None:
        assert polls([(600, True)] * 200).ttl(600, self.BOUND) == SHORTEST * 600

    @pytest.mark.parametrize("rate", [1 / 20_000, 1 / 60_000])
    def test_keeps_the_share_of_drifted_reads_below_the_bound(self, rate: float) -> None:
        found = [simulated(rate, 2000, seed).ttl(600, self.BOUND) for seed in range(5)]
        for ttl in found:
            assert SHORTEST * 600 < ttl < LONGEST * 600
            assert drifted_share(rate * ttl) < self.BOUND * 1.1

    @given(st.floats(0.001, 0.9))
    def test_the_share_and_the_changes_belong_together(self, bound: float) -> None:
        assert drifted_share(drift._changes_at(bound)) == pytest.approx(bound, rel=1e-6)

    @given(st.lists(st.tuples(st.floats(0.01, 1e7), st.booleans()), max_size=40), st.floats(1, 1e5))
    def test_never_leaves_its_bounds(self, found: list[tuple[float, bool]], base: float) -> None:
        assert SHORTEST * base <= polls(found).ttl(base, self.BOUND) <= LONGEST * base
