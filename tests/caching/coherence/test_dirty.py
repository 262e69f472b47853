"""What open transactions of this process have written."""

import gc
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from caching.coherence.dirty import dirty_here, dirty_watchers, is_dirty, is_of_django, last_rollback
from caching.coherence.watcher import ConnectionWatcher, watcher_of
from scheduling.models import Employee
from tests.caching.coherence.world import in_thread
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def row() -> tuple[Employee, str]:
    """A row and its tag."""
    employee = EmployeeFactory()
    return employee, f"scheduling.Employee#{employee.pk}"


class IsDirtyTests:
    def test_is_true_for_what_was_written_until_the_commit(self, row: tuple[Employee, str]) -> None:
        employee, tag = row
        with transaction.atomic():
            assert not is_dirty([tag])
            employee.save()
            assert is_dirty(["general", tag])
            assert not is_dirty(["general", "scheduling.Employee#0"])
        assert not is_dirty([tag])

    def test_is_false_for_another_thread(self, row: tuple[Employee, str]) -> None:
        employee, tag = row
        with transaction.atomic():
            employee.save()
            assert in_thread(lambda: is_dirty([tag])) is False
            assert dirty_watchers

    def test_is_false_after_a_write_in_autocommit(self, row: tuple[Employee, str]) -> None:
        employee, tag = row
        employee.save()
        assert not is_dirty([tag])
        assert not dirty_watchers


class DirtyHereTests:
    def test_is_true_after_a_write_that_nobody_watches(self) -> None:
        with transaction.atomic():
            assert not dirty_here()
            Group.objects.create(name="staff")
            assert dirty_here()
            assert in_thread(dirty_here) is False
        assert not dirty_here()


class LastRollbackTests:
    def roll_back(self, write: Callable[[], Any]) -> None:
        with transaction.atomic():
            write()
            transaction.set_rollback(True)

    def test_changes_when_something_written_is_rolled_back(self, row: tuple[Employee, str]) -> None:
        before = last_rollback()
        self.roll_back(row[0].save)
        first = last_rollback()
        self.roll_back(row[0].save)
        assert len({before, first, last_rollback()}) == 3

    def test_stays_when_nothing_was_written_or_it_was_committed(self, row: tuple[Employee, str]) -> None:
        before = last_rollback()
        self.roll_back(Employee.objects.count)
        with transaction.atomic():
            row[0].save()
        assert last_rollback() == before


class DirtyWatchersTests:
    def test_keep_no_watcher_alive(self) -> None:
        watcher = ConnectionWatcher(connection)
        watcher.mark({"general"}, "call")
        assert any(reference() is watcher for reference in dirty_watchers)
        del watcher
        gc.collect()
        assert not dirty_watchers

    def test_have_the_watcher_of_the_connection_that_has_written(self) -> None:
        with transaction.atomic():
            EmployeeFactory()
            assert [reference() for reference in dirty_watchers] == [watcher_of(connection)]


class IsOfDjangoTests:
    def test_is_true_for_the_connection_of_this_thread_alone(self) -> None:
        watcher = watcher_of(connection)
        assert is_of_django(watcher)
        assert in_thread(lambda: is_of_django(watcher)) is False

    @pytest.mark.parametrize("alias", ["default", "of its own"])
    def test_is_false_for_one_that_an_application_has_made(self, alias: str) -> None:
        assert not is_of_django(watcher_of(connection.copy(alias=alias)))
