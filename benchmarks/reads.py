"""What a read costs: through the warm cache, from a dict, from Django's LocMem with the same row, and by the query.

With --redis also with generations and values in a Valkey server from its wheel, beside plain django-redis and
django-cacheops. "Busy" is a read while another thread of the process computes; a ratio of two busy reads shows what a
hit loses by releasing the interpreter. "Shared" is a read of what only the shared tier holds: the local tier was
emptied just before, and the generations are known. "Floor" is the look-up of the same row in a dict and its clone, the
least that a hit has to do. "Constructed" is a hit on a model that is told of its instances by a receiver of post_init,
"initialised" one on a model with a constructor of its own, whose instances Django must make. "Stats" is a hit that is
counted minus one that is not.

Each reader is a process of its own. In every turn each of them reads the same 200 addresses six times, in alternating
order, and the medians of the turns count. A ratio is the median of the ratios of the turns, not the ratio of the
medians.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers, servers
from benchmarks.harness import Bar, Figures, arguments, median, medians, present, scratch_folder
from benchmarks.worker import SETTINGS, Worker

PEOPLE = 200  # LocMem holds 300 entries
MANY = 1000
DATABASE = "db.sqlite3"
LOOPS = "benchmarks.read_loops"
"""The module that the workers run."""
ROUNDS = 15
MAX_ENTRIES = 100_000


@dataclass(frozen=True)
class Reader:
    """What one process reads, and how many times in a row."""

    times: int
    redis: bool = False
    """Whether our cache keeps its generations and values in the server."""
    settings: str = SETTINGS
    function: str = "read"
    people: int = PEOPLE


READERS = {
    "dict_get_us": Reader(20_000),
    "floor_us": Reader(10_000),
    "local_hit_us": Reader(4_000),
    "constructed_hit_us": Reader(2_000),
    "initialised_hit_us": Reader(2_000),
    "stats_hit_us": Reader(1_000, function="read_counted_and_not"),
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
    "clear_100000_us": Reader(MAX_ENTRIES, redis=True, function="clear"),
}
CHANGES = 6
CLEARS = 5
"""In how many turns entries are stored and cleared: to store 100,000 entries takes seconds."""

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
    Bar("local_hit_to_floor_ratio", "at most 5", lambda figures: figures["local_hit_to_floor_ratio"] <= 5),
    Bar("constructed_to_local_hit_ratio", "at most 3", lambda figures: figures["constructed_to_local_hit_ratio"] <= 3),
    Bar("initialised_to_local_hit_ratio", "at most 3", lambda figures: figures["initialised_to_local_hit_ratio"] <= 3),
    Bar(
        "stats_hit_us",
        "at most 0.1 µs",
        lambda figures: figures["stats_hit_us"] <= 0.1,
    ),
)
REDIS_BARS = (
    Bar("redis_local_hit_to_floor_ratio", "at most 5", lambda figures: figures["redis_local_hit_to_floor_ratio"] <= 5),
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
    # The work is the same, so the rest is noise of the machine.
    Bar("clear_100000_to_10_ratio", "at most 1.5", lambda figures: figures["clear_100000_to_10_ratio"] <= 1.5),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--redis", action="store_true", help="Also on the second store, beside its peers.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"How often all take a turn ({ROUNDS}).")
    parser.add_argument("--entries", type=int, default=MAX_ENTRIES, help="For clear_100000_us, to try it out.")
    options = parser.parse_args()
    if options.redis:
        peers.install()
    figures = measure(redis=options.redis, rounds=options.rounds, entries=options.entries)
    present("Reads, microseconds", figures, BARS + REDIS_BARS if options.redis else BARS, options.json)


def measure(*, redis: bool = False, rounds: int = ROUNDS, entries: int = MAX_ENTRIES) -> Figures:
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
    url = stack.enter_context(servers.valkey()).url if any(reader.redis for reader in readers.values()) else ""
    with Worker(LOOPS, folder / "template") as template:
        template.call("migrate")
        template.call("checkpoint")
    workers = {}
    for name, reader in readers.items():
        (folder / name).mkdir()
        shutil.copy(folder / "template" / DATABASE, folder / name / DATABASE)
        environment = {"BENCHMARK_REDIS_URL": url, "REDIS_URL": url if reader.redis else ""}
        worker = Worker(LOOPS, folder / name, settings=reader.settings, environment=environment)
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
    turn["local_hit_to_floor_ratio"] = turn["local_hit_us"] / turn["floor_us"]
    for made in ("constructed", "initialised"):
        turn[f"{made}_to_local_hit_ratio"] = turn[f"{made}_hit_us"] / turn["local_hit_us"]
    if "redis_local_hit_us" in turn:
        turn |= {
            "redis_local_hit_to_floor_ratio": turn["redis_local_hit_us"] / turn["floor_us"],
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


if __name__ == "__main__":
    sys.exit(main())
