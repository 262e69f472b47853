"""The generations that a mirror knows, and the epoch that ends whenever one of them is lost or replaced."""

import threading
from collections.abc import Iterable, Mapping
from itertools import count

_MAX_KEYS = 500_000
_epochs = count(1)
"""Of all mirrors of the process, one after the other: a stamp may have been compared with an earlier mirror."""


class KnownGenerations(dict[bytes, int]):
    """Generations by their key on the server.

    What is dropped is read from the server again. One connection brings replies and pushes, in the order of the events
    that caused them; what this process writes may be known to it before either.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch = next(_epochs)
        """Another number after each change. A stamp was never compared with a key that is new, so that is no change."""
        self.forgotten = 0
        """How often this process has dropped what it changes by itself."""
        self._lock = threading.Lock()
        self._pushed: set[bytes] = set()
        self._flushed = self._awaits_reply = False

    def forget(self, keys: Iterable[bytes]) -> None:
        """Drop what this process changes or has changed, without waiting for the push from the server."""
        with self._lock:
            # A fetch that asked the server before this moment must not store its outdated reply.
            self.forgotten += 1
            for key in keys:
                self.pop(key, None)
            self.epoch = next(_epochs)

    def take_push(self, keys: Iterable[bytes] | None) -> None:
        """Drop what the server says has changed; None: everything, by FLUSHALL or FLUSHDB."""
        lost = keys is None
        # Under the lock: of what ``forget`` drops at this moment, it must have ended the epoch.
        with self._lock:
            if keys is None:
                self._flushed = True
                self.clear()
            else:
                if self._awaits_reply:
                    self._pushed.update(keys)
                for key in keys:
                    lost |= self.pop(key, None) is not None
            if lost:
                self.epoch = next(_epochs)

    def before_request(self) -> int:
        """Note what is pushed from now on, for ``take_reply``; return what that must be given."""
        self._pushed, self._flushed, self._awaits_reply = set(), False, True
        return self.forgotten

    def take_reply(self, generations: Mapping[bytes, int | None], forgotten: int) -> None:
        """Remember generations that the server has sent, but for those that may have changed since the request."""
        # What was pushed in the meantime may be newer than the reply.
        settled = {key: number for key, number in generations.items() if number is not None and key not in self._pushed}
        with self._lock:
            if len(self) > _MAX_KEYS:
                self.clear()
                self.epoch = next(_epochs)
            if forgotten == self.forgotten and not self._flushed:
                replaces = any(self.get(key, number) != number for key, number in settled.items())
                self.update(settled)
                if replaces:
                    self.epoch = next(_epochs)
        self._awaits_reply = False
        self._pushed.clear()
