"""Times to live learned from drift beside fixed ones: how often a read hits, and how often it gets a drifted value.

A simulation in simulated time of a week: twelve kinds of a hundred keys each, read by Zipf's law, whose values
something else than Django changes as a Poisson process: a third never, a third once in two days, a third once an hour,
on average. Both sides begin with the same time to live, 600 s, and load in the same way; the learned one follows the
polls as the cache does. "Drift served" is the share of the hits that get a value which has changed since its load.
The same for other mixes of kinds, with a third of the reads: ``six_hours`` (never, 2 days, 6 hours), ``slow`` (never,
20 days, 2 days), ``still`` (never, never, 6 hours) and ``fast`` (never, 1 hour, 10 minutes).

The drift error is the median over many runs of 200 polls each, on rates from once a minute to once a day and with polls
at irregular intervals; "replayed" does the same with the moments of the simulated changes. The seed is fixed, so the
figures are the same on every machine.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, median, present, scratch_folder
from benchmarks.worker import Worker

BASE, MAX_DRIFT = 600.0, 0.02
WEEK = 7 * 86_400.0
READS = 300_000
KINDS, KEYS = 12, 100
EVERY: tuple[float, ...] = (0.0, 2 * 86_400.0, 3600.0)
"""After how many seconds the values of a kind change, on average; with 0 they never do."""
OTHERS: dict[str, tuple[float, ...]] = {
    "six_hours": (0.0, 2 * 86_400.0, 6 * 3600.0),
    "slow": (0.0, 20 * 86_400.0, 2 * 86_400.0),
    "still": (0.0, 0.0, 6 * 3600.0),
    "fast": (0.0, 3600.0, 600.0),
}
"""Other mixes of kinds, by name. In the first, the fastest third drifts, but less than MAX_DRIFT allows."""
SHARE_OF_READS = 1 / 3
"""Of the reads, in each of those mixes."""
POLLS, RUNS = 200, 40
SEED = 7

Polls = list[tuple[float, bool]]
"""The seconds since the load before, and whether the value had changed."""

BARS = (
    Bar("drift_error_percent", "at most 20", lambda figures: figures["drift_error_percent"] <= 20),
    Bar("replayed_error_percent", "at most 20", lambda figures: figures["replayed_error_percent"] <= 20),
    Bar("hit_rate_learned", "above fixed", lambda figures: figures["hit_rate_learned"] > figures["hit_rate_fixed"]),
    Bar(
        "drift_served_learned",
        "at most fixed",
        lambda figures: figures["drift_served_learned"] <= figures["drift_served_fixed"],
    ),
    *(
        Bar(
            f"hit_rate_learned_{mix}",
            "above fixed",
            lambda figures, mix=mix: figures[f"hit_rate_learned_{mix}"] > figures[f"hit_rate_fixed_{mix}"],  # type: ignore[misc]
        )
        for mix in OTHERS
    ),
    *(
        Bar(
            f"drift_served_learned_{mix}",
            "at most fixed",
            lambda figures, mix=mix: figures[f"drift_served_learned_{mix}"] <= figures[f"drift_served_fixed_{mix}"],  # type: ignore[misc]
        )
        for mix in OTHERS
    ),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--reads", type=int, default=READS, help=f"How many reads are simulated ({READS:,}).")
    options = parser.parse_args()
    with scratch_folder() as folder, Worker(__spec__.name, folder) as worker:
        figures = worker.call("measure", reads=options.reads)
    present("Times to live", figures, BARS, options.json)


def measure(reads: int = READS) -> Figures:
    """Return the errors of the estimate in percent; hit rates and drift (0 to 1) with fixed and learned times."""
    figures = {
        "drift_error_percent": median([_error(rate, seed) for rate in _rates() for seed in range(RUNS)]),
        "replayed_error_percent": median([_replayed_error(rate, seed) for rate in _rates() for seed in range(RUNS)]),
    }
    for name, learns in (("fixed", False), ("learned", True)):
        figures |= {f"{figure}_{name}": value for figure, value in _week(reads, EVERY, learns).items()}
        for mix, every in OTHERS.items():
            found = _week(int(reads * SHARE_OF_READS), every, learns)
            figures |= {f"{figure}_{name}_{mix}": found[figure] for figure in ("hit_rate", "drift_served")}
    return figures


def _rates() -> Sequence[float]:
    return [1 / 60, 1 / 600, 1 / 3600, 1 / 86_400]


def _of(polls: Polls) -> Any:
    """Return the polls as the cache counts them."""
    from caching import CacheStats

    return type(CacheStats().polls).counted(polls)


def _error(rate: float, seed: int) -> float:
    chance = random.Random(f"{SEED} {rate} {seed}")
    polls = [(interval, chance.expovariate(rate) < interval) for interval in _intervals(rate, chance)]
    return 100 * abs(_of(polls).rate / rate - 1)


def _intervals(rate: float, chance: random.Random) -> list[float]:
    """Return the intervals of polls of a key that is read now and then: a time to live, and some time until a read."""
    return [0.3 / rate + chance.expovariate(2 * rate) for _ in range(POLLS)]


def _replayed_error(rate: float, seed: int) -> float:
    """Return the error on a list of changes that is polled, as changes that were recorded would be."""
    chance = random.Random(f"replayed {rate} {seed}")
    intervals = _intervals(rate, chance)
    changes = _changes(rate, sum(intervals), chance)
    polls, at = [], 0.0
    for interval in intervals:
        polls.append((interval, bisect_right(changes, at + interval) > bisect_right(changes, at)))
        at += interval
    # What has really happened is the true rate here, not what was likely.
    return 100 * abs(_of(polls).rate / (len(changes) / at) - 1)


def _changes(rate: float, until: float, chance: random.Random) -> list[float]:
    moments, at = [], 0.0
    while rate and (at := at + chance.expovariate(rate)) < until:
        moments.append(at)
    return moments


@dataclass
class _Kind:
    changes: list[list[float]]
    """Of each key, the moments at which its value changes."""
    ttl: float = BASE
    loaded_at: dict[int, float] = field(default_factory=dict)
    polls: Polls = field(default_factory=list)
    learns_at: int = 20
    """After how many polls it learns next."""


def _week(reads: int, changing: Sequence[float], learns: bool) -> dict[str, float]:
    """Read for a week; return the hit rate and the share of the hits that got a drifted value."""
    chance = random.Random(SEED)
    kinds = [
        _Kind([_changes(1 / every if every else 0, WEEK, chance) for _ in range(KEYS)])
        for every in (changing[number % len(changing)] for number in range(KINDS))
    ]
    weights = list(accumulate((rank + 1) ** -0.9 for rank in range(KEYS)))
    keys = chance.choices(range(KEYS), cum_weights=weights, k=reads)
    hits = drifted = 0
    for number in range(reads):
        now = number * WEEK / reads
        kind, key = kinds[number % KINDS], keys[number]
        loaded_at, changes = kind.loaded_at.get(key), kind.changes[key]
        changed = loaded_at is not None and bisect_left(changes, now) > bisect_left(changes, loaded_at)
        if loaded_at is not None and now < loaded_at + kind.ttl:
            hits += 1
            drifted += changed
            continue
        kind.loaded_at[key] = now
        if learns and loaded_at is not None:
            kind.polls.append((now - loaded_at, changed))
            if len(kind.polls) >= kind.learns_at:
                kind.ttl = _of(kind.polls).ttl(BASE, MAX_DRIFT)
                kind.learns_at = len(kind.polls) * 5 // 4
    return {"hit_rate": hits / reads, "drift_served": drifted / hits, "queries": reads - hits}


if __name__ == "__main__":
    sys.exit(main())
