"""Numbers, times and causes in words."""

import pytest
from django.utils import translation

from caching.admin import words
from caching.monitoring.stats import CAUSES


class NumberTests:
    def test_are_grouped_in_the_language_of_the_reader(self) -> None:
        assert words.number(1234567.891, 1) == "1,234,567.9"
        with translation.override("de"):
            assert words.number(1234567.891, 1) == "1.234.567,9"

    @pytest.mark.parametrize(
        ("share", "said"),
        [(None, "no reads yet"), (0, "0.0 %"), (0.69999, "69.9 %"), (0.7, "70.0 %"), (0.5, "50.0 %"), (1, "100.0 %")],
    )
    def test_a_share_is_rounded_down_and_never_nan(self, share: float | None, said: str) -> None:
        assert words.percent(share) == said

    @pytest.mark.parametrize(
        ("seconds", "said"),
        [
            *((None, "–"), (0, "0 µs"), (0.00042, "420 µs"), (0.0032, "3.2 ms"), (1, "1.0 s"), (90, "1.5 min")),
            (5400, "1.5 h"),
        ],
    )
    def test_a_time_has_the_unit_that_fits(self, seconds: float | None, said: str) -> None:
        assert words.duration(seconds) == said

    @pytest.mark.parametrize(("count", "said"), [(0, "0 B"), (1500, "1.5 kB"), (5e6, "5.0 MB"), (2e9, "2.0 GB")])
    def test_so_has_a_size(self, count: float, said: str) -> None:
        assert words.size(count) == said


class CauseTests:
    def test_every_cause_has_a_word(self) -> None:
        assert set(words.CAUSES) == set(CAUSES)

    def test_a_publication_may_have_several_and_unknown_ones(self) -> None:
        assert words.cause("bulk save") == "bulk write, saved"
        assert words.cause("other") == "other"
        assert words.cause("") == "–"
