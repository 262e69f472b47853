"""What a read costs: the cache when warm, a dict, Django's LocMem with the same row, and the query.

Each reader is a process of its own; they take turns over the same 200 addresses, and the medians of the turns count.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, medians, present, scratch_folder
from benchmarks.worker import Worker

PEOPLE = 200  # LocMem holds 300 entries
ROUNDS = 15
READS = {"dict_get_us": 100_000, "local_hit_us": 20_000, "locmem_get_us": 5_000, "query_us": 400}

BARS = (
    Bar(
        "local_hit_us",
        "at most 6 µs, or 1/4 of LocMem",
        lambda figures: figures["local_hit_us"] <= max(6, figures["locmem_get_us"] / 4),
    ),
    Bar(
        "query_us",
        "at least 50 times a hit",
        lambda figures: figures["query_us"] >= 50 * figures["local_hit_us"],
    ),
)

_readers: dict[str, Callable[[str], Any]] = {}


def main() -> None:
    parser = arguments(__doc__)
    options = parser.parse_args()
    present("Reads, microseconds", measure(), BARS, options.json)


def measure() -> Figures:
    """Return the median microseconds of one read by each reader."""
    with scratch_folder() as folder, ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(__spec__.name, folder / name)) for name in READS}
        for name, worker in workers.items():
            worker.call("migrate")
            worker.call("prepare", reader=name)
        rounds = []
        for _ in range(ROUNDS):
            rounds.append(
                {name: worker.call("read", reader=name, times=READS[name]) for name, worker in workers.items()}
            )
    return medians(rounds)


# -- in the workers ---------------------------------------------------------------------------------------------------


def prepare(reader: str) -> None:
    """Fill the database and the reader, so that it reads warm."""
    from django.core.cache import cache

    from benchmarks.people import add_employees
    from scheduling.models import Employee

    emails = add_employees(PEOPLE)
    rows = {email: Employee.objects.get(email=email) for email in emails}
    cache.set_many(rows, timeout=None)
    # Bound once, as a caller of each would have it.
    readers = {
        "dict_get_us": rows.get,
        "local_hit_us": Employee.objects.get_by_email,
        "locmem_get_us": cache.get,
        "query_us": lambda email: Employee.objects.get(email=email),
    }
    _readers[reader] = readers[reader]
    for email in emails:
        found = _readers[reader](email)
        assert isinstance(found, Employee)
        assert found.email == email
    _emails.extend(emails)


_emails: list[str] = []


def read(reader: str, times: int) -> float:
    """Return the microseconds of one read, the loop included."""
    get = _readers[reader]
    wanted = list(itertools.islice(itertools.cycle(random.Random(7).sample(_emails, len(_emails))), times))
    started = time.perf_counter()
    for email in wanted:
        get(email)
    return (time.perf_counter() - started) / times * 1e6


if __name__ == "__main__":
    sys.exit(main())
