"""How often the database is asked if many want the same row at the same moment.

`loads_valkey` and `loads_memory`: 200 threads in 4 processes read a row that nobody holds, with the shared tier in
Valkey and with memory alone. `loads_event_loop`: 10,000 tasks of one event loop do. `queries_per_write_16`: a process
saves a row that 16 others hold, and when the save has returned all 16 read it at once; `queries_per_write_16_refill` is
the same with `REFILL`. `commands_per_process_and_write` is what the server is sent for each of these reads with
`REFILL`, and `commands_per_process_and_write_plain` without it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.harness import Bar, Figures, arguments, median, present, scratch_folder
from benchmarks.servers import Valkey
from benchmarks.worker import SETTINGS, Worker

THREADS, PROCESSES = 50, 4
READERS = 16
TASKS = 10_000
ROUNDS, WRITES = 3, 10
START_SECONDS = 0.3
"""How long before a common start it is announced, so that all can be ready."""

BARS = (
    Bar("loads_valkey", "1", lambda figures: figures["loads_valkey"] == 1),
    Bar("loads_memory", f"at most {PROCESSES}", lambda figures: figures["loads_memory"] <= PROCESSES),
    Bar("loads_event_loop", "1", lambda figures: figures["loads_event_loop"] == 1),
    Bar("queries_per_write_16", "1", lambda figures: figures["queries_per_write_16"] == 1),
    Bar("queries_per_write_16_refill", "0", lambda figures: figures["queries_per_write_16_refill"] == 0),
    Bar(
        "commands_per_process_and_write",
        "at most 2",
        lambda figures: round(figures["commands_per_process_and_write"], 1) <= 2,
    ),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--writes", type=int, default=WRITES, help=f"How often the hot row is saved ({WRITES}).")
    parser.add_argument("--readers", type=int, default=READERS, help=f"How many processes read it ({READERS}).")
    options = parser.parse_args()
    present("Herd", measure(options.writes, options.readers), BARS, options.json)


def measure(writes: int = WRITES, readers: int = READERS) -> Figures:
    """Return the greatest number of loads of any round, and the means per write."""
    with scratch_folder() as folder, servers.valkey() as server:
        figures: dict[str, float] = {
            "loads_valkey": _loads(folder / "valkey", server.url),
            "loads_memory": _loads(folder / "memory", ""),
            "loads_event_loop": _loads_of_tasks(folder / "tasks"),
        }
        queries, commands = _hot_row(folder / "plain", server, SETTINGS, writes, readers)
        refilled, fewer = _hot_row(folder / "refill", server, "benchmarks.refilling", writes, readers)
        return figures | {
            "queries_per_write_16": queries,
            "queries_per_write_16_refill": refilled,
            "commands_per_process_and_write": fewer,
            "commands_per_process_and_write_plain": commands,
        }


def _workers(
    folder: Path, number: int, url: str, stack: ExitStack, settings: str = SETTINGS
) -> tuple[Worker, list[Worker]]:
    """Start a process that prepares the database and others that read, all on one host."""
    folder.mkdir()
    environment = {"REDIS_URL": url, "CACHE_DIRECTORY": str(folder)}
    options: dict[str, Any] = {"database_url": f"sqlite:///{folder / 'db.sqlite3'}", "environment": environment}
    first = stack.enter_context(Worker("benchmarks.herd", folder, settings=settings, **options))
    first.call("migrate")
    first.call("add_people", number=ROUNDS + 1)
    others = [
        stack.enter_context(Worker("benchmarks.herd", folder, settings=settings, **options)) for _ in range(number)
    ]
    for worker in others:
        worker.call("warm")
    return first, others


def _loads(folder: Path, url: str) -> float:
    with ExitStack() as stack:
        _, workers = _workers(folder, PROCESSES, url, stack)
        return max(sum(_together(workers, "read_in_threads", row=row)) for row in range(1, ROUNDS + 1))


def _loads_of_tasks(folder: Path) -> float:
    with ExitStack() as stack:
        _, (worker,) = _workers(folder, 1, "", stack)
        return float(worker.call("read_in_tasks", tasks=TASKS))


def _hot_row(folder: Path, server: Valkey, settings: str, writes: int, readers: int) -> tuple[float, float]:
    """Return the queries of all readers per write, and the median of the commands of each reader per write."""
    server.flush()
    with ExitStack() as stack:
        writer, workers = _workers(folder, readers, server.url, stack, settings)
        _together(workers, "read", row=0)
        queries, commands = 0.0, []
        for _ in range(writes):
            writer.call("write", row=0)
            # What the writer itself still sends does not count.
            writer.call("settle")
            at = time.time() + 3 * START_SECONDS
            for worker in workers:
                worker.send("read", row=0, at=at)
            # Nor does what each process asks once a second, whether its connection works: they do so before they read.
            _wait(at - START_SECONDS / 4)
            before = _commands(server)
            queries += sum(worker.receive() for worker in workers)
            commands.append((_commands(server) - before - 1) / readers)
    return queries / writes, median(commands)


def _together(workers: list[Worker], function: str, **arguments: Any) -> list[float]:
    at = time.time() + START_SECONDS
    for worker in workers:
        worker.send(function, at=at, **arguments)
    return [worker.receive() for worker in workers]


def _commands(server: Valkey) -> int:
    # We send each command by itself, so the server reads each by itself. This one counts too, once in a difference.
    return int(server.client.info("stats")["total_reads_processed"])


# -- in the workers ---------------------------------------------------------------------------------------------------


def add_people(number: int) -> None:
    """Store the employees that are read."""
    from benchmarks.people import add_employees

    add_employees(number)


def _email(row: int) -> str:
    from scheduling.samples import SAMPLES_DIR

    with (SAMPLES_DIR / "employees.csv").open(encoding="utf-8") as file:
        columns = next(file).strip().split(",")
        for _ in range(row):
            next(file)
        return next(file).split(",")[columns.index("email")]


def warm() -> None:
    """Read a row that nobody counts, so that the stores are open."""
    from scheduling.models import Employee

    Employee.objects.get_by_email(_email(ROUNDS))


def _loads_so_far() -> int:
    from caching import cache_manager

    return int(cache_manager.get_stats()["types"]["employee"]["loads"])


def _wait(at: float) -> None:
    time.sleep(max(at - time.time(), 0))


def read(row: int, at: float) -> int:
    """Read the row at that moment; return how often it was loaded for that."""
    from scheduling.models import Employee

    email, before = _email(row), _loads_so_far()
    warm()
    _wait(at)
    assert Employee.objects.get_by_email(email) is not None
    return _loads_so_far() - before


def read_in_threads(row: int, at: float) -> int:
    """Read the row in all threads at that moment; return how often it was loaded for that."""
    from django.db import connection

    from scheduling.models import Employee

    email, before = _email(row), _loads_so_far()
    found: list[Any] = []

    def run() -> None:
        _wait(at)
        found.append(Employee.objects.get_by_email(email))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == THREADS
    assert None not in found
    return _loads_so_far() - before


def read_in_tasks(tasks: int) -> int:
    """Read one value in that many tasks at once; return how often it was loaded."""
    from caching import cache_manager

    loads = 0

    async def load() -> str:
        nonlocal loads
        loads += 1
        await asyncio.sleep(0.05)
        return "loaded"

    async def run() -> list[str]:
        return await asyncio.gather(*(cache_manager.aget_or_load("general", "herd:1", load) for _ in range(tasks)))

    assert asyncio.run(run()) == ["loaded"] * tasks
    return loads


def write(row: int) -> None:
    """Save the row."""
    from scheduling.models import Employee

    person = Employee.objects.get(email=_email(row))
    person.role = f"Role {time.perf_counter_ns()}"
    person.save()


def settle() -> None:
    """Return when nothing is done in the background any more."""
    from caching import cache_manager

    cache_manager.runtime.background.wait()


if __name__ == "__main__":
    sys.exit(main())
