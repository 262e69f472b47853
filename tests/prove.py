"""Runs the parts of the proof, all of them whichever fails: ``python -m tests.prove [--today] [--only NAME]``.

A part is a command whose last line says what it has covered. The exit status is that of the worst part.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

COVERED = re.compile(r"([\d,]+) ([a-z]+)")
ADDED_UP = ("schedules", "steps", "states", "transitions", "mutations", "tests")


@dataclass(frozen=True)
class Part:
    """One command: ``python`` with these arguments."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """How it ended: as a process ends, with what it said last."""

    name: str
    status: int
    covered: str
    seconds: float

    def __str__(self) -> str:
        verdict = "FAILED" if self.status else "ok"
        return f"{verdict:7} {self.name:20} {self.covered} ({self.seconds:,.0f} s)"


PARTS = (
    Part("explorer", ("-m", "tests.explorer")),
    Part("explorer-mutations", ("-m", "tests.explorer", "--mutations")),
    Part("explorer-states", ("-m", "tests.explorer", "--compare")),
    Part("model", ("-m", "tests.model")),
    Part("model-mutations", ("-m", "tests.model", "--mutations")),
    Part(
        "random-models",
        ("-m", "pytest", "-q", "-n", "2", "tests/caching/contract/test_random_models.py"),
        {"RANDOM_SEQUENCES": "20000"},
    ),
    Part("contract-postgresql", ("-m", "tests.on_postgres", "-q", "-n", "2", "tests/caching/contract")),
    Part(
        "contract-valkey",
        (
            "-m",
            "tests.on_postgres",
            "-q",
            "-n",
            "2",
            "--generations",
            "redis",
            "tests/caching/contract/test_contract.py",
        ),
    ),
    Part(
        "suite-postgresql",
        # Without the contract, which prints its own size.
        ("-m", "tests.on_postgres", "-q", "-n", "2", "--ignore", "tests/caching/contract", "tests"),
    ),
    Part(
        "two-planners",
        ("-m", "pytest", "-q", "tests/scheduling/admin/shared/test_interleavings.py"),
        {"INTERLEAVINGS": "400"},
    ),
    Part(
        "long-tests",
        ("-m", "pytest", "-q", "-m", "long", "tests"),
        {"LONG_TESTS": "1"},
    ),
    Part("alone", ("-m", "tests.alone")),
    Part("django-suite", ("-m", "tests.django_suite")),
    Part("django-postgresql", ("-m", "tests.django_suite", "--postgresql")),
)
"""All that is proved. A further part is one more line."""


def parts_of(day: int) -> tuple[Part, ...]:
    """Return what is proved on one day, in about a minute: a scenario of each kind, another one every day."""
    return (
        Part("explorer", ("-m", "tests.explorer", "--day", str(day), "--seconds", "25")),
        Part("model", ("-m", "tests.model", "--day", str(day), "--seconds", "15")),
    )


def today() -> int:
    """Return the number of the day, or the one that ``PROVE_DAY`` says."""
    return int(os.environ.get("PROVE_DAY") or datetime.now(UTC).toordinal())


def run(part: Part) -> Result:
    """Run a part, pass on what it prints, and remember the last line."""
    say(f"\n{part.name}: python {' '.join(part.arguments)}\n\n")
    started, last = time.monotonic(), "nothing"
    command, environment = [sys.executable, *part.arguments], {**os.environ, **part.environment}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            say(line)
            last = line.strip(" =\n") or last
    # One that was killed by a signal has its negated number; a shell says it in this way.
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    return Result(part.name, status, last, time.monotonic() - started)


def prove(parts: Sequence[Part]) -> int:
    """Run all of them, print how each has ended, and return the status of the worst."""
    results = [run(part) for part in parts]
    say("\n" + "".join(f"{result}\n" for result in results))
    total: Counter[str] = Counter()
    for result in results:
        total.update({what: int(number.replace(",", "")) for number, what in COVERED.findall(result.covered)})
    say("In all: " + ", ".join(f"{total[what]:,} {what}" for what in ADDED_UP if total[what]) + "\n")
    return max(result.status for result in results)


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument("--only", choices=[part.name for part in PARTS], metavar="NAME", help="one of the parts")
    parser.add_argument("--today", action="store_true", help="only the scenarios whose turn it is, for a minute")
    parser.add_argument("--day", type=int, metavar="N", help="the same as on the day N (or PROVE_DAY=N)")
    options = parser.parse_args(arguments)
    if options.today or options.day is not None:
        day = today() if options.day is None else options.day
        say(f"Day {day}; once more with PROVE_DAY={day}.\n")
        return prove(parts_of(day))
    return prove([part for part in PARTS if options.only in (None, part.name)])


if __name__ == "__main__":
    sys.exit(main())
