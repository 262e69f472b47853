"""A few threads that load what nobody waits for: values whose time is nearly over, and rows that were just written."""

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import connections

logger = logging.getLogger("caching")

_THREADS = 2
MAX_WAITING = 1000
"""The most jobs that wait. What comes then is not done: its value is loaded by whoever reads it next."""


class Background:
    """The threads of this process, started when they are first needed. Never shared with a forked child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting: set[Hashable] = set()
        self._futures: set[Future[Any]] = set()
        self._executor: ThreadPoolExecutor | None = None

    def submit(self, name: Hashable, job: Callable[[], Any]) -> bool:
        """Run the job soon in another thread; return False if one of this name waits already, or too many do."""
        with self._lock:
            if name in self._waiting or len(self._waiting) >= MAX_WAITING:
                return False
            if self._executor is None:
                self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="caching-background")
            try:
                future = self._executor.submit(self._run, name, job)
            except RuntimeError:
                # The interpreter is about to end.
                return False
            self._waiting.add(name)
            self._futures.add(future)
        future.add_done_callback(partial(self._ended, name))
        return True

    def _run(self, name: Hashable, job: Callable[[], Any]) -> None:
        try:
            job()
        finally:
            with self._lock:
                self._waiting.discard(name)
                is_last = not self._waiting
            if is_last:
                # A thread that has nothing to do keeps no connection.
                connections.close_all()

    def _ended(self, name: Hashable, future: Future[Any]) -> None:
        if not future.cancelled():
            report(future.exception())
        with self._changed:
            self._waiting.discard(name)
            self._futures.discard(future)
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until everything is done that was submitted before."""
        with self._changed:
            before = set(self._futures)
            self._changed.wait_for(lambda: not before & self._futures, seconds)


def report(error: BaseException | None) -> None:
    """Say that a job has failed. Nobody waits for it, and the value that it should have renewed expires in time."""
    if error is not None:
        logger.warning("A value could not be loaded in the background: %s: %s", type(error).__name__, error)
