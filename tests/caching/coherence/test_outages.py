"""Outages of a real server, behind a network that can be cut: what is read, what is written, what comes afterwards."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.coherence.outbox import drain
from caching.coherence.publishing import publisher
from caching.models import PendingInvalidation
from caching.stores.redis import keeper
from caching.stores.redis.store import RedisGenerations
from scheduling.models import Employee
from tests.caching.clock import Clock
from tests.caching.stores.contract import INTENT_SECONDS
from tests.conftest import add_alias
from tests.factories import EmployeeFactory
from tests.processes import Child, ChildError
from tests.proxy import Proxy
from tests.valkey import Valkey, running
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "amy@example.com"
DEGRADED_SECONDS = 5.0


@pytest.fixture
def amy() -> Employee:
    employee: Employee = EmployeeFactory(email=EMAIL, first_name="Amy")
    return employee


@pytest.fixture
def clocked(network: Proxy, clock: Clock, ticking: Clock) -> Clock:
    """Let the store and the entries count on one clock."""
    # The one of now has a keeper, if anything was written already.
    publisher.forget()
    publisher.use(RedisGenerations("shared", degraded_seconds=DEGRADED_SECONDS, drain_outbox=drain, clock=clock))
    cache_manager.reconfigure()
    return clock


def name() -> str | None:
    found = Employee.objects.get_by_email(EMAIL)
    return found and found.first_name


def is_cached() -> bool:
    with CaptureQueriesContext(connection) as queries:
        name()
    return not queries.captured_queries


def rename(to: str) -> None:
    Employee.objects.filter(email=EMAIL).update(first_name=to)


def rename_in_a_transaction(to: str) -> None:
    with transaction.atomic():
        rename(to)
        assert name() == to


def rename_elsewhere(to: str) -> None:
    """Write as a process does from which nothing is heard: past everything that watches."""
    connection.ensure_connection()
    sql = "UPDATE scheduling_employee SET first_name = '{}'"
    connection.connection.execute(sql.format(to))


def be_trusting() -> None:
    wait_until(lambda: publisher.store.tracks is not None)  # type: ignore[attr-defined]


def keeper_looks() -> None:
    publisher.store._keeper.wake()  # type: ignore[attr-defined]


def cached_before_the_outage() -> None:
    be_trusting()
    assert name() == "Amy"
    assert is_cached()


def own_writes_are_seen() -> None:
    """Write in every way, and read each time what was written."""
    for number, write in enumerate((rename, rename_in_a_transaction) * 2):
        write(f"Ann {number}")
        assert name() == f"Ann {number}"
        assert name() == f"Ann {number}"


def comes_back(*, lets_intents_expire: Callable[[], None] = lambda: None) -> None:
    """Wait until the server is trusted again, with nothing left over; it is right, and cached."""
    be_trusting()
    wait_until(lambda: not PendingInvalidation.objects.exists())
    written = Employee.objects.get(email=EMAIL).first_name
    assert name() == written
    lets_intents_expire()
    wait_until(is_cached)
    own_writes_are_seen()
    lets_intents_expire()
    assert is_cached()


class UnreachableServerTests:
    def test_at_the_start_is_done_without(self, amy: Employee, network: Proxy) -> None:
        network.refuse()
        assert name() == "Amy"
        wait_until(lambda: publisher.store.is_degraded)
        assert name() == "Amy"
        assert is_cached()
        own_writes_are_seen()
        network.mend()
        comes_back()

    @pytest.mark.parametrize(
        "break_it", [Proxy.refuse, Proxy.cut, lambda network: network.slow(0.6)], ids=["refused", "cut", "slow"]
    )
    def test_is_done_without(
        self, amy: Employee, network: Proxy, shared_valkey: Valkey, break_it: Callable[[Proxy], None]
    ) -> None:
        cached_before_the_outage()
        break_it(network)
        own_writes_are_seen()
        assert publisher.store.is_degraded
        network.mend()
        # What was held back arrives after all: a COMMIT is announced whose writer has given that up, so nobody ends it.
        comes_back(lets_intents_expire=lambda: wait_until(lambda: is_cached() or shared_valkey.tick(INTENT_SECONDS)))

    def test_that_was_killed_is_done_without(self, amy: Employee, network: Proxy, shared_valkey: Valkey) -> None:
        cached_before_the_outage()
        shared_valkey.stop()
        try:
            assert name() == "Amy"
            own_writes_are_seen()
        finally:
            shared_valkey.start()
        comes_back()

    def test_costs_no_time_out_for_each_call(
        self, amy: Employee, network: Proxy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keeper, "PROBE_SECONDS", 600.0)
        cached_before_the_outage()
        network.refuse()
        own_writes_are_seen()
        before = network.accepted
        for _ in range(10):
            own_writes_are_seen()
        # The shared tier has a breaker of its own; it is not asked either. One attempt that had begun may come late.
        assert network.accepted <= before + 1

    def test_is_tried_again_by_one_thread_only(self, amy: Employee, network: Proxy) -> None:
        cached_before_the_outage()
        network.refuse()
        rename("Ann")
        before = network.accepted
        wait_until(lambda: network.accepted > before + 3)
        assert name() == "Ann"
        network.mend()
        comes_back()

    def test_comes_back_by_itself(self, amy: Employee, network: Proxy, caplog: pytest.LogCaptureFixture) -> None:
        cached_before_the_outage()
        for _ in range(3):
            network.refuse()
            rename("Ann")
            assert name() == "Ann"
            network.mend()
            comes_back()
        assert "can be reached again" in caplog.text


class HalfOpenConnectionTests:
    def test_serves_for_a_second_at_most(self, amy: Employee, network: Proxy, clocked: Clock) -> None:
        cached_before_the_outage()
        network.cut()
        rename_elsewhere("Ann")
        clocked.tick(1.0)
        assert name() == "Ann"
        assert publisher.store.is_degraded


class KilledConnectionTests:
    def test_is_replaced(self, amy: Employee, network: Proxy, shared_valkey: Valkey) -> None:
        cached_before_the_outage()
        shared_valkey.client().client_kill_filter(_type="normal", skipme=True)
        rename("Ann")
        assert name() == "Ann"
        comes_back()


class RestartTests:
    @pytest.fixture
    def server(self, tmp_path: Path, settings: Settings, _quick_probes: None) -> Iterator[Valkey]:
        with running(tmp_path / "own") as server:
            add_alias(settings, "shared", server.url)
            settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "shared"}
            yield server
            publisher.forget()

    def test_with_nothing_begins_anew(self, amy: Employee, server: Valkey) -> None:
        cached_before_the_outage()
        server.restart()
        rename_elsewhere("Ann")
        assert name() == "Ann"
        comes_back()

    def test_with_an_old_snapshot_brings_nothing_old_back(self, amy: Employee, server: Valkey) -> None:
        cached_before_the_outage()
        # The snapshot holds the old row and the generations under which it was true.
        server.client().save()
        assert server.client().dbsize() > 0
        rename("Ann")
        assert name() == "Ann"
        server.restart()
        assert server.client().dbsize() > 0
        be_trusting()
        assert name() == "Ann"
        # And so for a process that has just started.
        publisher.forget()
        cache_manager.reconfigure()
        be_trusting()
        assert name() == "Ann"
        comes_back()

    def test_with_an_old_snapshot_under_an_intent_keeps_nobody_waiting(self, amy: Employee, server: Valkey) -> None:
        cached_before_the_outage()
        intent = publisher.store.begin(["scheduling.Employee/+"])
        server.client().save()
        publisher.store.end(intent)
        server.restart()
        be_trusting()
        server.tick(31)
        comes_back()


class FlushTests:
    def test_of_the_server_under_way_is_seen(self, amy: Employee, network: Proxy, shared_valkey: Valkey) -> None:
        for number in range(5):
            be_trusting()
            name()
            shared_valkey.client().flushall()
            rename(f"Ann {number}")
            assert name() == f"Ann {number}"
            shared_valkey.client().flushall()
            assert name() == f"Ann {number}"
        comes_back()

    def test_between_begin_and_end_leaves_nothing_old(
        self, amy: Employee, network: Proxy, shared_valkey: Valkey
    ) -> None:
        cached_before_the_outage()
        intent = publisher.store.begin(["scheduling.Employee/+", f"scheduling.Employee#{amy.pk}"])
        shared_valkey.client().flushall()
        # A reader that keeps the old row until the end of the writer.
        assert name() == "Amy"
        rename_elsewhere("Ann")
        publisher.store.end(intent)
        assert name() == "Ann"


class RefusingServerTests:
    """It answers, and takes no writes: whoever trusted it would never hear of a change."""

    @pytest.fixture(params=["out of memory", "too few replicas", "read-only replica"])
    def refusing(self, request: pytest.FixtureRequest, shared_valkey: Valkey) -> Iterator[Callable[[], None]]:
        client = shared_valkey.client()
        break_it, mend = {
            "out of memory": (
                lambda: client.config_set("maxmemory", 1),
                lambda: client.config_set("maxmemory", 0),
            ),
            "too few replicas": (
                lambda: client.config_set("min-replicas-to-write", 1),
                lambda: client.config_set("min-replicas-to-write", 0),
            ),
            "read-only replica": (
                lambda: client.replicaof("127.0.0.1", 1),
                lambda: client.replicaof("no", "one"),
            ),
        }[request.param]
        yield break_it
        mend()

    @pytest.fixture
    def mended(self, shared_valkey: Valkey) -> Callable[[], None]:
        def mend() -> None:
            client = shared_valkey.client()
            client.replicaof("no", "one")
            client.config_set("maxmemory", 0)
            client.config_set("min-replicas-to-write", 0)

        return mend

    def test_lets_writes_succeed_and_be_seen(
        self, amy: Employee, network: Proxy, refusing: Callable[[], None], mended: Callable[[], None]
    ) -> None:
        cached_before_the_outage()
        refusing()
        own_writes_are_seen()
        mended()
        comes_back()

    def test_is_trusted_by_nobody_who_could_not_be_told(
        self, amy: Employee, network: Proxy, child: Child, refusing: Callable[[], None], mended: Callable[[], None]
    ) -> None:
        child.run("from scheduling.models import Employee")
        child.run(f"Employee.objects.get_by_email({EMAIL!r}).first_name")
        cached_before_the_outage()
        refusing()
        child.run(f"Employee.objects.filter(email={EMAIL!r}).update(first_name='Ann')")
        keeper_looks()
        wait_until(lambda: name() == "Ann", seconds=DEGRADED_SECONDS)
        mended()
        comes_back()

    def test_is_not_connected_to_for_every_read(
        self, amy: Employee, network: Proxy, shared_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cached_before_the_outage()
        shared_valkey.client().flushall()
        shared_valkey.client().config_set("maxmemory", 1)
        before = network.accepted
        for _ in range(10):
            assert name() == "Amy"
        # A few for the shared tier.
        assert network.accepted <= before + 2
        shared_valkey.client().config_set("maxmemory", 0)


class DegradedTests:
    """What is served meanwhile, and for how long."""

    @pytest.fixture
    def degraded(self, amy: Employee, network: Proxy, clocked: Clock) -> Clock:
        cached_before_the_outage()
        network.refuse()
        assert name() == "Amy"
        assert publisher.store.is_degraded
        return clocked

    def test_serves_what_is_at_most_as_old_as_it_says(self, degraded: Clock) -> None:
        assert name() == "Amy"
        rename_elsewhere("Ann")
        degraded.tick(DEGRADED_SECONDS - 0.01)
        assert is_cached()
        degraded.tick(0.02)
        assert name() == "Ann"

    def test_counts_a_long_load_from_its_beginning(self, degraded: Clock) -> None:
        def load() -> str:
            found = Employee.objects.get(email=EMAIL).first_name
            degraded.tick(DEGRADED_SECONDS - 1)
            return found

        def read() -> str:
            return cache_manager.get_or_load("general", "slow:1", load, depends_on=[Employee])

        assert read() == "Amy"
        rename_elsewhere("Ann")
        assert read() == "Amy"
        degraded.tick(1.0)
        assert read() == "Ann"

    def test_of_get_and_set_counts_from_the_get(self, degraded: Clock) -> None:
        assert cache_manager.get("general", "by_hand:1") is None
        degraded.tick(DEGRADED_SECONDS - 1)
        cache_manager.set("general", "by_hand:1", "Amy")
        assert cache_manager.get("general", "by_hand:1") == "Amy"
        degraded.tick(1.0)
        assert cache_manager.get("general", "by_hand:1") is None

    def test_shows_own_writes_at_once(self, degraded: Clock) -> None:
        own_writes_are_seen()

    def test_serves_nothing_from_before(self, amy: Employee, network: Proxy, clocked: Clock) -> None:
        cached_before_the_outage()
        network.refuse()
        rename_elsewhere("Ann")
        clocked.tick(1.0)
        assert name() == "Ann"

    def test_serves_nothing_of_it_afterwards(self, degraded: Clock, network: Proxy) -> None:
        def read(value: str) -> str:
            return cache_manager.get_or_load("general", "mode:1", lambda: value, depends_on=[Employee])

        assert read("of the outage") == read("of later") == "of the outage"
        network.mend()
        be_trusting()
        assert read("of now") == "of now"

    def test_stores_nothing_of_a_load_that_began_before(self, amy: Employee, network: Proxy, clocked: Clock) -> None:
        be_trusting()

        def load() -> str:
            network.refuse()
            publisher.publish(["elsewhere"], "call")
            assert publisher.store.is_degraded
            return "of before"

        def read(load: Callable[[], str]) -> str:
            return cache_manager.get_or_load("general", "mode:1", load, depends_on=[Employee])

        assert read(load) == "of before"
        assert read(lambda: "of now") == "of now"

    def test_stores_nothing_of_a_load_that_ended_afterwards(self, degraded: Clock, network: Proxy) -> None:
        def load() -> str:
            network.mend()
            be_trusting()
            return "of the outage"

        def read(load: Callable[[], str]) -> str:
            return cache_manager.get_or_load("general", "mode:1", load, depends_on=[Employee])

        assert read(load) == "of the outage"
        assert read(lambda: "of now") == "of now"

    def test_leaves_the_shared_tier_alone(
        self, amy: Employee, network: Proxy, shared_valkey: Valkey, clocked: Clock
    ) -> None:
        cached_before_the_outage()
        client = shared_valkey.client()
        client.config_set("min-replicas-to-write", 1)
        try:
            own_writes_are_seen()
            assert publisher.store.is_degraded
            before = client.info("commandstats")
            assert name() == "Ann 3"
            clocked.tick(DEGRADED_SECONDS + 1)
            assert name() == "Ann 3"
            after = client.info("commandstats")
            for command in ("cmdstat_get", "cmdstat_mget", "cmdstat_set"):
                assert after.get(command) == before.get(command)
        finally:
            client.config_set("min-replicas-to-write", 0)

    def test_for_no_time_asks_the_database_always(self, amy: Employee, network: Proxy, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "DEGRADED_TTL": 0}
        cached_before_the_outage()
        network.refuse()
        rename("Ann")
        for number in range(3):
            rename_elsewhere(f"Ann {number}")
            assert name() == f"Ann {number}"
            assert not is_cached()
        network.mend()
        comes_back()


DYING = """
import os, signal
from django.db import transaction
from caching.coherence.publishing import publisher
from scheduling.models import Employee

def die(intent, tags, causes):
    os.kill(os.getpid(), signal.SIGKILL)

publisher.end = die
"""


class KilledWriterTests:
    """A process that cannot reach the server, killed between COMMIT and end: only its row in the outbox is left."""

    @pytest.fixture
    def cut_off(self, shared_valkey: Valkey, amy: Employee) -> Iterator[Child]:
        with Proxy(shared_valkey.port) as network:
            network.refuse()
            child = Child(Path(django_settings.CACHING["DIRECTORY"]), REDIS_URL=network.url)
            child.run(DYING)
            yield child
            child.stop()

    @pytest.mark.parametrize(
        "write",
        [
            f"Employee.objects.filter(email={EMAIL!r}).update(first_name='Ann')",
            f"with transaction.atomic(): Employee.objects.filter(email={EMAIL!r}).update(first_name='Ann')",
        ],
        ids=["autocommit", "atomic"],
    )
    def test_is_heard_of_by_who_is_running_and_by_who_starts(
        self, amy: Employee, network: Proxy, cut_off: Child, write: str
    ) -> None:
        cached_before_the_outage()
        with pytest.raises(ChildError, match="The process ended with -9"):
            cut_off.run(write)
        assert cut_off.wait() == -signal.SIGKILL
        assert Employee.objects.get(email=EMAIL).first_name == "Ann"
        assert PendingInvalidation.objects.count() == 1

        keeper_looks()
        wait_until(lambda: not PendingInvalidation.objects.exists())

        assert name() == "Ann"
        assert is_cached()

    def test_is_heard_of_before_a_process_trusts_the_server(
        self, amy: Employee, network: Proxy, cut_off: Child
    ) -> None:
        cached_before_the_outage()
        network.refuse()
        publisher.publish(["elsewhere"], "call")
        with pytest.raises(ChildError, match="The process ended with -9"):
            cut_off.run(f"Employee.objects.filter(email={EMAIL!r}).update(first_name='Ann')")
        network.mend()

        be_trusting()

        # Its entry from before the outage, and that in the shared tier, have the generations of now but for the row.
        assert name() == "Ann"

    def test_is_heard_of_before_a_process_that_starts_trusts_the_server(
        self, amy: Employee, network: Proxy, cut_off: Child
    ) -> None:
        cached_before_the_outage()
        publisher.forget()
        with pytest.raises(ChildError, match="The process ended with -9"):
            cut_off.run(f"Employee.objects.filter(email={EMAIL!r}).update(first_name='Ann')")
        cache_manager.reconfigure()

        be_trusting()

        assert name() == "Ann"
