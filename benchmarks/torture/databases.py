"""Where the torture runs: a temporary SQLite file, a PostgreSQL from its wheel, or the database of a URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import postgresql


@contextmanager
def database(wanted: str | None, folder: Path) -> Iterator[str]:
    """Give the URL of a database: by default a SQLite file in the folder (WAL, IMMEDIATE, as the project sets it)."""
    if wanted in ("embedded", "postgres"):
        with postgresql(folder / "postgres", ["torture"]) as urls:
            yield urls["torture"]
    else:
        yield wanted or f"sqlite:///{folder / 'torture.sqlite3'}"
