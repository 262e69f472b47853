"""What the workers of ``benchmarks.reads`` run: each function reads, clears or prepares in one process, and times it.

A worker reads through one reader (a dict, LocMem, the query, our cache, or a peer) that ``prepare`` has warmed.
"""

from __future__ import annotations

import inspect
import itertools
import random
import statistics
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

_BATCH = 200
_TURNS = 3
_emails: list[str] = []
_reads: list[Callable[[str], Any]] = []


def prepare(reader: str, people: int) -> None:
    """Fill the database and warm the reader."""
    from django.core.cache import cache
    from django.db.models.signals import post_init

    from benchmarks.people import add_employees
    from scheduling.models import Employee

    if reader == "initialised_hit_us":
        # The cache remembers how the rows of a model are made, from the first one on.
        Employee.__init__ = _own_init  # type: ignore[method-assign]
    _emails.extend(add_employees(people))
    rows = {email: Employee.objects.get(email=email) for email in _emails}
    if reader in ("locmem_get_us", "django_redis_get_us"):
        cache.set_many(rows, timeout=None)
    # Each is bound once, as its caller would do it.
    peers_reads: dict[str, Callable[[str], Any]] = {
        "dict_get_us": rows.get,
        "floor_us": _clones(rows),
        "locmem_get_us": cache.get,
        "django_redis_get_us": cache.get,
        "query_us": lambda email: Employee.objects.get(email=email),
        "cacheops_hit_us": lambda email: Employee.objects.get(email=email),
    }
    get = peers_reads.get(reader) or Employee.objects.get_by_email
    if reader == "constructed_hit_us":
        post_init.connect(_on_init, sender=Employee)
    _reads.append(get)
    for email in _emails:
        # Read twice: after the second time the shared tier and the local one hold it.
        for _ in range(2):
            found = get(email)
            assert isinstance(found, Employee)
            assert found.email == email


def _clones(rows: Mapping[str, Any]) -> Callable[[str], Any]:
    """Return a function that looks a row up in a dict and clones it: the least that a hit has to do."""
    from django.db.models.base import ModelState

    from scheduling.models import Employee

    fields = {
        email: {name: value for name, value in vars(row).items() if name != "_state"} for email, row in rows.items()
    }
    database, new = next(iter(rows.values()))._state.db, object.__new__

    def clone(email: str) -> Employee:
        row, state = new(Employee), ModelState()
        state.db = database
        state.adding = False
        row.__dict__ = namespace = fields[email].copy()
        namespace["_state"] = state
        return row

    return clone


def _on_init(**kwargs: object) -> None:
    """Does nothing, and might do anything."""


def _own_init(row: Any, *args: Any, **kwargs: Any) -> None:
    from django.db.models import Model

    Model.__init__(row, *args, **kwargs)


def _wanted(times: int) -> list[str]:
    return list(itertools.islice(itertools.cycle(random.Random(7).sample(_emails, len(_emails))), times))


def read(times: int) -> list[float]:
    """Return the microseconds of one read, loop included, for each batch of some hundred reads."""
    wanted = _wanted(times)
    return [_mean(wanted[start : start + _BATCH]) for start in range(0, times, _BATCH)]


def read_beside_a_busy_thread(times: int) -> list[float]:
    """Return a single figure: the microseconds of one read while another thread computes.

    It is the mean of all reads: few of them wait for the interpreter, but those wait long.
    """
    with _busy_thread():
        return [_mean(_wanted(times))]


def _mean(emails: Sequence[str]) -> float:
    (get,) = _reads
    started = time.perf_counter()
    for email in emails:
        get(email)
    return (time.perf_counter() - started) / len(emails) * 1e6


COUNTING = "self.view[self.row] += 1"
"""The statement of a hit that counts it."""


def read_counted_and_not(times: int) -> list[float]:
    """Return a single figure: the microseconds of processor time that a read takes longer because it is counted.

    The same process reads by the ``find`` of a kind as it is, and by the same source without the statement that counts.
    """
    from caching import cache_manager

    kind = type(cache_manager.kind("employee", "email"))
    counting, silent = kind.find, _without_counting(kind.find)
    wanted, differences = _wanted(times), []
    try:
        for _ in range(_TURNS):
            costs = []
            for find in (counting, silent, silent, counting):
                kind.find = find  # type: ignore[method-assign]
                # Python first adapts its code to the method that it finds now.
                _processor_time(wanted[:_BATCH])
                costs.append(_processor_time(wanted))
            differences.append((costs[0] - costs[1] - costs[2] + costs[3]) / 2)
    finally:
        kind.find = counting  # type: ignore[method-assign]
    return [statistics.median(differences)]


def _without_counting(find: Callable[..., Any]) -> Any:
    """Return the same function without its count."""
    lines = inspect.getsource(find).splitlines()
    kept = [line for line in lines if not line.strip().startswith(COUNTING)]
    assert len(kept) == len(lines) - 1
    made: dict[str, Any] = {}
    exec(textwrap.dedent("\n".join(kept)), find.__globals__, made)  # noqa: S102 (our own source)
    return made["find"]


def _processor_time(emails: Sequence[str]) -> float:
    (get,) = _reads
    started = time.thread_time()
    for email in emails:
        get(email)
    return (time.thread_time() - started) / len(emails) * 1e6


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
    """Return a single figure: the microseconds of that many reads, one after the other.

    It is their sum: a busy machine delays a long run of reads, while it often spares a single one.
    """
    return [sum(read_from_shared_tier(times))]


def read_many_from_shared_tier(times: int) -> list[float]:
    """Return the microseconds of each read of all people at once, from the shared tier."""
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
    """Return the microseconds of one ``clear`` of a type that has that many entries in the shared tier."""
    from django.core.signals import request_finished

    from caching import cache_manager

    # Leases of an earlier turn must not count for what is stored now: a request drops them when it ends.
    request_finished.send(None)
    for start in range(0, times, 5_000):
        cache_manager.set_many(
            "general", {f"entry:{number}": number for number in range(start, min(start + 5_000, times))}
        )
    wanted = [f"entry:{number}" for number in range(times - 10, times)]
    _local_tier("general").drop()
    assert len(cache_manager.get_many("general", wanted)) == len(wanted)
    # A process that has just worked hard waits longer for the processor.
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
