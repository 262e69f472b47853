"""What more processes cost on the second store: reads per second, and messages to and from the server per write.

Measured with 1 to 16 processes that read as fast as they can what all of them hold, and one more that writes. Commands
are counted by the server (INFO stats), pushes by those who get them. Then a model for 10 to 10,000 processes,
and the memory of the server per million keys, measured on 100,000.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import linear_regression
from typing import Any

from benchmarks import servers
from benchmarks.harness import Figures, arguments, present, scratch_folder
from benchmarks.servers import Valkey
from benchmarks.worker import Worker

PROCESSES = (1, 2, 4, 8, 16)
MODELLED = (10, 100, 1000, 10_000)
SECONDS = 4.0
PEOPLE = 200
WRITES_PER_S = 20.0
KEYS = 100_000
_PART = 5_000

ASSUMPTIONS = (
    "Every process has a processor of its own, and reads as many a second as one process here.",
    "Every process reads each row between two writes of it: nobody is spared a push or a miss.",
    "Messages per write grow by the same number with each process: the straight line that fits what was measured best.",
    "One server, which answers as many commands a second as it answers a client here that sends a hundred at a time.",
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"How long each number runs ({SECONDS:g}).")
    parser.add_argument("--most", type=int, default=max(PROCESSES), help="How many processes at most; 2 at least.")
    parser.add_argument("--keys", type=int, default=KEYS, help=f"How many keys are stored to see their size ({KEYS}).")
    options = parser.parse_args()
    numbers = [number for number in PROCESSES if number <= options.most]
    present("Scale", measure(numbers, options.seconds, options.keys), (), options.json)
    print("The model assumes:")
    for assumption in ASSUMPTIONS:
        print(f"  - {assumption}")


def measure(numbers: Iterable[int] = PROCESSES, seconds: float = SECONDS, keys: int = KEYS) -> Figures:
    """Return what was measured and what the model says."""
    with scratch_folder() as folder, servers.valkey() as server, ExitStack() as stack:
        writer = _worker(folder, "writer", server, stack)
        writer.call("migrate")
        writer.call("add_people")
        # Before there are readers, to whom the server would have to push what is stored.
        memory = _memory(server, writer, keys)
        readers: list[Worker] = []
        figures: dict[str, float] = {}
        for number in numbers:
            readers += [_worker(folder, f"reader-{one}", server, stack) for one in range(len(readers), number)]
            figures |= _run(server, writer, readers, seconds)
        figures["server_commands_per_s"] = _commands_per_s(server)
        return figures | model(figures) | memory


def model(figures: Figures) -> dict[str, float]:
    """Return reads, messages per write and the most writes of more processes, from what was measured."""
    measured = sorted(
        int(name.split("_")[0]) for name in figures if name[0].isdigit() and name.endswith("_processes_reads_per_s")
    )
    own = figures[f"{measured[0]}_processes_reads_per_s"] / measured[0]
    found = {}
    for kind in ("commands", "pushes"):
        messages_per_write = [figures[f"{number}_processes_{kind}_per_write"] for number in measured]
        line = linear_regression(measured, messages_per_write)
        for number in MODELLED:
            # In a short run chance can let the line fall.
            found[f"model_{number}_processes_{kind}_per_write"] = line.intercept + max(line.slope, 0) * number
    for number in MODELLED:
        found[f"model_{number}_processes_reads_per_s"] = own * number
        messages = sum(found[f"model_{number}_processes_{kind}_per_write"] for kind in ("commands", "pushes"))
        found[f"model_{number}_processes_most_writes_per_s"] = figures["server_commands_per_s"] / messages
    return found


def _worker(folder: Path, name: str, server: Valkey, stack: ExitStack) -> Worker:
    return stack.enter_context(
        Worker(
            __spec__.name,
            folder / name,
            database_url=f"sqlite:///{folder / 'db.sqlite3'}",
            environment={"REDIS_URL": server.url},
        )
    )


def _run(server: Valkey, writer: Worker, readers: list[Worker], seconds: float) -> dict[str, float]:
    for reader in readers:
        reader.call("warm")
    writer.call("write", seconds=0.2)
    before = _messages(server)
    for reader in readers:
        reader.send("read", seconds=seconds)
    writes = writer.call("write", seconds=seconds)
    answers: list[Mapping[str, int]] = [reader.receive() for reader in readers]
    commands = _messages(server) - before
    name = f"{len(readers)}_processes"
    return {
        f"{name}_reads_per_s": sum(one["reads"] for one in answers) / seconds,
        f"{name}_commands_per_write": commands / writes,
        f"{name}_pushes_per_write": sum(one["pushes"] for one in answers) / writes,
    }


def _messages(server: Valkey) -> int:
    """Return how many commands the server has got from clients. Its commandstats also count those inside of scripts."""
    # Each of ours is sent by itself, so it is read by itself.
    messages: int = server.client.info("stats")["total_reads_processed"]
    return messages


def _commands_per_s(server: Valkey, seconds: float = 1.0) -> float:
    pipeline = server.client.pipeline(transaction=False)
    done, started = 0, time.perf_counter()
    while (taken := time.perf_counter() - started) < seconds:
        for _ in range(100):
            pipeline.get("nothing")
        pipeline.execute()
        done += 100
    return done / taken


def _memory(server: Valkey, worker: Worker, keys: int) -> dict[str, float]:
    """Return the megabytes of a million generations and of a million values: employees without joined rows."""
    sizes = {}
    for kind in ("generations", "values"):
        server.flush()
        before = server.client.info("memory")["used_memory"]
        worker.call(f"store_{kind}", number=keys)
        stored = server.client.dbsize()
        sizes[f"{kind}_mb_per_million"] = (server.client.info("memory")["used_memory"] - before) / stored
    return sizes


# -- in the workers ---------------------------------------------------------------------------------------------------


def add_people() -> None:
    """Store those who are read."""
    from benchmarks.people import add_employees

    add_employees(PEOPLE)


def warm() -> None:
    """Read everybody once."""
    from scheduling.models import Employee

    Employee.objects.get_many_by_email(_emails())


def read(seconds: float) -> dict[str, int]:
    """Read anybody for so long; return how often, and how many messages the server has pushed meanwhile."""
    from scheduling.models import Employee

    emails, get = _emails(), Employee.objects.get_by_email
    reads = pushes = 0
    view = _store()._view

    def count(message: Any) -> Any:
        nonlocal pushes
        pushes += 1
        return view._on_push(message)

    # Nothing in the cache counts them: it would be paid for by every hit.
    view._connection._parser.set_invalidation_push_handler(count)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for email in random.sample(emails, 100):
            get(email)
        reads += 100
    return {"reads": reads, "pushes": pushes}


def write(seconds: float) -> int:
    """Save anybody now and then; return how often."""
    from scheduling.models import Employee

    people = list(Employee.objects.all())
    started, writes = time.perf_counter(), 0
    while (taken := time.perf_counter() - started) < seconds:
        time.sleep(max(writes / WRITES_PER_S - taken, 0))
        person = random.choice(people)
        person.role = f"Role {time.perf_counter_ns()}"
        person.save()
        writes += 1
    return writes


def store_generations(number: int) -> None:
    """Let the server hold so many generations."""
    for start in range(0, number, _PART):
        _store().read([f"tag {one}" for one in range(start, min(start + _PART, number))], afresh=True)


def store_values(number: int) -> None:
    """Let the server hold so many copies of one employee, and the generations that they are stamped with."""
    from caching import cache_manager
    from scheduling.caches import EMPLOYEE_BY_EMAIL

    email = _emails()[0]
    EMPLOYEE_BY_EMAIL.get(email)
    entry = EMPLOYEE_BY_EMAIL.kind.find(EMPLOYEE_BY_EMAIL.key(email))
    assert entry is not None
    assert cache_manager.runtime.shared is not None
    for start in range(0, number, _PART):
        keys = (f"copy:{one}" for one in range(start, min(start + _PART, number)))
        cache_manager.runtime.shared.set_entries("employee", dict.fromkeys(keys, entry), 600)


def _emails() -> list[str]:
    from scheduling.models import Employee

    return list(Employee.objects.values_list("email", flat=True))


def _store() -> Any:
    from caching import cache_manager

    assert cache_manager.config
    return cache_manager.runtime.generations


if __name__ == "__main__":
    sys.exit(main())
