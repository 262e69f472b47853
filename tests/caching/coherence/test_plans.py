"""From the text of a statement to the tags that it writes: too much at worst, never too little."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import example, given
from hypothesis import strategies as st

from caching.coherence.plans import CONTROL, ISOLATION, UNWATCHED, plan_of
from caching.coherence.statements import parse
from caching.coherence.texts import is_plain_read, tables_named
from scheduling.models import Employee
from tests.factories import EmployeeFactory, SkillFactory

EMPLOYEES = "scheduling_employee"


EVERYTHING = {"scheduling.Employee/*", "scheduling.Employee/+"}


def tags(sql: str, params: Any = (), many: bool = False) -> set[str] | None:
    """Return what a statement publishes; None if nobody looks at it."""
    plan = plan_of(sql)
    return None if plan in (None, UNWATCHED) else plan.tags(params, many, None)


@contextmanager
def recorded() -> Iterator[list[tuple[str, Any]]]:
    """Record the text and the parameters of every statement inside the block."""
    statements: list[tuple[str, Any]] = []

    def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield statements


WRITING = st.sampled_from(
    [
        "INSERT INTO {t} (id) VALUES (%s)",
        'INSERT INTO "{t}" ("id") VALUES (%s)',
        'UPDATE "{t}" SET "first_name" = %s WHERE "{t}"."id" = %s',
        "update {t} set first_name = %s",
        'DELETE FROM "{t}" WHERE "{t}"."id" IN (%s)',
        "delete from {t}",
        "REPLACE INTO {t} VALUES (%s)",
        "TRUNCATE TABLE {t} CASCADE",
        "MERGE INTO {t} USING u ON (u.id = {t}.id) WHEN MATCHED THEN DELETE",
        "WITH x AS (SELECT 1) DELETE FROM {t}",
        'WITH x AS (UPDATE "{t}" SET "first_name" = %s RETURNING "id") SELECT * FROM x',
        "EXPLAIN ANALYZE UPDATE {t} SET first_name = %s",
        "DROP TABLE {t}",
        "ALTER TABLE x RENAME TO {t}",
    ]
)


BEFORE = st.sampled_from(
    ["", " ", "\n\t", "-- why\n", "/* SELECT */ ", "/* a */ /* b */", "SELECT 1; ", "SAVEPOINT a; "]
)


AFTER = st.sampled_from(["", ";", " ;\n", " -- why", "/* why */", "; SELECT 1", "; RELEASE SAVEPOINT a"])


SPELLING = st.sampled_from([EMPLOYEES, EMPLOYEES.upper(), EMPLOYEES.title()])


class PlanOfTests:
    @given(BEFORE, WRITING, SPELLING, AFTER)
    def test_sees_every_write_whatever_stands_around_it(self, before: str, sql: str, table: str, after: str) -> None:
        text = before + sql.format(t=table) + after
        assert not is_plain_read(text)
        published = tags(text, (5, 42))
        assert published is not None, text
        assert "scheduling.Employee/+" in published, text

    @given(st.text() | st.text(alphabet="INSERTUPDATESELECT \"'`();,.=%s*/-xWHERE", max_size=80))
    @example('UPDATE "t" SET ')
    @example('INSERT INTO "t" () VALUES ()')
    def test_never_raises(self, sql: str) -> None:
        parse(sql)
        plan_of(sql)
        is_plain_read(sql)
        tables_named(sql, ["t", ""])

    @given(
        st.sampled_from(
            [
                'UPDATE "scheduling_employee" SET "email" = %s WHERE "scheduling_employee"."id" = %s',
                'INSERT INTO "scheduling_employee" ("id", "email") VALUES (%s, %s)',
                'DELETE FROM "scheduling_employee" WHERE "scheduling_employee"."id" IN (%s, %s)',
                'INSERT INTO "scheduling_employee" ("id", "email") SELECT * FROM UNNEST((%s)::bigint[], (%s)::text[])',
            ]
        ),
        st.none()
        | st.lists(st.none() | st.integers() | st.text() | st.binary() | st.booleans(), max_size=3).map(tuple),
    )
    def test_takes_parameters_that_the_database_will_refuse(self, sql: str, params: Any) -> None:
        # The statement is for the database to judge; whatever it makes of it, something must be published.
        published = tags(sql, params)
        assert published is not None
        assert "scheduling.Employee/+" in published

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE scheduling_employee SET first_name = 'x'",
            'UPDATE "public"."scheduling_employee" SET "first_name" = %s WHERE "scheduling_employee"."id" = %s',
            "/* first */ UPDATE scheduling_employee SET first_name = 'x' WHERE id = 1",
            "WITH x AS (SELECT 1) UPDATE scheduling_employee SET first_name = 'x'",
            "EXPLAIN ANALYZE DELETE FROM scheduling_employee",
            "REPLACE INTO scheduling_employee (id) VALUES (1)",
            "SELECT 1; DELETE FROM scheduling_employee",
            "COPY scheduling_employee FROM '/a/file'",
            "TRUNCATE auth_user CASCADE",
            "ALTER SCHEMA fresh RENAME TO live",
            "drop schema if exists live",
            "ALTER TYPE live.mood RENAME VALUE 'sad' TO 'blue'",
        ],
    )
    def test_takes_raw_sql_to_write_unknown_rows(self, sql: str) -> None:
        published = tags(sql)
        assert published is not None
        assert published >= EVERYTHING

    @pytest.mark.parametrize(
        "assignment",
        [
            '"email"=%s',
            "email = %s",
            '"EMAIL" = %s',
            '"phone" = NULL, email = %s',
            '("email") = ROW(%s)',
            '"phone"=1,"email"=%s',
        ],
    )
    def test_does_not_take_a_column_that_it_cannot_read_for_unchanged(self, assignment: str) -> None:
        sql = f'UPDATE "scheduling_employee" SET {assignment} WHERE "scheduling_employee"."id" = %s'
        published = tags(sql, ("new@example.com", 42))
        assert published is not None
        assert "scheduling.Employee.email=new@example.com" in published or published >= EVERYTHING

    def test_counts_no_placeholder_that_is_a_literal(self) -> None:
        sql = """UPDATE "scheduling_employee" SET "phone" = '100%%s' WHERE "scheduling_employee"."id" = %s"""
        published = tags(sql, (42,))
        assert published is not None
        assert "scheduling.Employee#42" in published or published >= EVERYTHING

    def test_is_not_misled_by_a_longer_name(self) -> None:
        assert tags("DELETE FROM scheduling_employee_archive") is None
        assert tags("DELETE FROM old_scheduling_employee") is None

    def test_looks_at_no_read(self) -> None:
        assert plan_of('SELECT * FROM "scheduling_employee"') is None

    @pytest.mark.parametrize("sql", ["BEGIN", "begin immediate", "START TRANSACTION", 'SAVEPOINT "s1"'])
    def test_takes_no_beginning_for_a_write(self, sql: str) -> None:
        assert plan_of(sql) is None

    @pytest.mark.parametrize("sql", ['INSERT INTO "auth_group" ("name") VALUES (%s)', "CREATE TABLE x (y int)"])
    def test_tells_a_write_that_nobody_watches_from_a_read(self, sql: str) -> None:
        assert plan_of(sql) is UNWATCHED

    @pytest.mark.parametrize(
        "sql",
        [
            "COMMIT",
            "end",
            "Rollback",
            "/* done */ COMMIT",
            "-- done\nEND",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "COMMIT;",
            "COMMIT /* of scheduling_employee */",
            "PREPARE TRANSACTION 'scheduling_employee'",
            "INSERT INTO auth_group (name) VALUES (1); COMMIT",
            "DO $$ BEGIN SET default_transaction_isolation = 'serializable'; END $$",
        ],
    )
    def test_leaves_the_end_of_a_transaction_to_the_watcher(self, sql: str) -> None:
        assert plan_of(sql) is CONTROL

    @pytest.mark.parametrize(
        "sql",
        [
            "CALL refresh()",
            "/* nightly */ call refresh(1)",
            "/* a /* nested */ comment */ CALL refresh('*/')",
            "EXECUTE by_hand(7)",
            "EXPLAIN (ANALYZE) EXECUTE by_hand",
            "CREATE UNLOGGED TABLE kept AS EXECUTE by_hand(7) WITH NO DATA",
            "SELECT 1; EXECUTE by_hand",
            "DO $$ BEGIN EXECUTE 'UPDATE ' || 'x'; END $$",
            "DO $$ BEGIN PERFORM refresh(); UPDATE scheduling_employee SET phone = ''; END $$",
        ],
    )
    def test_takes_what_runs_something_written_elsewhere_to_write_everything(self, sql: str) -> None:
        assert {"scheduling.Employee/*", "scheduling.Shift/*", "scheduling.Shift/+"} <= tags(sql, None)

    def test_takes_a_trigger_that_is_made_to_write_to_what_it_names(self) -> None:
        found = tags("CREATE TRIGGER t AFTER UPDATE ON scheduling_employee FOR EACH ROW EXECUTE FUNCTION f()", None)
        assert found == {"scheduling.Employee/*", "scheduling.Employee/+"}

    def test_takes_a_block_without_calls_to_write_to_what_it_names(self) -> None:
        found = tags("DO $$ BEGIN UPDATE scheduling_employee SET phone = ''; END $$", None)
        assert found == {"scheduling.Employee/*", "scheduling.Employee/+"}

    def test_sees_that_a_block_may_change_the_isolation(self) -> None:
        plan = plan_of("DO $$ BEGIN PERFORM set_config('default_transaction_isolation', 'serializable', false); END $$")
        assert plan is not None
        assert plan.may_change_isolation

    def test_takes_a_semicolon_at_the_end_for_no_commit(self) -> None:
        assert plan_of("INSERT INTO auth_group (name) VALUES ('a');") is UNWATCHED
        sql = 'UPDATE "scheduling_employee" SET "phone" = %s WHERE "scheduling_employee"."id" = %s;'
        plan = plan_of(sql)
        assert plan is not None
        assert not plan.may_commit
        assert tags(sql, ("1", 7)) == {"scheduling.Employee#7", "scheduling.Employee/+"}

    def test_tells_a_select_that_changes_the_isolation(self) -> None:
        assert plan_of("SELECT set_config(%s, %s, false)") is ISOLATION
        assert plan_of("SELECT set_config('search_path', %s, false)") is None

    @pytest.mark.parametrize(
        "sql",
        [
            "VACUUM scheduling_employee",
            "CREATE INDEX CONCURRENTLY a ON scheduling_employee (email)",
            "REINDEX TABLE CONCURRENTLY scheduling_employee",
        ],
    )
    def test_takes_what_changes_no_rows_for_no_write(self, sql: str) -> None:
        assert plan_of(sql) is UNWATCHED

    @pytest.mark.parametrize(
        "sql", ["EXPLAIN SELECT * FROM scheduling_employee", "explain delete from scheduling_employee;"]
    )
    def test_takes_an_explanation_for_a_read(self, sql: str) -> None:
        assert plan_of(sql) is None

    def test_takes_a_name_with_escapes_for_every_table(self) -> None:
        published = tags(r"""UPDATE U&"sch\0065duling_employee" SET phone = '1'""")
        assert published is not None
        assert published >= EVERYTHING

    @pytest.mark.parametrize(
        "sql", ["RELEASE a", "release savepoint a", "ROLLBACK TO a", "RELEASE SAVEPOINT a", "rollback to savepoint a"]
    )
    def test_leaves_the_end_of_a_savepoint_to_the_watcher(self, sql: str) -> None:
        # The release of the outermost savepoint is a COMMIT on SQLite.
        assert plan_of(sql) is CONTROL

    def test_publishes_every_execution_of_an_executemany(self) -> None:
        sql = 'UPDATE "scheduling_employee" SET "phone" = %s WHERE "scheduling_employee"."id" = %s'
        found = tags(sql, [("1", 7), ("2", 8)], many=True)
        assert found == {"scheduling.Employee#7", "scheduling.Employee#8", "scheduling.Employee/+"}

    def test_takes_named_parameters_to_write_unknown_rows(self) -> None:
        sql = 'UPDATE "scheduling_employee" SET "phone" = %(p)s WHERE "scheduling_employee"."id" = %(i)s'
        assert tags(sql, {"p": "1", "i": 7}) == EVERYTHING

    def test_gives_up_on_more_than_256_rows(self) -> None:
        ids = tuple(range(257))
        marks = ", ".join(["%s"] * len(ids))
        sql = f'DELETE FROM "scheduling_employee" WHERE "scheduling_employee"."id" IN ({marks})'
        assert tags(sql, ids) == EVERYTHING

    def test_gives_up_on_a_very_long_text(self) -> None:
        sql = 'INSERT INTO "scheduling_employee" ("email") VALUES ' + ", ".join(["(%s)"] * 5000)
        assert tags(sql, ("a",) * 5000) == EVERYTHING

    def test_reads_the_end_of_a_very_long_text(self) -> None:
        sql = "INSERT INTO other (email) VALUES " + ", ".join(["(%s)"] * 5000)
        assert plan_of(sql) is UNWATCHED
        plan = plan_of(f"{sql}; DELETE FROM scheduling_employee; COMMIT")
        assert plan is not None
        assert (plan.tags((), False, None), plan.may_commit) == (EVERYTHING, True)


@pytest.mark.django_db
class FormsOfDjangoTests:
    """What Django's compilers really emit on the database of the test run is read exactly."""

    def tags_of_the_writes(self, statements: list[tuple[str, Any]], table: str = EMPLOYEES) -> set[str]:
        """Return what the recorded writes of one table publish; every one of them must have a form that is read."""
        found: set[str] = set()
        for sql, params in statements:
            written = None if is_plain_read(sql) else parse(sql)
            if f'"{table}"' in sql and not is_plain_read(sql):
                assert written is not None, sql
            if written is not None and written.table == table:
                found |= tags(sql, params) or set()
        assert found
        return found

    def test_reads_the_insert_of_a_save(self) -> None:
        with recorded() as statements:
            EmployeeFactory(email="amy@example.com")
        found = self.tags_of_the_writes(statements)
        assert "scheduling.Employee.email=amy@example.com" in found
        assert "scheduling.Employee/*" not in found

    def test_reads_the_update_of_a_save(self) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        with recorded() as statements:
            employee.save()
        assert self.tags_of_the_writes(statements) == {
            f"scheduling.Employee#{employee.pk}",
            "scheduling.Employee.email=amy@example.com",
            f"scheduling.Employee.department_id={employee.department_id}",
            "scheduling.Employee.user_id is null",
            "scheduling.Employee/+",
        }

    def test_reads_an_update_by_primary_keys(self) -> None:
        employees = EmployeeFactory.create_batch(2)
        with recorded() as statements:
            Employee.objects.filter(pk__in=[employee.pk for employee in employees]).update(phone="1")
        rows = {f"scheduling.Employee#{employee.pk}" for employee in employees}
        assert self.tags_of_the_writes(statements) == {*rows, "scheduling.Employee/+"}

    def test_reads_an_update_with_an_expression_of_another_column(self) -> None:
        employee = EmployeeFactory()
        with recorded() as statements:
            Employee.objects.filter(pk=employee.pk).update(max_hours_per_week=F("max_hours_per_week") - 1)
        found = self.tags_of_the_writes(statements)
        assert found == {f"scheduling.Employee#{employee.pk}", "scheduling.Employee/+"}

    def test_reads_a_bulk_create(self) -> None:
        people = EmployeeFactory.build_batch(3, department=EmployeeFactory().department)
        with recorded() as statements:
            Employee.objects.bulk_create(people)
        found = self.tags_of_the_writes(statements)
        assert {f"scheduling.Employee.email={person.email}" for person in people} <= found
        assert "scheduling.Employee/*" not in found

    def test_reads_a_bulk_create_that_ignores_conflicts(self) -> None:
        person = EmployeeFactory.build(department=EmployeeFactory().department)
        with recorded() as statements:
            Employee.objects.bulk_create([person], ignore_conflicts=True)
        found = self.tags_of_the_writes(statements)
        assert f"scheduling.Employee.email={person.email}" in found
        assert "scheduling.Employee/*" not in found

    def test_reads_the_deletes_of_a_row_and_of_its_relations(self) -> None:
        employee = EmployeeFactory(skills=[SkillFactory()])
        row = f"scheduling.Employee#{employee.pk}"
        with recorded() as statements:
            employee.delete()
        assert self.tags_of_the_writes(statements) == {row, "scheduling.Employee/+"}

    def test_reads_what_a_many_to_many_manager_writes(self) -> None:
        employee, skill = EmployeeFactory(), SkillFactory()
        with recorded() as statements:
            employee.skills.add(skill)
            employee.skills.remove(skill)
        assert self.tags_of_the_writes(statements, Employee.skills.through._meta.db_table) == {
            f"scheduling.Employee#{employee.pk}",
            "scheduling.Employee/+",
            f"scheduling.Skill#{skill.pk}",
            "scheduling.Skill/+",
        }
