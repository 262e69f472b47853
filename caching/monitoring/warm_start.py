"""Fills the caches when a process begins to serve, in a thread, if WARM_ON_START says so: no request waits for it.

It loads what the application has declared, the newest rows, and what this host has read most in the last hour.
With a shared tier one process of the host does it for all; without one each fills its own memory.
"""

import logging
import os
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connections

from .. import databases
from ..keys import known_types
from ..reading.manager import cache_manager
from .history import host_lock
from .most_read import warm_most_read
from .sampler import FAULTS
from .warming import warm_each

logger = logging.getLogger("caching")

LOCK_NAME = "warming.lock"


class WarmStart:
    """The thread of this process. It is never started by a test."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, **signal: Any) -> None:
        """Start the thread at the first request of a process, if the settings say so; a receiver of request_started."""
        if self._thread is not None or not cache_manager.config.WARM_ON_START or databases.is_test():
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=fill, name="caching-warming", daemon=True)
                self._thread.start()

    def forget(self) -> None:
        """Start afresh after a fork: the thread stayed in the parent."""
        self.__init__()  # type: ignore[misc]


def fill() -> int:
    """Fill the caches of all types on connections of this thread; return the number of values that were loaded."""
    loaded = 0
    try:
        with _turn() as is_mine:
            if is_mine:
                # What was read most comes last: it takes the room of what has been loaded and not been read.
                loaded = sum(found.loaded for found in (*warm_each(known_types(), None), *warm_most_read()))
                logger.info("Warmed the caches: loaded %d values", loaded)
    except FAULTS as error:
        logger.warning("The caches could not be warmed: %s: %s", type(error).__name__, error)
    finally:
        connections.close_all()
    return loaded


def _turn() -> AbstractContextManager[bool]:
    """Return a context that says whether this process is to fill the shared tier: another may be about it."""
    directory = cache_manager.config.directory
    if cache_manager.runtime.shared is None or directory is None:
        return nullcontext(True)
    return host_lock(directory, LOCK_NAME, wait=False)


warm_start = WarmStart()
os.register_at_fork(after_in_child=warm_start.forget)
