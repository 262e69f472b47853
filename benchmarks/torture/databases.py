"""Where the torture test runs: a temporary SQLite file, PostgreSQL from its wheel, or the database of a URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import PostgreSQL, postgresql_server


@contextmanager
def database(wanted: str | None, folder: Path) -> Iterator[tuple[str, PostgreSQL | None]]:
    """Yield the URL of a database, by default of a SQLite file in the folder (WAL and IMMEDIATE, as in the project).

    Beside it the server, if it was started for this run.
    """
    if wanted in ("embedded", "postgres"):
        with postgresql_server(folder / "postgres") as server:
            yield server.create("torture"), server
    else:
        yield wanted or f"sqlite:///{folder / 'torture.sqlite3'}", None
