"""What a read costs: the cache when warm, a dict, Django's LocMem with the same row, and the query.

With --redis also on the second store, with generations and values in a Valkey from its wheel, beside plain django-redis
and django-cacheops. "Busy" is a read while another thread of the process computes; a ratio to it tells what a hit loses
by giving the interpreter away. "Shared" is a read of what only the shared tier holds: the local tier was emptied just
before, the generations are known.

Each reader is a process of its own; they take turns over the same 200 addresses, six times forth and back in each turn,
and the medians of the turns count. A ratio is the median of the ratios of the turns, not the ratio of the medians.
"""

from __future__ import annotations

import itertools
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import peers, servers
from benchmarks.harness import Bar, Figures, arguments, median, medians, present, scratch_folder
from benchmarks.worker import SETTINGS, Worker

PEOPLE = 200  # LocMem holds 300 entries
MANY = 1000
DATABASE = "db.sqlite3"
ROUNDS = 15
MOST_ENTRIES = 100_000


@dataclass(frozen=True)
class Reader:
    """What one process reads, and how often at a time."""

    times: int
    redis: bool = False
    """Whether ours has its generations and values in the server."""
    settings: str = SETTINGS
    function: str = "read"
    people: int = PEOPLE


READERS = {
    "dict_get_us": Reader(20_000),
    "local_hit_us": Reader(4_000),
    "locmem_get_us": Reader(1_000),
    "query_us": Reader(100),
}
REDIS_READERS = {
    "local_hit_busy_us": Reader(4_000, function="read_beside_a_busy_thread"),
    "redis_local_hit_us": Reader(4_000, redis=True),
    "redis_local_hit_busy_us": Reader(4_000, redis=True, function="read_beside_a_busy_thread"),
    "shared_hit_us": Reader(100, redis=True, function="read_from_shared_tier"),
    "django_redis_get_us": Reader(100, settings="benchmarks.peers.django_redis", function="read_one_by_one"),
    "cacheops_hit_us": Reader(100, settings="benchmarks.peers.cacheops", function="read_one_by_one"),
    "shared_gets_1000_us": Reader(MANY, redis=True, function="read_each_from_shared_tier", people=MANY),
    "shared_get_many_1000_us": Reader(1, redis=True, function="read_many_from_shared_tier", people=MANY),
    "clear_10_us": Reader(10, redis=True, function="clear"),
    "clear_100000_us": Reader(MOST_ENTRIES, redis=True, function="clear"),
}
CHANGES = 6
CLEARS = 5
"""In so many of the turns entries are stored and cleared: to store 100,000 takes seconds."""

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
REDIS_BARS = (
    Bar("redis_to_local_hit_ratio", "at most 1.6", lambda figures: figures["redis_to_local_hit_ratio"] <= 1.6),
    Bar(
        "redis_to_local_hit_busy_ratio",
        "at most 1.6",
        lambda figures: figures["redis_to_local_hit_busy_ratio"] <= 1.6,
    ),
    Bar("cacheops_to_local_hit_ratio", "at least 100", lambda figures: figures["cacheops_to_local_hit_ratio"] >= 100),
    Bar(
        "shared_hit_to_django_redis_ratio",
        "at most 1.3",
        lambda figures: figures["shared_hit_to_django_redis_ratio"] <= 1.3,
    ),
    Bar("get_many_to_gets_ratio", "at most 1/5", lambda figures: figures["get_many_to_gets_ratio"] <= 1 / 5),
    # The same work: what is left is the machine's noise.
    Bar("clear_100000_to_10_ratio", "at most 1.5", lambda figures: figures["clear_100000_to_10_ratio"] <= 1.5),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--redis", action="store_true", help="Also on the second store, beside its peers.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"How often all take a turn ({ROUNDS}).")
    parser.add_argument("--entries", type=int, default=MOST_ENTRIES, help="For clear_100000_us, to try it out.")
    options = parser.parse_args()
    if options.redis:
        peers.install()
    figures = measure(redis=options.redis, rounds=options.rounds, entries=options.entries)
    present("Reads, microseconds", figures, BARS + REDIS_BARS if options.redis else BARS, options.json)


def measure(*, redis: bool = False, rounds: int = ROUNDS, entries: int = MOST_ENTRIES) -> Figures:
    """Return the median microseconds of one read by each reader, and the paired ratios."""
    with scratch_folder() as folder, ExitStack() as stack:
        readers = READERS | (REDIS_READERS if redis else {})
        workers = _workers(readers, folder, stack)
        turns = [_turn(workers, readers) for _ in range(rounds)]
        figures = medians(turns)
        if redis:
            figures |= medians([_clear(workers, entries) for _ in range(min(rounds, CLEARS))])
        return figures


def _workers(readers: dict[str, Reader], folder: Path, stack: ExitStack) -> dict[str, Worker]:
    url = stack.enter_context(servers.valkey()).url if any(one.redis for one in readers.values()) else ""
    with Worker(__spec__.name, folder / "template") as template:
        template.call("migrate")
        template.call("checkpoint")
    workers = {}
    for name, reader in readers.items():
        (folder / name).mkdir()
        shutil.copy(folder / "template" / DATABASE, folder / name / DATABASE)
        environment = {"BENCHMARK_REDIS_URL": url, "REDIS_URL": url if reader.redis else ""}
        worker = Worker(__spec__.name, folder / name, settings=reader.settings, environment=environment)
        workers[name] = stack.enter_context(worker)
        worker.call("prepare", reader=name, people=reader.people)
    return workers


def _turn(workers: dict[str, Worker], readers: dict[str, Reader]) -> dict[str, float]:
    names = [name for name, reader in readers.items() if reader.function != "clear"]
    seen: dict[str, list[float]] = {name: [] for name in names}
    for change in range(CHANGES):
        for name in names if change % 2 else reversed(names):
            seen[name] += workers[name].call(readers[name].function, times=readers[name].times)
    turn = {name: median(several) for name, several in seen.items()}
    if "redis_local_hit_us" in turn:
        turn |= {
            "redis_to_local_hit_ratio": turn["redis_local_hit_us"] / turn["local_hit_us"],
            "redis_to_local_hit_busy_ratio": turn["redis_local_hit_busy_us"] / turn["local_hit_busy_us"],
            "cacheops_to_local_hit_ratio": turn["cacheops_hit_us"] / turn["redis_local_hit_us"],
            "shared_hit_to_django_redis_ratio": turn["shared_hit_us"] / turn["django_redis_get_us"],
            "get_many_to_gets_ratio": turn["shared_get_many_1000_us"] / turn["shared_gets_1000_us"],
        }
    return turn


def _clear(workers: dict[str, Worker], entries: int) -> dict[str, float]:
    few = workers["clear_10_us"].call("clear", times=10)
    many = workers["clear_100000_us"].call("clear", times=entries)
    return {"clear_10_us": few, "clear_100000_us": many, "clear_100000_to_10_ratio": many / few}


# -- in the workers ---------------------------------------------------------------------------------------------------

_BATCH = 200
_emails: list[str] = []
_reads: list[Callable[[str], Any]] = []


def prepare(reader: str, people: int) -> None:
    """Fill the database and the reader, so that it reads warm."""
    from django.core.cache import cache

    from benchmarks.people import add_employees
    from scheduling.models import Employee

    _emails.extend(add_employees(people))
    rows = {email: Employee.objects.get(email=email) for email in _emails}
    if reader in ("locmem_get_us", "django_redis_get_us"):
        cache.set_many(rows, timeout=None)
    # Bound once, as a caller of each would have it.
    peers_reads: dict[str, Callable[[str], Any]] = {
        "dict_get_us": rows.get,
        "locmem_get_us": cache.get,
        "django_redis_get_us": cache.get,
        "query_us": lambda email: Employee.objects.get(email=email),
        "cacheops_hit_us": lambda email: Employee.objects.get(email=email),
    }
    get = peers_reads.get(reader) or Employee.objects.get_by_email
    _reads.append(get)
    for email in _emails:
        # Twice: what is read from a tier that others share is then known to it.
        for _ in range(2):
            found = get(email)
            assert isinstance(found, Employee)
            assert found.email == email


def _wanted(times: int) -> list[str]:
    return list(itertools.islice(itertools.cycle(random.Random(7).sample(_emails, len(_emails))), times))


def read(times: int) -> list[float]:
    """Return the microseconds of one read, the loop included, of some hundred reads at a time."""
    wanted = _wanted(times)
    return [_mean(wanted[start : start + _BATCH]) for start in range(0, times, _BATCH)]


def read_beside_a_busy_thread(times: int) -> list[float]:
    """Return, as the only one, the microseconds of one read while another thread computes.

    Of all together: what a read waits for the interpreter is in few of them.
    """
    with _busy_thread():
        return [_mean(_wanted(times))]


def _mean(emails: Sequence[str]) -> float:
    (get,) = _reads
    started = time.perf_counter()
    for email in emails:
        get(email)
    return (time.perf_counter() - started) / len(emails) * 1e6


def read_one_by_one(times: int) -> list[float]:
    """Return the microseconds of each read."""
    return [_mean([email]) for email in _wanted(times)]


@contextmanager
def _busy_thread() -> Iterator[None]:
    ends = threading.Event()

    def compute() -> None:
        number = 0
        while not ends.is_set():
            for _ in range(1000):
                number = (number * 31 + 7) % 1_000_003

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def read_from_shared_tier(times: int) -> list[float]:
    """Return the microseconds of each read of what the local tier does not hold."""
    taken = []
    before = _hits_shared()
    for email in _wanted(times):
        _local_tier("employee").drop()
        taken.append(_mean([email]))
    assert _hits_shared() - before == times
    return taken


def read_each_from_shared_tier(times: int) -> list[float]:
    """Return, as the only one, the microseconds of so many reads one after the other.

    All of them: several together take as long as a machine that is busy lets them, and single ones are often spared.
    """
    return [sum(read_from_shared_tier(times))]


def read_many_from_shared_tier(times: int) -> list[float]:
    """Return the microseconds of each read of all people at once."""
    from scheduling.models import Employee

    taken = []
    before = _hits_shared()
    for _ in range(times):
        _local_tier("employee").drop()
        started = time.perf_counter()
        found = Employee.objects.get_many_by_email(_emails)
        taken.append((time.perf_counter() - started) * 1e6)
        assert len(found) == len(_emails)
    assert _hits_shared() - before == times * len(_emails)
    return taken


def clear(times: int) -> float:
    """Return the microseconds of one ``clear`` of a type of which the shared tier holds so many entries."""
    from django.core.signals import request_finished

    from caching import cache_manager

    # What was looked at in an earlier turn is not what is stored now.
    # What the reads of a request remember is dropped at its end.
    request_finished.send(None)
    for start in range(0, times, 5_000):
        cache_manager.set_many("general", {f"entry:{one}": one for one in range(start, min(start + 5_000, times))})
    wanted = [f"entry:{one}" for one in range(times - 10, times)]
    _local_tier("general").drop()
    assert len(cache_manager.get_many("general", wanted)) == len(wanted)
    # Who has just worked hard waits longer for its turn on the processor.
    time.sleep(0.2)
    started = time.perf_counter()
    cache_manager.clear("general")
    taken = time.perf_counter() - started
    assert not cache_manager.get_many("general", wanted)
    return taken * 1e6


def _local_tier(name: str) -> Any:
    from caching import cache_manager

    return cache_manager.type_entries(name)


def _hits_shared() -> int:
    from caching import cache_manager

    hits: int = cache_manager.get_stats()["types"]["employee"]["hits_shared"]
    return hits


if __name__ == "__main__":
    sys.exit(main())
