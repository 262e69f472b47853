"""Every way to run Django: what one of its processes, threads or tasks has written is what all others read next."""

import asyncio
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from caching import cache_manager
from scheduling.models import Employee
from tests.caching import workers
from tests.caching.workers import EMAIL
from tests.factories import EmployeeFactory
from tests.processes import ROOT, Child, environment

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 60
READ = f"Employee.objects.get_by_email({EMAIL!r}).first_name"


@pytest.fixture
def amy() -> Employee:
    employee: Employee = EmployeeFactory(email=EMAIL, first_name="Amy")
    return employee


@pytest.fixture(autouse=True)
def directory(_fresh_cache: None, settings: Settings, tmp_path: Path) -> Path:
    """A cache directory in which nobody else has counted."""
    folder = tmp_path / "shared"
    folder.mkdir()
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(folder)}
    return folder


def name() -> str | None:
    found = Employee.objects.get_by_email(EMAIL)
    return found and found.first_name


def rename(to: str) -> None:
    Employee.objects.filter(email=EMAIL).update(first_name=to)


def rename_unseen(to: str) -> None:
    """Change the row as psql would: no cache hears of it."""
    connection.ensure_connection()
    with connection.connection.cursor() if connection.vendor == "postgresql" else connection.connection as driver:
        driver.execute(f"UPDATE scheduling_employee SET first_name = '{to}'")


def is_cached() -> bool:
    with CaptureQueriesContext(connection) as queries:
        name()
    return not queries.captured_queries


class TwoProcessesTests:
    def test_a_save_in_one_is_what_the_other_reads_next(self, amy: Employee, child: Child) -> None:
        child.run("from scheduling.models import Employee")
        assert child.run(READ) == "Amy"
        amy.first_name = "Ann"
        amy.save()
        assert child.run(READ) == "Ann"
        child.run(f"Employee.objects.filter(email={EMAIL!r}).update(first_name='Bea')")
        assert name() == "Bea"


class ThreadTests:
    def test_a_save_in_one_is_what_all_others_read_next(self, amy: Employee) -> None:
        turn = threading.Barrier(4)
        read: list[tuple[int, str | None]] = []

        def run(number: int) -> None:
            for step in range(40):
                if step % 4 == number:
                    rename(f"Amy{step}")
                turn.wait(PATIENCE_SECONDS)
                read.extend((step, name()) for _ in range(3))
                turn.wait(PATIENCE_SECONDS)
            connections.close_all()

        with ThreadPoolExecutor(4) as executor:
            list(executor.map(run, range(4)))
        assert len(read) == 40 * 4 * 3
        assert [found for found in read if found[1] != f"Amy{found[0]}"] == []
        counted = cache_manager.get_stats()
        assert counted["total_requests"] == len(read)
        assert counted["hits"] > len(read) / 2


# -- web servers ------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    name: str | None
    pid: int
    hits: int


@dataclass
class Server:
    """gunicorn, as `make serve` starts it, with the pages of tests.web."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def ask(self, rename_to: str | None = None) -> Answer:
        """Read the name by GET, or change it by POST."""
        body = None if rename_to is None else json.dumps(rename_to).encode()
        with urlopen(f"http://127.0.0.1:{self.port}/{EMAIL}", body, timeout=PATIENCE_SECONDS) as response:
            return Answer(**json.load(response))

    def wait(self) -> None:
        """Return when it answers."""
        for _ in patiently():
            try:
                self.ask()
            except (URLError, ConnectionError):
                assert self.process.poll() is None, self.log.read_text()
            else:
                return

    def answers(self, *, enough: Callable[[dict[int, list[Answer]]], bool]) -> dict[int, list[Answer]]:
        """Ask, several times at once, until there are enough answers; return them by process."""
        found: dict[int, list[Answer]] = {}
        with ThreadPoolExecutor(4) as executor:
            for _ in patiently():
                for one in executor.map(lambda _: self.ask(), range(4)):
                    found.setdefault(one.pid, []).append(one)
                if enough(found):
                    break
        return found

    def names(self, *, without: int = 0) -> set[str | None]:
        """Return what two workers answer, the first answer of each among it."""
        found = self.answers(enough=lambda found: len(found.keys() - {without}) >= 2)
        return {one.name for several in found.values() for one in several}

    def warm(self) -> list[int]:
        """Ask until two workers have answered from their caches; return their process ids."""
        found = self.answers(enough=lambda found: sum(several[-1].hits > 0 for several in found.values()) >= 2)
        return list(found)


def patiently() -> Iterator[None]:
    """Yield until the patience is at its end, with a little air for others in between."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        yield
        time.sleep(0.02)
    raise AssertionError("It has not happened.")


@pytest.fixture
def start_server(amy: Employee, directory: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers = []

    def start(*options: str, **variables: str) -> Server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        log = tmp_path / "gunicorn.log"
        command = [sys.executable, "-m", "gunicorn", "-c", "scheduler_project/gunicorn.py", *options]
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*command, "tests.web:application"],
                cwd=ROOT,
                stdout=file,
                stderr=file,
                env=environment(directory) | {"PORT": str(port), "WEB_CONCURRENCY": "2", **variables},
            )
        servers.append(Server(process, port, log))
        servers[-1].wait()
        return servers[-1]

    yield start
    for server in servers:
        server.process.terminate()
        server.process.wait(PATIENCE_SECONDS)


class GunicornTests:
    @pytest.mark.parametrize(
        ("options", "variables"),
        [
            ((), {}),
            (("--preload",), {}),
            (("--preload",), {"READ_BEFORE_FORK": EMAIL}),
            (("--worker-class", "sync"), {}),
        ],
        ids=["prefork", "preload", "preload-warm", "one-client-at-a-time"],
    )
    def test_every_worker_answers_what_was_written_last(
        self, start_server: Callable[..., Server], options: tuple[str, ...], variables: dict[str, str]
    ) -> None:
        server = start_server(*options, **variables)
        server.warm()
        # By another process.
        rename("Ann")
        assert server.names() == {"Ann"}
        # By one of the workers.
        server.warm()
        assert name() == "Ann"
        assert server.ask(rename_to="Bea").name == "Bea"
        assert server.names() == {"Bea"}
        assert name() == "Bea"
        # After one was killed and another took its place.
        killed = server.warm()[0]
        os.kill(killed, signal.SIGKILL)
        rename("Cid")
        assert server.names(without=killed) == {"Cid"}
        server.warm()
        rename("Dee")
        assert server.names() == {"Dee"}

    def test_counts_of_a_killed_worker_are_kept(self, start_server: Callable[..., Server], directory: Path) -> None:
        server = start_server()
        before = server.warm()
        asked = cache_manager.get_stats(all_processes=True)["total_requests"]
        os.kill(before[0], signal.SIGKILL)
        found = server.answers(enough=lambda found: len(found.keys() - {before[0]}) >= 2)
        answered = sum(map(len, found.values()))
        assert cache_manager.get_stats(all_processes=True)["total_requests"] == asked + answered


# -- event loops ------------------------------------------------------------------------------------------------------


def run(awaitable: Callable[[], Awaitable[Any]]) -> Any:
    return async_to_sync(awaitable)()


async def aname() -> str | None:
    found = await Employee.objects.aget_by_email(EMAIL)
    return found and found.first_name


async def anames() -> set[str | None]:
    """Return what ten tasks read at the same time, three times each."""

    async def read() -> list[str | None]:
        return [await aname() for _ in range(3)]

    return {found for several in await asyncio.gather(*(read() for _ in range(10))) for found in several}


def closing(function: Callable[[], Any]) -> Any:
    try:
        return function()
    finally:
        connections.close_all()


class EventLoopTests:
    def test_a_write_of_one_task_is_what_all_tasks_read_next(self, amy: Employee) -> None:
        async def scenario() -> None:
            assert await anames() == {"Amy"}
            for number in range(10):
                await Employee.objects.filter(email=EMAIL).aupdate(first_name=f"Amy{number}")
                assert await anames() == {f"Amy{number}"}

        run(scenario)

    @pytest.mark.parametrize("thread_sensitive", [True, False])
    def test_a_write_of_a_thread_is_what_all_tasks_read_next(self, amy: Employee, thread_sensitive: bool) -> None:
        def write() -> None:
            rename("Ann")
            if not thread_sensitive:
                connections.close_all()

        async def scenario() -> None:
            assert await anames() == {"Amy"}
            await sync_to_async(write, thread_sensitive=thread_sensitive)()
            assert await anames() == {"Ann"}

        run(scenario)

    def test_a_write_of_a_task_is_what_threads_read_next(self, amy: Employee) -> None:
        async def scenario() -> None:
            read = sync_to_async(lambda: closing(name), thread_sensitive=False)
            assert await read() == "Amy"
            await Employee.objects.filter(email=EMAIL).aupdate(first_name="Ann")
            assert {await read() for _ in range(3)} == {"Ann"}

        run(scenario)

    def test_what_a_thread_has_not_committed_no_task_reads(self, amy: Employee) -> None:
        written, go_on = threading.Event(), threading.Event()

        def write() -> None:
            with transaction.atomic():
                rename("Ann")
                written.set()
                assert go_on.wait(PATIENCE_SECONDS)
            connections.close_all()

        async def scenario() -> None:
            assert await anames() == {"Amy"}
            writer = asyncio.ensure_future(sync_to_async(write, thread_sensitive=False)())
            await asyncio.to_thread(written.wait, PATIENCE_SECONDS)
            assert await anames() == {"Amy"}
            go_on.set()
            await writer
            assert await anames() == {"Ann"}

        run(scenario)

    def test_what_the_thread_of_the_tasks_has_not_committed_it_reads_alone(self, amy: Employee) -> None:
        # The synchronous parts of all tasks share one thread, and so one connection and its transaction.
        async def scenario() -> None:
            assert await anames() == {"Amy"}
            await sync_to_async(transaction.set_autocommit)(False)
            await sync_to_async(rename)("Ann")
            assert await anames() == {"Ann"}
            assert await sync_to_async(lambda: closing(name), thread_sensitive=False)() == "Amy"
            await sync_to_async(transaction.rollback)()
            await sync_to_async(transaction.set_autocommit)(True)
            assert await anames() == {"Amy"}

        run(scenario)

    def test_a_load_that_a_write_of_another_task_crosses_is_not_kept(self, amy: Employee) -> None:
        async def scenario() -> None:
            loaded, go_on = asyncio.Event(), asyncio.Event()

            async def load() -> list[str]:
                names = [found.first_name async for found in Employee.objects.all()]
                loaded.set()
                await go_on.wait()
                return names

            async def read(load: Any) -> Any:
                return await cache_manager.aget_or_load("employee", "names:all", load, depends_on=[Employee])

            reader = asyncio.ensure_future(read(load))
            await loaded.wait()
            await Employee.objects.filter(email=EMAIL).aupdate(first_name="Ann")
            go_on.set()
            assert await reader == ["Amy"]
            assert await read(load) == ["Ann"]

        run(scenario)


async def request(path: str, rename_to: str | None = None) -> Any:
    """Return the JSON that the project's ASGI application answers."""
    from scheduler_project.asgi import application

    method, body = ("GET", b"") if rename_to is None else ("POST", json.dumps(rename_to).encode())
    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "query_string": b"", "headers": []}
    communicator = ApplicationCommunicator(application, {**scope, "headers": [(b"host", b"localhost")]})
    await communicator.send_input({"type": "http.request", "body": body, "more_body": False})
    started = await communicator.receive_output(PATIENCE_SECONDS)
    content = (await communicator.receive_output(PATIENCE_SECONDS))["body"]
    await communicator.wait(PATIENCE_SECONDS)
    assert started["status"] == 200, content
    return json.loads(content)


class AsgiTests:
    @pytest.mark.parametrize("path", [f"/async/{EMAIL}", f"/{EMAIL}"], ids=["async view", "view in a thread"])
    def test_every_request_is_answered_by_what_was_written_last(
        self, amy: Employee, settings: Settings, path: str
    ) -> None:
        settings.ROOT_URLCONF = "tests.web"

        async def ask_several() -> set[str]:
            return {answer["name"] for answer in await asyncio.gather(*(request(path) for _ in range(8)))}

        async def scenario() -> None:
            assert await ask_several() == {"Amy"}
            before = cache_manager.get_stats()["hits"]
            assert await ask_several() == {"Amy"}
            assert cache_manager.get_stats()["hits"] > before
            # By a request, by a task, by a thread that is none of the server's.
            assert (await request(path, rename_to="Ann"))["name"] == "Ann"
            assert await ask_several() == {"Ann"}
            await Employee.objects.filter(email=EMAIL).aupdate(first_name="Bea")
            assert await ask_several() == {"Bea"}
            await asyncio.to_thread(lambda: closing(lambda: rename("Cid")))
            assert await ask_several() == {"Cid"}

        run(scenario)
        assert name() == "Cid"


# -- other processes --------------------------------------------------------------------------------------------------


class Worker:
    """A process of ``multiprocessing`` that reads and writes on request."""

    def __init__(self, method: str, environment: dict[str, str]) -> None:
        context: Any = multiprocessing.get_context(method)
        self._ours, theirs = context.Pipe()
        self.process = context.Process(target=workers.serve, args=(theirs, environment), daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, rename_to: str | None = None) -> Any:
        self._ours.send(rename_to)
        assert self._ours.poll(PATIENCE_SECONDS), "It is stuck."
        return self._ours.recv()

    def stop(self) -> None:
        # A fork holds the ends of those that were started before it: so it is not told by the end of the pipe alone.
        self.process.kill()
        self.process.join(PATIENCE_SECONDS)
        self._ours.close()


@pytest.fixture
def start_worker(directory: Path) -> Iterator[Callable[[str], Worker]]:
    started: list[Worker] = []

    def start(method: str) -> Worker:
        # A socket to a database must not be shared by two processes.
        connections.close_all()
        started.append(Worker(method, environment(directory)))
        return started[-1]

    yield start
    for worker in started:
        worker.stop()


class MultiprocessingTests:
    @pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
    def test_a_write_of_one_is_what_all_others_read_next(
        self, amy: Employee, start_worker: Callable[[str], Worker], method: str
    ) -> None:
        # What a fork inherits is warm.
        assert name() == "Amy"
        workers = [start_worker(method) for _ in range(2)]
        assert {worker.ask() for worker in workers} == {"Amy"}
        rename("Ann")
        assert {worker.ask() for worker in workers} == {"Ann"}
        assert workers[0].ask(rename_to="Bea") == "Bea"
        assert workers[1].ask() == "Bea"
        assert name() == "Bea"
        assert is_cached()


class ManagementCommandTests:
    """A command that runs for days has no requests, and nobody tells it anything."""

    @pytest.fixture
    def command(self, start_child: Callable[..., Child]) -> Child:
        command = start_child(as_command=True)
        command.run("from scheduling.models import Employee")
        return command

    def test_reads_what_the_web_has_written(
        self, command: Child, start_server: Callable[..., Server], amy: Employee
    ) -> None:
        assert command.run(READ) == "Amy"
        server = start_server()
        server.ask(rename_to="Ann")
        assert command.run(READ) == "Ann"
        command.run(f"Employee.objects.filter(email={EMAIL!r}).update(first_name='Bea')")
        assert server.names() == {"Bea"}

    def test_sees_the_cache_cleared_by_another_one(self, command: Child, amy: Employee, directory: Path) -> None:
        assert command.run(READ) == "Amy"
        rename_unseen("Ann")
        assert command.run(READ) == "Amy"
        cleared = subprocess.run(
            [sys.executable, "manage.py", "cache", "clear", "employee"],
            cwd=ROOT,
            env=environment(directory),
            capture_output=True,
            check=False,
        )
        assert cleared.returncode == 0, cleared.stderr
        assert command.run(READ) == "Ann"


class SharedFileTests:
    """The file of generations goes while processes use it."""

    def delete(self, file: Path) -> None:
        file.unlink()

    def truncate(self, file: Path) -> None:
        os.truncate(file, 4096)

    def replace(self, file: Path) -> None:
        copy = file.with_name("copy")
        copy.write_bytes(file.read_bytes())
        copy.rename(file)

    @pytest.mark.parametrize("damage", [delete, truncate, replace])
    def test_is_missed_for_a_second_at_most(
        self, amy: Employee, child: Child, directory: Path, damage: Callable[[Any, Path], None]
    ) -> None:
        child.run("from scheduling.models import Employee")
        assert child.run(READ) == name() == "Amy"
        damage(self, directory / "generations")
        rename("Ann")
        written = asked = time.monotonic()
        while (found := child.run(READ)) != "Ann":
            assert found == "Amy"
            assert damage is not SharedFileTests.truncate, "That is seen at once."
            # Of when it was asked: a busy machine may take its time to answer.
            assert asked - written < 1
            asked = time.monotonic()
        child.run(f"Employee.objects.filter(email={EMAIL!r}).update(first_name='Bea')")
        assert name() == "Bea"
        assert is_cached()


MANY = """
import fcntl, mmap, os, random, sys, time
from django.db import connections
from caching import cache_manager
from scheduling.models import Employee

people = list(Employee.objects.order_by('pk').values_list('pk', 'email'))
published = memoryview(mmap.mmap(-1, 8 * len(people))).cast('Q')
connections.close_all()

def write(number):
    with open(f'{folder}/{number}.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        version = published[number] + 1
        Employee.objects.filter(pk=people[number][0]).update(phone=str(version))
        published[number] = version

def live(number):
    'Read every row twice; return how many of the answers were older than what had been published before.'
    stale = 0
    for turn in range(2 * len(people)):
        person = turn % len(people)
        oldest = published[person]
        stale += int(Employee.objects.get_by_email(people[person][1]).phone) < oldest
        if number % 10 == 0 and turn == number % len(people):
            write(person)
    connections.close_all()
    return stale

def fork(number):
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = min(live(number), 98)
        finally:
            os._exit(code)
    return pid

def run(processes, at_once):
    codes, living = [], set()
    for number in range(processes):
        living.add(fork(number))
        while len(living) >= at_once or (number == processes - 1 and living):
            pid, status = os.wait()
            living.discard(pid)
            codes.append(os.waitstatus_to_exitcode(status))
    return codes
"""


class ManyProcessesTests:
    def test_of_five_hundred_none_is_stale_or_stuck_and_all_are_counted(
        self, child: Child, directory: Path, tmp_path: Path
    ) -> None:
        people = [EmployeeFactory(phone="0") for _ in range(8)]
        child.run(f"folder = {str(tmp_path)!r}")
        child.run(MANY)
        # Each is forked from one that has Django loaded: 500 interpreters would need 30 GB and ten minutes.
        assert child.run("run(500, at_once=50)") == [0] * 500
        assert sum(int(person.phone) for person in Employee.objects.all()) == 50
        assert [int(Employee.objects.get_by_email(person.email).phone) for person in people] == child.run(  # type: ignore[union-attr]
            "list(published)"
        )
        found = cache_manager.get_stats(all_processes=True)
        assert found["total_requests"] == 500 * 2 * len(people) + len(people)
        assert found["types"]["employee"]["kinds"]["email"]["errors"] == 0
        assert found["processes"] == 1
        assert len(list((Path(django_settings.CACHING["DIRECTORY"]) / "counts").iterdir())) < 100
