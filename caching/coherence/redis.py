"""Generations in Redis or Valkey: several hosts, one server.

A generation is a plain key; a missing one is made by the next reader, so to delete it is to publish. Live intents are
listed in a sorted set by their deadline, and the tag's generation is a mark meanwhile that expires with the last of
them. ``begin`` and ``end`` are scripts: one round trip for all tags of a transaction, done at once.

While the server cannot be reached, this process serves for a few seconds what only it has written (``longest_life``),
and leaves what it writes in the outbox. A keeper in a thread of its own comes back to the server, publishes what the
outbox holds, and only then lets the process trust the server again.
"""

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import inf

from django.core.cache import caches
from django.db import connections
from redis.exceptions import OutOfMemoryError

from .generations import GenerationStore, GenerationsUnavailable, Intent, Stamp
from .in_process import InProcessGenerations
from .mirror import Keyspace, Mirror
from .outbox import Keeper, drain
from .redis_connections import FAULTS, RedisConnections, Script

logger = logging.getLogger("caching")

BEGIN = Script("""
-- KEYS: generation, intents, … ARGV: name of the intent, milliseconds that it lives.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for n = 1, #KEYS, 2 do
  redis.call('ZADD', KEYS[n + 1], now + ARGV[2], ARGV[1])
  local last = redis.call('ZREVRANGE', KEYS[n + 1], 0, 0, 'WITHSCORES')[2]
  redis.call('PEXPIREAT', KEYS[n + 1], last)
  redis.call('SET', KEYS[n], '!', 'PX', last - now)
end
""")
END = Script("""
-- KEYS: generation, intents, … ARGV: name of the intent. Where another one lives the tag stays pending.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for n = 1, #KEYS, 2 do
  redis.call('ZREM', KEYS[n + 1], ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[n + 1], '-inf', now)
  local last = redis.call('ZREVRANGE', KEYS[n + 1], 0, 0, 'WITHSCORES')[2]
  if last then
    redis.call('PEXPIREAT', KEYS[n], last)
    redis.call('PEXPIREAT', KEYS[n + 1], last)
  else
    redis.call('DEL', KEYS[n])
  end
end
""")


@dataclass(frozen=True, slots=True)
class Server:
    """What matters of a server's configuration."""

    tracks: bool
    """Whether it keeps mirrors current; if not, every hit costs a round trip."""
    maxmemory_policy: str
    """What it evicts first when its memory is full."""


class RedisGenerations(GenerationStore):
    """The store in the server of one alias. Survives fork; never raises but where the interface says so."""

    has_outbox = True

    def __init__(
        self,
        alias: str,
        *,
        intent_seconds: float = 30,
        degraded_seconds: float = 5,
        strict: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.alias = alias
        self._intent_seconds = intent_seconds
        self._degraded_seconds = degraded_seconds
        self._strict = strict
        self._clock = clock
        self._keyspace = Keyspace(_prefix(alias))
        self._connections = RedisConnections(alias)
        self._forget()
        _stores.add(self)

    def _forget(self) -> None:
        """Let go of every connection without a word to the server: they may be the parent's, which goes on."""
        self._view: Mirror | InProcessGenerations | None = None
        self._lock = threading.Lock()
        self._keeper = Keeper(self._come_back, self._publish_to_server, seconds=self._degraded_seconds)
        self.longest_life = inf

    # -- what the generations are -----------------------------------------------------------------------------------

    def open(self) -> None:
        try:
            self._connect().close()
        except FAULTS as error:
            raise self._unavailable(error) from error

    def describe(self) -> "Server":
        """Return what matters of the server's configuration; raise GenerationsUnavailable if it does not answer."""
        try:
            mirror = self._connect()
            try:
                return Server(mirror.tracks, mirror.maxmemory_policy)
            finally:
                mirror.close()
        except FAULTS as error:
            raise self._unavailable(error) from error

    def stamp(self, tags: Sequence[str]) -> Stamp | None:
        return self.stamps([tags])[0]

    def stamps(self, groups: Sequence[Sequence[str]]) -> list[Stamp | None]:
        view = self._usable_view()
        if isinstance(view, Mirror):
            try:
                return view.stamps(groups)
            except FAULTS as error:
                self._lost(view, error)
        elif view is not None:
            return [view.stamp(tags) for tags in groups]
        return [None] * len(groups)

    def read(self, tags: Sequence[str], *, afresh: bool = False) -> tuple[int | None, ...]:
        view = self._usable_view()
        if isinstance(view, Mirror):
            try:
                return view.read(tags, afresh=afresh)
            except FAULTS as error:
                self._lost(view, error)
        elif view is not None:
            return view.read(tags)
        return (None,) * len(tags)

    def holds(self, stamp: Stamp) -> bool:
        view = self._view
        if view is None or view.identity != stamp.identity:
            return False
        try:
            return view.holds(stamp)
        except FAULTS as error:
            self._lost(view, error)
            return False

    def restore(self, identity: bytes, tags: Sequence[str], generations: Sequence[int]) -> Stamp | None:
        view = self._usable_view()
        if view is None or view.identity != identity:
            return None
        return Stamp(identity, tuple(tags), tuple(generations), view.reader(tags))

    # -- writing ----------------------------------------------------------------------------------------------------

    def begin(self, tags: Iterable[str]) -> Intent:
        tags = tuple(tags)
        name, deadline = os.urandom(12).hex().encode(), self._clock() + self._intent_seconds
        milliseconds = int(self._intent_seconds * 1000)
        delivered = self._tell(BEGIN, tags, (name, milliseconds))
        return Intent(b"", tags, deadline, name=name, undelivered=not delivered)

    def end(self, intent: Intent) -> None:
        if not self._tell(END, intent.tags, (intent.name,)):
            raise self._unavailable()

    def publish(self, tags: Iterable[str]) -> None:
        if not self._tell(END, tuple(tags), (b"",)):
            raise self._unavailable()

    def _tell(self, script: Script, tags: Sequence[str], arguments: Sequence[bytes | int]) -> bool:
        """Run a script on the tags; return whether the server has done it. What this process knows of them is gone."""
        view = self._usable_view()
        delivered = False
        if not isinstance(view, InProcessGenerations):
            try:
                self._connections.run(script, self._keyspace.pairs(tags), arguments)
                delivered = True
                if script is END:
                    self._connections.let_it_turn()
            except OutOfMemoryError as error:
                # It still deletes, so the end of what is committed now is delivered.
                logger.warning("The server of %r takes no more: %s", self.alias, error)
            except FAULTS as error:
                self._lost(view, error)
        # The view of now: it may have changed while the server was silent.
        if (view := self._view) is not None:
            view.forget(tags)
        return delivered

    def drain(self) -> int:
        try:
            return drain(self._publish_to_server)
        except FAULTS as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        """Let go of the server: the keeper ends, connections are closed. The next use begins anew."""
        self._keeper.stop()
        if isinstance(self._view, Mirror):
            self._view.close()
        self._connections.close()
        self._forget()

    def _publish_to_server(self, tags: Sequence[str]) -> None:
        """Publish what the outbox held; raise one of FAULTS."""
        self._connections.run(END, self._keyspace.pairs(tags), (b"",))
        if (view := self._view) is not None:
            view.forget(tags)

    # -- the server and its outages ---------------------------------------------------------------------------------

    def _usable_view(self) -> Mirror | InProcessGenerations | None:
        """Return what this process goes by; None until the outbox was looked at for the first time."""
        view = self._view
        if view is None:
            self._keeper.start()
            view = self._view
        return view

    def _connect(self) -> Mirror:
        return Mirror(self._connections, self._keyspace, strict=self._strict, clock=self._clock)

    def _come_back(self) -> None:
        """Trust the server again, or for the first time: the keeper calls this, and has looked at the outbox."""
        view = self._view
        if isinstance(view, Mirror):
            return
        mirror = self._connect()
        with self._lock:
            self._view, self.longest_life = mirror, inf
        if view is not None:
            logger.warning("The generations in %r can be reached again.", self.alias)

    def _lost(self, view: object, error: BaseException) -> None:
        """Go on with another connection if the server takes one at once, else without the server."""
        with self._lock:
            if self._view is not view:
                # Another thread was faster.
                return
            if isinstance(view, Mirror):
                view.close()
            try:
                mirror = self._connect()
                # Before the outbox was looked at for the first time, nothing is trusted.
                self._view = mirror if view is not None else None
            except FAULTS:
                self._view, self.longest_life = InProcessGenerations(), self._degraded_seconds
                logger.warning(
                    "The generations in %r cannot be reached (%s: %s). Until they can, this process serves what is "
                    "at most %g s old, and leaves what it writes in the outbox.",
                    self.alias,
                    type(error).__name__,
                    error,
                    self._degraded_seconds,
                )
        self._keeper.start()
        self._keeper.wake()

    def _unavailable(self, error: BaseException | None = None) -> GenerationsUnavailable:
        reason = f" ({type(error).__name__}: {error})" if error else ""
        return GenerationsUnavailable(f"The server of {self.alias!r} cannot be reached{reason}.", others_serve=True)


_stores: "weakref.WeakSet[RedisGenerations]" = weakref.WeakSet()


def _forget_after_fork() -> None:
    for store in list(_stores):
        store._forget()


os.register_at_fork(after_in_child=_forget_after_fork)


def _prefix(alias: str) -> str:
    """Return what tells the generations of this project and database (a test's too) from others in the server."""
    database = str(connections.settings["default"].get("NAME", ""))
    return f"{caches[alias].key_prefix}:{blake2b(database.encode(), digest_size=6).hexdigest()}"
