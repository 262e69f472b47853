"""The full run: ``python -m tests.explorer [--preemptions N] [--scenario NAME | --day N] [--seconds N]``.

With ``--mutations``, every mutation is planted instead; with ``--compare``, what is cut off is explored and compared.

The last line that it prints says what was covered.
"""

import argparse
import atexit
import math
import os
import shutil
import sys
import time
from collections import Counter
from tempfile import mkdtemp
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")
os.environ["CACHE_DIRECTORY"] = mkdtemp(prefix="caching-")
os.environ.pop("REDIS_URL", None)

import django

django.setup()

from .mutations import MAX_PREEMPTIONS, MUTATIONS  # noqa: E402
from .scenarios import COMPARED, SCENARIOS  # noqa: E402
from .scheduler import UNBOUNDED, Outcome, Violation  # noqa: E402

atexit.register(shutil.rmtree, os.environ["CACHE_DIRECTORY"], ignore_errors=True)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def bounds_of(name: str, preemptions: int | None, seconds: float) -> list[int]:
    """Return the bounds to explore one after the other: the last one, and those below it where time may run out."""
    last = SCENARIOS[name].preemptions_in_proof if preemptions is None else preemptions
    return [*range(min(last, MAX_PREEMPTIONS + 1)), last] if seconds < math.inf else [last]


def explore_scenarios(names: list[str], preemptions: int | None, seconds: float = math.inf, **options: Any) -> int:
    """Explore each, at most that many seconds, and print what was covered; return how many have a violation."""
    covered: Counter[str] = Counter()
    say(f"{'scenario':54} preemptions  schedules       steps  seconds")
    for name in names:
        until = time.monotonic() + seconds
        for bound in bounds_of(name, preemptions, seconds):
            started = time.monotonic()
            outcome = SCENARIOS[name].explore(bound, until=until, **options)
            say(f"{name:54} {row(bound, outcome, time.monotonic() - started)}")
            covered += Counter(schedules=outcome.schedules, steps=outcome.steps, states=outcome.states)
            if outcome.violation is not None:
                covered["violations"] += 1
                say(outcome.explained())
            if outcome.violation is not None or not outcome.complete:
                break
    say(f"{len(names)} scenarios: " + ", ".join(f"{number:,} {what}" for what, number in covered.items()))
    return covered["violations"]


def row(bound: int, outcome: Outcome, seconds: float) -> str:
    """Return what was covered of a scenario within a bound of preemptions."""
    preemptions = "any number" if bound >= UNBOUNDED else f"up to {bound}"
    end = "" if outcome.complete else "  not all: the time is over"
    return f"{preemptions:>11} {outcome.schedules:10,} {outcome.steps:11,} {seconds:8.1f}{end}"


def plant_mutations(names: list[str]) -> int:
    """Plant every mutation of these scenarios, print how it was found; return how many were not."""
    planted = [mutation for mutation in MUTATIONS if mutation.scenario in names]
    missed = 0
    for mutation in planted:
        outcome = mutation.explore()
        found = isinstance(outcome.violation, Violation)
        missed += not found
        verdict = f"found with {outcome.preemptions} preemptions" if found else "NOT FOUND"
        say(f"{mutation.name:66} {verdict}, {mutation.scenario}")
    say(f"{len(planted)} mutations, {missed} not found")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.explorer", description=__doc__)
    parser.add_argument(
        "--preemptions", type=int, metavar="N", help=f"the bound, {UNBOUNDED} for none (default: of each scenario)"
    )
    parser.add_argument("--scenario", choices=SCENARIOS, metavar="NAME", help=f"only one of: {', '.join(SCENARIOS)}")
    parser.add_argument("--day", type=int, metavar="N", help="only the scenario whose turn it is on the day N")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, metavar="N", help="for each scenario; fewer preemptions come first"
    )
    parser.add_argument("--mutations", action="store_true", help="plant the mutations instead")
    parser.add_argument("--compare", action="store_true", help="test, without preemptions, that what is cut off may be")
    options = parser.parse_args()
    names = [options.scenario] if options.scenario else list(SCENARIOS)
    if options.day is not None:
        names = [names[options.day % len(names)]]
    if options.compare:
        failed = explore_scenarios([name for name in names if name in COMPARED], 0, compares_futures=True)
    elif options.mutations:
        failed = plant_mutations(names)
    else:
        failed = explore_scenarios(names, options.preemptions, options.seconds, seed=options.day)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
