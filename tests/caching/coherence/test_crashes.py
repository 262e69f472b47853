"""Writers that are killed at each step between the statement and the end of its intent; the reader is another process.

The reader must never be stale: before the intent expires it asks the database, afterwards it caches again.
"""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from caching import caching_disabled
from caching.coherence.publishing import publisher
from caching.stores.shared_memory import SharedMemoryGenerations
from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.processes import Child, ChildError

pytestmark = pytest.mark.django_db(transaction=True)

INTENT_SECONDS = 0.6
PATIENCE_SECONDS = 20
EMAIL = "amy@example.com"

SETUP = f"""
import fcntl, os, signal, time
from pathlib import Path
from django.conf import settings
from django.db import connection, transaction
from caching import cache_manager
from caching.coherence.publishing import publisher
from caching.stores.shared_memory import SharedMemoryGenerations
from scheduling.models import Employee

step = None

def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)

def at(name):
    if step == name:
        die()

def clock():
    # The time is asked for under the lock, too: if somebody has it, it is this very process.
    if step in ("lock of begin", "lock of end") and inside == step:
        file = os.open(store.path, os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            die()
        os.close(file)
    return time.monotonic()

inside = None

class Dying(SharedMemoryGenerations):
    def begin(self, tags):
        global inside
        at("before begin")
        inside = "lock of begin"
        intent = super().begin(tags)
        inside = None
        at("after begin")
        return intent

    def end(self, intent):
        global inside
        at("before end")
        inside = "lock of end"
        super().end(intent)
        inside = None
        at("after end")

store = Dying(Path(settings.CACHING["DIRECTORY"]), intent_seconds={INTENT_SECONDS}, clock=clock)
publisher.use(store)
cache_manager.reconfigure()

def write():
    Employee.objects.filter(email={EMAIL!r}).update(first_name="Ann")

def write_in_a_transaction():
    with transaction.atomic():
        write()
        at("in the transaction")
"""

BEFORE_COMMIT = ["before begin", "lock of begin", "after begin"]
AFTER_COMMIT = ["before end", "lock of end", "after end"]


@pytest.fixture(autouse=True)
def _short_intents(directory: Path, settings: Settings) -> None:
    settings.CACHING = {**settings.CACHING, "INTENT_SECONDS": INTENT_SECONDS}


@pytest.fixture
def amy() -> Employee:
    employee: Employee = EmployeeFactory(email=EMAIL, first_name="Amy")
    return employee


@pytest.fixture
def writer(start_child: Callable[[], Child]) -> Child:
    child = start_child()
    child.run(SETUP)
    return child


def name() -> str:
    found = Employee.objects.get_by_email(EMAIL)
    assert found is not None
    return found.first_name


def is_cached() -> bool:
    with CaptureQueriesContext(connection) as queries:
        name()
    return not queries.captured_queries


def kill(writer: Child, step: str, call: str) -> None:
    """Let the writer kill itself at a step."""
    writer.run(f"step = {step!r}")
    with pytest.raises(ChildError, match="The process ended with -9"):
        writer.run(call)
    assert writer.wait() == -signal.SIGKILL


def reads_until_cached(expected: str) -> float:
    """Read until it is served from the cache, each time what is expected; return after how many seconds."""
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_SECONDS:
        assert name() == expected
        if is_cached():
            assert name() == expected
            return time.monotonic() - started
        # Not a wait for something to have happened: only to leave the processor to others between two questions.
        time.sleep(0.01)
    raise AssertionError("The reader has not cached anything again.")


class KilledWriterTests:
    @pytest.mark.parametrize("call", ["write()", "write_in_a_transaction()"])
    @pytest.mark.parametrize("step", BEFORE_COMMIT)
    def test_before_commit_leaves_the_old_row(self, amy: Employee, writer: Child, step: str, call: str) -> None:
        assert name() == "Amy"
        kill(writer, step, call)
        reads_until_cached("Amy")

    @pytest.mark.parametrize("call", ["write()", "write_in_a_transaction()"])
    @pytest.mark.parametrize("step", AFTER_COMMIT)
    def test_after_commit_leaves_nobody_stale(self, amy: Employee, writer: Child, step: str, call: str) -> None:
        assert name() == "Amy"
        kill(writer, step, call)
        reads_until_cached("Ann")

    def test_in_its_transaction_leaves_the_old_row_cached(self, amy: Employee, writer: Child) -> None:
        assert name() == "Amy"
        kill(writer, "in the transaction", "write_in_a_transaction()")
        assert name() == "Amy"
        assert is_cached()

    @pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite only: a function that kills")
    @pytest.mark.parametrize("begin", ["", "transaction.atomic().__enter__();"])
    def test_inside_its_statement_leaves_the_old_row(self, amy: Employee, writer: Child, begin: str) -> None:
        assert name() == "Amy"
        writer.run("connection.ensure_connection(); connection.connection.create_function('die', 0, die)")
        update = "connection.cursor().execute('UPDATE scheduling_employee SET phone = die()')"
        kill(writer, "none", f"{begin}{update}")
        reads_until_cached("Amy")

    @pytest.mark.parametrize("step", ["after begin", "before end"])
    def test_blocks_its_rows_no_longer_than_its_intent(self, amy: Employee, writer: Child, step: str) -> None:
        name()
        kill(writer, step, "write()")
        # Until then the database is asked, each time.
        assert not is_cached()
        assert reads_until_cached("Amy" if step == "after begin" else "Ann") < PATIENCE_SECONDS

    def test_blocks_new_entries_of_its_model_no_longer_than_its_intent(self, amy: Employee, writer: Child) -> None:
        # Entries of other rows hold, and can be made again: the guard of the model expires as the row does.
        bob = EmployeeFactory(email="bob@example.com")
        kill(writer, "after begin", f"Employee.objects.filter(pk={amy.pk}).update(phone='1')")
        started = time.monotonic()

        def bob_is_cached() -> bool:
            with CaptureQueriesContext(connection) as queries:
                Employee.objects.get_by_email(bob.email)
            return not queries.captured_queries

        while not bob_is_cached():
            assert time.monotonic() - started < PATIENCE_SECONDS, "the guard is pending for ever"
            time.sleep(0.01)

    def test_holds_up_no_other_writer(self, amy: Employee, writer: Child) -> None:
        name()
        kill(writer, "lock of end", "write()")
        Employee.objects.filter(pk=amy.pk).update(first_name="Bea")
        reads_until_cached("Bea")

    def test_takes_no_other_writers_intent_with_it(self, amy: Employee, writer: Child, directory: Path) -> None:
        tag = f"scheduling.Employee#{amy.pk}"
        live = SharedMemoryGenerations(directory, intent_seconds=5)
        intent = live.begin([tag])
        kill(writer, "after begin", f"Employee.objects.filter(pk={amy.pk}).update(phone='1')")
        ends = time.monotonic() + INTENT_SECONDS * 1.5
        while time.monotonic() < ends:
            assert publisher.store.read([tag]) == (None,)
            time.sleep(0.01)
        live.end(intent)
        reads_until_cached("Amy")

    def test_is_followed_by_the_next_one(self, amy: Employee, start_child: Callable[[], Child]) -> None:
        for step in ("after begin", "before end"):
            writer = start_child()
            writer.run(SETUP)
            name()
            kill(writer, step, "write()")
        reads_until_cached("Ann")


class KilledReaderTests:
    def test_leaves_nothing_behind(self, amy: Employee, start_child: Callable[[], Child]) -> None:
        reader = start_child()
        reader.run("from scheduling.models import Employee")
        assert reader.run(f"Employee.objects.get_by_email({EMAIL!r}).first_name") == "Amy"
        reader.stop()
        assert name() == "Amy"
        assert is_cached()
        with caching_disabled():
            assert name() == "Amy"
