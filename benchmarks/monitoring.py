"""What it costs to see what the cache does: the page, the history, the log of invalidations and /metrics.

The history is that of 30 days of 25 kinds on 2 hosts, in SQLite. The times are processor time, including that of the
database, which is in the process, so other programs do not count; each is the median of several. What takes a
microsecond is the time of the fastest batch of calls.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, median, present, scratch_folder
from benchmarks.worker import Worker

HOSTS, KINDS = 2, 25
ROUNDS = 9
BATCHES, CALLS = 40, 250
"""What takes a microsecond is called so many times in a row, and the fastest batch counts: other programs only add."""
TOKEN = "of a benchmark, and of nothing else"  # noqa: S105
PAGE = "/admin/caching/cachesample/?period=30d"

BARS = (
    Bar("rows_30_days", "at most 120,000", lambda figures: figures["rows_30_days"] <= 120_000),
    Bar("dashboard_30_days_ms", "at most 200", lambda figures: figures["dashboard_30_days_ms"] <= 200),
    Bar("dashboard_30_days_queries", "at most 12", lambda figures: figures["dashboard_30_days_queries"] <= 12),
    Bar("log_publish_us", "at most 2", lambda figures: figures["log_publish_us"] <= 2),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"How often each is measured ({ROUNDS}).")
    options = parser.parse_args()
    present("Seeing what the cache does", measure(options.rounds), BARS, options.json)


def measure(rounds: int = ROUNDS) -> Figures:
    """Return the medians, and the number of rows."""
    with (
        scratch_folder() as folder,
        Worker(__spec__.name, folder / "worker", environment={"CACHE_STATS_TOKEN": TOKEN}) as worker,
    ):
        worker.call("migrate")
        figures: dict[str, float] = {"rows_30_days": worker.call("prepare")}
        figures["dashboard_30_days_queries"] = worker.call("queries_of_the_page")
        for name in ("dashboard_30_days_ms", "metrics_ms", "sample_write_ms", "log_publish_us", "select_watch_us"):
            figures[name] = median([worker.call(name) for _ in range(rounds)])
        return figures


# -- in the worker ----------------------------------------------------------------------------------------------------

_known: dict[str, Any] = {}


def prepare() -> int:
    """Store 30 days of samples, log somebody in who may see the page, and return the number of rows."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.test.utils import override_settings
    from django.utils import timezone

    from caching.models import CacheSample

    # Keep the names of static files: none have been collected for a database that lives for minutes.
    storage = "django.contrib.staticfiles.storage.StaticFilesStorage"
    default = "django.core.files.storage.FileSystemStorage"
    override_settings(STORAGES={"default": {"BACKEND": default}, "staticfiles": {"BACKEND": storage}}).enable()
    _store_samples(timezone.now())
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("boss"))
    _known["client"] = client
    _publish(2000)
    _cost(lambda: _get(PAGE))
    return CacheSample.objects.count()


def _store_samples(now: datetime) -> None:
    """Store every row that the history keeps, and let it delete what it would not."""
    from caching.models import CacheSample
    from caching.monitoring import history

    CacheSample.objects.bulk_create(
        (
            CacheSample(host=host, seconds=seconds, at=at, type=type_name, kind=kind, counts=_counts(number))
            for seconds, kept in history.KEPT.items()
            for at in _moments(now, seconds, kept)
            for host in ("other", history.host_name())
            for number, (type_name, kind) in enumerate(_kinds())
        ),
        batch_size=5000,
    )
    _sample(now)


def _moments(now: datetime, seconds: int, kept: timedelta) -> Iterator[datetime]:
    """Yield when each stretch of a length began that is kept; one more may be held until the next sample."""
    from caching.monitoring import history

    for number in range(kept // timedelta(seconds=seconds) + 1):
        yield history.start_of(now, seconds) - number * timedelta(seconds=seconds)


def _kinds() -> list[tuple[str, str]]:
    from caching.keys import known_types

    names = known_types()
    return [(names[number % len(names)], f"kind{number}") for number in range(KINDS)]


def _counts(number: int) -> dict[str, int]:
    """Return what a kind that is in use counts in a stretch: more than twenty counters."""
    from caching.monitoring import load_times, stats

    counters = ("hits_local", "hits_shared", "misses", "sets", "loads", "load_ns", "waits", "evicted_size", "entries")
    causes = (f"invalidated_{cause}" for cause in stats.CAUSES[:5])
    names = (*counters, *causes, *load_times.COUNTERS[2:10], "sampled", "sampled_bytes")
    return {name: 1000 + number * position for position, name in enumerate(names)}


_turns = itertools.count(1)


def _sample(now: datetime) -> None:
    from caching.monitoring import history
    from caching.monitoring.stats import COUNTERS, CacheStats

    turn = next(_turns)
    none = dict.fromkeys(COUNTERS, 0)
    grown = {
        f"{type_name}/{kind}": CacheStats(
            counts=MappingProxyType({**none, **{name: count * turn for name, count in _counts(number).items()}})
        )
        for number, (type_name, kind) in enumerate(_kinds())
    }
    history.record(lambda: grown, now)


def _get(address: str) -> None:
    answer = _known["client"].get(address, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, address


def _cost(act: Callable[[], object]) -> float:
    """Return the processor time of this thread and others of the process, in milliseconds."""
    started = time.process_time()
    act()
    return (time.process_time() - started) * 1e3


def _least(act: Callable[[int], object]) -> float:
    """Return the microseconds of one call, by the fastest batch."""
    return min(_cost(lambda: act(CALLS)) for _ in range(BATCHES)) * 1e3 / CALLS


def queries_of_the_page() -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        _get(PAGE)
    return len(queries)


def dashboard_30_days_ms() -> float:
    return _cost(lambda: _get(PAGE))


def metrics_ms() -> float:
    return _cost(lambda: _get("/metrics"))


def sample_write_ms() -> float:
    """Return what a sample of 25 kinds costs that have all been in use; the thread of the host takes one a minute."""
    from django.utils import timezone

    return _cost(lambda: _sample(timezone.now()))


def log_publish_us() -> float:
    """Return what the log adds to a write that changes six tags, as that of an employee does."""
    return _least(_publish)


def select_watch_us() -> float:
    """Return what it adds to a SELECT that its time is noted: the same call with and without that."""
    from django.db import connections

    from caching.coherence import reads

    sql, context = 'SELECT "a" FROM "t" WHERE "b" = %s', {"connection": connections["default"]}

    def execute(*arguments: object) -> None:
        return None

    def noted(times: int) -> None:
        for _ in range(times):
            reads.run(sql, execute, sql, (1,), False, context)

    def plain(times: int) -> None:
        for _ in range(times):
            execute(sql, (1,), False, context)

    return _least(noted) - _least(plain)


def _publish(times: int) -> None:
    from caching.monitoring.questions import log

    name = "scheduling.Employee"
    tags = {
        *(f"{name}#42", f"{name}/+", f"{name}.email=amy@example.com"),
        *(f"{name}.department_id=7", f"{name}.user_id=3", f"{name}.employee_number=E42"),
    }
    causes = {"save"}
    for _ in range(times):
        log.write(tags, causes, 1e-5)


if __name__ == "__main__":
    sys.exit(main())
