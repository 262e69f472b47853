"""What it costs to see what the cache does: the page, the history, the log of invalidations and /metrics.

The history is that of 30 days of 25 kinds on 2 hosts, in SQLite. The times are processor time, including that of the
database, which is in the process, so other programs do not count; each is the median of several. What takes a
microsecond is the time of the fastest batch of calls.
"""

from __future__ import annotations

import itertools
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, median, present, scratch_folder
from benchmarks.worker import Worker

HOSTS, KINDS = 2, 25
ROUNDS = 9
BATCHES, CALLS = 40, 250
"""What takes a microsecond is called so many times in a row, and the fastest batch counts: other programs only add."""
COUNTED = (
    *("hits_local", "hits_shared", "misses", "sets", "loads", "load_ns", "waits", "evicted_size", "entries"),
    *(f"invalidated_{cause}" for cause in ("save", "delete", "m2m", "bulk", "import")),
    *(f"loads_within_{2**power}us" for power in range(8, 16)),
    *("sampled", "sampled_bytes"),
)
"""What a kind that is in use counts in a stretch of time."""
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

    from caching.testing import fill_history, take_sample

    # Keep the names of static files: none have been collected for a database that lives for minutes.
    storage = "django.contrib.staticfiles.storage.StaticFilesStorage"
    default = "django.core.files.storage.FileSystemStorage"
    override_settings(STORAGES={"default": {"BACKEND": default}, "staticfiles": {"BACKEND": storage}}).enable()
    now = timezone.now()
    rows = fill_history(_counts(), now, hosts=("other", socket.gethostname()[:64]))
    # It also deletes what is too old to be kept.
    take_sample(_counts(next(_turns)), now)
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("boss"))
    _known["client"] = client
    _publish(2000)
    _cost(lambda: _get(PAGE))
    return rows


_turns = itertools.count(1)


def _counts(times: int = 1) -> dict[str, dict[str, int]]:
    """Return what kinds that are in use count in so many stretches of time: each more than twenty counters."""
    from caching import cache_manager

    types = sorted(cache_manager.get_stats()["types"])
    return {
        f"{types[number % len(types)]}/kind{number}": {
            name: (1000 + number * position) * times for position, name in enumerate(COUNTED)
        }
        for number in range(KINDS)
    }


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

    from caching.testing import take_sample

    counts = _counts(next(_turns))
    return _cost(lambda: take_sample(counts, timezone.now()))


def log_publish_us() -> float:
    """Return what the log adds to a write that changes six tags, as that of an employee does."""
    return _least(_publish)


def select_watch_us() -> float:
    """Return what the cache adds to a SELECT, whose time it notes: the wrapper around a statement that does nothing."""
    from django.db import connection

    connection.ensure_connection()
    (watched,) = connection.execute_wrappers
    sql, context = 'SELECT "a" FROM "t" WHERE "b" = %s', {"connection": connection}

    def execute(*arguments: object) -> None:
        return None

    def noted(times: int) -> None:
        for _ in range(times):
            watched(execute, sql, (1,), False, context)

    def plain(times: int) -> None:
        for _ in range(times):
            execute(sql, (1,), False, context)

    return _least(noted) - _least(plain)


def _publish(times: int) -> None:
    from caching.testing import invalidation_log

    name = "scheduling.Employee"
    tags = {
        *(f"{name}#42", f"{name}/+", f"{name}.email=amy@example.com"),
        *(f"{name}.department_id=7", f"{name}.user_id=3", f"{name}.employee_number=E42"),
    }
    causes = {"save"}
    for _ in range(times):
        invalidation_log.write(tags, causes, 1e-5)


if __name__ == "__main__":
    sys.exit(main())
