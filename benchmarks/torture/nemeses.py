"""What befalls a process from inside: it is stopped around a COMMIT, its wall clock jumps, it loses its database."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.torture.board import RUN, Board

BEFORE_COMMIT, AFTER_COMMIT = 1, 2
JUMPS_SECONDS = (-86_400 * 30, -3600, -5, 0, 5, 3600, 86_400 * 30)
_JUMPS_PER_SECOND = 2

_read_clock = time.time


class WallClock:
    """In place of ``time.time`` in this process. The clocks of the kernel cannot jump for one process alone.

    Deadlines are counted by the monotonic clock, and by the server's own: only lifetimes in the shared tier are moments
    of the wall clock. ``datetime.now`` asks the kernel and does not jump.
    """

    def __init__(self) -> None:
        self.jumps = 0
        self._offset, self._next = 0.0, 0.0

    def install(self) -> None:
        """Let every module that is imported from now on read this clock."""
        time.time = self

    def __call__(self) -> float:
        return _read_clock() + self._offset

    def jump_now_and_then(self) -> None:
        now = time.monotonic()
        if time.time is self and now >= self._next:
            self._next = now + random.uniform(0, 2 / _JUMPS_PER_SECOND)
            self._offset = random.choice(JUMPS_SECONDS)
            self.jumps += 1


def stop_around_commits(writer: int, board: Board) -> None:
    """Let this process stop itself (SIGSTOP) where the board asks for it: after ``begin``, or before ``end``."""
    from caching import cache_manager

    store: Any = cache_manager.runtime.opened().generations
    begin, end = store.begin, store.end

    def begin_and_stop(tags: Any) -> Any:
        intent = begin(tags)
        _stop_if_asked(writer, board, BEFORE_COMMIT)
        return intent

    def stop_and_end(intent: Any) -> Any:
        _stop_if_asked(writer, board, AFTER_COMMIT)
        return end(intent)

    store.begin, store.end = begin_and_stop, stop_and_end


def _stop_if_asked(writer: int, board: Board, place: int) -> None:
    if board.stop_wanted(writer) == place and board.phase == RUN:
        board.ask_to_stop(writer, 0)
        board.set_stopped(writer, os.getpid())
        os.kill(os.getpid(), signal.SIGSTOP)
        # It goes on here once somebody has sent SIGCONT.
        board.set_stopped(writer, 0)


@contextmanager
def losing_the_database(count: Callable[[], None]) -> Iterator[None]:
    """Go on after an error of the connection, with a new one. Whatever was being written has an unknown outcome."""
    from django.db import InterfaceError, OperationalError, connection

    try:
        yield
    except (OperationalError, InterfaceError):
        count()
        connection.close()
        time.sleep(0.05)
