"""Starts the processes and the servers, injects faults, waits for quiescence and adds up the results."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.harness import scratch_folder
from benchmarks.servers import valkey
from benchmarks.torture.board import CHECK, END, RUN, STOP_WRITING, WAIT, Board
from benchmarks.torture.databases import database
from benchmarks.torture.designs import DESIGNS, OPTIONS, REDIS, SENTINEL
from benchmarks.torture.failover import pair
from benchmarks.torture.faults import (
    DEGRADED_SECONDS,
    LEAVING_INTENTS,
    LOADED_FOR_OTHERS,
    NEED_PROXY,
    NEED_SERVER,
    OUTAGES,
    WINDOW_SECONDS,
    Faults,
    Victims,
)
from benchmarks.torture.proxy import Proxy

ROOT = Path(__file__).resolve().parent.parent.parent
INTENT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Options:
    database: str | None = None
    peer: str = "ours"
    store: str = "memory"
    faults: tuple[str, ...] = ()
    only_saves: bool = False
    seconds: float = 60
    readers: int = 4
    writers: int = 2
    reads_per_write: float = 50
    intent_seconds: float = INTENT_SECONDS
    warming: bool = True
    disk: Path | None = None
    """A small disk for the files of the cache."""


class ChildFailed(Exception):
    """A process of the torture test has ended by itself."""


def torture(options: Options) -> dict[str, Any]:
    """Run the test once; return the flat result, with some examples of stale reads."""
    if options.peer in peers.PACKAGES:
        peers.install()
    with scratch_folder() as folder, ExitStack() as stack:
        database_url, postgres = stack.enter_context(database(options.database, folder))
        cache = options.disk or folder / "cache"
        cache.mkdir(exist_ok=True)
        fails_over = "failover" in options.faults
        both = stack.enter_context(pair(folder)) if fails_over else None
        needs_server = not fails_over and (DESIGNS[options.peer].needs_redis or options.store == "redis")
        server = stack.enter_context(valkey()) if needs_server else None
        proxy = None
        if server and NEED_PROXY.intersection(options.faults):
            readers, writers = _names("reader", options.readers), _names("writer", options.writers)
            proxy = stack.enter_context(Proxy(server.port, first=readers, then=writers))
        # The project adds its alias where there is a URL. With Sentinel, designs.py puts another address there.
        url = server.url if server else "redis://127.0.0.1:1/0" if both else ""
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
            "SECRET_KEY": "of a benchmark",
            "DATABASE_URL": database_url,
            "CACHE_DIRECTORY": str(cache),
            "REDIS_URL": url if options.store == "redis" else "",
            OPTIONS: json.dumps(_caching(options)),
            REDIS: url,
            SENTINEL: str(both.port) if both else "",
        }
        if OUTAGES.intersection(options.faults):
            # Otherwise thousands of lines would say that the server cannot be reached, as is intended.
            environment["LOG_LEVEL"] = "CRITICAL"
        elif not {"disk", "postgres"}.isdisjoint(options.faults):
            environment["LOG_LEVEL"] = "ERROR" if postgres is None else "CRITICAL"
        victims = Victims(
            server=server,
            proxy=proxy,
            pair=both,
            postgres=postgres,
            disk=options.disk,
            intent_seconds=options.intent_seconds,
        )
        return _Run(options, folder / "board", environment, victims, proxy).run()


def _names(role: str, number: int) -> list[str]:
    return [f"{role}-{index}" for index in range(number)]


def _caching(options: Options) -> dict[str, Any]:
    """Return the options of settings.CACHING."""
    # A writer is killed and the server forgets its intent too: only a record of every write covers this double fault.
    doubly = not LEAVING_INTENTS.isdisjoint(options.faults) and not NEED_SERVER.isdisjoint(options.faults)
    return {
        "INTENT_SECONDS": options.intent_seconds,
        "DEGRADED_TTL": DEGRADED_SECONDS,
        "OUTBOX": "always" if doubly else "auto",
        **LOADED_FOR_OTHERS,
    }


class _Run:
    def __init__(
        self, options: Options, board: Path, environment: dict[str, str], victims: Victims, proxy: Proxy | None
    ) -> None:
        self._options, self._environment, self._board_path = options, environment, board
        self._victims, self._proxy = victims, proxy
        self._children: list[subprocess.Popen[str]] = []

    def run(self) -> dict[str, Any]:
        world = json.loads(self._finish(self._start(role="prepare", peer="ours")))
        subjects = sum(map(len, world.values()))
        readers, writers = self._options.readers, self._options.writers
        self._board = Board(self._board_path, readers=readers, writers=writers, subjects=subjects)
        self._board.phase = WAIT
        try:
            return self._torture(world)
        finally:
            self._board.phase = END
            for child in self._children:
                child.kill()
                child.wait()
            self._finish(self._start(role="clean", peer="ours"))

    def _torture(self, world: dict[str, Any]) -> dict[str, Any]:
        options, board = self._options, self._board
        task = {
            "peer": options.peer,
            "world": world,
            "board": str(self._board_path),
            "readers": options.readers,
            "writers": options.writers,
            "faults": options.faults,
        }
        readers = [
            self._start(role="reader", way=f"reader-{number}", number=number, warms=options.warming, **task)
            for number in range(options.readers)
        ]
        writers = [
            self._start(
                role="writer",
                way=f"writer-{number}",
                number=number,
                reads_per_write=options.reads_per_write,
                only_saves=options.only_saves,
                application=f"torture-{os.getpid()}-writer-{number}",
                **task,
            )
            for number in range(options.writers)
        ]
        for child in self._children[-len(readers) - len(writers) :]:
            self._line(child)
        board.phase = RUN
        for child in (*readers, *writers):
            self._tell(child)
        started = time.monotonic()
        faults = Faults(options.faults, board, self._kill_a_writer, self._victims)
        faults.run(started + options.seconds, self._check)
        board.phase = STOP_WRITING
        seconds = time.monotonic() - started
        for writer in writers:
            self._finish(writer)
        # The intent of a killed writer counts until its deadline. Only then may its rows be served again.
        by_intents = options.intent_seconds if LEAVING_INTENTS.intersection(options.faults) else 0
        by_outages = WINDOW_SECONDS if OUTAGES.intersection(options.faults) else 0
        time.sleep(1 + max(by_intents, by_outages))
        board.phase = CHECK
        results = [json.loads(self._finish(reader)) for reader in readers]
        return self._add_up(results, seconds, faults)

    def _check(self) -> None:
        for child in self._children:
            if child.poll() not in (None, 0):
                raise ChildFailed(f"A process of the torture has ended with {child.returncode}; see above.")

    def _kill_a_writer(self) -> bool:
        number = random.randrange(self._options.writers)
        pid = self._board.pid(number)
        if pid:
            # Do not kill it twice: the system may give its process id to another process.
            self._board.set_pid(number, 0)
            _kill(pid)
        return bool(pid)

    def _add_up(self, results: Sequence[dict[str, Any]], seconds: float, faults: Faults) -> dict[str, Any]:
        by_form: Counter[str] = sum((Counter(result["by_form"]) for result in results), Counter())
        by_kind: Counter[str] = sum((Counter(result["by_kind"]) for result in results), Counter())
        total = {name: sum(result[name] or 0 for result in results) for name in _ADDED_UP}
        reads: Counter[str] = sum((Counter(result["reads"]) for result in results), Counter())
        without_query: Counter[str] = sum((Counter(result["without_query"]) for result in results), Counter())
        writes = self._board.writes()
        own_wrong, own_right = self._board.own_reads()
        counted = results[0]["hits"] is not None
        return {
            "design": self._options.peer,
            "store": self._options.store if self._options.peer == "ours" else "redis",
            "faults": ",".join(self._options.faults),
            "seconds": round(seconds, 1),
            "readers": self._options.readers,
            "writers": self._options.writers,
            "reads": reads.total(),
            "writes": sum(writes),
            "served_from_cache": total["hits"] if counted else without_query.total(),
            "served_without_query": without_query.total(),
            "stale_reads": total["stale_reads"],
            "worst_age_ms": max(result["worst_age_us"] for result in results) / 1000,
            "window_s": WINDOW_SECONDS if OUTAGES.intersection(self._options.faults) else 0,
            "stale_in_window": total["stale_in_window"],
            "worst_age_in_window_ms": max(result["worst_age_in_window_us"] for result in results) / 1000,
            "uncommitted_reads": total["uncommitted_reads"],
            "stale_after_quiescence": total["wrong_after_quiescence"],
            "own_reads": own_wrong + own_right,
            "own_reads_wrong": own_wrong,
            "reads_per_s": round(reads.total() / seconds),
            "writes_per_s": round(sum(writes) / seconds),
            **{done: faults.counts[name] for name, done in _DONE.items()},
            **{name: sum(result[name] for result in results) for name in _FROM_INSIDE},
            "outage_s": round(sum(end - begin for begin, end in self._board.outages()) / 1e6, 1),
            **{f"stale_{kind}_reads": by_kind[kind] for kind in ("row", "address", "assignment", "joined")},
            **{f"served_{kind}_share": round(without_query[kind] / reads[kind], 4) for kind in reads},
            "forms": {
                name: {"writes": writes[place], "stale_reads": by_form[name]}
                for place, name in enumerate(results[0]["forms"])
            },
            "examples": [example for result in results for example in result["examples"]],
        }

    # -- children -----------------------------------------------------------------------------------------------------

    def _start(self, *, role: str, application: str = "torture", way: str = "", **task: Any) -> subprocess.Popen[str]:
        environment = {**self._environment, "PGAPPNAME": application}
        if self._proxy and way:
            environment["REDIS_URL"] = f"redis://127.0.0.1:{self._proxy.port(way)}/0"
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.torture.child", json.dumps({"role": role, **task})],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._children.append(child)
        return child

    def _line(self, child: subprocess.Popen[str]) -> str:
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line:
            raise ChildFailed(f"A process of the torture has ended with {child.wait()}; see above.")
        return line

    def _tell(self, child: subprocess.Popen[str]) -> None:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()

    def _finish(self, child: subprocess.Popen[str]) -> str:
        output, _ = child.communicate()
        if child.returncode:
            raise ChildFailed(f"A process of the torture has ended with {child.returncode}; see above.")
        return output.splitlines()[-1] if output else ""


_ADDED_UP = ("hits", "stale_reads", "stale_in_window", "uncommitted_reads", "wrong_after_quiescence")
_DONE = {
    **{"kill": "killed", "flush": "flushed", "restart": "restarted", "cut": "cut", "slow": "slowed"},
    **{"failover": "failed_over", "pause": "paused", "postgres": "postgres_killed", "disk": "disk_filled"},
}
_FROM_INSIDE = ("forked", "reads_in_forks", "jumps", "warmed", "reads_without_database")
"""The figure that says how often each fault happened."""


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
