"""Start the real thing, let 4, 16 and 64 planners at it, and break a part of it meanwhile."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, median, present, scratch_folder
from benchmarks.load.clients import Crowd, Record
from benchmarks.load.server import WebServer
from benchmarks.servers import PostgreSQL, Valkey, postgresql_server, valkey
from benchmarks.worker import Worker

CLIENTS = (4, 16, 64)
FAULT_CLIENTS = 16
DOWN_SECONDS = 2.0
"""How long a server stays down."""
STEADY = 5
"""The 99th percentile is at most so many times the median."""
MAX_GROWTH_MB = 5

BARS = [
    Bar("load_errors_64", "none", lambda figures: figures["load_errors_64"] == 0),
    Bar(
        "load_p99_ms_16",
        f"at most {STEADY} times the median",
        lambda figures: figures["load_p99_ms_16"] <= STEADY * figures["load_p50_ms_16"],
    ),
    Bar("worker_growth_mb", f"at most {MAX_GROWTH_MB}", lambda figures: figures["worker_growth_mb"] <= MAX_GROWTH_MB),
]


@dataclass
class Site:
    """Everything that runs."""

    web: WebServer
    postgres: PostgreSQL | None
    valkey: Valkey | None
    crowd: Crowd


def main() -> None:
    options = _options()
    with site(options.database) as running:
        present("Pages and saves by many planners", measure(running, options), BARS, options.json)


def _options() -> Namespace:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="how long memory is watched; a level takes a tenth")
    parser.add_argument("--clients", type=int, nargs="*", default=CLIENTS, help="the levels")
    parser.add_argument(
        "--database",
        choices=["postgresql", "sqlite"],
        default="postgresql",
        help="postgresql: with generations and values in Valkey; sqlite: in shared memory, and no fault of a server",
    )
    options: Namespace = parser.parse_args()
    return options


@contextmanager
def site(database: str) -> Iterator[Site]:
    """Start the servers and gunicorn, with the sample files and planners that are logged in."""
    with scratch_folder() as folder, ExitStack() as stack:
        postgres = cache = None
        url = f"sqlite:///{folder / 'db.sqlite3'}"
        if database == "postgresql":
            postgres = stack.enter_context(postgresql_server(folder / "postgres"))
            url, cache = postgres.create("load"), stack.enter_context(valkey())
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks.load.settings",
            "LOAD_STATIC_ROOT": str(folder / "static"),
            "SECRET_KEY": "of a benchmark",
            "DATABASE_URL": url,
            "CACHE_DIRECTORY": str(folder),
            "REDIS_URL": cache.url if cache else "",
            # A fault is meant: thousands of lines would say so.
            "LOG_LEVEL": "CRITICAL",
        }
        settings = environment["DJANGO_SETTINGS_MODULE"]
        with Worker(
            "benchmarks.load.stage", folder, settings=settings, database_url=url, environment=environment
        ) as worker:
            worker.call("migrate")
            staged: Mapping[str, Any] = worker.call("prepare")
        web = stack.enter_context(WebServer(environment, folder / "log"))
        yield Site(web, postgres, cache, Crowd(web.port, staged))


def measure(running: Site, options: Namespace) -> Figures:
    """Return the figures of each level, what each fault costs, and by how much a worker grows."""
    figures: dict[str, float] = {}
    running.crowd.warm_up()
    for clients in options.clients:
        used, started = running.web.processor_seconds(), time.monotonic()
        record = running.crowd.run(clients, max(options.seconds / 10, 1))
        figures |= _level(clients, record, time.monotonic() - started)
        used = running.web.processor_seconds() - used
        figures[f"load_processor_ms_per_request_{clients}"] = used * 1e3 / max(len(record.all_seconds), 1)
    figures |= _growth(running, options.seconds)
    return figures | _faults(running)


def _level(clients: int, record: Record, seconds: float) -> dict[str, float]:
    taken = record.all_seconds
    found = {
        f"load_rps_{clients}": len(taken) / seconds,
        f"load_p50_ms_{clients}": _percentile(taken, 50),
        f"load_p95_ms_{clients}": _percentile(taken, 95),
        f"load_p99_ms_{clients}": _percentile(taken, 99),
        f"load_errors_{clients}": record.lost.total(),
    }
    _say_why(record, f"with {clients} clients")
    return found


def _say_why(record: Record, when: str) -> None:
    for reason, number in record.lost.items():
        print(f"{number} requests failed {when}: {reason}", file=sys.stderr)


def _percentile(seconds: list[float], percent: int) -> float:
    return seconds[min(len(seconds) * percent // 100, len(seconds) - 1)] * 1e3 if seconds else 0.0


def _growth(running: Site, seconds: float) -> dict[str, float]:
    """Return by how much the largest worker grows between the first and the last quarter, once it is warm."""
    samples: list[float] = []

    def watch() -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            samples.append(running.web.memory_mb())
            time.sleep(seconds / 100)

    running.crowd.run(FAULT_CLIENTS, seconds, watch)
    quarter = max(len(samples) // 4, 1)
    growth = median(samples[-quarter:]) - median(samples[:quarter])
    return {"worker_mb": median(samples[-quarter:]), "worker_growth_mb": growth}


def _faults(running: Site) -> dict[str, float]:
    faults: dict[str, Callable[[], None]] = {"worker_killed": running.web.kill_a_worker}
    if running.valkey is not None and running.postgres is not None:
        faults["valkey_down"] = lambda: _stop_for_a_moment(running.valkey)
        faults["postgresql_restarted"] = lambda: _restart(running.postgres)
    lost = {f"fault_{name}_lost_requests": float(_lost(running, name, fault)) for name, fault in faults.items()}
    return lost | {"fault_lost_requests": sum(lost.values())}


def _lost(running: Site, name: str, fault: Callable[[], None]) -> int:
    """Return how many requests of a crowd are lost to a fault, until everything has been well for a moment."""

    def beside() -> None:
        time.sleep(1)
        fault()

    record = running.crowd.run(FAULT_CLIENTS, DOWN_SECONDS + 4, beside)
    _say_why(record, f"with {name.replace('_', ' ')}")
    return record.lost.total()


def _stop_for_a_moment(server: Valkey | None) -> None:
    assert server is not None
    server.stop(at_once=True)
    time.sleep(DOWN_SECONDS)
    server.start()


def _restart(server: PostgreSQL | None) -> None:
    assert server is not None
    server.kill()
    server.start()


if __name__ == "__main__":
    sys.exit(main())
