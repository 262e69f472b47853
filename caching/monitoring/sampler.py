"""The thread that writes the history once a minute: one for all processes of the host.

The first process that serves a request and takes the lock of the host is elected; when it ends, another takes the lock.
The thread uses connections of its own and closes them after each sample. It is never started by a test. The thread of
each process also remembers what was read most (``most_read``), and with VERIFY_SAMPLE compares some of its entries with
the database.
"""

import atexit
import fcntl
import logging
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections, router
from django.utils import timezone

from .. import databases
from ..keys import without_value
from ..reading.manager import cache_manager
from . import history
from .most_read import MostRead
from .verification import verify_local, verify_shared

logger = logging.getLogger("caching")

LEADER_LOCK_NAME = "sampler.lock"
LAST_SECONDS = 5.0
"""How long the end of a process waits for its last sample, and a caller for a sample of now."""
FAULTS = (DatabaseError, InterfaceError, OSError, ImproperlyConfigured, RuntimeError)
"""What a thread that serves nobody survives: it says so in the log."""


class Sampler:
    """The thread of this process, and its lock while it is the elected one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._leadership: int | None = None
        self._complained = False
        self._most_read = MostRead()

    def start(self, **signal: Any) -> None:
        """Start the thread unless it runs, or the settings or a test run forbid it; a receiver of request_started."""
        if self._thread is not None or not cache_manager.config.SAMPLE_SECONDS or databases.is_test():
            return
        with self._lock:
            if self._thread is None and _directory() is not None:
                self._thread = threading.Thread(target=self._run, name="caching-sampler", daemon=True)
                self._thread.start()
                atexit.register(self.stop)

    def stop(self) -> None:
        """Let the thread take a last sample and end; wait for that for at most LAST_SECONDS."""
        thread, self._thread = self._thread, None
        self._wake.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(LAST_SECONDS)

    def forget(self) -> None:
        """Start afresh after a fork: the thread stayed in the parent, and so does its lock."""
        if self._leadership is not None:
            os.close(self._leadership)
        self.__init__()  # type: ignore[misc]

    def _run(self) -> None:
        this = threading.current_thread()
        while self._thread is this:
            if self._is_leader():
                self._sample()
            self._remember()
            self._verify()
            self._wake.wait(cache_manager.config.SAMPLE_SECONDS)
            self._wake.clear()
        self._remember()
        if self._leadership is not None:
            self._sample()
            os.close(self._leadership)
            self._leadership = None

    def _is_leader(self) -> bool:
        directory = _directory()
        if self._leadership is None and directory is not None:
            with suppress(OSError):
                file = os.open(directory / LEADER_LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    os.close(file)
                else:
                    self._leadership = file
        return self._leadership is not None

    def _remember(self) -> None:
        """Remember what this process has read most, for the next one that starts."""
        try:
            self._most_read.remember()
        except FAULTS as error:
            logger.warning("The most-read keys could not be written: %s: %s", type(error).__name__, error)

    def _verify(self) -> None:
        """Compare some entries of this process with the database, and of the shared tier if this is the elected one."""
        sample = cache_manager.config.VERIFY_SAMPLE
        if not sample:
            return
        try:
            found = verify_local((), sample, repair=False)
            if self._leadership is not None:
                found.add(verify_shared((), sample, repair=False))
        except FAULTS as error:
            logger.warning("The cache could not be compared with the database: %s: %s", type(error).__name__, error)
        else:
            for stale in found.stale:
                key = without_value(f"{stale['type']}/{stale['key']}")
                logger.error("Stale in the %s tier, somebody has written past Django: %s.", stale["tier"], key)
        finally:
            connections.close_all()

    def _sample(self) -> None:
        try:
            sample()
            self._complained = False
        except FAULTS as error:
            if not self._complained:
                logger.warning("The history of the cache could not be written: %s: %s", type(error).__name__, error)
            self._complained = True
        finally:
            connections.close_all()


def sample() -> int:
    """Write what was counted since the last sample of this host, on the connection of the calling thread.

    Returns the number of kinds that grew. Raises OSError if the directory of the counts cannot be used, and what the
    database raises.
    """
    directory = _directory()
    if directory is None:
        return 0
    with history.host_lock(directory, wait=True):
        return history.record(lambda: cache_manager.runtime.recorder.snapshot_of_host()[0], timezone.now())


def sample_now() -> None:
    """Take a sample in a thread of its own, so that what is shown next is of now.

    Inside a transaction nothing is done: on SQLite the thread would wait for the caller.
    """
    from ..models import CacheSample

    if connections[router.db_for_write(CacheSample)].in_atomic_block:
        return
    thread = threading.Thread(target=sampler._sample, name="caching-sample", daemon=True)
    thread.start()
    thread.join(LAST_SECONDS)


def _directory() -> Path | None:
    directory = cache_manager.config.directory
    return directory if cache_manager.runtime.recorder.persistent else None


sampler = Sampler()
os.register_at_fork(after_in_child=sampler.forget)
