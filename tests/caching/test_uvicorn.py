"""Reads of tasks on a real server: a hit stays in the event loop, a miss blocks nobody, a load outlives its caller."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT
from tests.waiting import wait_until

PATIENCE_SECONDS = 30


class Server:
    """uvicorn in a process of its own, at a unix socket."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "uvicorn"
        environment = {
            **{name: value for name, value in os.environ.items() if name != "REDIS_URL"},
            "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
            "SECRET_KEY": "of a test",
            "ALLOWED_HOSTS": "localhost",
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "CACHE_DIRECTORY": str(folder),
        }
        command = [sys.executable, "-m", "uvicorn", "tests.asgi:application", "--uds", str(self._socket)]
        self.process = subprocess.Popen([*command, "--log-level", "warning"], cwd=ROOT, env=environment)
        wait_until(self._answers, PATIENCE_SECONDS)

    def _answers(self) -> bool:
        assert self.process.poll() is None
        try:
            self.send("counts").close()
        except OSError:
            return False
        return True

    def send(self, path: str) -> socket.socket:
        """Send a request; return its connection."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(str(self._socket))
        connection.sendall(f"GET /{path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        return connection

    def get(self, path: str) -> Any:
        return self.answer(self.send(path))

    @staticmethod
    def answer(connection: socket.socket) -> Any:
        """Return the JSON that answers a request."""
        with closing(connection), connection.makefile("rb") as file:
            head, _, body = file.read().partition(b"\r\n\r\n")
        assert b" 200 " in head.partition(b"\r\n")[0], head
        return json.loads(body)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("uvicorn"))
    yield server
    server.process.kill()
    server.process.wait()


class HitTests:
    def test_never_leaves_the_event_loop(self, server: Server) -> None:
        found = server.get("hit?key=1")
        assert (found["value"], found["left"]) == ("held", 0)
        assert found["left_by_a_miss"] > 0


class LoadTests:
    def test_blocks_no_other_task_and_outlives_the_caller_who_began_it(self, server: Server) -> None:
        before = server.get("counts")["loads"]
        first = server.send("slow/1")
        wait_until(lambda: server.get("counts")["loads"] == before + 1)
        second, third = server.send("slow/1"), server.send("slow/1")
        blocked = server.send("blocking")
        wait_until(lambda: server.get("counts")["loads"] == before + 2)
        # One load waits in the event loop and another blocks its thread: neither keeps anybody else waiting.
        assert server.get("hit?key=2")["value"] == "held"

        first.close()
        third.close()
        wait_until(lambda: server.get("counts")["cancelled"] == 2)
        server.get("release")

        assert server.answer(second) == {"value": "loaded"}
        assert server.answer(blocked) == {"value": "loaded"}
        assert server.get("counts")["loads"] == before + 2
