"""The thread that checks the outbox and the server every few seconds."""

import logging
import threading
from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections

from .faults import FAULTS

logger = logging.getLogger("caching")

PROBE_SECONDS = 1.0
"""Seconds between attempts to reach an unreachable server."""
FIRST_SECONDS = 2.0
"""How long the first read of a process waits for the first check of the outbox before it bypasses the cache."""
LOOK_FAULTS = (
    # RuntimeError: a test runner blocks database access.
    *(DatabaseError, InterfaceError, RuntimeError),
    # Changed settings, or an outbox row that was not written by the cache.
    *(ImproperlyConfigured, LookupError, ValueError, TypeError),
)
"""Errors during a check that do not stop the thread: without it the process would never use the server again."""


class Keeper:
    """A thread that calls ``look`` every few seconds, to check the outbox and the server.

    ``look`` raises one of FAULTS while the server cannot be reached.
    """

    def __init__(self, look: Callable[[], None], *, seconds: float) -> None:
        self._look, self._seconds = look, seconds or PROBE_SECONDS
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped: threading.Thread | None = None
        self._looked, self._wake = threading.Event(), threading.Event()

    def start(self) -> None:
        """Start the thread, unless it is running, and wait for its first check."""
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="caching-keeper", daemon=True)
            self._thread.start()
        self._looked.wait(FIRST_SECONDS)

    def is_this_thread(self) -> bool:
        return self._thread is threading.current_thread()

    def wake(self) -> None:
        """Make the thread check now."""
        self._wake.set()

    def stop(self) -> None:
        """Tell the thread to end."""
        self._thread, self._stopped = None, self._thread
        self._wake.set()

    def join(self) -> None:
        """Wait until a stopped thread has finished its last check."""
        if self._stopped is not None and self._stopped is not threading.current_thread():
            self._stopped.join(FIRST_SECONDS)

    def _run(self) -> None:
        while self.is_this_thread():
            seconds = self._look_once()
            self._looked.set()
            self._wake.wait(seconds)
            self._wake.clear()

    def _look_once(self) -> float:
        """Check once; return the number of seconds until the next check."""
        try:
            self._look()
        except FAULTS:
            return PROBE_SECONDS
        except LOOK_FAULTS as error:
            # If the thread was stopped, the settings that it needs may already be gone.
            if self.is_this_thread():
                logger.warning("The outbox could not be checked: %s: %s", type(error).__name__, error)
            return PROBE_SECONDS
        finally:
            connections.close_all()
        return self._seconds
