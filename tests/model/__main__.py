"""Explore the models in full: ``python -m tests.model [--scenario NAME | --day N] [--seconds N] [--mutations]``.

The last line that it prints says what was covered.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from . import mirror
from .mutations import mutations
from .rules import ALL
from .scenarios import limit, scenarios
from .search import Result, explore

LIMIT = limit(excused=False).name
NAMES = (*scenarios(full=True), LIMIT, *mirror.SCENARIOS)


class _Line(NamedTuple):
    """What is said of one search."""

    text: str
    states: int
    transitions: int
    as_expected: bool


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description="Explore the protocol exhaustively.")
    parser.add_argument("--scenario", choices=NAMES, metavar="NAME", help=f"only this one of: {', '.join(NAMES)}")
    parser.add_argument("--day", type=int, metavar="N", help="only the scenario whose turn it is on the day N")
    parser.add_argument("--seconds", type=float, default=math.inf, metavar="N", help="for each scenario")
    parser.add_argument("--mutations", action="store_true", help="drop each rule in turn and show what happens")
    parser.add_argument("--bounded", action="store_true", help="the smaller form that runs with the tests")
    chosen = parser.parse_args(arguments)
    names = [chosen.scenario] if chosen.scenario else list(NAMES)
    if chosen.day is not None:
        names = [NAMES[chosen.day % len(NAMES)]]
    if chosen.mutations:
        return _report("mutations", _mutations(names))
    return _report("scenarios", _promises(names, full=not chosen.bounded, seconds=chosen.seconds))


def _promises(names: Sequence[str], *, full: bool, seconds: float) -> Iterator[_Line]:
    protocol = scenarios(full=full)
    for name in names:
        if name in protocol:
            yield _line(explore(protocol[name], seconds=seconds), expected=False)
        elif name == LIMIT:
            _say("The named limit, and the same with exactly this limit excused:\n")
            yield _line(explore(limit(excused=False), seconds=seconds), expected=True)
            yield _line(explore(limit(excused=True), seconds=seconds), expected=False)
        else:
            yield _mirrored(name, mirror.Rules(), expected=False)


def _mutations(names: Sequence[str]) -> Iterator[_Line]:
    small = scenarios(full=False)
    for rules, scenario in mutations().items():
        if scenario in names:
            _say(f"\nWithout {' and '.join(rules)}:\n")
            yield _line(explore(small[scenario], ALL.without(*rules)), expected=True)
    for rule, scenario in mirror.FOUND.items():
        if scenario in names:
            _say(f"\nWithout {rule}:\n")
            yield _mirrored(scenario, mirror.without(rule), expected=True)


def _line(result: Result, *, expected: bool) -> _Line:
    # A search that ran out of time has found nothing, and says nothing.
    out_of_time = not result.complete and not result.violation
    return _Line(str(result), result.states, result.transitions, out_of_time or bool(result.violation) == expected)


def _mirrored(name: str, rules: mirror.Rules, *, expected: bool) -> _Line:
    states, counterexample = mirror.explore(mirror.SCENARIOS[name], rules)
    end = f"a counterexample\n{counterexample}" if counterexample else "no counterexample"
    return _Line(f"{name} (of the mirror): {states:,} states, {end}", states, 0, bool(counterexample) == expected)


def _report(what: str, lines: Iterable[_Line]) -> int:
    """Print each line and the sum; return 1 if one is not as expected."""
    states = transitions = unexpected = searches = 0
    started = time.perf_counter()
    for line in lines:
        _say(f"{line.text}\n")
        searches, states, transitions = searches + 1, states + line.states, transitions + line.transitions
        unexpected += not line.as_expected
    seconds = time.perf_counter() - started
    verdict = "as expected" if not unexpected else f"{unexpected} NOT AS EXPECTED"
    _say(f"{searches} {what}, {states:,} states, {transitions:,} transitions in {seconds:.0f} s: {verdict}\n")
    return int(unexpected > 0)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
