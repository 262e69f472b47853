"""The gate of generations where there is no store: nobody is stale, and what cannot be told is said."""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caching import cache_manager
from caching.coherence.publishing import Publisher, publisher
from caching.conf import Config
from caching.exceptions import WriteRefused
from caching.stores.generation_file import FILE_NAME
from caching.stores.generations import GenerationsUnavailable
from caching.stores.shared_memory import SharedMemoryGenerations
from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.processes import Child, ChildError, forked

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "amy@example.com"
NOBODY = 65534
READ = f"Employee.objects.get_by_email({EMAIL!r}).first_name"
WRITE = "Employee.objects.filter(email='amy@example.com').update(first_name={!r})"


class StoreTests:
    def test_is_one_for_threads_that_open_it_together(self, tmp_path: Path) -> None:
        opened: list[object] = []
        started: list[threading.Thread] = []

        def config() -> Config:
            started.append(threading.Thread(target=lambda: opened.append(publisher.store)))
            started[-1].start()
            # As long as this one takes, the other one has to wait: it must not get as far as here.
            started[-1].join(0.2)
            return replace(Config.from_settings(), GENERATIONS="memory", DIRECTORY=str(tmp_path))

        publisher = Publisher(config)
        opened.append(publisher.store)
        for thread in started:
            thread.join()

        assert len(started) == 1
        assert opened == [publisher.store] * 2

    def test_can_be_opened_after_a_fork_while_another_thread_was_at_it(self) -> None:
        assert publisher._lock.acquire()
        try:
            with forked() as (is_child, read, write):
                if is_child:
                    publisher.forget()
                    os.write(write, type(publisher.store).__name__.encode())
                else:
                    assert os.read(read, 100)
        finally:
            publisher._lock.release()


class NoStoreTests:
    """There is no file and none can be made, so nobody of the host can have cached anything."""

    @pytest.fixture
    def missing(self, tmp_path: Path) -> Path:
        return tmp_path / "missing"

    @pytest.fixture
    def without_store(self, missing: Path) -> Publisher:
        publisher = Publisher()
        publisher.use(SharedMemoryGenerations(missing))
        return publisher

    def test_lets_writes_commit_and_says_so(self, without_store: Publisher, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.ERROR, "caching"):
            without_store.end(without_store.begin({"tag"}), {"tag"}, ["save"])
        assert len(caplog.messages) == 1
        assert "An invalidation was not delivered" in caplog.messages[0]
        assert without_store.undelivered == 1

    def test_is_asked_again_after_the_commit(self, without_store: Publisher, missing: Path) -> None:
        intent = without_store.begin({"tag"})
        missing.mkdir()
        reader = SharedMemoryGenerations(missing)
        before = reader.stamp(["tag"])
        without_store.end(intent, {"tag"}, ["save"])
        assert before is not None
        assert not reader.holds(before)
        reader.close()


@pytest.fixture
def amy() -> Employee:
    employee: Employee = EmployeeFactory(email=EMAIL, first_name="Amy")
    return employee


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may look into; the one of pytest hides what is in it from other users."""
    with TemporaryDirectory(prefix="caching-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def start_unprivileged(start_child: Callable[..., Child]) -> Callable[[Path], Child]:
    """Return a function that starts a process with a cache directory in which it may write nothing."""

    def start(folder: Path) -> Child:
        child = start_child(folder)
        child.run("import os; from scheduling.models import Employee; Employee.objects.count()")
        folder.chmod(0o555)
        if os.geteuid() == 0:
            # No permission binds root. The connection that is open stays open.
            child.run(f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})")
        return child

    return start


def name() -> str:
    found = Employee.objects.get_by_email(EMAIL)
    assert found is not None
    return found.first_name


class ForbiddenDirectoryTests:
    """A process may not write in the directory."""

    def test_without_a_file_caches_nothing_and_writes(
        self, amy: Employee, folder: Path, start_unprivileged: Callable[[Path], Child]
    ) -> None:
        child = start_unprivileged(folder)
        assert child.run(READ) == "Amy"
        with connection.cursor() as cursor:
            # In a way that tells this test's own store, which is another one.
            cursor.execute("UPDATE scheduling_employee SET first_name = 'Ann'")
        assert child.run(READ) == "Ann"
        child.run(WRITE.format("Bea"))
        assert child.run(READ) == "Bea"
        assert not list(folder.iterdir())

    def test_with_a_file_of_others_is_refused_its_writes_and_serves_nothing(
        self, amy: Employee, folder: Path, start_unprivileged: Callable[[Path], Child]
    ) -> None:
        owner = SharedMemoryGenerations(folder)
        owner.open()
        publisher.use(owner)
        cache_manager.reconfigure()
        assert name() == "Amy"
        child = start_unprivileged(folder)
        (folder / FILE_NAME).chmod(0o400)
        with pytest.raises(
            ChildError, match=r"WriteRefused: The write was not committed: .* Permission denied"
        ) as told:
            child.run(WRITE.format("Ann"))
        assert str(told.value).endswith("Let this process open that file.")
        assert name() == "Amy"
        with CaptureQueriesContext(connection) as queries:
            name()
        assert not queries.captured_queries

        Employee.objects.filter(pk=amy.pk).update(first_name="Bea")
        assert child.run(READ) == "Bea"

    def test_is_named_by_the_check(self, folder: Path, start_unprivileged: Callable[[Path], Child]) -> None:
        child = start_unprivileged(folder)
        child.run("from caching import checks; from django.core.checks import run_checks")
        found = child.run("[(error.id, error.msg) for error in run_checks() if error.id.startswith('caching.')]")
        assert [identifier for identifier, _ in found] == ["caching.E003"]
        assert str(folder) in found[0][1]


class RefusedWriteTests:
    def test_has_written_nothing(
        self, amy: Employee, folder: Path, start_unprivileged: Callable[[Path], Child]
    ) -> None:
        owner = SharedMemoryGenerations(folder)
        owner.open()
        child = start_unprivileged(folder)
        for write in (WRITE.format("Ann"), f"with transaction.atomic(): {WRITE.format('Ann')}"):
            child.run("from django.db import transaction")
            with pytest.raises(ChildError, match=WriteRefused.__name__):
                child.run(write)
            assert child.run("Employee.objects.get().first_name") == "Amy"
        assert name() == "Amy"
        owner.close()


TAGS = ["Employee.email=amy@example.com", "employee/email:amy@example.com:full", "Employee#42", "Employee/+"]


class Unreachable:
    has_outbox = False

    def publish(self, tags: Iterable[str]) -> None:
        raise GenerationsUnavailable("The file is gone.", others_serve=False)


class LogTests:
    def test_an_error_names_what_was_lost_and_no_address(self, caplog: pytest.LogCaptureFixture) -> None:
        publisher = Publisher()
        publisher.use(Unreachable())  # type: ignore[arg-type]

        publisher.publish(TAGS, "call")

        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert record.getMessage() == (
            "An invalidation was not delivered. The file is gone. "
            "Tags: Employee#42, Employee.email=…, Employee/+, employee/email:…"
        )
