"""Which triggers of a database are named, because they write rows of watched models."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from caching.coherence import watched
from caching.coherence.triggers import Undeclared, undeclared_triggers
from scheduling.models import Department, Skill

pytestmark = pytest.mark.django_db(transaction=True)
DEPARTMENT, SKILL = Department._meta.db_table, Skill._meta.db_table
TOUCH = f"UPDATE {DEPARTMENT} SET name = name;"


@contextmanager
def trigger(table: str, body: str, when: str = "AFTER INSERT") -> Iterator[None]:
    """Let a trigger of a table run these statements."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = f"BEGIN {body} RETURN NEW; END"
            cursor.execute(f"CREATE FUNCTION touches() RETURNS trigger AS $${text}$$ LANGUAGE plpgsql")
            cursor.execute(f"CREATE TRIGGER touch {when} ON {table} FOR EACH ROW EXECUTE FUNCTION touches()")
        else:
            cursor.execute(f"CREATE TRIGGER touch {when} ON {table} BEGIN {body} END")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("DROP FUNCTION touches() CASCADE")
            else:
                cursor.execute("DROP TRIGGER touch")


def found() -> list[Undeclared]:
    return list(undeclared_triggers(connection))


class UndeclaredTriggerTests:
    def test_are_those_that_write_rows_of_another_watched_model(self) -> None:
        with trigger(SKILL, TOUCH):
            assert found() == [Undeclared("touch", SKILL, "scheduling.Department")]

    def test_are_those_that_write_other_rows_of_their_own(self) -> None:
        with trigger(DEPARTMENT, TOUCH):
            assert found() == [Undeclared("touch", DEPARTMENT, "scheduling.Department")]

    @pytest.mark.parametrize(
        "body", [f"DELETE FROM {DEPARTMENT};", f'UPDATE "{DEPARTMENT}" SET name = name;', f"{TOUCH} SELECT 1;"]
    )
    def test_are_found_by_what_they_write(self, body: str) -> None:
        if connection.vendor == "postgresql":
            body = body.replace("SELECT", "PERFORM").replace(' "', ' public."')
        with trigger(SKILL, body):
            assert [one.label for one in found()] == ["scheduling.Department"]

    def test_are_none_that_only_read(self) -> None:
        reads = f"PERFORM 1 FROM {DEPARTMENT};" if connection.vendor == "postgresql" else f"SELECT 1 FROM {DEPARTMENT};"
        with trigger(SKILL, reads):
            assert found() == []

    def test_are_none_of_models_that_are_not_watched(self) -> None:
        with trigger(SKILL, f"DELETE FROM django_session WHERE (SELECT count(*) FROM {DEPARTMENT}) = 0;"):
            assert found() == []

    def test_are_none_that_were_declared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(watched.further_tables, "scheduling.Department", {f'public."{SKILL}"'})
        with trigger(SKILL, TOUCH):
            assert found() == []

    @pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite sets no column of the row that is written")
    def test_are_those_that_set_a_column_that_a_look_up_asks_for(self) -> None:
        with trigger("scheduling_employee", "NEW.email = lower(NEW.email);", "BEFORE INSERT"):
            assert found() == [Undeclared("touch", "scheduling_employee", "scheduling.Employee")]
        with trigger("scheduling_employee", "IF NEW.email = 'x' THEN NEW.phone = ''; END IF;", "BEFORE INSERT"):
            assert found() == []

    def test_are_unknown_on_other_databases(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections["default"], "vendor", "oracle")
        assert list(undeclared_triggers(connections["default"])) == []
