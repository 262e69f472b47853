"""The faults that are injected, and the stale reads that they excuse.

kill      a writer is killed (SIGKILL) every half second
flush     the server of the generations is emptied (FLUSHALL) about every second
restart   the server is killed or stopped, and comes back empty or as it was seconds ago
cut       nothing passes between some processes and the server
slow      everything between some processes and the server arrives up to half a second later
failover  a replica of the server takes over, by order of Sentinel or because the primary was killed
pause     a writer is stopped (SIGSTOP) for longer than INTENT_SECONDS, after begin or before end
postgres  PostgreSQL is killed, and started again
disk      the disk under CACHE_DIRECTORY is full; a writer is killed then, so that another one begins on the full disk
fork      readers fork while another of their threads reads; parent and child go on reading (in reader.py)
clock     the wall clocks of the processes jump by up to a month (in nemeses.py)

Four of them are outages: restart, cut, slow and failover. During an outage, and until every process has recovered from
it, a process may serve values that are DEGRADED_TTL old, and an invalidation may wait in the outbox until a process
looks at it. For that long, and no longer, a read may be stale (docs/coherence.md). The others excuse nothing.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers import PostgreSQL, Valkey
from benchmarks.torture.board import Board
from benchmarks.torture.failover import Pair
from benchmarks.torture.nemeses import AFTER_COMMIT, BEFORE_COMMIT
from benchmarks.torture.proxy import Proxy

DEGRADED_SECONDS = 5.0
"""CACHING["DEGRADED_TTL"] of the processes under test."""
LOADED_FOR_OTHERS = {"TTL": {"default": 3.0}, "REFRESH": {"default": "all"}, "REFILL": {"default": True}}
"""Options with which values are renewed all the time, and rows loaded anew by those who write them."""
LOOK_SECONDS = 5.0
"""How often such a process looks at the outbox: as often as it may serve a value that old."""
WINDOW_SECONDS = DEGRADED_SECONDS + LOOK_SECONDS
SLOW_SECONDS = (0.05, 0.2, 0.5)
"""With the last of them no command is answered before its time-out."""

FAULTS = ("kill", "flush", "restart", "cut", "slow", "failover", "pause", "postgres", "disk", "fork", "clock")
OUTAGES = frozenset({"restart", "cut", "slow", "failover"})
NEED_PROXY = frozenset({"cut", "slow"})
NEED_SERVER = frozenset({"flush"}) | OUTAGES
KILLING = frozenset({"kill", "disk"})
LEAVING_INTENTS = KILLING | {"postgres"}
"""After these, intents are left to expire: the writer is gone, or does not know what came of its COMMIT."""
FROM_INSIDE = frozenset({"fork", "clock"})
"""These the processes do to themselves."""


def is_in_window(outages: Iterable[tuple[int, int]], published: int, now: int) -> bool:
    """Return whether a read may miss now what was published then. All times are microseconds of the board.

    What it missed must be no older than the window, and must have been published during an outage (begin, end; an end
    of 0 means that it lasts) or while the processes recovered from it.
    """
    window = int(WINDOW_SECONDS * 1e6)
    return now - published <= window and any(
        begin <= published and now <= (end or now) + window for begin, end in outages
    )


@dataclass(frozen=True, kw_only=True)
class Victims:
    """What faults befall, as far as it is there."""

    server: Valkey | None = None
    proxy: Proxy | None = None
    pair: Pair | None = None
    postgres: PostgreSQL | None = None
    disk: Path | None = None
    intent_seconds: float = 30


class Faults:
    """Injects faults while the processes run. When ``run`` returns, everything works again."""

    def __init__(self, names: Iterable[str], board: Board, kill: Callable[[], bool], victims: Victims) -> None:
        self._board, self._kill_a_writer, self._victims = board, kill, victims
        self._server, self._proxy = victims.server, victims.proxy
        self._plans: list[Iterator[float]] = [getattr(self, f"_{name}")() for name in names if name not in FROM_INSIDE]
        self.counts: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))

    def run(self, until: float, check: Callable[[], None]) -> None:
        """Inject faults until the given moment. ``check`` raises when a process has ended."""
        due = {plan: time.monotonic() + next(plan) for plan in self._plans}
        try:
            while (now := time.monotonic()) < until:
                check()
                for plan, moment in due.items():
                    if moment <= now:
                        due[plan] = time.monotonic() + next(plan)
                time.sleep(max(min((*due.values(), until, now + 0.5)) - time.monotonic(), 0))
        finally:
            for plan in due:
                plan.close()  # type: ignore[attr-defined]

    # Each plan yields the seconds until its next step. Closing it ends the fault that it has begun.

    def _kill(self) -> Iterator[float]:
        while True:
            yield 0.5 * (0.5 + random.random())
            self.counts["kill"] += self._kill_a_writer()

    def _flush(self) -> Iterator[float]:
        assert self._server is not None
        while True:
            yield random.uniform(0.2, 2)
            self.counts["flush"] += self._server.flush()

    def _restart(self) -> Iterator[float]:
        assert self._server is not None
        server = self._server
        while True:
            snapshot = server.snapshot()
            yield _quiet_seconds()
            with self._outage("restart"):
                server.stop(at_once=random.random() < 0.5)
                try:
                    yield random.choice([0, random.uniform(0, 4)])
                finally:
                    server.start(random.choice([None, snapshot]))

    def _cut(self) -> Iterator[float]:
        assert self._proxy is not None
        while True:
            yield _quiet_seconds()
            names = self._some_processes()
            with self._outage("cut"):
                self._proxy.cut(names)
                try:
                    yield random.uniform(0.5, 6)
                finally:
                    self._proxy.mend(names, reset=random.random() < 0.5)

    def _slow(self) -> Iterator[float]:
        assert self._proxy is not None
        while True:
            yield _quiet_seconds()
            names = self._some_processes()
            with self._outage("slow"):
                self._proxy.slow(names, random.choice(SLOW_SECONDS))
                try:
                    yield random.uniform(0.5, 6)
                finally:
                    self._proxy.slow(names, 0)

    def _failover(self) -> Iterator[float]:
        assert self._victims.pair is not None
        while True:
            yield random.uniform(1, 4)
            with self._outage("failover"):
                self._victims.pair.fail_over()

    def _pause(self) -> Iterator[float]:
        board = self._board
        while True:
            yield random.uniform(0.1, 1)
            writer = random.randrange(board.writers)
            board.ask_to_stop(writer, (BEFORE_COMMIT, AFTER_COMMIT)[self.counts["pause"] % 2])
            try:
                while not board.stopped(writer):
                    yield 0.02
                yield self._victims.intent_seconds + 0.5
                self.counts["pause"] += 1
            finally:
                board.ask_to_stop(writer, 0)
                # It may be about to stop. It looks at the board, and then stops, within less than this.
                time.sleep(0.05)
                if pid := board.stopped(writer):
                    os.kill(pid, signal.SIGCONT)

    def _postgres(self) -> Iterator[float]:
        assert self._victims.postgres is not None
        server = self._victims.postgres
        while True:
            # Longer than it takes to recover, or it would be down most of the time.
            yield random.uniform(2, 8)
            server.kill()
            try:
                yield random.choice([0, random.uniform(0, 2)])
            finally:
                server.start()
                self.counts["postgres"] += 1

    def _disk(self) -> Iterator[float]:
        assert self._victims.disk is not None
        junk = self._victims.disk / "junk"
        while True:
            yield random.uniform(0.2, 2)
            try:
                _fill(junk)
                yield 0.1
                self.counts["kill"] += self._kill_a_writer()
                yield random.uniform(0.2, 2)
            finally:
                junk.unlink(missing_ok=True)
                self.counts["disk"] += 1

    def _some_processes(self) -> list[str]:
        assert self._proxy is not None
        names = self._proxy.names
        return random.sample(names, random.randint(1, len(names)))

    @contextmanager
    def _outage(self, name: str) -> Iterator[None]:
        number = self._board.begin_outage()
        try:
            yield
        finally:
            self._board.end_outage(number)
            self.counts[name] += 1


def _quiet_seconds() -> float:
    """Return how long everything works; sometimes so briefly that one outage runs into the next."""
    return random.uniform(1, 1.5 * WINDOW_SECONDS)


def _fill(junk: Path) -> None:
    """Write until there is no room for one more byte."""
    with junk.open("wb", buffering=0) as file:
        for size in (65_536, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                # This is what was wanted. Another process may have taken, or given back, some bytes: try smaller ones.
                continue
