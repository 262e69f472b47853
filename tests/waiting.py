"""Waiting for what another thread or process is about to do."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 20.0


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Return as soon as the condition is true; fail if it is not in time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It has not happened."
        # Not a wait for a certain time: only to leave the processor to others between two questions.
        time.sleep(0.005)
