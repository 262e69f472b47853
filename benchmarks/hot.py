"""Whether readers wait for values that expire while they are read, and what renewing them costs a hit.

One process reads employees by address, chosen by Zipf's law, at a steady rate, while their entries expire after a few
seconds and are renewed in the background. `reads_that_waited` counts the reads that had to load, after each row was
read once. The same reads are timed twice: idle, with a long time to live, and renewing. In both runs each read is timed
by itself, with what timing costs.
"""

from __future__ import annotations

import bisect
import itertools
import random
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, present, scratch_folder
from benchmarks.worker import Worker

PEOPLE = 100
SECONDS = 20.0
TTL = 4.0
READS_PER_S = 8_000
_BATCH = 80
"""Reads in a row; then the reader sleeps, as a worker does between requests."""

BARS = (
    Bar("reads_that_waited", "0", lambda figures: figures["reads_that_waited"] == 0),
    Bar(
        "hit_p99_renewing_us",
        "at most 3 times the idle one",
        lambda figures: figures["hit_p99_renewing_us"] <= 3 * figures["hit_p99_idle_us"],
    ),
    Bar("hit_p9999_renewing_us", "at most 6,000", lambda figures: figures["hit_p9999_renewing_us"] <= 6_000),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"How long each run takes ({SECONDS:g}).")
    options = parser.parse_args()
    present("Hot rows", measure(options.seconds), BARS, options.json)


def measure(seconds: float = SECONDS) -> Figures:
    """Return what the idle and the renewing run have shown."""
    with scratch_folder() as folder:
        idle = _run(folder / "idle", seconds / 2, ttl=3600)
        renewing = _run(folder / "renewing", seconds, ttl=TTL)
    return {
        "reads_that_waited": renewing["waited"],
        "renewals": renewing["renewals"],
        "hit_p99_idle_us": idle["p99_us"],
        "hit_p99_renewing_us": renewing["p99_us"],
        "hit_p9999_renewing_us": renewing["p9999_us"],
    }


def _run(folder: Path, seconds: float, ttl: float) -> dict[str, float]:
    with Worker("benchmarks.hot", folder) as worker:
        worker.call("migrate")
        worker.call("prepare", ttl=ttl)
        found: dict[str, float] = worker.call("read", seconds=seconds)
        return found


# -- in the worker ----------------------------------------------------------------------------------------------------

_emails: list[str] = []


def prepare(ttl: float) -> None:
    """Store the employees, and let their entries live for that many seconds."""
    from django.conf import settings

    from benchmarks.people import add_employees
    from caching import cache_manager

    settings.CACHING = {**settings.CACHING, "TTL": {"default": ttl}}
    cache_manager.reconfigure()
    _emails.extend(add_employees(PEOPLE))


def read(seconds: float) -> dict[str, float]:
    """Warm up, then read for that long; return the loads that readers waited for, and quantiles of all reads."""
    from scheduling.models import Employee

    get, clock = Employee.objects.get_by_email, time.perf_counter_ns
    for email in _emails:
        get(email)
    _settle()
    before, taken = _counts(), []
    for email in _emails:
        get(email)
    wanted, started = _by_zipf(), time.perf_counter()
    while (now := time.perf_counter() - started) < seconds:
        for email in itertools.islice(wanted, _BATCH):
            begun = clock()
            get(email)
            taken.append(clock() - begun)
        time.sleep(max(len(taken) / READS_PER_S - now, 0))
    _settle()
    after = _counts()
    taken.sort()
    return {
        "waited": after["misses"] - before["misses"],
        "renewals": after["refreshed"] - before["refreshed"],
        "p99_us": taken[int(len(taken) * 0.99)] / 1000,
        "p9999_us": taken[int(len(taken) * 0.9999)] / 1000,
    }


def _by_zipf() -> Any:
    """Yield addresses for ever, the n-th most wanted one with a weight of 1/n."""
    generator = random.Random(7)
    weights = list(itertools.accumulate(1 / number for number in range(1, len(_emails) + 1)))
    while True:
        yield _emails[bisect.bisect(weights, generator.random() * weights[-1])]


def _counts() -> dict[str, int]:
    from caching import cache_manager

    found: dict[str, int] = cache_manager.get_stats()["types"]["employee"]
    return found


def _settle() -> None:
    from caching import cache_manager

    cache_manager.runtime.background.wait()


if __name__ == "__main__":
    sys.exit(main())
