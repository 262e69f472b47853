"""A clock that stands still until a test ticks it."""


class Clock:
    """Seconds, as ``time.monotonic`` gives them."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds
