"""A local copy of the generations in Redis, kept current by the server.

One connection has CLIENT TRACKING enabled for all generations: the server pushes the names of those that change,
expire or are evicted, and the mirror drops them. Generations are read on the same connection, so that replies and
pushes arrive in the order of the events that caused them. Everything in the socket is read before each look-up: a hit
costs one ``poll`` and no round trip.
"""

import ctypes
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from redis.exceptions import ConnectionError, OutOfMemoryError, ResponseError, TimeoutError

from ..generations import Stamp, reader_of
from .connections import POLLIN, PollFd, RedisConnections, identify, poll
from .keyspace import Keyspace, generation_of, is_generation
from .known import KnownGenerations
from .scripts import FILL

logger = logging.getLogger("caching")

PROVEN_SECONDS = 1.0
"""For how long after a command was sent its reply proves that the connection is intact."""
ANSWER_SECONDS = 5.0
"""How long to wait for a reply if the alias sets no timeout."""
GENERATION_SECONDS = 86_400
"""How long the server keeps a generation. Entries that live longer are dropped when it expires."""
_MAX_PROVEN_KEYS = 256
"""The most generations that are read by the script that also asks for the role; MGET is quicker for more."""
_PUSHED = object()
Clock = Callable[[], float]


class Mirror:
    """The generations that this process has read, by their key on the server.

    Every fault of the connection raises one of ``faults.FAULTS``; after that the mirror cannot be used any more.
    If the server refuses CLIENT TRACKING, nothing is mirrored and each look-up is a round trip.
    """

    def __init__(self, connections: RedisConnections, keyspace: Keyspace, *, strict: bool, clock: Clock) -> None:
        self._keyspace = keyspace
        self._clock = clock
        self._proven_seconds = 0.0 if strict else PROVEN_SECONDS
        # Reentrant, because code that holds the lock closes a broken connection.
        self._lock = threading.RLock()
        self._known = KnownGenerations()
        self._current_until = 0.0
        self._consuming = self._closed = False
        self._connection: Any = connections.make(protocol=3)
        # There is no public way to set the handler of a connection that does not belong to a client.
        self._connection._parser.set_invalidation_push_handler(self._on_push)
        try:
            self._connection.connect()
            self.identity, self.maxmemory_policy = identify(self._ask)
            socket: Any = self._connection._sock
            self._fd = PollFd(socket.fileno(), POLLIN, 0)
            self._poll_argument = ctypes.byref(self._fd)
            self.tracks = self._track()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection permanently; no stamp holds from now on."""
        with self._lock:
            self._current_until, self._closed = 0.0, True
            self._connection.disconnect()

    # -- reading generations ----------------------------------------------------------------------------------------

    def holds(self, stamp: Stamp) -> bool:
        if (
            # The order matters: _consuming is set before the socket is empty, and cleared after all pushes are handled;
            # and the mirror is no longer current before its socket is closed, whose number another one may have then.
            not poll(self._poll_argument, 1, 0) and not self._consuming and self._clock() < self._current_until
        ):
            known = self._known
            epoch = known.epoch
            if stamp.epoch == epoch:
                return True
            try:
                holds = stamp.read(known) == stamp.generations
            except KeyError:
                pass
            else:
                if holds:
                    stamp.epoch = epoch
                return holds
        return self._look(self._keyspace.generations_of(stamp.tags)) == stamp.generations

    def holding(self, stamps: Sequence[Stamp]) -> list[bool]:
        with self._in_use():
            self._drain()
            if not self._is_proven():
                self._prove()
            try:
                return [stamp.read(self._known) == stamp.generations for stamp in stamps]
            except KeyError:
                pass
            keys = list({key for stamp in stamps for key in self._keyspace.generations_of(stamp.tags)})
            now = dict(zip(keys, self._fetch(keys), strict=True))
            return [stamp.read(now) == stamp.generations for stamp in stamps]

    def read(self, tags: Sequence[str], *, afresh: bool = False) -> tuple[int | None, ...]:
        return self._look(self._keyspace.generations_of(tags), afresh=afresh)

    def stamps(self, groups: Sequence[Sequence[str]]) -> list[Stamp | None]:
        keys = {tag: self._keyspace.generation(tag) for tags in groups for tag in tags}
        generations = dict(zip(keys, self._look(list(keys.values())), strict=True))
        return [
            None
            if None in (found := tuple(generations[tag] for tag in tags))
            else Stamp(self.identity, tuple(tags), found, self.reader(tags))  # type: ignore[arg-type]
            for tags in groups
        ]

    def reader(self, tags: Sequence[str]) -> Callable[[Any], tuple[int, ...]]:
        return reader_of(self._keyspace.generations_of(tags))

    def forget(self, tags: Sequence[str]) -> None:
        """Drop tags that this process changes or has changed, without waiting for the push from the server."""
        self._known.forget(map(self._keyspace.generation, tags))

    def keep_up(self) -> None:
        """Read pushes and prove the connection; otherwise pushes to an idle process pile up in the server's memory."""
        with self._in_use():
            self._drain()
            self._prove()

    def _look(self, keys: Sequence[bytes], *, afresh: bool = False) -> tuple[int | None, ...]:
        """Return the generations by a view that is proven current, None for a tag with an intent.

        If one must be read from the server, all are read from it, at the same moment, including those already known: a
        reply may arrive before the push that follows it, and tags that changed together must not appear half changed.
        """
        if not keys:
            return ()
        with self._in_use():
            self._drain()
            asks = afresh or not self.tracks or any(key not in self._known for key in keys)
            if not self._is_proven() and not (asks and len(keys) <= _MAX_PROVEN_KEYS):
                self._prove()
            if not asks:
                try:
                    return reader_of(keys)(self._known)
                except KeyError:
                    pass
            return self._fetch(keys)

    # -- the connection ---------------------------------------------------------------------------------------------

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Use the connection exclusively; after any failure it is closed permanently.

        Otherwise redis-py would reconnect by itself, without CLIENT TRACKING, and known generations would never change;
        or the next command would take the reply of an abandoned one for its own.
        """
        with self._lock:
            if self._closed:
                raise ConnectionError("The connection was closed.")
            try:
                yield
            except BaseException:
                self.close()
                raise

    def _track(self) -> bool:
        try:
            self._ask("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", self._keyspace.generations)
        except ResponseError:
            return False
        return True

    def _prove(self) -> None:
        """Ask for the role: a reply proves the connection, and shows whether the primary has been demoted."""
        sent = self._clock()
        self._proven(self._ask("ROLE")[0], sent)

    def _proven(self, role: bytes | None, sent: float) -> None:
        if role != b"master":
            raise ConnectionError("It has become a replica.")
        self._current_until = max(self._current_until, sent + self._proven_seconds)

    def _fetch(self, keys: Sequence[bytes]) -> tuple[int | None, ...]:
        """Read generations, create the missing ones, remember all; prove the connection by the way, if that is due."""
        forgotten = self._known.before_request()
        found = self._ask("MGET", *keys) if self._is_proven() else self._fill(keys)
        if foreign := [key for key, value in zip(keys, found, strict=True) if not is_generation(value)]:
            logger.warning("%d generations were values that the cache did not write; they are deleted.", len(foreign))
            self._ask("DEL", *foreign)
            found = [value if is_generation(value) else None for value in found]
        if None in found:
            found = self._fill(keys, found)
        generations = {key: generation_of(value) for key, value in zip(keys, found, strict=True)}
        if self.tracks:
            self._known.take_reply(generations, forgotten)
        return tuple(generations[key] for key in keys)

    def _fill(self, keys: Sequence[bytes], found: list[bytes | None] | None = None) -> list[bytes | None]:
        """Create the missing generations, and read all of them again; without ``found`` also prove the connection."""
        # Those found before are older than those created now: a guard would be read before the row that it guards.
        pairs, sent = self._keyspace.with_intents(keys), self._clock()
        fresh = [int.from_bytes(os.urandom(8)) >> 1 for _ in keys]
        arguments: list[bytes | int] = [GENERATION_SECONDS, *fresh, *([b"role"] if found is None else [])]
        try:
            made: list[bytes | None] = FILL.answered(self._connection, self._receive, pairs, arguments)
        except OutOfMemoryError:
            # The server has no room for these tags, so nothing that depends on them is cached.
            if found is not None:
                return found
            self._prove()
            return self._ask("MGET", *keys)  # type: ignore[no-any-return]
        if found is None:
            self._proven(made.pop(), sent)
        return made

    def _ask(self, *command: Any) -> Any:
        self._connection.send_command(*command)
        return self._receive()

    def _receive(self) -> Any:
        """Return the reply to the one command that was sent; handle pushes that arrive before or with it."""
        connection, reply = self._connection, _PUSHED
        while reply is _PUSHED:
            if not connection.can_read(connection.socket_timeout or ANSWER_SECONDS):
                raise TimeoutError("The server has not answered in time.")
            reply = self._consume(reply)
        if isinstance(reply, ResponseError):
            raise reply
        return reply

    def _is_proven(self) -> bool:
        return self._clock() < self._current_until

    def _drain(self) -> None:
        # Check the cheap way first. The parser holds nothing, because each read continues until it is empty.
        if not poll(self._poll_argument, 1, 0):
            return
        if self._connection.can_read(0) and self._consume(_PUSHED) is not _PUSHED:
            raise ConnectionError("The server has answered what it was not asked.")

    def _consume(self, reply: Any) -> Any:
        """Read until both the socket and the parser are empty; return the reply, if there was one."""
        connection = self._connection
        self._consuming = True
        while True:
            try:
                # Read pushes one by one: without push_request redis-py recurses for each of them.
                response = connection.read_response(push_request=True)
            except ResponseError as error:
                # Treat it like any other reply, so that pushes behind it are read too.
                response = error
            if response is not _PUSHED:
                reply = response
            if not connection.can_read(0):
                break
        # Not in a ``finally``: after a failure what is known must not be used.
        self._consuming = False
        return reply

    def _on_push(self, message: Any) -> object:
        # While this goes on, ``holds`` does not look at the epoch.
        self._known.take_push(message[1])
        return _PUSHED
