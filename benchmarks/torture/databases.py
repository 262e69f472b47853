"""Where the torture test runs: a temporary SQLite file, PostgreSQL from its wheel, or the database of a URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import postgresql


@contextmanager
def database(wanted: str | None, folder: Path) -> Iterator[str]:
    """Yield the URL of a database, by default of a SQLite file in the folder (WAL and IMMEDIATE, as in the project)."""
    if wanted in ("embedded", "postgres"):
        with postgresql(folder / "postgres", ["torture"]) as urls:
            yield urls["torture"]
    else:
        yield wanted or f"sqlite:///{folder / 'torture.sqlite3'}"
