"""Asks every serving process of the host: each answers in a thread of its own, on a Unix socket in CACHE_DIRECTORY.

Only the same user can connect, because the folder and the sockets are theirs. A question is one line of JSON, an answer
another. A process that does not answer in time is left out and named.
"""

import contextlib
import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections

from .. import databases
from ..exceptions import CachingError
from ..reading.manager import cache_manager

logger = logging.getLogger("caching")

FOLDER_NAME = "agents"
SECONDS = 30.0
"""How long a question may take in each process."""
_LONGEST = 1_000_000
Answer = dict[str, Any]
Questions = Mapping[str, Callable[..., Answer]]
_FAULTS = (CachingError, DatabaseError, InterfaceError, ImproperlyConfigured, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one process answered; ``answer`` is None if it did not answer in time."""

    pid: int
    answer: Answer | None


class Agent:
    """The thread of this process that answers ``questions`` by name."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def start(self, **signal: Any) -> None:
        """Start answering, unless it does or a test runs; a receiver of request_started."""
        if self._socket is not None or databases.is_test() or not cache_manager.config.DIRECTORY:
            return
        with self._lock:
            if self._socket is None:
                try:
                    self._socket = _listen(Path(cache_manager.config.DIRECTORY) / FOLDER_NAME)
                except OSError as error:
                    logger.warning("This process cannot be asked by `manage.py cache`: %s", error)
                    return
                threading.Thread(target=self._run, args=(self._socket,), name="caching-agent", daemon=True).start()

    def forget(self) -> None:
        """Start afresh after a fork: the thread stayed in the parent."""
        if self._socket is not None:
            self._socket.close()
        self._lock, self._socket = threading.Lock(), None

    def _run(self, listening: socket.socket) -> None:
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            with connected, contextlib.suppress(OSError):
                connected.settimeout(SECONDS)
                _send(connected, self.answer(_receive(connected)))

    def answer(self, question: Any) -> Answer:
        """Return the answer to a question of another process, with connections of this thread alone."""
        try:
            return self.answer_here(question)
        finally:
            connections.close_all()

    def answer_here(self, question: Any) -> Answer:
        """Return the answer to a question, or a sentence that says why there is none."""
        try:
            name, arguments = question["ask"], question.get("with", {})
            return self._questions[name](**arguments)
        except _FAULTS as error:
            return {"error": f"{type(error).__name__}: {error}"}


def ask_all(directory: Path | None, name: str, *, patience: float = SECONDS, **arguments: Any) -> list[Reply]:
    """Return what each serving process of the host answers, within ``patience`` seconds each.

    Sockets of processes that have ended are removed. Without a directory nobody can be asked.
    """
    replies: list[Reply] = []
    for path in sorted((directory / FOLDER_NAME).glob("*.sock")) if directory else ():
        pid = int(path.stem) if path.stem.isdecimal() else 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, _short(path) as address:
            connection.settimeout(patience)
            try:
                connection.connect(address)
                _send(connection, {"ask": name, "with": arguments})
                replies.append(Reply(pid, _receive(connection)))
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
            except (OSError, ValueError):
                replies.append(Reply(pid, None))
    return replies


def _listen(folder: Path) -> socket.socket:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{os.getpid()}.sock"
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path) as address:
            listening.bind(address)
        os.chmod(path, 0o600)
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


@contextlib.contextmanager
def _short(path: Path) -> Any:
    """Give another path of the same file: that of a socket may have 107 bytes only."""
    if not sys.platform.startswith("linux"):
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _send(connection: socket.socket, message: Any) -> None:
    connection.sendall(json.dumps(message, default=str).encode() + b"\n")


def _receive(connection: socket.socket) -> Any:
    content = bytearray()
    while not content.endswith(b"\n"):
        if not (part := connection.recv(65536)):
            raise ConnectionResetError("The other end has closed the connection.")
        content += part
        if len(content) > _LONGEST:
            raise ValueError("The message is too long.")
    return json.loads(content)
