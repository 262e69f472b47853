"""A thread of a reader that fills its caches again and again, beside its reads and the writes of others."""

import threading
import time

from benchmarks.torture.board import STOP_WRITING, Board

PAUSE_SECONDS = 0.2


class Warming:
    """Warms as a process does that starts: what is declared, the newest rows, and what was read most."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.warmed = 0

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Wait for the last one, after the writers were stopped."""
        self._thread.join()

    def _run(self) -> None:
        from caching.testing import as_on_start

        warm = as_on_start()
        while self._board.phase < STOP_WRITING:
            self.warmed += warm()
            time.sleep(PAUSE_SECONDS)
