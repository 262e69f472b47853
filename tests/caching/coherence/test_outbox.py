"""The outbox: a row in the transaction that it speaks of, published and deleted by whoever reaches the server next."""

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django.fixtures import Settings

from caching import cache_manager, invalidate
from caching.coherence import outbox
from caching.coherence.outbox import drain
from caching.coherence.publishing import publisher
from caching.exceptions import WriteRefused
from caching.models import PendingInvalidation
from scheduling.models import Employee, ShiftType
from tests.caching.coherence.world import in_thread
from tests.factories import EmployeeFactory
from tests.proxy import Proxy
from tests.waiting import wait_until

# ruff: noqa: PT012  (what raises is the end of the transaction, so all of it stands inside the block)

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "amy@example.com"


@pytest.fixture
def amy() -> Employee:
    employee: Employee = EmployeeFactory(email=EMAIL, first_name="Amy")
    return employee


@pytest.fixture
def outage(amy: Employee, network: Proxy) -> Iterator[Proxy]:
    """A server that cannot be reached, as every process has noticed by now."""
    assert name() == "Amy"
    network.refuse()
    invalidate(ShiftType)
    assert publisher.store.is_degraded
    PendingInvalidation.objects.all().delete()
    return network


def name() -> str | None:
    found = Employee.objects.get_by_email(EMAIL)
    return found and found.first_name


def rename(employee: Employee, to: str) -> None:
    Employee.objects.filter(pk=employee.pk).update(first_name=to)


def left() -> list[list[str]]:
    """Return the tags of each row, oldest first."""
    return [json.loads(tags) for tags in PendingInvalidation.objects.order_by("pk").values_list("tags", flat=True)]


class Stop(Exception):
    """Ends a transaction from inside."""


class RowTests:
    def test_of_a_statement_in_autocommit(self, outage: Proxy, amy: Employee) -> None:
        undelivered = publisher.undelivered
        rename(amy, "Ann")
        assert publisher.undelivered == undelivered + 1
        assert left() == [[f"scheduling.Employee#{amy.pk}", "scheduling.Employee/+"]]
        assert name() == "Ann"

    def test_of_a_statement_that_the_database_refuses_is_not_left(self, outage: Proxy, amy: Employee) -> None:
        with pytest.raises(IntegrityError):
            amy.save(force_insert=True)
        assert left() == []

    def test_of_a_transaction_is_one(self, outage: Proxy, amy: Employee) -> None:
        with transaction.atomic():
            rename(amy, "Ann")
            ShiftType.objects.create(name="Long")
            assert left() == []
        (tags,) = left()
        assert {f"scheduling.Employee#{amy.pk}", "scheduling.Employee/+", "scheduling.ShiftType/+"} <= set(tags)
        assert name() == "Ann"

    def test_is_seen_by_nobody_before_the_commit(self, outage: Proxy, amy: Employee) -> None:
        with transaction.atomic():
            rename(amy, "Ann")
            outbox.leave(opened(), ["a"])
            assert in_thread(left) == []

    def test_of_a_transaction_that_is_rolled_back_is_not_left(self, outage: Proxy, amy: Employee) -> None:
        with pytest.raises(Stop), transaction.atomic():
            rename(amy, "Ann")
            raise Stop
        assert left() == []
        assert name() == "Amy"

    def test_of_a_savepoint_that_is_rolled_back_speaks_of_the_rest(self, outage: Proxy, amy: Employee) -> None:
        with transaction.atomic():
            rename(amy, "Ann")
            with pytest.raises(Stop), transaction.atomic():
                ShiftType.objects.create(name="Long")
                raise Stop
        assert len(left()) == 1
        assert f"scheduling.Employee#{amy.pk}" in left()[0]
        assert name() == "Ann"

    def test_of_an_insert_that_returns_its_key(self, outage: Proxy) -> None:
        assert Employee.objects.get_by_email("new@example.com") is None
        made = EmployeeFactory(email="new@example.com")
        assert made.pk
        assert any("scheduling.Employee.email=new@example.com" in tags for tags in left())
        found = Employee.objects.get_by_email("new@example.com")
        assert found is not None
        assert found.pk == made.pk

    def test_of_a_bulk_insert_that_returns_its_keys(self, outage: Proxy) -> None:
        made = ShiftType.objects.bulk_create([ShiftType(name="Long"), ShiftType(name="Short")])
        assert all(row.pk for row in made)
        assert ShiftType.objects.count() == 2
        assert len(left()) == 1

    def test_of_a_cursor_that_is_read_row_by_row(self, outage: Proxy) -> None:
        sql = "INSERT INTO scheduling_shifttype (name, code, colour, active) VALUES {} RETURNING name"
        values = ", ".join(["(%s, '', '', true)"] * 3)
        with connection.cursor() as cursor:
            cursor.execute(sql.format(values), ["a", "b", "c"])
            assert len(left()) == 1
            assert cursor.fetchone() == ("a",)
            assert cursor.fetchmany(1) == [("b",)]
            assert cursor.fetchall() == [("c",)]
            assert cursor.fetchone() is None
        assert ShiftType.objects.count() == 3

    def test_of_what_no_statement_shows(self, outage: Proxy, amy: Employee) -> None:
        invalidate(amy)
        assert len(left()) == 1
        cache_manager.clear("employee")
        assert left()[1] == ["employee"]

    def test_is_none_while_the_server_takes_everything(self, network: Proxy, amy: Employee) -> None:
        rename(amy, "Ann")
        with transaction.atomic():
            rename(amy, "Ada")
        invalidate(amy)
        assert left() == []

    def test_of_an_end_that_fails_after_the_commit(
        self, network: Proxy, amy: Employee, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert name() == "Amy"
        begin = publisher.store.begin

        def begin_and_lose_the_server(tags: Sequence[str]) -> object:
            intent = begin(tags)
            network.refuse()
            return intent

        publisher.store.begin = begin_and_lose_the_server  # type: ignore[method-assign]
        for write in (lambda: rename(amy, "Ann"), lambda: rename_in_a_transaction(amy, "Ada")):
            network.mend()
            wait_until(lambda: publisher.store.tracks)
            before = publisher.undelivered
            write()
            assert any(f"scheduling.Employee#{amy.pk}" in tags for tags in left())
            assert publisher.undelivered > before
            assert name() == Employee.objects.get(pk=amy.pk).first_name
        assert "An invalidation was not delivered." in caplog.text

    def test_is_written_without_a_query_of_the_applications(
        self, outage: Proxy, amy: Employee, django_assert_num_queries: object
    ) -> None:
        with transaction.atomic(), django_assert_num_queries(1):  # type: ignore[operator]
            rename(amy, "Ann")


def rename_in_a_transaction(employee: Employee, to: str) -> None:
    with transaction.atomic():
        rename(employee, to)


class MissingTableTests:
    @pytest.fixture(autouse=True)
    def _no_table(self, outage: Proxy) -> Iterator[None]:
        with connection.schema_editor() as editor:
            editor.delete_model(PendingInvalidation)
        yield
        with connection.schema_editor() as editor:
            editor.create_model(PendingInvalidation)

    @pytest.mark.parametrize("write", [rename, rename_in_a_transaction], ids=["autocommit", "atomic"])
    def test_refuses_the_write_with_a_sentence(self, amy: Employee, write: object) -> None:
        with pytest.raises(
            WriteRefused, match=r"(?s)outbox in 'default' cannot be written.*manage\.py migrate caching"
        ):
            write(amy, "Ann")  # type: ignore[operator]
        assert Employee.objects.get(pk=amy.pk).first_name == "Amy"
        assert not connection.in_atomic_block
        assert name() == "Amy"

    def test_is_an_empty_outbox(self) -> None:
        assert drain(lambda tags: None) == 0


class BeforeTheFirstMigrateTests:
    """OUTBOX = "always", the server takes everything, and the table is not there yet."""

    @pytest.mark.parametrize("write", [rename, rename_in_a_transaction], ids=["autocommit", "atomic"])
    def test_writes_are_published_and_nothing_is_left(
        self,
        write: Any,
        network: Proxy,
        settings: Settings,
        amy: Employee,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        settings.CACHING = {**settings.CACHING, "OUTBOX": "always", "DEGRADED_TTL": 600}
        monkeypatch.setattr(outbox, "_seen", set())
        assert name() == "Amy"
        with connection.schema_editor() as editor:
            editor.delete_model(PendingInvalidation)
        try:
            write(amy, "Ann")
            assert name() == "Ann"
            assert "has no outbox yet" in caplog.text
        finally:
            with connection.schema_editor() as editor:
                editor.create_model(PendingInvalidation)
        write(amy, "Ada")
        assert len(left()) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")
class WithoutATransactionTests:
    """Statements that the database refuses inside a transaction, in an outage."""

    def run(self, sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def test_that_change_no_rows_run_as_they_are(self, outage: Proxy) -> None:
        self.run("VACUUM scheduling_employee")
        self.run("REINDEX TABLE CONCURRENTLY scheduling_employee")
        assert left() == []

    def test_that_commit_leave_what_was_written(self, outage: Proxy, amy: Employee) -> None:
        self.run("BEGIN")
        rename(amy, "Ann")
        self.run("PREPARE TRANSACTION 'in an outage'")
        assert left() == []
        self.run("COMMIT PREPARED 'in an outage'")
        assert any(f"scheduling.Employee#{amy.pk}" in tags for tags in left())
        assert name() == "Ann"


class DrainTests:
    def test_publishes_everything_and_deletes_exactly_that(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outbox, "_ROWS", 2)
        for number in range(5):
            outbox.leave(opened(), [f"m.A#{number}", "m.A/+"])
        published: list[Sequence[str]] = []
        assert drain(published.append) == 5
        assert published == [["m.A#0", "m.A#1", "m.A/+"], ["m.A#2", "m.A#3", "m.A/+"], ["m.A#4", "m.A/+"]]
        assert left() == []

    def test_leaves_what_could_not_be_published(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outbox, "_ROWS", 1)
        outbox.leave(opened(), ["a"])
        outbox.leave(opened(), ["b"])

        def publish(tags: Sequence[str]) -> None:
            if tags == ["b"]:
                raise ConnectionError

        with pytest.raises(ConnectionError):
            drain(publish)
        assert left() == [["b"]]

    def test_deletes_nothing_that_came_meanwhile_unpublished(self) -> None:
        outbox.leave(opened(), ["a"])
        published: list[Sequence[str]] = []

        def publish(tags: Sequence[str]) -> None:
            if not published:
                in_thread(lambda: outbox.leave(opened(), ["b"]))
            published.append(tags)

        assert drain(publish) == 2
        assert published == [["a"], ["b"]]

    def test_may_be_done_by_two_at_the_same_time(self) -> None:
        for number in range(20):
            outbox.leave(opened(), [f"m.A#{number}"])
        published: list[str] = []
        barrier = threading.Barrier(2)

        def both() -> None:
            barrier.wait()
            drain(published.extend)

        threads = [threading.Thread(target=in_thread, args=(both,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(published) == {f"m.A#{number}" for number in range(20)}
        assert left() == []


def opened() -> BaseDatabaseWrapper:
    connection.ensure_connection()
    return connections[connection.alias]


def _connect_if_needed(self: BaseDatabaseWrapper) -> None:
    if self.connection is None:
        self.connect()


class SeveralDatabasesTests:
    @pytest.fixture
    def second(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """A second database with a table of shift types and an outbox of its own."""
        monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", _connect_if_needed)
        connections.settings["second"] = {
            **connections["default"].settings_dict,
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(tmp_path / "second.sqlite3"),
            "OPTIONS": {},
        }
        with connections["second"].schema_editor() as editor:
            editor.create_model(ShiftType)
            editor.create_model(PendingInvalidation)
        # Tables were made while the server could not be reached.
        PendingInvalidation.objects.using("second").all().delete()
        yield "second"
        publisher.forget()
        connections["second"].close()
        del connections["second"]
        del connections.settings["second"]

    def test_each_hold_the_rows_of_their_own_writes(self, outage: Proxy, second: str, amy: Employee) -> None:
        rows = PendingInvalidation.objects.using(second).all()
        ShiftType.objects.using(second).create(name="Elsewhere")
        assert rows.all().count() == 1
        assert left() == []
        with transaction.atomic(), transaction.atomic(using=second):
            rename(amy, "Ann")
            ShiftType.objects.using(second).create(name="Anywhere")
        assert len(left()) == 1
        assert rows.all().count() == 2
        outage.mend()
        wait_until(lambda: publisher.store.tracks)
        assert not rows.all().exists()
        assert left() == []


class EveryTransactionTests:
    """OUTBOX = "always"."""

    @pytest.fixture(autouse=True)
    def _always(self, network: Proxy, settings: Settings, amy: Employee) -> None:
        # The keeper must not come by.
        settings.CACHING = {**settings.CACHING, "OUTBOX": "always", "DEGRADED_TTL": 600}
        assert name() == "Amy"
        wait_until(lambda: publisher.store.tracks)

    def test_leaves_a_row(self, amy: Employee) -> None:
        rename(amy, "Ann")
        rename_in_a_transaction(amy, "Ada")
        assert len([tags for tags in left() if f"scheduling.Employee#{amy.pk}" in tags]) == 2
        assert len(left()) == 2

    @pytest.mark.parametrize("write", [rename, rename_in_a_transaction], ids=["autocommit", "atomic"])
    def test_is_cached_again_at_once(self, amy: Employee, write: object, django_assert_num_queries: object) -> None:
        write(amy, "Ann")  # type: ignore[operator]
        assert name() == "Ann"
        with django_assert_num_queries(0):  # type: ignore[operator]
            assert name() == "Ann"

    def test_gives_an_insert_its_key(self) -> None:
        assert ShiftType.objects.create(name="Long").pk
        assert len(left()) == 1

    def test_gives_the_rows_of_a_returning_statement_to_who_iterates(self, amy: Employee) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE scheduling_employee SET first_name = 'Ann' RETURNING first_name")
            assert list(cursor) == [("Ann",)]
        assert name() == "Ann"

    def test_holds_up_no_write_of_a_connection_with_an_alias_of_its_own(self, amy: Employee) -> None:
        own = connection.copy(alias="of its own")
        try:
            with own.cursor() as cursor:
                cursor.execute("UPDATE scheduling_employee SET first_name = 'Ann'")
        finally:
            own.close()
        assert any("scheduling.Employee/*" in tags for tags in left())
        assert name() == "Ann"
