import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.workers.gthread import TConn

from scheduler_project.workers import PatientWorker


class PatientWorkerTests:
    @pytest.fixture
    def client(self) -> Iterator[socket.socket]:
        ours, client = socket.socketpair()
        with client:
            self.connection: Any = TConn(SimpleNamespace(), ours, "client", "server")
            # What comes of a client that has sent nothing more.
            self.connection.initialized, self.connection.parser = True, iter(())
            yield client

    def test_waits_for_a_client_before_the_thread_that_accepts_would(self, client: socket.socket) -> None:
        worker: Any = PatientWorker.__new__(PatientWorker)
        worker.log = SimpleNamespace(debug=lambda *about: None)

        assert worker.handle(self.connection) is False
        started = time.monotonic()
        self.connection.close(graceful=True)

        assert time.monotonic() - started < 1
        assert client.recv(1) == b""
