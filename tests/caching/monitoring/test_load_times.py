"""The histogram of load times."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.monitoring.load_times import BOUNDS, COUNTERS, bucket_of, quantile


def histogram(nanoseconds: list[int]) -> list[int]:
    counts = [0] * len(COUNTERS)
    for one in nanoseconds:
        counts[bucket_of(one)] += 1
    return counts


class BucketTests:
    @given(st.integers(0, 10**12))
    def test_is_the_first_whose_bound_is_not_below(self, nanoseconds: int) -> None:
        bounds = (*BOUNDS, float("inf"))
        assert bounds[bucket_of(nanoseconds)] == next(bound for bound in bounds if nanoseconds / 1e9 <= bound)

    def test_bounds_double(self) -> None:
        assert {upper / lower for lower, upper in itertools.pairwise(BOUNDS)} == {2.0}
        assert len(COUNTERS) == len(BOUNDS) + 1


class QuantileTests:
    def test_of_no_load_is_none(self) -> None:
        assert quantile([0] * len(COUNTERS), 0.5) is None

    @given(st.lists(st.integers(64_000, 16_000_000_000), min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 0.99]))
    def test_is_within_a_factor_of_two(self, nanoseconds: list[int], share: float) -> None:
        found = quantile(histogram(nanoseconds), share)
        position = next(n for n in range(len(nanoseconds)) if n + 1 >= share * len(nanoseconds))
        exact = sorted(nanoseconds)[position] / 1e9
        assert found is not None
        assert exact / 2 <= found <= 2 * exact

    @given(st.lists(st.integers(0, 10**11)), st.lists(st.integers(0, 10**11)))
    def test_histograms_add_up(self, one: list[int], other: list[int]) -> None:
        added = [a + b for a, b in zip(histogram(one), histogram(other), strict=True)]
        assert quantile(added, 0.95) == quantile(histogram(one + other), 0.95)

    def test_beyond_the_last_bound_is_that_bound(self) -> None:
        assert quantile(histogram([10**12]), 0.5) == pytest.approx(BOUNDS[-1])
