"""The full run: ``python -m tests.explorer [--preemptions N] [--scenario NAME] [--mutations]``."""

import argparse
import atexit
import os
import shutil
import sys
import time
from tempfile import mkdtemp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")
os.environ["CACHE_DIRECTORY"] = mkdtemp(prefix="caching-")
os.environ.pop("REDIS_URL", None)

import django

django.setup()

from .mutations import MUTATIONS  # noqa: E402
from .scenarios import SCENARIOS  # noqa: E402
from .scheduler import UNBOUNDED, Violation  # noqa: E402

atexit.register(shutil.rmtree, os.environ["CACHE_DIRECTORY"], ignore_errors=True)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def explore_scenarios(names: list[str], preemptions: int | None) -> int:
    """Explore, print what was covered; return how many scenarios have a violation."""
    failed = schedules = steps = 0
    say(f"{'scenario':54} preemptions  schedules       steps  seconds")
    for name in names:
        started = time.monotonic()
        bound = SCENARIOS[name].preemptions_in_proof if preemptions is None else preemptions
        outcome = SCENARIOS[name].explore(bound)
        covered = f"{outcome.schedules:10,} {outcome.steps:11,} {time.monotonic() - started:8.1f}"
        say(f"{name:54} {'any number' if bound >= UNBOUNDED else f'up to {bound}':>11} {covered}")
        schedules, steps = schedules + outcome.schedules, steps + outcome.steps
        if outcome.violation is not None:
            failed += 1
            say(outcome.explained())
    say(f"{'all':66} {schedules:10,} {steps:11,}")
    return failed


def explore_mutations() -> int:
    """Plant every mutation, print how it was found; return how many were not."""
    missed = 0
    for mutation in MUTATIONS:
        outcome = mutation.explore()
        found = isinstance(outcome.violation, Violation)
        missed += not found
        verdict = f"found with {outcome.preemptions} preemptions" if found else "NOT FOUND"
        say(f"{mutation.name:66} {verdict}, {mutation.scenario}")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.explorer", description=__doc__)
    parser.add_argument(
        "--preemptions", type=int, metavar="N", help=f"the bound, {UNBOUNDED} for none (default: of each scenario)"
    )
    parser.add_argument("--scenario", choices=SCENARIOS, metavar="NAME", help=f"only one of: {', '.join(SCENARIOS)}")
    parser.add_argument("--mutations", action="store_true", help="also plant every mutation")
    options = parser.parse_args()
    failed = explore_scenarios([options.scenario] if options.scenario else list(SCENARIOS), options.preemptions)
    if options.mutations:
        failed += explore_mutations()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
