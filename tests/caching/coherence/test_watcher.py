"""The watcher of one connection. What it guarantees around transactions is in test_transactions.py."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from caching.coherence.plans import Announced
from caching.coherence.publishing import publisher
from caching.coherence.tags import MAX_ROWS
from caching.coherence.watcher import in_transaction, install, watcher_of
from scheduling.models import Employee
from tests.caching.coherence.world import in_thread
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)
ANY = "scheduling.Employee/+"


@pytest.fixture
def amy() -> Employee:
    return EmployeeFactory()


def published_by(write: Any) -> set[str]:
    """Return the tags that a write publishes."""
    found: set[str] = set()
    listener = lambda tags, causes, seconds: found.update(tags)  # noqa: E731 (it is removed again)
    publisher.listeners.append(listener)
    try:
        write()
    finally:
        publisher.listeners.remove(listener)
    return found


class WatcherOfTests:
    def test_is_one_for_each_connection(self) -> None:
        assert watcher_of(connection) is watcher_of(connection)
        assert in_thread(lambda: watcher_of(connection)) is not watcher_of(connection)

    def test_survives_close_and_reopen(self, amy: Employee) -> None:
        before = watcher_of(connection)
        connection.close()
        connection.ensure_connection()
        install(connection)
        assert watcher_of(connection) is before
        assert connection.execute_wrappers.count(before.execute) == 1
        assert ANY in published_by(amy.save)


class InTransactionTests:
    def test_is_true_inside_atomic(self) -> None:
        assert not in_transaction()
        with transaction.atomic():
            assert in_transaction()
            assert in_thread(in_transaction) is False
        assert not in_transaction()

    def test_is_true_for_one_that_was_begun_by_hand(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            assert in_transaction()
            cursor.execute("ROLLBACK")
        assert not in_transaction()

    def test_is_false_before_the_connection_is_opened(self) -> None:
        connection.close()
        assert not watcher_of(connection).in_transaction()


class ExecuteTests:
    def test_in_autocommit_publishes_at_once_and_leaves_nothing_dirty(self, amy: Employee) -> None:
        watcher = watcher_of(connection)
        found = published_by(lambda: Employee.objects.filter(pk=amy.pk).update(phone="1"))
        assert found == {f"scheduling.Employee#{amy.pk}", ANY}
        assert watcher.dirty == set()
        assert watcher.published == found

    def test_in_a_transaction_publishes_nothing_before_the_commit(self, amy: Employee) -> None:
        def write_and_look() -> None:
            with transaction.atomic():
                assert published_by(lambda: Employee.objects.filter(pk=amy.pk).update(phone="1")) == set()
                assert watcher_of(connection).dirty == {f"scheduling.Employee#{amy.pk}", ANY}

        assert published_by(write_and_look) == {f"scheduling.Employee#{amy.pk}", ANY}

    def test_a_statement_that_the_database_refuses_publishes_nothing(self, amy: Employee) -> None:
        def refused() -> None:
            with pytest.raises(DatabaseError):
                Employee.objects.filter(pk=amy.pk).update(department=None)

        assert published_by(refused) == set()
        assert watcher_of(connection).dirty == set()
        # The intent was withdrawn, so the row can be cached at once.
        assert publisher.store.stamp([f"scheduling.Employee#{amy.pk}"]) is not None

    def test_a_read_publishes_nothing(self, amy: Employee) -> None:
        assert published_by(Employee.objects.count) == set()

    def test_an_announcement_tells_the_values_that_a_statement_hides(self, amy: Employee) -> None:
        case = (
            'UPDATE "scheduling_employee" SET "email" = CASE WHEN ("scheduling_employee"."id" = %s) THEN %s END '
            'WHERE "scheduling_employee"."id" IN (%s)'
        )

        def write() -> None:
            with connection.cursor() as cursor:
                cursor.execute(case, (amy.pk, "new@example.com", amy.pk))

        assert "scheduling.Employee/*" in published_by(write)
        with watcher_of(connection).announcing(Announced("scheduling_employee", {"email": ["new@example.com"]})):
            found = published_by(write)
        assert found == {f"scheduling.Employee#{amy.pk}", "scheduling.Employee.email=new@example.com", ANY}


class MarkTests:
    def test_many_rows_of_a_model_become_all_of_them(self) -> None:
        watcher = watcher_of(connection)
        for pk in range(300):
            watcher.mark({f"scheduling.Employee#{pk}", ANY}, "save")
        assert watcher.dirty >= {"scheduling.Employee/*", ANY}
        assert len(watcher.dirty) <= MAX_ROWS
        watcher.forget()
        assert watcher.dirty == set()


class RollbackTests:
    def test_publishes_nothing(self, amy: Employee) -> None:
        def write_and_roll_back() -> None:
            with transaction.atomic():
                amy.save()
                transaction.set_rollback(True)

        assert published_by(write_and_roll_back) == set()
        assert watcher_of(connection).dirty == set()


class CloseTests:
    def test_inside_a_transaction_by_hand_drops_what_it_has_written(self, amy: Employee) -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
        amy.save()
        assert watcher_of(connection).dirty
        assert published_by(connection.close) == set()
        assert not watcher_of(connection).dirty
