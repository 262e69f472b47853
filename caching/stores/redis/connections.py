"""Connections to the Redis or Valkey server of a Django cache alias, configured as for django-redis."""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django_redis.client import DefaultClient
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError
from redis.retry import Retry

from ..aliases import is_redis, passes_bytes
from .scripts import Connection, Script

_MAX_SPARE = 8
POLLIN = 1


class PollFd(ctypes.Structure):
    """What ``poll`` is asked about a socket."""

    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


# PyDLL keeps the GIL. select.poll(0) releases it and, beside one busy thread, waits up to 5 ms (400 µs on average) to
# get it back. No argument types are declared, because checking them would take ctypes longer.
poll = ctypes.PyDLL(None).poll


def reads_plainly(alias: str) -> bool:
    """Whether each value of the alias is one key on one server, stored unchanged: no sharding, no compression."""
    if not is_redis(alias) or type(caches[alias].client).get is not DefaultClient.get:  # type: ignore[attr-defined]
        return False
    return passes_bytes(alias) and "COMPRESSOR" not in settings.CACHES[alias].get("OPTIONS", {})


def identify(ask: Callable[..., bytes]) -> tuple[bytes, str]:
    """Return an id of this run of the server, and its maxmemory policy.

    ``ask`` sends a command and returns the reply. Raises ConnectionError for a replica.
    """
    info: dict[bytes, bytes] = {}
    for section in ("server", "replication", "memory"):
        text = ask("INFO", section)
        text = text[4:] if text.startswith(b"txt:") else text
        info |= dict(line.split(b":", 1) for line in text.splitlines() if b":" in line)
    if info.get(b"role", b"master") != b"master":
        raise ConnectionError("It is a replica, which takes no writes and lags behind.")
    identity = blake2b(info[b"run_id"] + info.get(b"master_replid", b""), digest_size=16).digest()
    return identity, info.get(b"maxmemory_policy", b"").decode()


def _ping(connection: Connection) -> Any:
    connection.send_command("PING")
    return connection.read_response()


class RedisConnections:
    """Creates connections and keeps a few spare ones for scripts and reads. Works across forks.

    Host, database, password, TLS, timeouts and Sentinel are those of the alias. Nothing is retried, except on a spare
    connection that turns out to be closed: callers know better what a failure means.
    """

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._spare: list[Connection] = []
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def make(self, *, protocol: int = 2) -> Connection:
        """Return a new connection; the caller connects it."""
        backend: Any = caches[self.alias]
        client: Redis = backend.client.get_client(write=True)
        pool = client.connection_pool
        kwargs = {name: value for name, value in pool.connection_kwargs.items() if not name.startswith("maint_")}
        return pool.connection_class(
            **kwargs
            | {
                "protocol": protocol,
                "decode_responses": False,
                # The reply to an automatic PING would arrive between ours.
                "health_check_interval": 0,
                "retry": Retry(NoBackoff(), 0),
            }
        )

    def run(self, script: Script, keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> Any:
        """Run an idempotent script; raise one of FAULTS if that fails."""
        return self.ask(lambda connection: script.on(connection, keys, arguments))

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the bytes stored under some keys of the server, in one round trip; raise one of FAULTS if that fails.

        This costs less than half of the same read through the alias: there is no client or pool that measures and
        retries, and nothing that first tries to parse the bytes as a number.
        """

        def ask(connection: Connection) -> Any:
            connection.send_command("MGET", *keys)
            return connection.read_response()

        found: list[bytes | None] = self.ask(ask)
        return found

    def ask(self, ask: Callable[[Connection], Any]) -> Any:
        """Return what ``ask`` returns for a connection; on a closed spare one it is called again."""
        for connection in self._spare_connections():
            try:
                reply = ask(connection)
            except ConnectionError:
                # The server has closed the connection since it was last used, for example by restarting.
                connection.disconnect()
                continue
            except BaseException:
                connection.disconnect()
                raise
            self._put_back(connection)
            return reply
        with self.fresh() as connection:
            reply = ask(connection)
        self._put_back(connection)
        return reply

    def let_it_turn(self) -> None:
        """Return once the server has sent other clients everything that results from our commands so far.

        The server writes replies and pushes at the end of each turn of its event loop. It may write our reply first and
        the push for another process on this machine some hundred microseconds later, but both before the next command.
        """
        self.ask(_ping)

    @contextmanager
    def fresh(self) -> Iterator[Connection]:
        """Yield a new, connected connection; close it if the block fails."""
        connection = self.make()
        try:
            connection.connect()
            yield connection
        except BaseException:
            connection.disconnect()
            raise

    def _spare_connections(self) -> Iterator[Connection]:
        if self._pid != os.getpid():
            # After a fork: the spare connections belong to the parent, which keeps using them.
            self._spare, self._pid, self._lock = [], os.getpid(), threading.Lock()
        while True:
            with self._lock:
                if not self._spare:
                    return
                connection = self._spare.pop()
            yield connection

    def _put_back(self, connection: Connection) -> None:
        with self._lock:
            if len(self._spare) < _MAX_SPARE:
                self._spare.append(connection)
                return
        connection.disconnect()

    def close(self) -> None:
        """Close the spare connections."""
        for connection in self._spare_connections():
            connection.disconnect()
