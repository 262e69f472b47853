"""What else is at work on the same rows and connections: twins of a model, wrappers, sessions set by hand."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from caching import CachedGroup, CachedLookup
from tests.caching.coherence.models import Society, Stall, StallProxy, StallTwin
from tests.caching.coherence.world import in_thread
from tests.caching.installing import installed_app, tables_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _tables(watching: Any) -> Iterator[None]:
    with installed_app("tests.caching.coherence.apps.TestsOfCoherenceConfig"), tables_of([Stall]):
        yield


@pytest.fixture
def stalls() -> CachedLookup[Stall]:
    return CachedLookup(Stall, "pk", cache_type="rule", kind="stall")


def rename(pk: int, to: str) -> None:
    Stall.objects.filter(pk=pk).update(name=to)


class TwinTests:
    """Two models on one table, and a proxy: look-ups of each see the writes of all."""

    def test_see_what_the_others_write(self, stalls: CachedLookup[Stall]) -> None:
        twins = CachedLookup(StallTwin, "pk", cache_type="rule", kind="twin")
        shown = CachedLookup(StallProxy, "pk", cache_type="rule", kind="shown")
        named = CachedGroup(Stall, "name", cache_type="rule", kind="named")
        stall = Stall.objects.create(name="a")

        def seen() -> tuple[Any, ...]:
            rows: Any = stalls.get(stall.pk), twins.get(stall.pk), shown.get(stall.pk)
            assert [type(row) for row in rows] == [Stall, StallTwin, StallProxy]
            return rows[0].name, rows[1].title, rows[2].name, *(name for name in "abcd" if named.get(name))

        assert seen() == seen() == ("a", "a", "a", "a")
        StallTwin.objects.filter(pk=stall.pk).update(title="b")
        assert seen() == ("b", "b", "b", "b")
        rename(stall.pk, "c")
        assert seen() == ("c", "c", "c", "c")
        StallTwin(pk=stall.pk, title="d").save()
        assert seen() == ("d", "d", "d", "d")
        StallProxy.objects.filter(pk=stall.pk).delete()
        assert [stalls.get(stall.pk), twins.get(stall.pk), shown.get(stall.pk)] == [None, None, None]
        assert named.get("d") == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL writes through views and to partitions")
class OtherNameTests:
    """Rows are written through a view, or in a table of their own that the model's table includes."""

    def test_are_followed_where_they_are_declared(self, stalls: CachedLookup[Stall], watching: Any) -> None:
        watching(Stall, tables=("stalls_of_2020", '"public"."v_stalls"'))
        named = CachedGroup(Stall, "name", cache_type="rule", kind="named")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE stalls_of_2020 () INHERITS (tests_of_coherence_stall)")
            cursor.execute("CREATE VIEW v_stalls AS SELECT id, name FROM tests_of_coherence_stall")
            try:
                cursor.execute("INSERT INTO stalls_of_2020 VALUES (1, 'a')")
                for sql, name in (
                    ("UPDATE stalls_of_2020 SET name = 'b' WHERE id = 1", "b"),
                    ("UPDATE v_stalls SET name = 'c' WHERE id = 1", "c"),
                    ('UPDATE "public"."v_stalls" SET name = \'d\'', "d"),
                ):
                    assert (stalls.get(1), named.get(name)) != (None, [])
                    cursor.execute(sql)
                    assert (stalls.get(1).name, [stall.pk for stall in named.get(name)]) == (name, [1])  # type: ignore[union-attr]
                cursor.execute("TRUNCATE stalls_of_2020")
                assert (stalls.get(1), named.get("d")) == (None, [])
            finally:
                cursor.execute("DROP VIEW v_stalls")
                cursor.execute("DROP TABLE stalls_of_2020")

    def test_lead_to_what_is_written_with_them(self, stalls: CachedLookup[Stall], watching: Any) -> None:
        watching(Stall, tables=("v_stalls",))
        watching(Society, tables=(Stall._meta.db_table,))
        societies = CachedLookup(Society, "pk", cache_type="rule", kind="society")
        with connection.cursor() as cursor, tables_of([Society]):
            cursor.execute("CREATE VIEW v_stalls AS SELECT id, name FROM tests_of_coherence_stall")
            cursor.execute(
                "CREATE FUNCTION pg_temp.follow() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN UPDATE {Society._meta.db_table} SET title = new.name; RETURN new; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER follow AFTER UPDATE ON tests_of_coherence_stall "
                "FOR EACH ROW EXECUTE FUNCTION pg_temp.follow()"
            )
            try:
                stall, society = Stall.objects.create(name="a"), Society.objects.create(title="a")
                for sql, name in (
                    ("UPDATE tests_of_coherence_stall SET name = 'b'", "b"),
                    ("UPDATE v_stalls SET name = 'c'", "c"),
                ):
                    assert (stalls.get(stall.pk), societies.get(society.pk)) == (stall, society)
                    cursor.execute(sql)
                    assert (stalls.get(stall.pk).name, societies.get(society.pk).title) == (name, name)
                stalls.get(stall.pk), societies.get(society.pk)
                rename(stall.pk, "d")
                assert societies.get(society.pk).title == "d"
            finally:
                cursor.execute("DROP TRIGGER follow ON tests_of_coherence_stall")
                cursor.execute("DROP VIEW v_stalls")


class ReadOnlyError(Exception):
    pass


def refuse_writes(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
    if not sql.startswith("SELECT"):
        raise ReadOnlyError
    return execute(sql, *args)


class WrapperTests:
    """Wrappers of other packages come and go around the statements of a connection."""

    def test_that_came_first_hides_no_write(self, stalls: CachedLookup[Stall]) -> None:
        stall = Stall.objects.create(name="a")
        assert stalls.get(stall.pk) == stall

        def write_after_a_wrapper() -> None:
            with connection.execute_wrapper(lambda execute, *args: execute(*args)):
                Stall.objects.count()
            rename(stall.pk, "b")

        in_thread(write_after_a_wrapper)
        assert stalls.get(stall.pk).name == "b"

    def test_that_refuses_a_write_changes_nothing(self, stalls: CachedLookup[Stall]) -> None:
        stall = Stall.objects.create(name="a")
        stalls.get(stall.pk)
        with connection.execute_wrapper(refuse_writes), pytest.raises(ReadOnlyError):
            Stall.objects.update(name="b")
        assert stalls.get(stall.pk).name == "a"
        with CaptureQueriesContext(connection) as seen:
            stalls.get(stall.pk)
        assert not seen.captured_queries
        Stall.objects.update(name="c")
        assert stalls.get(stall.pk).name == "c"

    def test_that_fails_after_a_write_hides_nothing_of_it(self, stalls: CachedLookup[Stall]) -> None:
        stall = Stall.objects.create(name="a")
        stalls.get(stall.pk)

        def fail_afterwards(execute: Callable[..., Any], *args: Any) -> None:
            execute(*args)
            raise ReadOnlyError

        with connection.execute_wrapper(fail_afterwards), pytest.raises(ReadOnlyError):
            rename(stall.pk, "b")
        assert in_thread(lambda: stalls.get(stall.pk).name) == "b"
        assert stalls.get(stall.pk).name == "b"

    def test_that_refuses_a_write_in_a_block_leaves_the_block_usable(self, stalls: CachedLookup[Stall]) -> None:
        stall = Stall.objects.create(name="a")
        stalls.get(stall.pk)
        with transaction.atomic():
            with pytest.raises(ReadOnlyError), transaction.atomic(), connection.execute_wrapper(refuse_writes):
                rename(stall.pk, "b")
            assert stalls.get(stall.pk).name == "a"
            rename(stall.pk, "c")
            assert stalls.get(stall.pk).name == "c"
        assert stalls.get(stall.pk).name == "c"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL has sessions that keep what is set")
class SessionTests:
    """A session that keeps what was set by hand."""

    def test_of_repeatable_reads_stores_nothing_old(self, stalls: CachedLookup[Stall]) -> None:
        stall = Stall.objects.create(name="a")
        stalls.get(stall.pk)
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try:
            with transaction.atomic():
                Stall.objects.count()
                in_thread(lambda: rename(stall.pk, "b"))
                assert stalls.get(stall.pk).name in ("a", "b")
            assert stalls.get(stall.pk).name == "b"
            assert in_thread(lambda: stalls.get(stall.pk).name) == "b"
        finally:
            connection.close()

    def test_sees_writes_beside_a_cursor_that_is_being_read(self, stalls: CachedLookup[Stall]) -> None:
        Stall.objects.bulk_create(Stall(name=f"p{number}") for number in range(4))
        for stall in Stall.objects.order_by("pk").iterator(chunk_size=1):
            assert stalls.get(stall.pk).name == stall.name
            rename(stall.pk, f"n{stall.pk}")
            assert stalls.get(stall.pk).name == f"n{stall.pk}"


class DatabaseCacheTests:
    """Values in a table of the database: the tier is in the transactions of those who read and write."""

    @pytest.fixture
    def _table_of_values(self, settings: Settings) -> Iterator[None]:
        table = "table_of_values"
        backend = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": table}
        settings.CACHES = {**settings.CACHES, "values": backend}
        settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "values"}
        call_command("createcachetable", table, verbosity=0)
        yield
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {table}")

    @pytest.fixture
    def reads(self, _table_of_values: None) -> CachedLookup[Stall]:
        return CachedLookup(Stall, "pk", cache_type="rule", kind="stall")

    def test_hold_what_another_process_finds(self, reads: CachedLookup[Stall]) -> None:
        stall = Stall.objects.create(name="a")
        assert reads.get(stall.pk) == stall
        reads.kind.entries.drop()
        with connection.execute_wrapper(refuse_stalls):
            assert reads.get(stall.pk) == stall
        rename(stall.pk, "b")
        reads.kind.entries.drop()
        assert reads.get(stall.pk).name == "b"

    def test_hold_nothing_of_a_transaction_that_is_rolled_back(self, reads: CachedLookup[Stall]) -> None:
        one, other = Stall.objects.create(name="a"), Stall.objects.create(name="b")
        assert reads.get(one.pk) == one
        with transaction.atomic():
            assert [reads.get(other.pk), reads.get(other.pk)] == [other, other]
        with transaction.atomic():
            rename(one.pk, "never")
            assert reads.get(one.pk).name == "never"
            assert reads.get(other.pk).name == "b"
            transaction.set_rollback(True)
        for _ in range(2):
            assert (reads.get(one.pk).name, reads.get(other.pk).name) == ("a", "b")
            reads.kind.entries.drop()


def refuse_stalls(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
    assert Stall._meta.db_table not in sql, "the row was read again"
    return execute(sql, *args)
