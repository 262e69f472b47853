"""What the text of a statement says before it is parsed; where that is not certain, it is taken for the worse."""

from typing import Any

import pytest
from django.db import connection

from caching.coherence.texts import (
    calls_for_isolation,
    changes_no_rows,
    is_plain_read,
    is_several,
    may_change_isolation,
    tables_named,
    takes_no_transaction,
    text_of,
    without_quoted,
    without_repeated_rows,
)


class IsPlainReadTests:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT 1",
            'SELECT "t"."a" FROM "t" WHERE "t"."b" = %s FOR UPDATE',
            "  (SELECT 1) UNION (SELECT 2);",
            "WITH x AS (SELECT 1) SELECT * FROM x",
            "PRAGMA foreign_keys",
            "show transaction_isolation",
            "/* why */ select 1 -- indeed",
            "SELECT 'a;b' FROM t WHERE \"update\" = 'INSERT INTO t'",
            "EXPLAIN QUERY PLAN SELECT * FROM t",
            "explain select * from t;",
            "EXPLAIN (FORMAT JSON, VERBOSE) DELETE FROM t",
            "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM t",
            "explain analyse verbose with x as (select 1) select * from x",
            "select replace(a, 'x', 'y') from t",
            "select *\nfrom t\nfor no key  update skip locked",
            "WITH x AS (SELECT 1 FOR UPDATE) SELECT * FROM x",
        ],
    )
    def test_knows_a_read(self, sql: str) -> None:
        assert is_plain_read(sql)

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT 1; DELETE FROM t",
            "SELECT * INTO t FROM u",
            "SELECT * into t FROM u",
            "WITH gone AS (DELETE FROM t RETURNING id) SELECT * FROM gone",
            "with x as (select 1) insert into t select * from x",
            "EXPLAIN ANALYZE DELETE FROM t",
            "/* slow */ explain (costs off, analyze) update t set a = 1",
            "EXPLAIN ANALYZE WITH gone AS (DELETE FROM t RETURNING id) SELECT * FROM gone",
            "EXPLAIN SELECT 1; DELETE FROM t",
            "SELECT E'\\'' ; DELETE FROM t; SELECT ''",
            "SELECT $$'$$; DELETE FROM t; SELECT $$'$$",
            "SELECT [it's]; DELETE FROM t; SELECT [it's]",
            "SELECT '/*'; DELETE FROM t; SELECT '*/'",
            "REPLACE INTO t VALUES (1)",
            "WITH x AS (SELECT 1) REPLACE INTO t SELECT * FROM x",
            "WITH x AS (SELECT id FROM t FOR UPDATE) UPDATE t SET a = 1 FROM x",
            "/* SELECT */ DELETE FROM t",
            "TRUNCATE t",
            "",
        ],
    )
    def test_is_certain_or_says_no(self, sql: str) -> None:
        assert not is_plain_read(sql)


class IsSeveralTests:
    @pytest.mark.parametrize(
        "sql",
        ["UPDATE t SET a = 1;", "UPDATE t SET a = 1 ; \n;", "UPDATE t SET a = ';'", "DELETE FROM t; -- all; of it"],
    )
    def test_takes_a_semicolon_that_ends_or_is_quoted_for_none(self, sql: str) -> None:
        assert not is_several(sql)

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE t SET a = 1; COMMIT",
            "UPDATE t SET a = '/*'; COMMIT; SELECT '*/'",
            "DO $$ BEGIN COMMIT; END $$",
            "UPDATE t SET a = E'\\''; COMMIT; SELECT ''",
            "/* /* */ ' */ ; COMMIT; SELECT '",
        ],
    )
    def test_sees_a_second_statement(self, sql: str) -> None:
        assert is_several(sql)


class WithoutQuotedTests:
    def test_leaves_the_words_of_the_statement(self) -> None:
        assert without_quoted("""UPDATE "t" SET a = 'it''s' /* why */""").split() == ["UPDATE", "SET", "a", "="]

    @pytest.mark.parametrize("sql", ["SELECT 'open", r"SELECT '\'", "SELECT $a$'$a$", "SELECT 1 # it's"])
    def test_leaves_a_text_alone_that_databases_read_differently(self, sql: str) -> None:
        assert without_quoted(sql) == sql


class RepeatedRowsTests:
    def test_one_of_equal_rows_of_placeholders_is_enough(self) -> None:
        rows = ", ".join(["(%s, %s)"] * 1000)
        assert without_repeated_rows(f"INSERT INTO a VALUES {rows} RETURNING id") == (
            "INSERT INTO a VALUES (%s, %s), (%s, %s) RETURNING id"
        )

    @pytest.mark.parametrize(
        "sql", ["INSERT INTO a VALUES (%s, 1), (%s, 1), (%s, 1)", "INSERT INTO a VALUES (%s), (%s, %s), (%s), ('(%s')"]
    )
    def test_rows_that_say_more_or_differ_are_kept(self, sql: str) -> None:
        assert without_repeated_rows(sql) == sql

    @pytest.mark.parametrize("after", ["; DELETE FROM b", " /* '", "'; DELETE FROM b; --", " ON CONFLICT DO NOTHING"])
    def test_what_follows_is_kept(self, after: str) -> None:
        sql = "INSERT INTO a VALUES ('(%s), (%s), (%s), ', %s)" + after
        assert without_repeated_rows(sql) == "INSERT INTO a VALUES ('(%s), ', %s)" + after


class TablesNamedTests:
    @pytest.mark.parametrize(
        "spelling",
        [
            *('"stock"."product"', "stock.product", 'stock."product"', "STOCK.Product", "stock . product", "product"),
            *('stock /* the */ . "product"', "ONLY stock.product", "[stock].[product]"),
        ],
    )
    def test_finds_a_table_in_whatever_way_its_schema_is_spelled(self, spelling: str) -> None:
        assert tables_named(f"UPDATE {spelling} SET a = 1", ['stock"."product', "other"]) == ['stock"."product']

    def test_is_not_misled_by_a_longer_name(self) -> None:
        assert tables_named("UPDATE stock.products SET a = 1", ['stock"."product']) == []


class IsolationTests:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT set_config('default_transaction_isolation', 'serializable', false)",
            "/* x */ select pg_catalog.set_config ( 'transaction_isolation' , %s, true)",
            "SELECT set_config(%s, %s, false)",
            "SELECT set_config('search_path', 'a', true), set_config(name, value, true) FROM settings",
            "SELECT set_config('default_transaction_' || 'isolation', 'serializable', false)",
        ],
    )
    def test_is_called_for_by_a_function(self, sql: str) -> None:
        assert calls_for_isolation(sql)

    @pytest.mark.parametrize(
        "sql",
        ["SELECT set_config('search_path', %s, true)", "SELECT set_config( 'app.tenant', '7', false )", "SELECT 1"],
    )
    def test_is_not_called_for_by_another_setting(self, sql: str) -> None:
        assert not calls_for_isolation(sql)

    @pytest.mark.parametrize(
        "sql",
        [
            "SET default_transaction_isolation = 'serializable'",
            "BEGIN ISOLATION /* high */ LEVEL SERIALIZABLE; UPDATE t SET a = 1",
            "BEGIN ISOLATION/* very /* high */ */--indeed\nLEVEL SERIALIZABLE; UPDATE t SET a = 1",
            "UPDATE pg_settings SET setting = %s WHERE name = %s",
            "DO $$ BEGIN PERFORM set_config('transaction_isolation', 'serializable', true); END $$",
        ],
    )
    def test_may_be_changed_by_a_statement(self, sql: str) -> None:
        assert may_change_isolation(sql)

    def test_is_no_column_of_that_name(self) -> None:
        assert not may_change_isolation('UPDATE "ward" SET "isolation" = %s, "level" = %s')


class KindsOfStatementTests:
    @pytest.mark.parametrize(
        "sql",
        [
            *("VACUUM t", "vacuum (full, analyze) t", "ANALYZE t", "CREATE INDEX CONCURRENTLY i ON t (a)"),
            *("create unique index i on t (a)", "DROP INDEX CONCURRENTLY i", "/* x */ REINDEX TABLE CONCURRENTLY t"),
        ],
    )
    def test_what_concerns_indexes_and_storage_changes_no_rows(self, sql: str) -> None:
        assert changes_no_rows(sql)

    @pytest.mark.parametrize("sql", ["CREATE TABLE t (a int)", "DROP TABLE t", "DELETE FROM t", "TRUNCATE t"])
    def test_other_statements_may_change_rows(self, sql: str) -> None:
        assert not changes_no_rows(sql)

    @pytest.mark.parametrize(
        "sql",
        [
            *("ALTER TABLE t DETACH PARTITION t_1 CONCURRENTLY", "CALL refresh('t')", "COMMIT PREPARED 'x'"),
            *("DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$", "CREATE DATABASE t", "drop subscription t"),
        ],
    )
    def test_some_take_no_transaction(self, sql: str) -> None:
        assert takes_no_transaction(sql)

    @pytest.mark.parametrize(
        "sql", ["ALTER TABLE t ADD a int", "UPDATE t SET a = 1", "DO $$ BEGIN DELETE FROM t; END $$"]
    )
    def test_most_take_one(self, sql: str) -> None:
        assert not takes_no_transaction(sql)


class TextOfTests:
    @pytest.mark.parametrize("sql", ["COMMIT", b"COMMIT", bytearray(b"COMMIT"), memoryview(b"COMMIT")])
    def test_reads_a_statement_in_every_form(self, sql: Any) -> None:
        assert text_of(sql, connection) == "COMMIT"
