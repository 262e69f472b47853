"""The faults that are injected, and the stale reads that they excuse.

kill      a writer is killed (SIGKILL) every half second
flush     the server of the generations is emptied (FLUSHALL) about every second
restart   the server is killed or stopped, and comes back empty or as it was seconds ago
cut       nothing passes between some processes and the server
slow      everything between some processes and the server arrives up to half a second later

The last three are outages. During an outage, and until every process has recovered from it, a process may serve values
that are DEGRADED_TTL old, and an invalidation may wait in the outbox until a process looks at it. For that long, and no
longer, a read may be stale (docs/coherence.md). ``kill`` and ``flush`` excuse nothing.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from benchmarks.servers import Valkey
from benchmarks.torture.board import Board
from benchmarks.torture.proxy import Proxy

DEGRADED_SECONDS = 5.0
"""CACHING["DEGRADED_TTL"] of the processes under test."""
LOOK_SECONDS = 5.0
"""How often such a process looks at the outbox: as often as it may serve a value that old."""
WINDOW_SECONDS = DEGRADED_SECONDS + LOOK_SECONDS
SLOW_SECONDS = (0.05, 0.2, 0.5)
"""With the last of them no command is answered before its time-out."""

FAULTS = ("kill", "flush", "restart", "cut", "slow")
OUTAGES = frozenset({"restart", "cut", "slow"})
NEED_PROXY = frozenset({"cut", "slow"})
NEED_SERVER = frozenset({"flush"}) | OUTAGES


def is_in_window(outages: Iterable[tuple[int, int]], published: int, now: int) -> bool:
    """Return whether a read may miss now what was published then. All times are microseconds of the board.

    What it missed must be no older than the window, and must have been published during an outage (begin, end; an end
    of 0 means that it lasts) or while the processes recovered from it.
    """
    window = int(WINDOW_SECONDS * 1e6)
    return now - published <= window and any(
        begin <= published and now <= (end or now) + window for begin, end in outages
    )


class Faults:
    """Injects faults while the processes run. When ``run`` returns, everything works again."""

    def __init__(
        self, names: Iterable[str], board: Board, kill: Callable[[], bool], server: Valkey | None, proxy: Proxy | None
    ) -> None:
        self._board, self._kill_a_writer, self._server, self._proxy = board, kill, server, proxy
        self._plans: list[Iterator[float]] = [getattr(self, f"_{name}")() for name in names]
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
                time.sleep(max(min(*due.values(), until, now + 0.5) - time.monotonic(), 0))
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
            yield _pause()
            with self._outage("restart"):
                server.stop(at_once=random.random() < 0.5)
                try:
                    yield random.choice([0, random.uniform(0, 4)])
                finally:
                    server.start(random.choice([None, snapshot]))

    def _cut(self) -> Iterator[float]:
        assert self._proxy is not None
        while True:
            yield _pause()
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
            yield _pause()
            names = self._some_processes()
            with self._outage("slow"):
                self._proxy.slow(names, random.choice(SLOW_SECONDS))
                try:
                    yield random.uniform(0.5, 6)
                finally:
                    self._proxy.slow(names, 0)

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


def _pause() -> float:
    """Return how long everything works; sometimes so briefly that one outage runs into the next."""
    return random.uniform(1, 1.5 * WINDOW_SECONDS)
