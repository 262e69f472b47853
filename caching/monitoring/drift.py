"""How often values change behind Django's back, and the time to live that follows from it.

What Django writes is invalidated exactly. A time to live only bounds how long a value is served that something else has
changed: psql, another program, the clock. Each load of a value that was held before is a *poll*: has the value changed,
although no generation of its stamp has moved? Polls are counted by kind, and the counts of processes add up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import expm1, sqrt
from typing import Self

BOUNDS = (4, 16, 64, 256, 1024, 4096, 16384)
"""Upper bounds in seconds of the intervals before polls that found a change; the last bucket has none."""
_NAMES = (*(f"within_{bound}s" for bound in BOUNDS), "beyond")
COUNTERS = (
    *("polls_unchanged", "polls_unchanged_ms"),
    *(f"polls_changed_{name}" for name in _NAMES),
    *(f"polls_changed_ms_{name}" for name in _NAMES),
)
"""Of each bucket, the number of polls and the sum of their intervals: with the mean, the width of a bucket hardly
matters."""
MIN_POLLS = 20
"""After so many polls the time to live is no longer the one that is set."""
SHORTEST, LONGEST = 1 / 4, 8
"""The learned time to live, in terms of the one that is set."""
NEGLIGIBLE = 1 / 50
"""The share of the bound up to which a kind that has been found to drift may be served longer than is set."""
_STEPS = 60


def positions(seconds: float, *, changed: bool) -> tuple[int, int]:
    """Return the positions in COUNTERS of the number and of the sum of milliseconds that a poll belongs to."""
    if not changed:
        return 0, 1
    bucket = sum(seconds > bound for bound in BOUNDS)
    return 2 + bucket, 2 + len(_NAMES) + bucket


@dataclass(frozen=True)
class Polls:
    """The polls of a kind. ``changed`` has number and sum of seconds of those that found a change, by bucket."""

    unchanged: int = 0
    unchanged_seconds: float = 0.0
    changed: tuple[tuple[int, float], ...] = ()

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Self:
        """Return the polls in the counts of a kind."""
        return cls(
            counts["polls_unchanged"],
            counts["polls_unchanged_ms"] / 1e3,
            tuple((counts[f"polls_changed_{name}"], counts[f"polls_changed_ms_{name}"] / 1e3) for name in _NAMES),
        )

    @classmethod
    def counted(cls, found: Iterable[tuple[float, bool]]) -> Self:
        """Return polls as the counters hold them: (seconds since the load before, whether the value had changed)."""
        counts = dict.fromkeys(COUNTERS, 0)
        for seconds, changed in found:
            number, milliseconds = positions(seconds, changed=changed)
            counts[COUNTERS[number]] += 1
            counts[COUNTERS[milliseconds]] += round(seconds * 1e3)
        return cls.of(counts)

    @property
    def changes(self) -> int:
        """The number of polls that found a change."""
        return sum(number for number, _ in self.changed)

    @property
    def number(self) -> int:
        return self.unchanged + self.changes

    @property
    def rate(self) -> float:
        """The estimated changes per second; 0 if no poll found one.

        A poll shows whether a value has changed since the one before, but not how often. If changes are a Poisson
        process, the likeliest rate r after polls at irregular intervals solves: the sum of t / (exp(r t) - 1) over the
        intervals t with a change equals the sum of the intervals without one (J. Cho and H. Garcia-Molina, "Estimating
        Frequency of Change", ACM Transactions on Internet Technology 3(3), 2003).

        That estimate is biased: it is too high, and infinite if every poll found a change. For regular polls the paper
        corrects this by counting half a poll more, without a change: r = -log((unchanged + 0.5) / (polls + 0.5)) / t.
        Here the half poll has the mean interval, so that regular polls give exactly the formula of the paper.
        """
        return self._rate(0)

    @property
    def cautious_rate(self) -> float:
        """The rate if more polls, of the mean interval, had found a change: few polls prove little.

        One more, and twice the square root of those that have found one: their number is a matter of chance.
        """
        return self._rate(1 + 2 * sqrt(self.changes))

    def _rate(self, more: float) -> float:
        if not self.changes + more or not self.number:
            return 0.0
        mean = (self.unchanged_seconds + sum(seconds for _, seconds in self.changed)) / self.number
        changed = [(number, seconds / number) for number, seconds in (*self.changed, (more, more * mean)) if number]
        unchanged = self.unchanged_seconds + mean / 2

        def is_too_low(rate: float) -> bool:
            return sum(number * _expected(rate, interval) for number, interval in changed) > unchanged

        # t / (exp(r t) - 1) is less than 1 / r, so the rate is less than the changes in the time without any.
        high = sum(number for number, _ in changed) / unchanged
        return _boundary(is_too_low, high)

    def ttl(self, base: float, bound: float) -> float:
        """Return the time to live at which a served value has drifted with a chance of at most ``bound`` (0 to 1).

        A value is served at any age from 0 to the time to live with the same chance. Returns ``base``, the time to live
        that is set, after few polls, and never less than a quarter of it or more than eight times as much. It becomes
        shorter by the estimated rate, and longer only as far as the cautious rate allows: up to the bound while no poll
        has found a change, else up to NEGLIGIBLE of the bound. So nothing that drifts is served longer than ``base``
        because others drift more, and together the kinds serve no more drift than with ``base`` but that little.
        """
        if self.number < MIN_POLLS:
            return base
        changes = _changes_at(bound)
        if self.rate * base > changes:
            return max(changes / self.rate, SHORTEST * base)
        allowed = _changes_at(bound * NEGLIGIBLE) if self.changes else changes
        return min(max(allowed / self.cautious_rate, base), LONGEST * base)


def _expected(rate: float, interval: float) -> float:
    return interval / expm1(rate * interval) if rate * interval < 700 else 0.0


def _boundary(is_below: Callable[[float], bool], high: float) -> float:
    """Return the number from 0 to ``high`` up to which the test is true."""
    low = 0.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle and is_below(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def drifted_share(changes: float) -> float:
    """Return the share of the reads that get a drifted value, if that many changes come in a time to live."""
    return 1 + expm1(-changes) / changes if changes > 1e-9 else changes / 2


@cache
def _changes_at(bound: float) -> float:
    """Return how many changes may come in a time to live, so that this share of the reads gets a drifted value."""
    # The share is more than 1 - 1 / changes.
    return _boundary(lambda changes: drifted_share(changes) < bound, 1 / (1 - bound))
