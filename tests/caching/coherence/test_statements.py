"""What one SQL statement writes: the forms of Django's compilers exactly; anything else too much, never too little."""

from collections.abc import Sequence
from typing import Any

import pytest

from caching.coherence.statements import Write, parse


def write(sql: str, params: Sequence[Any] = ()) -> tuple[str, str, dict[str, Any], dict[str, Any], set[str]]:
    """Return what the statement writes, with rows and values as plain lists, and the unknown ones of columns a to c."""
    found = parse(sql)
    assert isinstance(found, Write), sql
    rows = {column: list(values) for column, values in found.rows(params).items()}
    values = {column: list(values) for column, values in found.values(params).items()}
    return found.verb, found.table, rows, values, found.unknown & {"a", "b", "c"}


class ParseInsertTests:
    def test_reads_the_values_by_column(self) -> None:
        assert write('INSERT INTO "t" ("a", "b") VALUES (%s, %s)', (1, 2)) == (
            "insert",
            "t",
            {},
            {"a": [1], "b": [2]},
            set(),
        )

    def test_reads_several_rows(self) -> None:
        sql = 'INSERT INTO "t" ("a", "b") VALUES (%s, %s), (%s, %s)'
        assert write(sql, (1, 2, 3, 4))[3] == {"a": [1, 3], "b": [2, 4]}

    @pytest.mark.parametrize(
        "sql",
        [
            'INSERT INTO "t" ("a") VALUES (%s) RETURNING "t"."id"',
            'INSERT INTO "t" ("a") VALUES (%s) ON CONFLICT DO NOTHING',
            'INSERT INTO "t" ("a") VALUES (%s) ON CONFLICT DO NOTHING RETURNING "t"."id", "t"."a"',
            'INSERT OR IGNORE INTO "t" ("a") VALUES (%s)',
            "INSERT INTO `t` (`a`) VALUES (%s)",
        ],
    )
    def test_reads_each_form_of_the_compilers(self, sql: str) -> None:
        assert write(sql, (7,))[3] == {"a": [7]}

    def test_reads_the_arrays_that_postgresql_unnests(self) -> None:
        sql = (
            'INSERT INTO "t" ("a", "b") SELECT * FROM UNNEST((%s)::integer[], (%s)::varchar[]) '
            'ON CONFLICT DO NOTHING RETURNING "t"."id"'
        )
        assert write(sql, ([1, 2], ["x", "y"]))[3] == {"a": [1, 2], "b": ["x", "y"]}

    @pytest.mark.parametrize(
        "cast", ["numeric(8, 2)", "timestamp with time zone", "varchar(3)[]", "integer"], ids=lambda cast: str(cast)
    )
    def test_does_not_know_what_a_cast_makes_of_a_value(self, cast: str) -> None:
        one = f'INSERT INTO "t" ("a", "b", "c") VALUES (%s::{cast}, %s, NULL)'
        assert write(one, (7, 8))[3:] == ({"b": [8], "c": [None]}, {"a"})
        several = f'INSERT INTO "t" ("a", "b") VALUES (%s::{cast}, %s), (%s, %s)'
        assert write(several, (1, 2, 3, 4))[3:] == ({"b": [2, 4]}, {"a"})
        update = f'UPDATE "t" SET "a" = %s::{cast}, "b" = %s WHERE "t"."id" = %s'
        assert write(update, (7, 8, 42))[2:] == ({"id": [42]}, {"b": [8]}, {"a"})

    def test_does_not_know_what_a_type_of_a_size_cuts(self) -> None:
        sql = 'INSERT INTO "t" ("a", "b") SELECT * FROM UNNEST((%s)::varchar(1)[], (%s)::integer[])'
        assert write(sql, (["xy"], [1]))[3:] == ({"b": [1]}, {"a"})

    def test_reads_nulls_and_names_what_the_database_decides(self) -> None:
        sql = 'INSERT INTO "t" ("a", "b", "c") VALUES (NULL, DEFAULT, %s)'
        assert write(sql, (7,))[3:] == ({"a": [None], "c": [7]}, {"b"})

    @pytest.mark.parametrize(
        "sql",
        [
            'INSERT INTO "t" ("a") VALUES (%s) ON CONFLICT("a") DO UPDATE SET "b" = EXCLUDED."b"',
            'INSERT OR REPLACE INTO "t" ("a") VALUES (%s)',
            'REPLACE INTO "t" ("a") VALUES (%s)',
            'INSERT INTO "t" ("a") SELECT "u"."a" FROM "u"',
            'INSERT INTO "t" DEFAULT VALUES',
            'INSERT INTO "t" VALUES (%s)',
            'INSERT INTO "t" ("a") VALUES (LOWER(%s))',
            'INSERT INTO "s"."t" ("a") VALUES (%s)',
            'INSERT INTO "t" ("a", "b") VALUES (%s, DEFAULT), (%s, %s)',
            'INSERT INTO "t" ("a", "b") VALUES (%s)',
            'INSERT INTO "t" ("a`b", "b") VALUES (%s, %s)',
            'INSERT INTO "t" ("a") VALUES (%s); DELETE FROM "t"',
        ],
    )
    def test_leaves_other_forms_alone(self, sql: str) -> None:
        assert parse(sql) is None


class ParseUpdateTests:
    def test_reads_rows_and_values(self) -> None:
        sql = 'UPDATE "t" SET "a" = %s, "b" = NULL WHERE "t"."id" = %s'
        assert write(sql, (7, 42)) == ("update", "t", {"id": [42]}, {"a": [7], "b": [None]}, set())

    def test_reads_a_list_of_rows_and_all_conditions(self) -> None:
        sql = 'UPDATE "t" SET "a" = %s WHERE ("t"."id" IN (%s, %s) AND "t"."c" = %s)'
        assert write(sql, (7, 1, 2, 9))[2] == {"id": [1, 2], "c": [9]}

    def test_names_a_column_that_is_set_to_an_expression(self) -> None:
        sql = 'UPDATE "t" SET "a" = ("t"."a" + %s), "b" = %s WHERE "t"."id" = %s'
        assert write(sql, (1, 7, 42))[2:] == ({"id": [42]}, {"b": [7]}, {"a"})

    def test_reads_past_a_case_with_parameters_of_its_own(self) -> None:
        sql = 'UPDATE "t" SET "a" = CASE WHEN ("t"."id" = %s) THEN %s ELSE NULL END, "b" = %s WHERE "t"."id" IN (%s)'
        assert write(sql, (1, "x", 7, 42))[2:] == ({"id": [42]}, {"b": [7]}, {"a"})

    @pytest.mark.parametrize(
        "sql",
        [
            'UPDATE "t" SET "a" = %s',
            'UPDATE "t" SET "a" = %s WHERE NOT ("t"."id" = %s)',
            'UPDATE "t" SET "a" = %s WHERE ("t"."id" = %s OR "t"."b" = %s)',
            'UPDATE "t" SET "a" = %s WHERE "t"."id" > %s',
            'UPDATE "t" SET "a" = %s WHERE "u"."id" = %s',
            'UPDATE "t" SET "a" = %s WHERE "t"."id" IN (SELECT "u"."id" FROM "u" WHERE "u"."b" = %s)',
            'UPDATE "t" SET "a" = %s WHERE "t"."id" IN (SELECT "t"."id" FROM "t" WHERE ("t"."id" = %s))',
            'UPDATE "t" AS "x" SET "a" = %s WHERE "t"."id" = %s',
            'UPDATE OR REPLACE "t" SET "a" = %s WHERE "t"."id" = %s',
            '/* why */ UPDATE "t" SET "a" = %s WHERE "t"."id" = %s',
            'UPDATE "t" SET "a" = %s -- why\n WHERE "t"."id" = %s',
        ],
    )
    def test_leaves_other_forms_alone(self, sql: str) -> None:
        assert parse(sql) is None


class ParseDeleteTests:
    @pytest.mark.parametrize(
        "sql",
        [
            'DELETE FROM "t" WHERE "t"."id" IN (%s, %s)',
            'DELETE FROM "t" WHERE ("t"."id" IN (%s, %s))',
            'DELETE FROM "t" WHERE "t"."id" IN (%s, %s) RETURNING "t"."id"',
        ],
    )
    def test_reads_the_rows(self, sql: str) -> None:
        assert write(sql, (1, 2)) == ("delete", "t", {"id": [1, 2]}, {}, set())

    @pytest.mark.parametrize(
        "sql", ['DELETE FROM "t"', "DELETE FROM t WHERE id = %s", 'DELETE FROM "t" WHERE "id" = %s']
    )
    def test_leaves_other_forms_alone(self, sql: str) -> None:
        assert parse(sql) is None
