"""Two hosts that share a PostgreSQL and a Valkey and nothing else: each has folders of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener
from uuid import uuid4

import pytest

from benchmarks.servers import PostgreSQL, postgresql_server
from tests import valkey
from tests.processes import ROOT
from tests.scheduler_project.test_gunicorn import free_port
from tests.scheduling.imports.background.running import people
from tests.waiting import wait_until

pytestmark = pytest.mark.long
ROWS = 20_000
IMPORT = "/admin/scheduling/employee/import/"
CONFIRM = "/admin/scheduling/employee/process_import/"
INPUT = re.compile(r"<input[^>]*>")
PREPARE = """
from django.contrib.auth.models import User
from django.test import Client
from scheduling.models import Department
Department.objects.create(code="KIT", name="Kitchen")
client = Client()
client.force_login(User.objects.create_superuser("boss"))
print(client.cookies["sessionid"].value)
"""
COUNTS = """
import json
from scheduling.models import Employee, ImportRun
runs = ImportRun.objects.order_by("created_at").values_list("outcome", "new")
print(json.dumps([Employee.objects.count(), list(runs)]))
"""


class Host:
    """One gunicorn, and a browser that is logged in."""

    def __init__(self, folder: Path, shared: dict[str, str], **more: str) -> None:
        folder.mkdir()
        self.port, self.log = free_port(), folder / "log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            **shared,
            "SECRET_KEY": "of both hosts",
            "CACHE_DIRECTORY": str(folder),
            "TMPDIR": str(folder),
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "1",
            **more,
        }
        self.cookies = CookieJar()
        self._open = build_opener(HTTPCookieProcessor(self.cookies)).open

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-c", "scheduler_project/gunicorn.py", "tests.web:application"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=self.log.open("wb"), stderr=subprocess.STDOUT
        )
        wait_until(self._answers, seconds=90)

    def _answers(self) -> bool:
        try:
            return "ok" in self.get("/healthz")
        except URLError:
            return False

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, "DJANGO_SETTINGS_MODULE": "scheduler_project.settings"},
            capture_output=True,
            text=True,
            check=False,
        )

    def shell(self, source: str) -> str:
        done = self.manage("shell", "--verbosity", "0", "-c", source)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def get(self, path: str, data: bytes | None = None, **headers: str) -> str:
        request = Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        request.add_header("Cookie", self.cookie)
        with self._open(request, timeout=60) as response:
            self.url: str = response.geturl()
            return str(response.read().decode())

    cookie = ""

    def upload(self, data: bytes) -> dict[str, str]:
        """Upload a file; return the form with which it is confirmed."""
        token = _inputs(self.get(IMPORT))["csrfmiddlewaretoken"]
        boundary = uuid4().hex
        fields = {"csrfmiddlewaretoken": token, "format": "0", "resource": "0"}
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = 'Content-Disposition: form-data; name="import_file"; filename="people.csv"\r\nContent-Type: text/csv'
        parts += [f"--{boundary}\r\n{head}\r\n\r\n".encode(), data, f"\r\n--{boundary}--\r\n".encode()]
        content_type = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return _inputs(self.get(IMPORT, b"".join(parts), **content_type))

    def confirm(self, form: dict[str, str]) -> str:
        return self.get(CONFIRM, urlencode(form).encode())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def _inputs(page: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in INPUT.findall(page):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in attributes and attributes.get("type") == "hidden":
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    return found


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    # Not in a folder of pytest: that is root's alone, and PostgreSQL runs as somebody else then.
    folder = tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True)
    with folder as name, postgresql_server(Path(name)) as server:
        yield server


@pytest.fixture
def shared(tmp_path: Path, postgresql: PostgreSQL) -> Iterator[dict[str, str]]:
    with valkey.running(tmp_path / "valkey") as cache:
        yield {"DATABASE_URL": postgresql.create(uuid4().hex), "REDIS_URL": cache.url}


@pytest.fixture
def hosts(tmp_path: Path, shared: dict[str, str]) -> Iterator[Any]:
    """Return a function that starts the two."""
    started: list[Host] = []

    def start(**more: str) -> list[Host]:
        started.extend(Host(tmp_path / name, shared, **more) for name in ("a", "b"))
        assert started[0].manage("migrate", "--verbosity", "0").returncode == 0
        cookie = started[0].shell(PREPARE)
        for host in started:
            host.start()
            # Both have one name, so a browser sends both the same cookies.
            host.cookie = f"sessionid={cookie}; csrftoken={'a' * 32}"
        return started

    yield start
    for host in started:
        host.stop()


def test_what_one_has_taken_the_other_one_imports(hosts: Any) -> None:
    a, b = hosts()

    page = b.confirm(a.upload(people(3)))

    assert "Import finished: 3 new" in page
    assert json.loads(a.shell(COUNTS)) == [3, [["imported", 3]]]


def test_a_killed_import_leaves_nothing_behind_and_both_say_so(hosts: Any) -> None:
    a, b = hosts(IMPORT_SECONDS_IN_REQUEST="0")
    page = b.confirm(a.upload(people(ROWS)))
    path = b.url.removeprefix(f"http://127.0.0.1:{b.port}")
    assert "http-equiv" in page
    key = path.split("/")[-3]
    # It shows how far it is at the other host.
    wait_until(lambda: "The import is starting" not in a.get(path), seconds=60)
    found = subprocess.run(["pgrep", "-f", f"import_run {key}"], capture_output=True, text=True, check=True)

    # Also nobody who would notice at once: as if the whole host had gone.
    b.process.send_signal(signal.SIGKILL)
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    killed_at = time.monotonic()
    wait_until(lambda: "interrupted, nothing was imported" in a.get(path), seconds=15)

    assert time.monotonic() - killed_at < 15
    assert json.loads(a.shell(COUNTS)) == [0, [["interrupted", 0]]]
    # And it can be done by hand.
    done = a.manage("import_run", key[:8])
    assert done.returncode == 0, done.stderr
    assert json.loads(a.shell(COUNTS)) == [ROWS, [["imported", ROWS]]]
