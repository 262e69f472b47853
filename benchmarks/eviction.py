"""How often a full local tier answers: SIEVE beside the LRU and LFU of cachetools.

Reads are Zipf-distributed over 10,000 keys, with room for 1,000. "After a scan" is the rate of the next 2,000 reads
after 10,000 keys that nobody reads twice have passed through the tier, as in an import. "Trace" is what the cache was
asked for while a planner opened pages of the admin, recorded here and played into tiers with room for an eighth of its
keys.

The hit rates are simulations with a fixed seed, so they are the same on every machine. A hit is timed on a full tier
whose keys are read in random order; the three tiers take turns, and the medians count.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from cachetools import Cache, LFUCache, LRUCache

from benchmarks.harness import Bar, Figures, arguments, medians, present, scratch_folder
from benchmarks.worker import Worker

KEYS, ROOM = 10_000, 1_000
READS = 100_000
AFTER_SCAN = 2_000
EXPONENTS = (0.7, 0.9, 1.1)
SEED = 7
ROUNDS = 7
VISITS = 150
"""How many pages the trace consists of."""
MAX_LOST_POINTS = 1

Tier = Cache[object, object]


def _sieve(room: int) -> Tier:
    from caching import cache_manager

    make: Callable[[int], Tier] = type(cache_manager.type_entries("general").entries)
    return make(room)


TIERS: dict[str, Callable[[int], Tier]] = {"lru": LRUCache, "lfu": LFUCache, "sieve": _sieve}


def _name(exponent: float) -> str:
    return f"{round(exponent * 10):02}"


def _bars() -> list[Bar]:
    rates = [f"zipf_{_name(exponent)}_percent" for exponent in EXPONENTS]
    above = [
        Bar(f"sieve_{rate}", "above LRU", lambda figures, rate=rate: figures[f"sieve_{rate}"] > figures[f"lru_{rate}"])  # type: ignore[misc]
        for rate in rates
    ]
    return [
        *above,
        Bar(
            "sieve_after_scan_09_percent",
            f"at most {MAX_LOST_POINTS} point below its rate without a scan",
            lambda figures: (
                figures["sieve_after_scan_09_percent"] >= figures["sieve_before_scan_09_percent"] - MAX_LOST_POINTS
            ),
        ),
        Bar("sieve_hit_us", "at most LRU's", lambda figures: figures["sieve_hit_us"] <= figures["lru_hit_us"]),
        Bar(
            "sieve_trace_percent",
            "not below LRU",
            lambda figures: figures["sieve_trace_percent"] >= figures["lru_trace_percent"],
        ),
    ]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--reads", type=int, default=READS, help=f"How many reads each figure is from ({READS:,}).")
    parser.add_argument("--visits", type=int, default=VISITS, help=f"How many pages are recorded ({VISITS}).")
    options = parser.parse_args()
    with scratch_folder() as folder, Worker(__spec__.name, folder) as worker:
        figures = worker.call("measure", reads=options.reads, trace=recorded(options.visits))
    present("Hit rates in percent", figures, _bars(), options.json)


def measure(reads: int, trace: Sequence[str]) -> Figures:
    """Return the hit rates of each tier in percent, for Zipf reads and for the trace, and the microseconds of a hit."""
    figures: dict[str, float] = {}
    for exponent in EXPONENTS:
        wanted = zipf(exponent, reads + 2 * AFTER_SCAN)
        for name, make in TIERS.items():
            figures[f"{name}_zipf_{_name(exponent)}_percent"] = rate(make(ROOM), wanted)
            before, after = _around_scan(make(ROOM), wanted, reads)
            figures[f"{name}_before_scan_{_name(exponent)}_percent"] = before
            figures[f"{name}_after_scan_{_name(exponent)}_percent"] = after
    figures |= medians([_hits() for _ in range(ROUNDS)])
    room = max(len(set(trace)) // 8, 1)
    return (
        figures
        | {"trace_reads": len(trace), "trace_keys": len(set(trace))}
        | {f"{name}_trace_percent": rate(make(room), trace) for name, make in TIERS.items()}
    )


def zipf(exponent: float, number: int) -> list[int]:
    """Return keys of which the n-th most frequent is read in proportion to n to the power of minus the exponent."""
    weights = accumulate((rank + 1) ** -exponent for rank in range(KEYS))
    return random.Random(SEED).choices(range(KEYS), cum_weights=list(weights), k=number)


def rate(tier: Tier, wanted: Sequence[object]) -> float:
    """Return the percentage of the reads that find their key; the others load it into the tier."""
    return 100 * _hits_of(tier, wanted) / len(wanted)


def _hits_of(tier: Tier, wanted: Iterable[object]) -> int:
    hits = 0
    for key in wanted:
        # As the cache looks: a hit must not cost a second look-up.
        try:
            tier[key]
        except KeyError:
            tier[key] = key
        else:
            hits += 1
    return hits


def _around_scan(tier: Tier, wanted: Sequence[object], reads: int) -> tuple[float, float]:
    """Return the rates of the reads without a scan and after one, both on a tier that has seen the same reads."""
    _hits_of(tier, wanted[:reads])
    before = rate(tier, wanted[reads : reads + AFTER_SCAN])
    _hits_of(tier, range(-KEYS, 0))
    return before, rate(tier, wanted[reads + AFTER_SCAN :])


def _hits() -> dict[str, float]:
    """Return the microseconds of one hit on each tier, loop not included."""
    keys = random.Random(SEED).choices(range(ROOM), k=20_000)
    started = time.perf_counter()
    for _ in keys:
        pass
    loop = time.perf_counter() - started
    taken = {}
    for name, make in TIERS.items():
        tier = make(ROOM)
        for key in range(ROOM):
            tier[key] = key
        started = time.perf_counter()
        for key in keys:
            tier[key]
        taken[f"{name}_hit_us"] = (time.perf_counter() - started - loop) / len(keys) * 1e6
    return taken


def recorded(visits: int) -> list[str]:
    """Return what the cache is asked for while a planner opens pages."""
    with scratch_folder() as folder, Worker("benchmarks.page_trace", folder) as worker:
        worker.call("migrate")
        worker.call("prepare")
        reads: list[str] = worker.call("record", visits=visits, seed=SEED)
        return reads


if __name__ == "__main__":
    sys.exit(main())
