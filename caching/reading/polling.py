"""Loads as polls: whether what was held has changed although no generation has moved, and the time to live from that.

Of each kind, a few keys are watched: the digest of the value that was loaded, its stamp and the moment. When such a key
is loaded again while that stamp still holds, nothing that Django wrote can explain a difference.
"""

from array import array
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ..monitoring import drift, stats
from ..monitoring.drift import MIN_POLLS, Polls
from ..stores.generations import Stamp
from ..values.encoding import encode

if TYPE_CHECKING:
    from .entries import Kind

MAX_WATCHED = 32
RECENT_POLLS = 200
HOST_SECONDS = 300.0
"""How often the polls of all processes of the host are read, at most."""
_FORGOTTEN_AFTER = 4
"""After so many times to live without a load, another key may take the place of a watched one."""
_FIRST = stats.COUNTERS.index(drift.COUNTERS[0])


@dataclass(frozen=True, slots=True)
class _Watched:
    digest: bytes
    stamp: Stamp
    loaded_at: float


class Polling:
    """The polls of one kind in this process, and the time to live that they and those of the host teach.

    A hit does nothing here. Every method may be called from any thread. The kind is handed over, not kept: a circle
    would keep the counts of a process open after it has discarded them.
    """

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}
        self._recent, self._before = _none(), _none()
        """The last polls: what the host has counted in years must not outweigh a change of today."""
        self._of_host = Polls()
        self._host_at: float | None = None
        self._ttl: tuple[float, float] | None = None
        """The time to live that was set, and what was learned from it."""

    def lifetime(self, base: float) -> float:
        """Return the time to live in seconds that was learned from ``base``, the one that is set; else that one."""
        learned = self._ttl
        return learned[1] if learned is not None and learned[0] == base else base

    def loaded(
        self, kind: "Kind", key: str, value: Any, stamp: Stamp, loaded_at: float, *, begins: bool = True
    ) -> None:
        """Take note of a load by the cache; ``value`` is in frozen form, ``loaded_at`` in seconds of the runtime.

        ``begins`` says that the key may be watched from now on, if it is not yet. That costs a digest of the value.
        """
        watched = self._watched.get(key)
        if watched is None and not (begins and self._has_room(loaded_at - _FORGOTTEN_AFTER * kind.lifetime)):
            return
        digest = blake2b(encode(value), digest_size=8).digest()
        holds = kind.runtime.generations.holds
        # In this order: if the new stamp holds at last, nothing was written since its load, and none of the two values
        # was over when the other stamp was looked at. Two threads may load a key, and end in any order.
        if watched is not None and holds(watched.stamp) and holds(stamp):
            self._count(kind, loaded_at - watched.loaded_at, changed=digest != watched.digest)
        self._watched[key] = _Watched(digest, stamp, loaded_at)

    def forget(self, key: str) -> None:
        """Do not compare the next load of a key: a caller has set its value."""
        self._watched.pop(key, None)

    def _has_room(self, oldest: float) -> bool:
        if len(self._watched) < MAX_WATCHED:
            return True
        for key, watched in list(self._watched.items()):
            if watched.loaded_at < oldest:
                self._watched.pop(key, None)
                return True
        return False

    def _count(self, kind: "Kind", seconds: float, *, changed: bool) -> None:
        if seconds <= 0:
            return
        milliseconds = max(round(seconds * 1e3), 1)
        with kind.entries.lock:
            for position, number in zip(drift.positions(seconds, changed=changed), (1, milliseconds), strict=True):
                kind.view[kind.row + _FIRST + position] += number
                self._recent[position] += number
            if _polls(self._recent).number >= RECENT_POLLS:
                self._before, self._recent = self._recent, _none()
        self._learn(kind)

    def _learn(self, kind: "Kind") -> None:
        base, now = kind.ttl, kind.runtime.clock()
        if self._host_at is None or now - self._host_at >= HOST_SECONDS:
            counted, _ = kind.runtime.recorder.snapshot_of_host()
            self._host_at = now
            if (of_kind := counted.get(f"{kind.entries.name}/{kind.name}")) is not None:
                self._of_host = Polls.of(of_kind.counts)
        recent = _polls(array("Q", map(sum, zip(self._recent, self._before, strict=True))))
        bound = kind.runtime.config.MAX_DRIFT
        learned = [polls.ttl(base, bound) for polls in (recent, self._of_host) if polls.number >= MIN_POLLS]
        self._ttl = base, min(learned, default=base)


def _none() -> "array[int]":
    return array("Q", bytes(8 * len(drift.COUNTERS)))


def _polls(counts: "array[int]") -> Polls:
    return Polls.of(dict(zip(drift.COUNTERS, counts, strict=True)))
