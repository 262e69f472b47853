"""Worker processes: each thing that is compared runs in one, with a Django of its own, and gets its orders as lines.

So nothing that one of them installs slows another one down, and two can take turns: the speed of a machine changes from
second to second, and only figures that were measured next to each other can be compared.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = "scheduler_project.settings"


class WorkerError(Exception):
    """A function of a benchmark has failed in its process; the traceback is on stderr."""


class Worker:
    """A process that runs functions of one module. ``folder`` holds its database unless a URL is given."""

    def __init__(
        self,
        module: str,
        folder: Path,
        *,
        settings: str = SETTINGS,
        database_url: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "CACHE_ENABLED")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", module],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **inherited,
                "DJANGO_SETTINGS_MODULE": settings,
                "SECRET_KEY": "of a benchmark",
                "DEBUG": "0",
                "DATABASE_URL": database_url or f"sqlite:///{folder / 'db.sqlite3'}",
                "CACHE_DIRECTORY": str(folder),
                **(environment or {}),
            },
        )

    def call(self, function: str, **arguments: Any) -> Any:
        """Run a function of the module there and return its answer. Arguments and answer travel as JSON."""
        self.send(function, **arguments)
        return self.receive()

    def send(self, function: str, **arguments: Any) -> None:
        """Start a function there. ``receive`` its answer before you send the next one."""
        assert self._process.stdin is not None
        self._called = function
        self._process.stdin.write(json.dumps([function, arguments]) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Wait for the answer of the function that was sent."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(f"{self._called} failed with exit code {self._process.wait()}.")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def migrate() -> None:
    """Create the tables."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def checkpoint() -> None:
    """Write everything that SQLite holds into its one file, so that the file can be copied."""
    from django.db import connection

    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


OF_EVERY_WORKER = {"migrate": migrate, "checkpoint": checkpoint}
"""Functions that every worker knows, whatever its module."""


def _serve(module_name: str) -> None:
    """Answer on the real stdout. What libraries print goes to stderr."""
    answers, sys.stdout = sys.stdout, sys.stderr
    import django

    django.setup()
    module = importlib.import_module(module_name)
    for line in sys.stdin:
        function, arguments = json.loads(line)
        answer = (OF_EVERY_WORKER.get(function) or getattr(module, function))(**arguments)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
