"""Explore the model in full: ``python -m tests.model [--scenario NAME] [--mutations]``."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator

from .mutations import mutations
from .rules import ALL
from .scenarios import limit, scenarios
from .search import Result, explore


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description="Explore the protocol exhaustively.")
    known = [*scenarios(full=True), limit(excused=False).name]
    parser.add_argument("--scenario", choices=known, metavar="NAME", help=f"only this one of: {', '.join(known)}")
    parser.add_argument("--mutations", action="store_true", help="drop each rule in turn and show what happens")
    parser.add_argument("--bounded", action="store_true", help="the smaller form that runs with the tests")
    chosen = parser.parse_args(arguments)
    if chosen.mutations:
        return _report(_mutations(chosen.scenario), expect_violations=True)
    broken = 0
    if chosen.scenario != "limit":
        broken = _report(_promises(chosen.scenario, full=not chosen.bounded), expect_violations=False)
    if chosen.scenario in (None, "limit"):
        _say("\nThe named limit, and the same with exactly this limit excused:\n")
        broken |= _report(map(explore, [limit(excused=False)]), expect_violations=True)
        broken |= _report(map(explore, [limit(excused=True)]), expect_violations=False)
    return broken


def _promises(name: str | None, *, full: bool) -> Iterator[Result]:
    for scenario in scenarios(full=full).values():
        if name in (None, scenario.name):
            yield explore(scenario)


def _mutations(name: str | None) -> Iterator[Result]:
    small = scenarios(full=False)
    for rules, scenario in mutations().items():
        if name in (None, scenario):
            _say(f"\nWithout {' and '.join(rules)}:\n")
            yield explore(small[scenario], ALL.without(*rules))


def _report(results: Iterable[Result], *, expect_violations: bool) -> int:
    """Print each result and the sum; return 1 if one is not as expected."""
    states = transitions = unexpected = searches = 0
    started = time.perf_counter()
    for result in results:
        _say(f"{result}\n")
        searches, states, transitions = searches + 1, states + result.states, transitions + result.transitions
        unexpected += bool(result.violation) != expect_violations
    seconds = time.perf_counter() - started
    verdict = "as expected" if not unexpected else f"{unexpected} NOT AS EXPECTED"
    _say(f"{searches} searches, {states:,} states, {transitions:,} transitions in {seconds:.0f} s: {verdict}\n")
    return int(unexpected > 0)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
