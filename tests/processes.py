"""Another process with the project loaded, which runs what a test tells it, line by line, and answers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent

_LOOP = """
import json, sys
import django
django.setup()
names = {}
for line in sys.stdin:
    source = json.loads(line)
    try:
        try:
            answer = eval(compile(source, "<test>", "eval"), names)
        except SyntaxError:
            exec(compile(source, "<test>", "exec"), names)
            answer = None
        print(json.dumps({"answer": answer}, default=repr), flush=True)
    except BaseException as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
"""


def database_url() -> str:
    """Return the URL of the test database, as DATABASE_URL wants it."""
    configured = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{configured['NAME']}"
    user = configured["USER"] + (f":{configured['PASSWORD']}" if configured["PASSWORD"] else "")
    if configured["HOST"].startswith("/"):
        return f"postgresql://{user}@/{configured['NAME']}?host={configured['HOST']}"
    return f"postgresql://{user}@{configured['HOST']}:{configured['PORT']}/{configured['NAME']}"


def environment(cache_directory: Path) -> dict[str, str]:
    """Return the environment of a process on the test database and a cache directory."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
        "SECRET_KEY": "of a test",
        "DATABASE_URL": database_url(),
        "CACHE_DIRECTORY": str(cache_directory),
    }


class Child:
    """A process that runs Python source on request. Use it from one thread.

    ``as_command``: inside a management command, ``manage.py shell``.
    """

    def __init__(self, cache_directory: Path, *, as_command: bool = False, **variables: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *(("manage.py", "shell", "--verbosity", "0") if as_command else ()), "-c", _LOOP],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(cache_directory) | variables,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, source: str) -> Any:
        """Run an expression, or statements, and return the value (by JSON, else its repr); raise what it raised."""
        self.send(source)
        return self.receive()

    def send(self, source: str) -> None:
        """Start running the source; ``receive`` waits for its end."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(source) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        """Return the value of what was sent; raise ChildError if it raised or the process has died."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildError(f"The process ended with {self._process.wait()}.")
        reply = json.loads(line)
        if "error" in reply:
            raise ChildError(reply["error"])
        return reply["answer"]

    def wait(self) -> int:
        """Wait for the process to end; return its exit code, negative for a signal."""
        return self._process.wait(timeout=30)

    def end(self) -> int:
        """Let the process end by itself, as a command ends; return its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self.wait()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def forked() -> Iterator[tuple[bool, int, int]]:
    """Fork; give (whether this is the child, the parent's reading end, the child's writing end).

    The child ends with the block, and then the parent reads nothing more.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            yield True, read, write
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    try:
        yield False, read, write
    finally:
        os.close(read)
        os.waitpid(pid, 0)


class ChildError(Exception):
    """What a child was told to run has failed there."""
