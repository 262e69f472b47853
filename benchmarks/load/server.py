"""The web server as `make serve` starts it, on a free port of this machine."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.servers import free_port
from benchmarks.worker import ROOT

START_SECONDS = 60


class WebServer:
    """gunicorn with the configuration of the project."""

    def __init__(self, environment: Mapping[str, str], log: Path, *options: str) -> None:
        self.port = free_port()
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "scheduler_project/gunicorn.py", *options],
                cwd=ROOT,
                env={**environment, "PORT": str(self.port)},
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise RuntimeError(f"gunicorn has not started:\n{self._log.read_text()}")
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill_a_worker(self) -> None:
        os.kill(self.workers()[0], signal.SIGKILL)

    def processor_seconds(self) -> float:
        """Return the processor time of the workers, without that of the servers that they ask."""
        return sum(_processor_seconds(pid) for pid in self.workers())

    def memory_mb(self) -> float:
        """Return the resident memory of the largest worker."""
        return max(_resident_mb(pid) for pid in self.workers())


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _processor_seconds(pid: int) -> float:
    # The name of the program, in parentheses, may hold blanks. Fields 14 and 15: in the program and in the kernel.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
