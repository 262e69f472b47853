"""Starts the processes, kills writers, waits for quiescence, adds up what was counted."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.harness import scratch_folder
from benchmarks.torture.board import CHECK, END, RUN, STOP_WRITING, WAIT, Board
from benchmarks.torture.databases import database, redis
from benchmarks.torture.designs import DESIGNS, REDIS

ROOT = Path(__file__).resolve().parent.parent.parent
INTENT_SECONDS = 30.0
_BETWEEN_KILLS = 0.5


@dataclass(frozen=True, kw_only=True)
class Options:
    database: str | None = None
    peer: str = "ours"
    kill: bool = False
    only_saves: bool = False
    seconds: float = 60
    readers: int = 4
    writers: int = 2
    reads_per_write: float = 50
    intent_seconds: float = INTENT_SECONDS


class ChildFailed(Exception):
    """A process of the torture has ended by itself."""


def torture(options: Options) -> dict[str, Any]:
    """Run once; return the flat result, with some examples of stale reads."""
    if options.peer in peers.PACKAGES:
        peers.install()
    with (
        scratch_folder() as folder,
        database(options.database, folder) as database_url,
        redis(DESIGNS[options.peer].needs_redis) as redis_url,
    ):
        (cache := folder / "cache").mkdir()
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
            "SECRET_KEY": "of a benchmark",
            "DATABASE_URL": database_url,
            "CACHE_DIRECTORY": str(cache),
            "REDIS_URL": "",
            "TORTURE_INTENT_SECONDS": str(options.intent_seconds),
            REDIS: redis_url,
        }
        return _Run(options, folder / "board", environment).run()


class _Run:
    def __init__(self, options: Options, board: Path, environment: dict[str, str]) -> None:
        self._options, self._environment, self._board_path = options, environment, board
        self._children: list[subprocess.Popen[str]] = []
        self._killed = 0

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
        }
        readers = [self._start(role="reader", number=number, **task) for number in range(options.readers)]
        writers = [
            self._start(
                role="writer",
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
        self._let_them_run(started + options.seconds)
        board.phase = STOP_WRITING
        seconds = time.monotonic() - started
        for writer in writers:
            self._finish(writer)
        if options.kill:
            # A killed writer's intent counts until its deadline; only then may its rows be served again.
            time.sleep(options.intent_seconds + 1)
        board.phase = CHECK
        results = [json.loads(self._finish(reader)) for reader in readers]
        return self._add_up(results, seconds)

    def _let_them_run(self, until: float) -> None:
        while (now := time.monotonic()) < until:
            time.sleep(min(until - now, _BETWEEN_KILLS * (0.5 + random.random())))
            for child in self._children:
                if child.poll() not in (None, 0):
                    raise ChildFailed(f"A process of the torture has ended with {child.returncode}; see above.")
            if self._options.kill:
                self._kill_a_writer()

    def _kill_a_writer(self) -> None:
        number = random.randrange(self._options.writers)
        if pid := self._board.pid(number):
            # Not twice: its number may be given to another process.
            self._board.set_pid(number, 0)
            _kill(pid)
            self._killed += 1

    def _add_up(self, results: Sequence[dict[str, Any]], seconds: float) -> dict[str, Any]:
        by_form: Counter[str] = sum((Counter(one["by_form"]) for one in results), Counter())
        by_kind: Counter[str] = sum((Counter(one["by_kind"]) for one in results), Counter())
        total = {name: sum(one[name] or 0 for one in results) for name in _ADDED_UP}
        reads: Counter[str] = sum((Counter(one["reads"]) for one in results), Counter())
        without_query: Counter[str] = sum((Counter(one["without_query"]) for one in results), Counter())
        writes = self._board.writes()
        own_wrong, own_right = self._board.own_reads()
        counted = results[0]["hits"] is not None
        return {
            "design": self._options.peer,
            "seconds": round(seconds, 1),
            "readers": self._options.readers,
            "writers": self._options.writers,
            "reads": reads.total(),
            "writes": sum(writes),
            "served_from_cache": total["hits"] if counted else without_query.total(),
            "served_without_query": without_query.total(),
            "stale_reads": total["stale_reads"],
            "uncommitted_reads": total["uncommitted_reads"],
            "worst_age_ms": max(one["worst_age_us"] for one in results) / 1000,
            "stale_after_quiescence": total["wrong_after_quiescence"],
            "own_reads": own_wrong + own_right,
            "own_reads_wrong": own_wrong,
            "reads_per_s": round(reads.total() / seconds),
            "writes_per_s": round(sum(writes) / seconds),
            "killed": self._killed,
            **{f"stale_{kind}_reads": by_kind[kind] for kind in ("row", "address", "assignment", "joined")},
            **{f"served_{kind}_share": round(without_query[kind] / reads[kind], 4) for kind in reads},
            "forms": {
                name: {"writes": writes[place], "stale_reads": by_form[name]}
                for place, name in enumerate(results[0]["forms"])
            },
            "examples": [example for one in results for example in one["examples"]],
        }

    # -- children -----------------------------------------------------------------------------------------------------

    def _start(self, *, role: str, application: str = "torture", **task: Any) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.torture.child", json.dumps({"role": role, **task})],
            cwd=ROOT,
            env={**self._environment, "PGAPPNAME": application},
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


_ADDED_UP = ("hits", "stale_reads", "uncommitted_reads", "wrong_after_quiescence")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
