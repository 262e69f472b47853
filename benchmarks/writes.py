"""What a save costs: in plain Django, while our cache watches, and with two peers that invalidate by themselves.

Each makes the same full ``save()`` of a row that was read, and so cached, just before. It runs in autocommit, on SQLite
in WAL mode with synchronous NORMAL and on PostgreSQL with fsync. "Plain" is the same project in a process that watches
nothing. All of them take turns within one run. A ratio is the median of the ratios of the turns, not the ratio of the
medians.

"Many models" is a statement of a transaction that has written four times 200 rows, with 200 watched models; "few" is
the same with the ten of this project.

With --redis also with generations and values in a Valkey server, and with a server that was reached once and is down
now, so that each save leaves a row in the outbox.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers, servers
from benchmarks.harness import Bar, Figures, arguments, medians, present, scratch_folder
from benchmarks.worker import SETTINGS, Worker

PLAIN = "benchmarks.plain"
PEOPLE = 50
ROUNDS = 15
SAVES = 10
UNWATCHED_SAVES = 25
UNWATCHED_STATEMENTS = 500
MORE_MODELS = 190
DIRTY_ROWS = 200
DIRTY_STATEMENTS = 200

BARS = (
    Bar("save_to_plain_ratio", "at most 1.2", lambda figures: figures["save_to_plain_ratio"] <= 1.2),
    Bar("postgres_save_to_plain_ratio", "at most 1.2", lambda figures: figures["postgres_save_to_plain_ratio"] <= 1.2),
    Bar("unwatched_extra_us", "at most 2 µs a statement", lambda figures: figures["unwatched_extra_us"] <= 2),
    Bar(
        "many_to_few_models_ratio",
        "at most 1.2 with 200 watched models instead of ten",
        lambda figures: figures["many_to_few_models_ratio"] <= 1.2,
    ),
    Bar("cacheops_save_us", "dearer than ours", lambda figures: figures["cacheops_save_us"] > figures["save_us"]),
    Bar("cachalot_save_us", "dearer than ours", lambda figures: figures["cachalot_save_us"] > figures["save_us"]),
)
REDIS_BARS = (
    Bar(
        "postgres_valkey_save_to_plain_ratio",
        "at most 1.6",
        lambda figures: figures["postgres_valkey_save_to_plain_ratio"] <= 1.6,
    ),
    Bar("outage_save_to_plain_ratio", "at most 1.6", lambda figures: figures["outage_save_to_plain_ratio"] <= 1.6),
)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"How often all take a turn ({ROUNDS}).")
    parser.add_argument(
        "--redis", action="store_true", help="Also with the generations in a Valkey server, and during its outage."
    )
    options = parser.parse_args()
    peers.install()
    figures = measure(options.rounds, redis=options.redis)
    present("Writes, microseconds", figures, BARS + REDIS_BARS if options.redis else BARS, options.json)


def measure(rounds: int = ROUNDS, *, redis: bool = False) -> Figures:
    """Return the median microseconds of one save in each set-up, and the paired ratios."""
    with scratch_folder() as folder, ExitStack() as stack:
        servers_up = {
            # Through a unix socket, as for PostgreSQL: otherwise only one side would pay for TCP.
            name: stack.enter_context(servers.valkey(folder / f"{name}.sock"))
            for name in ("lasting", "lost")[: 1 + redis]
        }
        workers = _workers(folder, stack, {name: server.url for name, server in servers_up.items()})
        for worker in workers.values():
            worker.call("migrate")
            worker.call("prepare")
        workers["many_models_statement_us"].call("watch_more", models=MORE_MODELS)
        if redis:
            servers_up["lost"].stop()
            # Let the worker notice it now, and not in a save that is measured.
            workers["outage_save_us"].call("save", times=PEOPLE)
        return medians([_turn(workers) for _ in range(rounds)])


def _workers(folder: Path, stack: ExitStack, redis_urls: dict[str, str]) -> dict[str, Worker]:
    redis = {"BENCHMARK_REDIS_URL": redis_urls["lasting"]}
    databases = stack.enter_context(servers.postgresql(folder / "postgresql", ("plain", "watched", *redis_urls)))

    def start(name: str, settings: str, **more: Any) -> Worker:
        return stack.enter_context(Worker(__spec__.name, folder / name, settings=settings, **more))

    workers = {
        "plain_save_us": start("plain", PLAIN),
        "save_us": start("watched", SETTINGS),
        "few_models_statement_us": start("few", SETTINGS),
        "many_models_statement_us": start("many", SETTINGS, environment={"LOG_LEVEL": "ERROR"}),
        "cacheops_save_us": start("cacheops", "benchmarks.peers.cacheops", environment=redis),
        "cachalot_save_us": start("cachalot", "benchmarks.peers.cachalot", environment=redis),
        "postgres_plain_save_us": start("postgres-plain", PLAIN, database_url=databases["plain"]),
        "postgres_save_us": start("postgres-watched", SETTINGS, database_url=databases["watched"]),
    }
    if "lost" in redis_urls:
        for name, figure in {"lasting": "postgres_valkey_save_us", "lost": "outage_save_us"}.items():
            environment = {"REDIS_URL": redis_urls[name], "LOG_LEVEL": "CRITICAL"}
            workers[figure] = start(name, SETTINGS, database_url=databases[name], environment=environment)
    return workers


def _turn(workers: dict[str, Worker]) -> dict[str, float]:
    saving = {name: worker for name, worker in workers.items() if name.endswith("_save_us") or name == "save_us"}
    turn = _alternate(saving, "save", times=SAVES, changes=6)
    pair = {name: workers[name] for name in ("few_models_statement_us", "many_models_statement_us")}
    turn |= _alternate(pair, "statement_of_a_large_transaction", times=DIRTY_STATEMENTS, changes=10)
    pair = {name: workers[name] for name in ("plain_save_us", "save_us")}
    unwatched = _alternate(pair, "save_unwatched", times=UNWATCHED_SAVES, changes=20)
    statements = _alternate(pair, "statement_unwatched", times=UNWATCHED_STATEMENTS, changes=20)
    return {
        **turn,
        **{
            f"{name}_to_plain_ratio": turn[f"{name}_us"] / turn["postgres_plain_save_us"]
            for name in ("postgres_valkey_save", "outage_save")
            if f"{name}_us" in turn
        },
        "unwatched_plain_save_us": unwatched["plain_save_us"],
        "unwatched_save_us": unwatched["save_us"],
        "unwatched_extra_us": statements["save_us"] - statements["plain_save_us"],
        "many_to_few_models_ratio": turn["many_models_statement_us"] / turn["few_models_statement_us"],
        "save_to_plain_ratio": turn["save_us"] / turn["plain_save_us"],
        "postgres_save_to_plain_ratio": turn["postgres_save_us"] / turn["postgres_plain_save_us"],
    }


def _alternate(workers: dict[str, Worker], function: str, *, times: int, changes: int) -> dict[str, float]:
    """Return the median of each worker's saves. They take turns in alternating order, under the same conditions."""
    seen: dict[str, list[float]] = {name: [] for name in workers}
    for change in range(changes):
        for name in list(workers) if change % 2 else reversed(workers):
            seen[name] += workers[name].call(function, times=times)
    return {name: median(several) for name, several in seen.items()}


# -- in the workers ---------------------------------------------------------------------------------------------------

_people: list[Any] = []
_groups: list[Any] = []
_turns = count()


def prepare() -> None:
    """Store the rows that are saved later, and save each of them once."""
    from django.contrib.auth.models import Group

    from benchmarks.people import add_employees
    from scheduling.models import Employee

    add_employees(PEOPLE)
    _people.extend(Employee.objects.all())
    _groups.append(Group.objects.create(name="planners"))
    save(PEOPLE)
    save_unwatched(PEOPLE)


def save(times: int) -> list[float]:
    """Return the microseconds of each save of a person who was read just before."""
    read = _reader()
    taken = []
    for _ in range(times):
        person = _people[next(_turns) % PEOPLE]
        read(person.email)
        person.role = f"Role {time.perf_counter_ns()}"
        started = time.perf_counter()
        person.save()
        taken.append((time.perf_counter() - started) * 1e6)
    return taken


def save_unwatched(times: int) -> list[float]:
    """Return the microseconds of each save, one statement, of a row that nothing in the cache depends on."""
    (group,) = _groups
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        group.save()
        taken.append((time.perf_counter() - started) * 1e6)
    return taken


def statement_unwatched(times: int) -> list[float]:
    """Return a single figure: the microseconds of processor time of one statement on a table that is not watched.

    The statement finds no row to write. Two microseconds would drown in the noise of the disk, and in the hundred of a
    whole save, by which two processes differ only because of where their memory lies.
    """
    from django.db import connection

    started = time.thread_time()
    for _ in range(times):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE auth_group SET name = name WHERE id = %s", [0])
    return [(time.thread_time() - started) / times * 1e6]


def watch_more(models: int) -> None:
    """Watch so many further models, which have no tables."""
    from django.db.models import Model

    from caching import watch

    for number in range(models):
        meta = type("Meta", (), {"app_label": "benchmarks"})
        watch(type(f"Model{number}", (Model,), {"Meta": meta, "__module__": __name__}))


def statement_of_a_large_transaction(times: int) -> list[float]:
    """Return a single figure: the microseconds of processor time of one statement after four times 200 dirty rows.

    No statement finds a row to write: what it costs to remember the rows that it names is to be seen.
    """
    from django.db import connection, transaction

    from scheduling.models import Department, Employee, Shift, Skill

    absent = range(1_000_000, 1_000_000 + DIRTY_ROWS)
    with transaction.atomic():
        for model, column in ((Employee, "role"), (Department, "name"), (Shift, "name"), (Skill, "name")):
            model.objects.filter(pk__in=absent).update(**{column: ""})
        started = time.thread_time()
        for number in range(times):
            with connection.cursor() as cursor:
                # Each names a row that is dirty already: with more rows of a model, all of it would be.
                cursor.execute(
                    'UPDATE "scheduling_employee" SET "role" = %s WHERE "scheduling_employee"."id" = %s',
                    ["", absent[number % DIRTY_ROWS]],
                )
        return [(time.thread_time() - started) / times * 1e6]


def _reader() -> Callable[[str], Any]:
    """Return the read by e-mail: ours where the cache is set up, else the query, which a peer may cache."""
    from django.apps import apps

    from scheduling.models import Employee

    ours = type(apps.get_app_config("caching")).__name__ == "CachingConfig"
    return Employee.objects.get_by_email if ours else lambda email: Employee.objects.get(email=email)


if __name__ == "__main__":
    sys.exit(main())
