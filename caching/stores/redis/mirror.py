"""What this process knows of the generations in Redis, kept current by the server.

One connection has CLIENT TRACKING on all generations: the server pushes the names of those that change, expire or are
evicted, and they are dropped here. Generations are read on that same connection, so replies and pushes arrive in the
order in which the server did what they tell. Before anything is looked up, whatever the socket holds is read: a hit
costs one ``poll``, no round trip.
"""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from redis.exceptions import ConnectionError, NoScriptError, OutOfMemoryError, ResponseError, TimeoutError

from ..generations import Stamp, reader_of
from .connections import RedisConnections, identify
from .keyspace import Keyspace
from .scripts import FILL

PROVEN_SECONDS = 1.0
"""How long an answer of the server proves that the connection was whole when the command was sent."""
ANSWER_SECONDS = 5.0
"""How long to wait for an answer where the alias sets no time-out."""
GENERATION_SECONDS = 86_400
"""How long the server keeps a generation. An entry that lives longer is dropped then."""
PENDING = b"!"
_MAX_KEYS = 500_000
_PUSHED = object()
_POLLIN = 1


class _PollFd(ctypes.Structure):
    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


# PyDLL keeps the interpreter lock: select.poll(0) gives it away, and beside one busy thread then waits for it up to
# 5 ms, 400 µs on average. Called without types for its arguments, which ctypes would take longer to check.
_poll = ctypes.PyDLL(None).poll


class Mirror:
    """Generations as far as this process has read them, by the key in the server.

    Every fault of the connection raises one of ``faults.FAULTS``; the mirror is then of no use any more.
    Where the server refuses CLIENT TRACKING nothing is mirrored: each look is a round trip.
    """

    def __init__(
        self, connections: RedisConnections, keyspace: Keyspace, *, strict: bool, clock: Callable[[], float]
    ) -> None:
        self._keyspace = keyspace
        self._clock = clock
        self._proven_seconds = 0.0 if strict else PROVEN_SECONDS
        # Reentrant: who finds the connection broken closes it.
        self._lock = threading.RLock()
        self._known: dict[bytes, int] = {}
        self._known_lock = threading.Lock()
        self._forgotten = 0
        self._pushed: set[bytes] = set()
        self._flushed = False
        self._current_until = 0.0
        self._consuming = self._closed = False
        self._connection: Any = connections.make(protocol=3)
        # There is no public way to hand a handler to a connection that no client owns.
        self._connection._parser.set_invalidation_push_handler(self._on_push)
        try:
            self._connection.connect()
            self.identity, self.maxmemory_policy = identify(self._ask)
            socket: Any = self._connection._sock
            self._fd = _PollFd(socket.fileno(), _POLLIN, 0)
            self._poll_argument = ctypes.byref(self._fd)
            self.tracks = self._track()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection for good; nothing holds from now on."""
        with self._lock:
            self._current_until, self._closed = 0.0, True
            self._connection.disconnect()

    # -- what the generations are -----------------------------------------------------------------------------------

    def holds(self, stamp: Stamp) -> bool:
        if (
            self._clock() < self._current_until
            # In this order: who reads the socket says so before the socket is empty, and until all is dropped.
            and not _poll(self._poll_argument, 1, 0)
            and not self._consuming
        ):
            try:
                return stamp.read(self._known) == stamp.generations
            except KeyError:
                pass
        return self._look(self._keyspace.generations_of(stamp.tags)) == stamp.generations

    def holding(self, stamps: Sequence[Stamp]) -> list[bool]:
        with self._in_use():
            self._keep_current()
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
        """Drop what this process is about to change, or has changed: it must not wait for its own push."""
        with self._known_lock:
            # Who has asked the server before this moment must not put an old answer into the place.
            self._forgotten += 1
            for tag in tags:
                self._known.pop(self._keyspace.generation(tag), None)

    def keep_up(self) -> None:
        """Read what was pushed, and prove the connection: an idle process leaves its pushes in the server's memory."""
        with self._in_use():
            self._drain()
            self._prove()

    def _look(self, keys: Sequence[bytes], *, afresh: bool = False) -> tuple[int | None, ...]:
        """Return the generations by a view that is proven current, None for one under an intent.

        All that are read from the server are read at the same moment, with those that are known already: a reply may
        be split from a push that the server sends behind it, and what changed together must not be seen half changed.
        """
        if not keys:
            return ()
        with self._in_use():
            self._keep_current()
            if self.tracks and not afresh:
                try:
                    return reader_of(keys)(self._known)
                except KeyError:
                    pass
            return self._fetch(keys)

    # -- the connection ---------------------------------------------------------------------------------------------

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        """Have the connection alone; after any failure it is closed for good.

        Else redis-py would connect anew by itself, without CLIENT TRACKING, and what is known would stay so for ever;
        or the next one to ask would take a reply that was not waited for as its own.
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
            self._ask("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", self._keyspace.generations, "NOLOOP")
        except ResponseError:
            return False
        return True

    def _prove(self) -> None:
        """Ask for the role: an answer proves the connection, and a primary that was demoted answers too."""
        sent = self._clock()
        if self._ask("ROLE")[0] != b"master":
            raise ConnectionError("It has become a replica.")
        self._current_until = max(self._current_until, sent + self._proven_seconds)

    def _fetch(self, keys: Sequence[bytes]) -> tuple[int | None, ...]:
        """Read generations from the server, make those that are missing, and remember them."""
        forgotten = self._forgotten
        self._pushed, self._flushed = set(), False
        found = self._ask("MGET", *keys)
        if None in found:
            found = self._fill(keys, found)
        generations = {
            key: None if value in (None, PENDING) else int(value) for key, value in zip(keys, found, strict=True)
        }
        if self.tracks:
            # What was pushed meanwhile may be younger than the reply.
            settled = {
                key: number for key, number in generations.items() if number is not None and key not in self._pushed
            }
            with self._known_lock:
                if len(self._known) > _MAX_KEYS:
                    self._known.clear()
                if forgotten == self._forgotten and not self._flushed:
                    self._known.update(settled)
        return tuple(generations[key] for key in keys)

    def _fill(self, keys: Sequence[bytes], found: list[bytes | None]) -> list[bytes | None]:
        """Make the generations that are missing, and read all of them anew.

        What was found before the missing ones were made is older than they are: a guard would be read before the row
        that it guards.
        """
        pairs = self._keyspace.with_intents(keys)
        fresh = [int.from_bytes(os.urandom(8)) >> 1 for _ in keys]
        for by_text in (False, True):
            FILL.send(self._connection, pairs, [GENERATION_SECONDS, *fresh], by_text=by_text)
            try:
                made: list[bytes | None] = self._receive()
            except NoScriptError:
                continue
            except OutOfMemoryError:
                # Nothing new is cached under what the server has no room for.
                return found
            return made
        raise ConnectionError("The server does not know a script that it was just sent.")

    def _ask(self, *command: Any) -> Any:
        self._connection.send_command(*command)
        return self._receive()

    def _receive(self) -> Any:
        """Return the reply to the one command that was sent; drop what is pushed before and with it."""
        connection, reply = self._connection, _PUSHED
        while reply is _PUSHED:
            if not connection.can_read(connection.socket_timeout or ANSWER_SECONDS):
                raise TimeoutError("The server has not answered in time.")
            reply = self._consume(reply)
        if isinstance(reply, ResponseError):
            raise reply
        return reply

    def _keep_current(self) -> None:
        self._drain()
        if self._clock() >= self._current_until:
            self._prove()

    def _drain(self) -> None:
        # The first question is the cheap one: whatever was read before was read to its end.
        if not _poll(self._poll_argument, 1, 0):
            return
        if self._connection.can_read(0) and self._consume(_PUSHED) is not _PUSHED:
            raise ConnectionError("The server has answered what it was not asked.")

    def _consume(self, reply: Any) -> Any:
        """Read until neither the socket nor the parser holds anything; return the reply, if there was one."""
        connection = self._connection
        self._consuming = True
        while True:
            try:
                # One by one: the other way recurses once for each push.
                response = connection.read_response(push_request=True)
            except ResponseError as error:
                # A reply like any other: what was pushed behind it is read too.
                response = error
            if response is not _PUSHED:
                reply = response
            if not connection.can_read(0):
                break
        # Not in a ``finally``: nobody may go by what is left of a connection that failed.
        self._consuming = False
        return reply

    def _on_push(self, message: Any) -> object:
        keys = message[1]
        if keys is None:
            # FLUSHALL or FLUSHDB.
            self._flushed = True
            self._known.clear()
        else:
            self._pushed.update(keys)
            for key in keys:
                self._known.pop(key, None)
        return _PUSHED
