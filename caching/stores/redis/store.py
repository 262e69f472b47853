"""Generations in Redis or Valkey: several hosts, one server.

A generation is a plain key. The next reader creates a missing one, so deleting the key publishes an invalidation. Live
intents are kept in a sorted set by deadline; meanwhile the tag's generation is a marker that expires with the last of
them. ``begin`` and ``end`` are scripts: one atomic round trip for all tags of a transaction.

While the server cannot be reached, entries live for only a few seconds (``longest_life``) and are invalidated only by
writes of this process, which also leaves its writes in the outbox. A keeper thread reconnects to the server, publishes
the contents of the outbox, and only then lets the process trust the server again.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from math import inf

from redis.exceptions import OutOfMemoryError

from ..generations import GenerationStore, Intent, Server, Stamp
from ..in_process import InProcessGenerations
from .connections import RedisConnections
from .faults import FAULTS, unavailable
from .keeper import Keeper
from .keyspace import Keyspace
from .mirror import Mirror
from .scripts import BEGIN, END, Script

logger = logging.getLogger("caching")

DrainOutbox = Callable[[Callable[[Sequence[str]], None]], int]
"""Passes the contents of the outbox to the given function and returns the number of rows."""
_OF_NOBODY = ("of nobody",)
"""Tags that are published to check that the server accepts writes."""


class RedisGenerations(GenerationStore):
    """The store on the server of one alias. Works across forks; raises only where the interface says so."""

    has_outbox = True

    def __init__(
        self,
        alias: str,
        *,
        intent_seconds: float = 30,
        degraded_seconds: float = 5,
        strict: bool = False,
        drain_outbox: DrainOutbox,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.alias = alias
        self._drain_outbox = drain_outbox
        self._intent_seconds = intent_seconds
        self._degraded_seconds = degraded_seconds
        self._strict = strict
        self._clock = clock
        self._keyspace = Keyspace.of(alias)
        self._connections = RedisConnections(alias)
        super().__init__()

    def _forget(self) -> None:
        """Discard all connections without telling the server: they may belong to the parent, which keeps using them."""
        self._view: Mirror | InProcessGenerations | None = None
        self._told: object | None = object()
        """None while writes are not sent to the server; otherwise an object that is replaced after each failure."""
        self._lock = threading.Lock()
        self._keeper = Keeper(self._look, seconds=self._degraded_seconds)
        self.longest_life = inf

    def open(self) -> None:
        try:
            self._connect().close()
        except FAULTS as error:
            raise unavailable(self.alias, error) from error

    @property
    def tracks(self) -> bool | None:
        """Whether the server keeps the mirror of this process current; None while the server is not trusted."""
        view = self._usable_view()
        return view.tracks if isinstance(view, Mirror) else None

    def describe(self) -> Server:
        try:
            mirror = self._connect()
            try:
                return Server(mirror.tracks, mirror.maxmemory_policy)
            finally:
                mirror.close()
        except FAULTS as error:
            raise unavailable(self.alias, error) from error

    def stamp(self, tags: Sequence[str]) -> Stamp | None:
        return self.stamps([tags])[0]

    def stamps(self, groups: Sequence[Sequence[str]]) -> list[Stamp | None]:
        view = self._usable_view()
        if isinstance(view, Mirror):
            try:
                return view.stamps(groups)
            except FAULTS as error:
                self._lost(error, view)
        elif view is not None:
            return [view.stamp(tags) for tags in groups]
        return [None] * len(groups)

    def read(self, tags: Sequence[str], *, afresh: bool = False) -> tuple[int | None, ...]:
        view = self._usable_view()
        if isinstance(view, Mirror):
            try:
                return view.read(tags, afresh=afresh)
            except FAULTS as error:
                self._lost(error, view)
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
            self._lost(error, view)
            return False

    def holding(self, stamps: Sequence[Stamp]) -> list[bool]:
        view = self._view
        if len(stamps) == 1 or not isinstance(view, Mirror):
            return super().holding(stamps)
        own = [stamp for stamp in stamps if stamp.identity == view.identity]
        try:
            held = iter(view.holding(own))
        except FAULTS as error:
            self._lost(error, view)
            return [False] * len(stamps)
        return [stamp.identity == view.identity and next(held) for stamp in stamps]

    def restore(self, identity: bytes, tags: Sequence[str], generations: Sequence[int]) -> Stamp | None:
        view = self._usable_view()
        if view is None or view.identity != identity:
            return None
        return Stamp(identity, tuple(tags), tuple(generations), view.reader(tags))

    def begin(self, tags: Iterable[str]) -> Intent:
        tags = tuple(tags)
        name, deadline = os.urandom(12).hex().encode(), self._clock() + self._intent_seconds
        milliseconds = int(self._intent_seconds * 1000)
        delivered = self._tell(BEGIN, tags, (name, milliseconds))
        return Intent(b"", tags, deadline, name=name, undelivered=not delivered)

    def end(self, intent: Intent) -> None:
        if not self._tell(END, intent.tags, (intent.name,)):
            raise unavailable(self.alias)

    def publish(self, tags: Iterable[str]) -> None:
        if not self._tell(END, tuple(tags), (b"",)):
            raise unavailable(self.alias)

    def _tell(self, script: Script, tags: Sequence[str], arguments: Sequence[bytes | int]) -> bool:
        """Run a script on the tags and drop what this process knows of them; return whether the server executed it."""
        self._usable_view()
        delivered = False
        if self._told is not None:
            try:
                self._connections.run(script, self._keyspace.pairs(tags), arguments)
                delivered = True
                if script is END:
                    self._connections.let_it_turn()
            except OutOfMemoryError as error:
                # The server still deletes keys, so the end of this commit will be delivered.
                logger.warning("The server of %r is out of memory: %s", self.alias, error)
            except FAULTS as error:
                self._lost(error)
        # Use the current view: it may have changed while waiting for the server.
        if (view := self._view) is not None:
            view.forget(tags)
        return delivered

    def drain(self) -> int:
        try:
            return self._drain_outbox(self._publish_to_server)
        except FAULTS as error:
            raise unavailable(self.alias, error) from error

    def close(self) -> None:
        """Stop the keeper and close the connections. The next use starts again."""
        with self._lock:
            view, keeper = self._view, self._keeper
            keeper.stop()
            self._forget()
        if isinstance(view, Mirror):
            view.close()
        # Not under the lock, which the last check of the keeper may need.
        keeper.join()
        self._connections.close()

    def _publish_to_server(self, tags: Sequence[str]) -> None:
        """Publish tags from the outbox; raise one of FAULTS if that fails."""
        self._connections.run(END, self._keyspace.pairs(tags), (b"",))
        if (view := self._view) is not None:
            view.forget(tags)

    def _usable_view(self) -> Mirror | InProcessGenerations | None:
        """Return the view that this process uses; None until the outbox has been checked for the first time."""
        view = self._view
        if view is None:
            self._keeper.start()
            view = self._view
        return view

    def _connect(self) -> Mirror:
        return Mirror(self._connections, self._keyspace, strict=self._strict, clock=self._clock)

    def _look(self) -> None:
        """Publish the contents of the outbox, then trust the server. Called by the keeper every few seconds."""
        view = self._view
        try:
            if isinstance(view, Mirror):
                self._drain_outbox(self._publish_to_server)
                view.keep_up()
                return
            # A server that refuses writes could still be read, but nobody would ever learn of a change.
            self._publish_to_server(_OF_NOBODY)
            self._reconnect()
        except FAULTS as error:
            self._lost(error, view)
            raise

    def _reconnect(self) -> None:
        """Trust the server from now on, if the network holds from before the look at the outbox until after it."""
        # The order matters: an outage after the look, in which others leave rows in the outbox, closes the connection.
        mirror = self._connect()
        try:
            # Commits from now on tell the server, earlier ones have left a row in the outbox.
            self._told = told = self._told or object()
            self._drain_outbox(self._publish_to_server)
            mirror.keep_up()
        except BaseException:
            mirror.close()
            raise
        self._trust(mirror, told)

    def _trust(self, mirror: Mirror, told: object) -> None:
        """Use the server, unless a write could not be sent to it in the meantime or the store was closed."""
        with self._lock:
            if self._told is told and self._keeper.is_this_thread():
                was_lost = self._view is not None
                self._view, self.longest_life = mirror, inf
                if was_lost:
                    logger.warning("The generations in %r can be reached again.", self.alias)
                return
        mirror.close()
        self._keeper.wake()

    def _lost(self, error: BaseException, view: object = None) -> None:
        """Continue without the server until the keeper has drained the outbox and reconnected.

        Never reconnect straight away: invalidations that others could not deliver are in the outbox, and a server that
        refused an invalidation still holds the old generation. ``view`` is the view that failed; None if an
        invalidation failed, which this process must still see at once.
        """
        with self._lock:
            if view is not self._view and view is not None:
                # Another thread has already handled this failure.
                return
            self._told = None
            lost = self._view
            if isinstance(lost, InProcessGenerations):
                return
            self._view, self.longest_life = InProcessGenerations(), self._degraded_seconds
        if isinstance(lost, Mirror):
            lost.close()
        # The spare connections lead to the same server, so they are no better.
        self._connections.close()
        logger.warning(
            "The generations in %r cannot be reached (%s: %s). Until they can, this process serves entries that are "
            "at most %g s old, and leaves its invalidations in the outbox.",
            self.alias,
            type(error).__name__,
            error,
            self._degraded_seconds,
        )
        self._keeper.start()
        self._keeper.wake()
