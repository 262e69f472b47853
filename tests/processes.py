"""Another process with the project loaded, which runs what a test tells it, line by line, and answers."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent

_LOOP = """
import json, sys
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

_FORKING = """
import json, os, socket, sys, time
import django
django.setup()
from django.conf import settings
from django.core.signals import setting_changed
orders = socket.socket(fileno=int(sys.argv[1]))

def ended(pid, seconds):
    # The exit code, or nothing if it is still there after so long.
    until = time.monotonic() + seconds
    while not (status := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > until:
            return "-"
        time.sleep(0.002)
    return str(os.waitstatus_to_exitcode(status[1]))

while True:
    order, files, _, _ = socket.recv_fds(orders, 4096, 2)
    if not order:
        os._exit(0)
    order = json.loads(order)
    if files and not (pid := os.fork()):
        break
    for file in files:
        os.close(file)
    orders.send((str(pid) if files else ended(**order)).encode())
orders.close()
os.environ["CACHE_DIRECTORY"] = order["directory"]
settings.CACHING = {**settings.CACHING, "DIRECTORY": order["directory"]}
setting_changed.send(None, setting="CACHING", value=settings.CACHING, enter=True)
for number, file in enumerate(files):
    os.dup2(file, number)
    os.close(file)
"""

MAX_SERVERS = 3
"""So many projects are kept loaded without need by a process of the tests."""
MAX_SECONDS = 30
"""To wait for the end of a process."""


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
    # The one variable in which any two tests differ.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
        "SECRET_KEY": "of a test",
        "DATABASE_URL": database_url(),
        "CACHE_DIRECTORY": str(cache_directory),
    }


class Process(Protocol):
    """What is used of ``subprocess.Popen``."""

    @property
    def pid(self) -> int: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class ForkServer:
    """A process with the project loaded, which forks children: to load it takes two seconds of a processor.

    It has touched neither the database nor the cache: a child starts as a worker of ``gunicorn --preload`` does.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._orders, theirs = socket.socketpair()
        self._lock = Lock()
        self.children: set[int] = set()
        """Those whose exit code nobody has asked for."""
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _FORKING + _LOOP, str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                pass_fds=[theirs.fileno()],
            )

    def fork(self, stdin: int, stdout: int, directory: str) -> int:
        """Let there be a child with these files and this cache directory; return its process id."""
        with self._lock:
            order = json.dumps({"directory": directory}).encode()
            socket.send_fds(self._orders, [order], [stdin, stdout])
            pid = int(self._orders.recv(64))
            self.children.add(pid)
            return pid

    def wait(self, pid: int, seconds: float) -> int | None:
        """Return the exit code of a child, negative for a signal, or None if it has not ended after so long."""
        with self._lock:
            self._orders.send(json.dumps({"pid": pid, "seconds": seconds}).encode())
            answer = self._orders.recv(64).decode()
            if answer == "-":
                return None
            self.children.discard(pid)
            return int(answer)

    def close(self) -> None:
        self._orders.close()
        self._process.wait()


_servers: dict[tuple[tuple[str, str], ...], ForkServer] = {}
"""By the environment of their children. The one that was asked for last is the last one."""


def fork_server(environment: Mapping[str, str]) -> ForkServer:
    """Return the server for children with this environment, but for the cache directory, which each has of its own.

    One that was asked for long ago is closed.
    """
    key = tuple(sorted((name, value) for name, value in environment.items() if name != "CACHE_DIRECTORY"))
    server = _servers[key] = _servers.pop(key, None) or ForkServer(environment)
    idle = [other for other, known in _servers.items() if not known.children and other != key]
    for other in idle[: max(len(_servers) - MAX_SERVERS, 0)]:
        _servers.pop(other).close()
    return server


class Forked:
    """A process that a fork server has made."""

    def __init__(self, server: ForkServer, stdin: int, stdout: int, directory: str) -> None:
        self._server = server
        self.pid = server.fork(stdin, stdout, directory)
        self._code: int | None = None

    def kill(self) -> None:
        if self._code is None:
            os.kill(self.pid, 9)

    def wait(self, timeout: float | None = None) -> int:
        if self._code is None:
            seconds = MAX_SECONDS if timeout is None else timeout
            self._code = self._server.wait(self.pid, seconds)
            if self._code is None:
                raise subprocess.TimeoutExpired("a forked child", seconds)
        return self._code


class Child:
    """A process that runs Python source on request. Use it from one thread.

    ``as_command``: inside a management command, ``manage.py shell``.
    """

    def __init__(self, cache_directory: Path, *, as_command: bool = False, **variables: str) -> None:
        env = environment(cache_directory) | variables
        self._process: Process
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        if as_command:
            command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", _LOOP]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=theirs_in, stdout=theirs_out, env=env)
        else:
            self._process = Forked(fork_server(env), theirs_in, theirs_out, env["CACHE_DIRECTORY"])
        os.close(theirs_in)
        os.close(theirs_out)
        self._requests, self._answers = os.fdopen(ours_in, "w"), os.fdopen(ours_out)

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, source: str) -> Any:
        """Run an expression, or statements, and return the value (by JSON, else its repr); raise what it raised."""
        self.send(source)
        return self.receive()

    def send(self, source: str) -> None:
        """Start running the source; ``receive`` waits for its end."""
        self._requests.write(json.dumps(source) + "\n")
        self._requests.flush()

    def receive(self) -> Any:
        """Return the value of what was sent; raise ChildError if it raised or the process has died."""
        line = self._answers.readline()
        if not line:
            raise ChildError(f"The process ended with {self._process.wait()}.")
        reply = json.loads(line)
        if "error" in reply:
            raise ChildError(reply["error"])
        return reply["answer"]

    def wait(self) -> int:
        """Wait for the process to end; return its exit code, negative for a signal."""
        return self._process.wait(timeout=MAX_SECONDS)

    def end(self) -> int:
        """Let the process end by itself, as a command ends; return its exit code."""
        self._requests.close()
        return self.wait()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._requests.close()
        self._answers.close()


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
