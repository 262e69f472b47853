"""Simulated processes on one host: each has a cache manager and look-ups of its own, all share a file and a database.

The processes live in one real process, so what the code keeps per process is switched with the actor that runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from caching.coherence import dirty
from caching.coherence.publishing import publisher
from caching.reading import rows_by_field, single_flight
from caching.reading.entries import Kind
from caching.reading.refill import refill
from caching.reading.tiers import Entry
from caching.stores.generation_file import FILE_NAME
from caching.values.freezing import thaw

from . import sharing
from .database import ASSIGNMENT, EMPLOYEE, Connection, Database, EmployeeRow, Key, OutboxRow, Row, Statement, key_of
from .processes import Process
from .questions import GET_AND_SET, Question, instance_of, rows_in
from .scheduler import Actor, Event, Lock, Scheduler, Violation
from .stores import INTENT_SECONDS, SteppedGenerations

START = 1000.0007


class _OfTheRunningProcess:
    """Stands for an object that a process has one of."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self.__dict__["find"] = find

    def __getattr__(self, name: str) -> Any:
        return getattr(self.find(), name)


class Client:
    """What the body of an actor does its work with: one connection, in one process."""

    def __init__(self, world: World, connection: Connection) -> None:
        self.world, self.connection = world, connection
        self._position = 0
        self.atomic, self.savepoint = connection.atomic, connection.savepoint

    def execute(self, statement: Statement) -> None:
        self.connection.execute(statement)

    def read(self, *questions: Question) -> None:
        """Ask, and check every answer by what was owed when the question was asked."""
        for question in questions:
            database, connection = self.world.database, self.connection
            self.world.scheduler.step(f"asks {question.lookup}={question.value}", waits=True)
            owed = dict(database.owed)
            self.world.scheduler.observed(tuple(sorted(owed.items())))
            is_excused = self.world.excuses_degraded and self.world.process.store.is_degraded
            answer = self.world.process.ask(question)
            if not connection.sees_a_snapshot and not is_excused:
                self.world.check(question, answer, owed, connection)
            if not connection.in_atomic_block and question != GET_AND_SET:
                self.world.scheduler.forgotten(self._position)
            self._position += 1


class World:
    """All processes, the database and the clock. ``prepare`` sets the scene of a scenario for one run."""

    def __init__(self, store: type[SteppedGenerations] = SteppedGenerations) -> None:
        self.scheduler = scheduler = Scheduler(self._switch)
        self.now = START
        self.used: set[int] = set()
        self._running = ""
        self._rollbacks: dict[str, int] = {}
        self.names: dict[Hashable, int] = {}
        self.excuses_degraded = False
        """Whether a process that cannot reach the server may read what others have written since."""
        self.file_lock = Lock(scheduler)
        self.database = Database(scheduler, lambda: self.now)
        self._store_class = store
        self._home: Process
        self.processes: dict[str, Process] = {}

    @property
    def process(self) -> Process:
        """The process whose code is running."""
        actor = self.scheduler.current
        return self.processes[actor.process] if actor else self._home

    @property
    def connection(self) -> Connection:
        """The connection of the actor that is running."""
        found: Any = connections["default"]
        return found

    def _switch(self, actor: Actor) -> None:
        """Give the actor what Django keeps per thread, its connection, and what the code keeps per process."""
        connections["default"] = actor.connection  # type: ignore[assignment]
        self._rollbacks[self._running] = dirty._last_rollback
        self._running = actor.process
        dirty._last_rollback = self._rollbacks.get(actor.process, 0)

    @contextmanager
    def installed(self, names: Iterable[str]) -> Iterator[World]:
        """Put the simulated processes in the place of this real one."""
        # A scenario says where loads are polls (``Process.learn``), with a memory that each run begins empty: left from
        # run to run, it let the next one read generations that the one before it did not, so the same order differed.
        caching = {**settings.CACHING, "DIRECTORY": None, "SHARED_ALIAS": None, "LEARN_TTL": False}
        with (
            TemporaryDirectory(prefix="explorer-") as directory,
            pytest.MonkeyPatch.context() as patch,
            override_settings(CACHING=caching),
        ):
            self.path = Path(directory)
            patch.setattr(rows_by_field, "cache_manager", _OfTheRunningProcess(lambda: self.process.manager))
            patch.setattr(
                single_flight,
                "threading",
                SimpleNamespace(
                    Event=lambda: Event(self.scheduler), get_ident=lambda: getattr(self.scheduler.current, "index", -1)
                ),
            )
            patch.setattr(publisher, "listeners", [])
            # Thousands of outages would be told of.
            patch.setattr(logging.getLogger("caching"), "disabled", True)
            patch.setattr(Kind, "put", self._watched_put(Kind.put))
            patch.setitem(publisher.__dict__, "store", _OfTheRunningProcess(lambda: self.process.store))
            self._store_class.install(patch, self)
            sharing.install(patch, self)
            for name in names:
                # One after the other: each takes the store of the process that is running.
                self._home = self.processes[name] = Process(self, name, self._store_class(self, self.path))
                self._home.store.process = name  # type: ignore[attr-defined]
                self._home.manager.config  # noqa: B018 (opens it)
                self._home.manager.runtime.generations = self._home.store
                self._home.set_up()
            # Only now: a look-up asks the real connection for the collation of its column.
            patch.setattr(connections._connections, "default", None, raising=False)
            publisher.listeners = []
            yield self

    # -- one run ------------------------------------------------------------------------------------------------------

    def reset(self, rows: Iterable[Row]) -> None:
        """Begin a run: nothing is cached, no intent is live, the database holds the rows."""
        self.now = START
        self.database.reset(rows)
        self.actors: list[Actor] = []
        self.loads = 0
        self.excuses_degraded = False
        publisher.listeners = []
        for process in self.processes.values():
            self._home = process
            process.forget()
        self._home.store.clean()
        self.names.clear()

    def share(self, *, refills: str = "") -> None:
        """Let the processes have one shared tier; that named ``refills`` loads what it writes anew for all."""
        memory = sharing.SharedMemory()
        for process in self.processes.values():
            runtime: Any = process.manager.runtime
            runtime.shared = sharing.SimulatedTier(self, memory)
            runtime.background = sharing.SimulatedBackground(self)
        if refills:
            publisher.listeners = [lambda tags, *rest: self._refill(tags) if self.process.name == refills else None]

    def _refill(self, tags: Iterable[str]) -> None:
        refill(self.process.manager.runtime, "employee", tags)

    def background(self, process: str) -> None:
        """Add the thread of a process that does its background jobs until everybody else has ended."""
        jobs: list[Callable[[], Any]] = self.processes[process].manager.runtime.background.jobs  # type: ignore[attr-defined]

        def body(client: Client) -> None:
            def others_have_ended() -> bool:
                return all(actor.done or actor.killed for actor in self.actors[:-1] if actor.name != "background")

            while True:
                self.scheduler.step("the background", when=lambda: bool(jobs) or others_have_ended(), waits=True)
                if not jobs:
                    return
                jobs.pop(0)()

        self.actor("background", process, body)

    def actor(
        self, name: str, process: str, body: Callable[[Client], None], *, isolation: str = "read committed"
    ) -> Connection:
        """Add an actor that runs the body on a connection of its own, which is returned."""

        def run() -> None:
            try:
                body(Client(self, connection))
            finally:
                connection.watcher.forget()

        actor = Actor(name, run, process)
        connection = actor.connection = Connection(self.database, actor, isolation)
        self.processes[process].connections.append(connection)
        self.actors.append(actor)
        return connection

    def before(self, process: str, *questions: Question) -> None:
        """Let a process answer questions before the run begins."""
        actor = Actor("before", lambda: None, process)
        connection = actor.connection = Connection(self.database, actor, "read committed")
        self._home = self.processes[process]
        self._switch(actor)
        Client(self, connection).read(*questions)

    def fault(self, name: str, *strikes: Callable[[], None]) -> None:
        """Add a fault: each strike comes at any moment after the one before."""

        def run() -> None:
            for number, strike in enumerate(strikes):
                self.scheduler.step(f"{name} ({number + 1} of {len(strikes)})", changes=["world"])
                strike()

        self.actors.append(Actor("fault", run, "outside"))

    def kills(self, process: str) -> Callable[[], None]:
        return partial(self._kill, process)

    def kill(self, process: str) -> None:
        """Add a ``kill -9`` of a process."""
        self.fault(f"kill -9 {process}", self.kills(process))

    def _kill(self, process: str) -> None:
        self.scheduler.kill(process)
        self.database.disconnected(self.processes[process].connections)

    def ticks(self, seconds: float) -> Callable[[], None]:
        return partial(self._tick, seconds)

    def _tick(self, seconds: float) -> None:
        self.now += seconds
        self.database.clock_ticked()

    def deletes_the_file(self) -> None:
        (self.path / FILE_NAME).unlink()
        self.database.excuse_until(self.now + 1)
        self._forget_intents()

    def _forget_intents(self) -> None:
        for process in self.processes.values():
            for connection in process.connections:
                # Its intent is gone: a COMMIT of now is owed from its end on, as a late one is.
                connection.intent_until = 0.0

    def redis(self, what: str, *processes: str) -> Callable[[], None]:
        """Return what befalls the server of the generations: "flush", "evict", "restart", "cut", "mend"."""

        def strike() -> None:
            getattr(self.server, what)(*processes)
            if what in ("flush", "restart"):
                self._forget_intents()
            for process in self.processes.values():
                process.store.note()  # type: ignore[attr-defined]

        return strike

    @property
    def server(self) -> Any:
        return next(iter(self.processes.values())).store.server  # type: ignore[attr-defined]

    def keeper(self, process: str, looks: int = 1) -> None:
        """Add the thread of a process that comes back to the server."""

        def run() -> None:
            for _ in range(looks):
                self.scheduler.step(f"the keeper of {process} looks", waits=True)
                self.processes[process].store.settle()

        self.actors.append(Actor("keeper", run, process))

    def leave(self, connection: Connection, tags: Iterable[str]) -> None:
        """Do what outbox.leave does, in the simulated database."""
        row = OutboxRow(len(self.database.versions) + len(connection.written), tuple(sorted(tags)))
        if connection.autocommit:
            self.scheduler.step("leaves a row in the outbox")
            self.database.commit({key_of(row): row}, connection.actor, None)
        else:
            connection.written[key_of(row)] = row

    def drain(self, publish: Callable[[Sequence[str]], None]) -> int:
        """Do what outbox.drain does."""
        drained = 0
        while True:
            self.scheduler.step("looks into the outbox")
            found = [row for row in self.database.rows.values() if isinstance(row, OutboxRow)]
            self.scheduler.observed(tuple(found))
            if not found:
                return drained
            publish(sorted({tag for row in found for tag in row.tags}))
            self.scheduler.step("deletes from the outbox")
            self.database.commit({key_of(row): None for row in found}, self.scheduler.current or self.actors[0], None)
            drained += len(found)

    def server_commits(self, connection: Connection) -> None:
        """Add the server that does a COMMIT whose answer was lost."""

        def run() -> None:
            self.scheduler.step("the server commits", when=lambda: connection.is_lost)
            connection.land()

        self.actors.append(Actor("server", run, "outside"))

    def in_the_end(self, *questions: Question) -> None:
        """Add the end: when all is quiet and every intent has expired, each answer is right, and cached again."""

        def body(client: Client) -> None:
            self.scheduler.step("all is quiet")
            self._tick(INTENT_SECONDS + 1)
            ended = {actor.process for actor in self.actors if actor.killed}
            for process in sorted(self.processes.keys() - ended):
                self.actors[-1].process = process
                self._switch(self.actors[-1])
                self.process.store.settle()
                for question in questions:
                    client.read(question)
                    loads = self.loads
                    client.read(question)
                    if self.loads > loads:
                        raise Violation(f"{process} cannot cache {question} any more.")

        self.actor("the end", next(iter(self.processes)), body)
        self.actors[-1].when = self.scheduler.others_have_ended

    # -- loads and checks ---------------------------------------------------------------------------------------------

    def load(self, table: str, wanted: Callable[[Row], bool], *, join: bool = False) -> list[Any]:
        """Return the rows that a query finds, as instances."""
        self.loads += 1
        found = [instance_of(row) for row in self.connection.select(table, wanted)]
        if join:
            for assignment in found:
                key = EMPLOYEE, assignment.employee_id
                row = self.connection.written.get(key) or self.database.rows[key]
                self.scheduler.observed(row)
                assignment.employee = instance_of(row)
        return found

    def load_everybody(self) -> list[Any]:
        return self.load(EMPLOYEE, lambda row: True)

    def check(self, question: Question, answer: Any, owed: dict[Key, int], connection: Connection) -> None:
        """Raise Violation if the answer has a row, or lacks one, as it was before what is owed."""
        database = self.database
        got = {(EMPLOYEE if isinstance(row, EmployeeRow) else ASSIGNMENT, row.id): row for row in rows_in(answer)}
        for key, versions in database.versions.items():
            if key[0] != question.table and key not in got:
                continue
            allowed = [connection.written[key]] if key in connection.written else versions[owed.get(key, 0) :]
            joined = key[0] != question.table
            seen = [row if joined or question.selects(row) else None for row in allowed]
            if got.get(key) not in seen:
                raise Violation(f"{question} answered {got.get(key)}; owed was one of {seen}.")

    def _watched_put(self, put: Callable[..., None]) -> Callable[..., None]:
        def watched(kind: Kind, found: Mapping[str, Entry], counter: int, place: str = "") -> None:
            self.scheduler.step(f"put {' '.join(found)}")
            for row in (row for entry in found.values() for row in rows_in(thaw(entry.value))):
                table = EMPLOYEE if isinstance(row, EmployeeRow) else ASSIGNMENT
                if row not in self.database.versions.get((table, row.id), ()):
                    raise Violation(f"{row} is stored, and was never committed.")
            put(kind, found, counter, place)

        return watched
