"""What the importers of a benchmark start from: a database for each of them, and files of any length."""

from __future__ import annotations

import csv
import datetime
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from benchmarks.servers import PostgreSQL, postgresql_server
from benchmarks.worker import Worker
from scheduling.samples import SAMPLES_DIR

PLAIN = "benchmarks.plain"
DATABASE = "db.sqlite3"
WEEKS_OF_THE_PLAN = 2


class Databases:
    """A folder and a copy of the first database for each worker."""

    def __init__(self, folder: Path, server: PostgreSQL | None) -> None:
        self._folder = folder
        self._server = server

    def worker(self, name: str, settings: str, module: str) -> Worker:
        own, is_first = self._folder / name, name == "template"
        own.mkdir()
        url = None
        if self._server is not None:
            url = self._server.create(name, "template1" if is_first else "template")
        elif not is_first:
            shutil.copy(self._folder / "template" / DATABASE, own / DATABASE)
        return Worker(module, own, settings=settings, database_url=url)

    def complete(self, template: Worker) -> None:
        """Let the first database be copied."""
        if self._server is None:
            template.call("checkpoint")


@contextmanager
def databases_of(folder: Path, database: str) -> Iterator[Databases]:
    """Yield the databases of one run of the benchmark."""
    if database == "sqlite":
        yield Databases(folder, None)
        return
    with postgresql_server(folder / "postgresql") as server:
        yield Databases(folder, server)


def write_sample(file: Path, rows: int) -> None:
    """Write the plan of the samples, as often as needed, each time some weeks later."""
    with (SAMPLES_DIR / "assignments.csv").open(encoding="utf-8", newline="") as lines:
        plan = list(csv.DictReader(lines))
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(plan[0]))
        writer.writeheader()
        writer.writerows(islice(_repeated(plan), rows))


def _repeated(plan: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    weeks = datetime.timedelta()
    while True:
        moved: dict[str, str] = {}
        for row in plan:
            day = row["date"]
            if day not in moved:
                moved[day] = (datetime.date.fromisoformat(day) + weeks).isoformat()
            yield {**row, "date": moved[day]}
        weeks += datetime.timedelta(weeks=WEEKS_OF_THE_PLAN)
