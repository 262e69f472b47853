"""The server as `make serve` starts it."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scheduler_project.environment import BASE_DIR

IDLE_SECONDS = 4
SLOW_CLIENTS = 200
HALF_A_HEAD = b"GET /healthz HTT"
HALF_A_BODY = b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nusername="


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start_server(port: int, directory: Path, log: Path, **more: str) -> subprocess.Popen[bytes]:
    variables = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "of the test",
        "DATABASE_URL": f"sqlite:///{directory}/db.sqlite3",
        "CACHE_DIRECTORY": str(directory),
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        **more,
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "scheduler_project/gunicorn.py"]
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=BASE_DIR, env=variables, stdout=output, stderr=output)


def get(port: int, address: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", address, headers=headers)
    response = connection.getresponse()
    response.read()
    return response


def answers(port: int) -> bool:
    try:
        return get(port, "/healthz").status == 200
    except OSError:
        return False


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def server(tmp_path: Path, log: Path) -> Iterator[int]:
    port = free_port()
    process = start_server(port, tmp_path, log, CLIENT_IDLE_SECONDS=str(IDLE_SECONDS))
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


class AccessLogTests:
    def test_has_the_path_and_not_what_was_searched_for(self, server: int, log: Path) -> None:
        response = get(
            server, "/healthz?q=Okafor", Referer="http://127.0.0.1/?q=Okafor", Authorization="Basic T2thZm9y"
        )

        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert '"GET /healthz HTTP/1.1" 200' in log.read_text()
        assert "Okafor" not in log.read_text()

    def test_a_path_cannot_forge_a_line(self, server: int, log: Path) -> None:
        with socket.create_connection(("127.0.0.1", server), timeout=10) as connection:
            path = b"/%0A127.0.0.1%20forged%1B%5B31m"
            connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while connection.recv(4096):
                pass

        lines = log.read_text().split("\n")
        assert [line for line in lines if line.startswith("127.0.0.1 forged")] == []
        assert [line for line in lines if '"GET /\\n127.0.0.1 forged\\x1b[31m HTTP/1.1"' in line]
        assert "\x1b" not in log.read_text()


class SlowClientTests:
    def test_half_sent_requests_stop_nobody_and_are_cut_off(self, server: int, log: Path) -> None:
        with ExitStack() as stack:
            clients = []
            for number in range(SLOW_CLIENTS):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", server), timeout=60))
                client.sendall(HALF_A_BODY if number % 3 else HALF_A_HEAD)
                clients.append(client)
            # More of them than threads that answer, and than one worker takes one after the other.
            for _ in range(5):
                assert get(server, "/healthz").status == 200

            assert [client.recv(1) for client in clients] == [b""] * SLOW_CLIENTS
            # None of them has hung up. That must not stop the worker either.
            started = time.monotonic()
            assert get(server, "/healthz").status == 200
            assert time.monotonic() - started < 10
        assert log.read_text().count(f"A client was idle for {IDLE_SECONDS} s.") == SLOW_CLIENTS
        assert "Traceback" not in log.read_text()
