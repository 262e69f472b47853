"""Statements that begin, end or change a transaction by hand."""

import pytest
from django.db import connection, transaction

from caching.coherence.watcher import watcher_of
from scheduling.models import Skill

pytestmark = pytest.mark.django_db(transaction=True)


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


class RunTests:
    def test_the_end_of_a_savepoint_keeps_the_level_that_was_asked_for(self) -> None:
        watcher = watcher_of(connection)
        with transaction.atomic():
            watcher.isolation = "read committed"
            with transaction.atomic():
                Skill.objects.create(name="a")
            assert watcher.isolation == "read committed"
        assert watcher.isolation is None

    @pytest.mark.parametrize("end", ["COMMIT", "/* done */ ROLLBACK"])
    def test_the_end_of_a_transaction_forgets_it(self, end: str) -> None:
        watcher = watcher_of(connection)
        run("BEGIN")
        watcher.isolation = "read committed"
        run(end)
        assert watcher.isolation is None

    def test_what_was_written_is_dirty_until_the_end(self) -> None:
        watcher = watcher_of(connection)
        run("BEGIN")
        Skill.objects.create(name="a")
        run("SAVEPOINT a")
        run("RELEASE SAVEPOINT a")
        assert watcher.dirty
        run("ROLLBACK")
        assert not watcher.dirty

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL only")
    def test_a_setting_ends_nothing(self) -> None:
        watcher = watcher_of(connection)
        run("BEGIN")
        Skill.objects.create(name="a")
        run("SET LOCAL lock_timeout = '1s'")
        assert watcher.dirty
        run("ROLLBACK")
