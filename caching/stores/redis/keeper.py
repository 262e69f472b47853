"""The thread that looks at the outbox, and at the server, every few seconds."""

import logging
import threading
from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections

from .faults import FAULTS

logger = logging.getLogger("caching")

PROBE_SECONDS = 1.0
"""How often a server that could not be reached is tried again."""
FIRST_SECONDS = 2.0
"""How long the first read of a process waits for the first look at the outbox. It goes on without the cache then."""
LOOK_FAULTS = (
    # RuntimeError: a test runner forbids database access.
    *(DatabaseError, InterfaceError, RuntimeError),
    # Settings that were changed, or a row that nobody of ours has written.
    *(ImproperlyConfigured, LookupError, ValueError, TypeError),
)
"""What a look may come to grief over. The thread goes on: without it the process would never come back."""


class Keeper:
    """A thread that looks at the outbox, and at the server, every few seconds.

    ``look`` raises one of FAULTS while the server cannot be reached.
    """

    def __init__(self, look: Callable[[], None], *, seconds: float) -> None:
        self._look, self._seconds = look, seconds or PROBE_SECONDS
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped: threading.Thread | None = None
        self._looked, self._wake = threading.Event(), threading.Event()

    def start(self) -> None:
        """Start the thread and wait for its first look, unless it runs already."""
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="caching-keeper", daemon=True)
            self._thread.start()
        self._looked.wait(FIRST_SECONDS)

    def is_this_thread(self) -> bool:
        return self._thread is threading.current_thread()

    def wake(self) -> None:
        """Let it look now."""
        self._wake.set()

    def stop(self) -> None:
        """Let the thread end."""
        self._thread, self._stopped = None, self._thread
        self._wake.set()

    def join(self) -> None:
        """Wait until a thread that was told to end has ended its last look."""
        if self._stopped is not None and self._stopped is not threading.current_thread():
            self._stopped.join(FIRST_SECONDS)

    def _run(self) -> None:
        while self.is_this_thread():
            seconds = self._look_once()
            self._looked.set()
            self._wake.wait(seconds)
            self._wake.clear()

    def _look_once(self) -> float:
        """Look; return in how many seconds to look again."""
        try:
            self._look()
        except FAULTS:
            return PROBE_SECONDS
        except LOOK_FAULTS as error:
            # Whoever stops it may have taken the settings away that it looks by.
            if self.is_this_thread():
                logger.warning("The outbox could not be looked at: %s: %s", type(error).__name__, error)
            return PROBE_SECONDS
        finally:
            connections.close_all()
        return self._seconds
