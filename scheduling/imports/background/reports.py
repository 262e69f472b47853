"""What the process of a run says about itself, every other second: which step it is at, how many rows are done."""

from __future__ import annotations

import threading
import time
from typing import Any

from django.db import DatabaseError, connections

from scheduling.imports.background.signs import BEAT_SECONDS, Signs

READING, CHECKING, WRITING, RECORDING = "reading", "checking", "writing", "recording"


class Stopped(Exception):
    """Ends an import between two batches. Its transaction is rolled back."""

    def __init__(self, user: int | None) -> None:
        """`user` is the key of the user who asked for it; None if the run belongs to another process by now."""
        super().__init__("The import was stopped.")
        self.user = user


class Report:
    """Takes the place of `progress` in an import, and shows the signs of life in a thread of its own.

    So a long step without a row shows them too, and the import waits for none of them.
    """

    def __init__(self, signs: Signs, lease: str, total: int) -> None:
        self._signs = signs
        self._lease = lease
        self._total = total
        self._done = 0
        self._step = READING
        self._started = time.monotonic()
        self._writing_since: tuple[float, int] | None = None
        self._stopped: Stopped | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"signs of {signs.key}", daemon=True)

    # -- what the import tells ---------------------------------------------------------------------------------------

    def __call__(self, rows: int) -> None:
        """Count rows that are done. Raises Stopped if somebody has asked for it."""
        if self._stopped is not None:
            raise self._stopped
        self._done += rows

    def step(self, name: str) -> None:
        """Say what comes next. Raises Stopped if somebody has asked for it."""
        self(0)
        self._step = name
        if name == WRITING:
            self._writing_since = time.monotonic(), self._done

    def snapshot(self) -> dict[str, Any]:
        """Return what is said now."""
        return {
            "step": self._step,
            "done": self._done,
            "total": max(self._total, self._done),
            "seconds": time.monotonic() - self._started,
            "rate": self._rate(),
            "stopping": self._stopped is not None,
        }

    def _rate(self) -> float | None:
        """Return the rows per second since the first row was written; None before."""
        if self._writing_since is None:
            return None
        since, before = self._writing_since
        return (self._done - before) / (time.monotonic() - since) if self._done > before else None

    # -- the thread --------------------------------------------------------------------------------------------------

    def __enter__(self) -> Report:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while True:
                self._show()
                if self._ended.wait(BEAT_SECONDS):
                    return
        finally:
            connections.close_all()  # Those of this thread.

    def _show(self) -> None:
        try:
            heard = self._signs.beat(self._lease, self.snapshot())
        except (DatabaseError, OSError):
            # The next sign comes soon. If none of them gets through, the run is declared dead, and ends as that.
            connections[self._signs.using].close()
            return
        if not heard.is_holder or heard.stopped_by is not None:
            self._stopped = Stopped(heard.stopped_by if heard.is_holder else None)
