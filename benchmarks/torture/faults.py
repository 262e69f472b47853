"""What is done to the server of the second store and to the ways to it, and which stale reads that excuses.

kill      a writer is killed (SIGKILL), every half second
flush     FLUSHALL, about every second
restart   the server is killed or stopped, and comes back empty, or as it was seconds ago
cut       nothing is passed on any more between some processes and the server
slow      everything between some processes and the server comes up to half a second later

The last three are outages. In an outage, and until everybody has come back from it, a process may serve what is
DEGRADED_TTL old, and an invalidation may wait in the outbox until somebody looks at it: so long and no longer a read
may be stale (docs/coherence.md). ``kill`` and ``flush`` excuse nothing.
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
"""How often a process of theirs looks at the outbox: as often as what it serves may be old."""
WINDOW_SECONDS = DEGRADED_SECONDS + LOOK_SECONDS
SLOW_SECONDS = (0.05, 0.2, 0.5)
"""With the last one no command is answered in time."""

FAULTS = ("kill", "flush", "restart", "cut", "slow")
OUTAGES = frozenset({"restart", "cut", "slow"})
NEED_PROXY = frozenset({"cut", "slow"})
NEED_SERVER = frozenset({"flush"}) | OUTAGES


def is_in_window(outages: Iterable[tuple[int, int]], published: int, now: int) -> bool:
    """Whether a read that missed what was published then may do so now, all in microseconds of the board.

    What it missed must be no older than the window, from an outage (begin, end; 0: it lasts) or from the time in which
    everybody comes back from it.
    """
    window = int(WINDOW_SECONDS * 1e6)
    return now - published <= window and any(
        begin <= published and now <= (end or now) + window for begin, end in outages
    )


class Faults:
    """Does what was asked for while the processes run: ``run`` returns at the moment given, everything whole again."""

    def __init__(
        self, names: Iterable[str], board: Board, kill: Callable[[], bool], server: Valkey | None, proxy: Proxy | None
    ) -> None:
        self._board, self._kill_a_writer, self._server, self._proxy = board, kill, server, proxy
        self._plans: list[Iterator[float]] = [getattr(self, f"_{name}")() for name in names]
        self.counts: Counter[str] = Counter(dict.fromkeys(FAULTS, 0))

    def run(self, until: float, check: Callable[[], None]) -> None:
        """Carry the plans out; ``check`` raises when a process has ended."""
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

    # Each plan yields the seconds until it goes on. Closing it ends what it has begun.

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
    """Return how long all is well: sometimes so shortly that one outage runs into the next."""
    return random.uniform(1, 1.5 * WINDOW_SECONDS)
