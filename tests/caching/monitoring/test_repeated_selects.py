"""What to cache next: which SELECT statements are noted, and that no value is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.monitoring.repeated_selects import (
    HIDDEN,
    MAX_CHARACTERS,
    MAX_SHAPES,
    MAX_TEXTS,
    RepeatedSelects,
    add_up,
    is_loading,
    not_noted,
    shape_of,
)


def run(seen: RepeatedSelects, text: str, times: int = 1) -> None:
    for _ in range(times):
        seen.note(text, 1000)


class ShapeOfTests:
    @pytest.mark.parametrize(
        ("text", "shape"),
        [
            (
                'SELECT "a"."id" FROM "a" WHERE "a"."id" = %s LIMIT 21',
                'SELECT "a"."id" FROM "a" WHERE "a"."id" = ? LIMIT ?',
            ),
            ("SELECT 1 FROM t1 WHERE id IN (%s, %s, %s)", "SELECT ? FROM t1 WHERE id IN (?, …)"),
            (
                "SELECT a FROM t WHERE b = 'amy''s' AND c = E'x' AND d=%(d)s",
                "SELECT a FROM t WHERE b = ?? AND c = ? AND d=?",
            ),
            ("SELECT a FROM t /* by amy */ WHERE b -- amy\n = $1", "SELECT a FROM t WHERE b = ?"),
            ("SELECT a FROM t WHERE b LIKE %s ESCAPE '\\'", "SELECT a FROM t WHERE b LIKE ? ESCAPE ?"),
            ('SELECT "T3"."a" FROM "t" "T3" WHERE 0.5 < -1', 'SELECT "T3"."a" FROM "t" "T3" WHERE ? < ?'),
            ('SELECT "a" #> %s FROM "t"', 'SELECT "a" #> ? FROM "t"'),
            ("SELECT a FROM (VALUES (%s, %s), (%s, %s)) v", "SELECT a FROM (VALUES (?, …), …) v"),
            (r"SELECT a FROM t WHERE b = 'amy\' OR 1'", HIDDEN),
            ("SELECT a FROM t WHERE b = $$amy$$", HIDDEN),
            ("SELECT a FROM t WHERE b = 'amy", HIDDEN),
        ],
    )
    def test_has_names_and_no_values(self, text: str, shape: str) -> None:
        assert shape_of(text) == shape

    def test_double_quotes_are_literals_in_mysql(self) -> None:
        assert shape_of('SELECT `a` FROM `t` WHERE `a` = "amy"', "mysql") == "SELECT `a` FROM `t` WHERE `a` = ?"

    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
    def test_no_literal_is_ever_in_it(self, value: str) -> None:
        literal = "'Q7Z" + value.replace("'", "''") + "Q7Z'"
        assert "Q7Z" not in shape_of(f'SELECT "a" FROM "t" WHERE "a" = {literal} AND "b" = {literal}')

    def test_a_literal_that_is_cut_shows_nothing(self) -> None:
        assert shape_of("SELECT a FROM t WHERE b = '" + "amy" * MAX_CHARACTERS + "'") == HIDDEN


class NoteTests:
    def test_counts_what_is_repeated_by_shape(self) -> None:
        seen = RepeatedSelects()
        run(seen, "SELECT a FROM t WHERE b IN (%s)", 2)
        run(seen, "SELECT a FROM t WHERE b IN (%s, %s)")
        run(seen, "SELECT once FROM t")
        found = seen.longest(10)
        assert {shape: count for shape, (count, _) in found.items()} == {"SELECT a FROM t WHERE b IN (?)": 2}

    def test_other_statements_and_its_own_tables_are_left_out(self) -> None:
        seen = RepeatedSelects()
        for text in ("SAVEPOINT a", "PRAGMA b", 'SELECT * FROM "caching_cachesample"', "SHOW c"):
            run(seen, text, 3)
        assert seen.longest(10) == {}

    def test_memory_is_bounded_and_keeps_what_took_most_time(self) -> None:
        seen = RepeatedSelects()
        run(seen, "SELECT slow FROM t", 2)
        seen._by_text["SELECT slow FROM t"].nanoseconds += 10**9
        for number in range(3 * MAX_TEXTS):
            run(seen, f"SELECT a{number} FROM t", 1)
        assert len(seen._shapes) <= MAX_SHAPES
        assert len(seen._by_text) <= MAX_TEXTS
        assert "SELECT slow FROM t" in seen.longest(1)

    def test_a_text_that_is_too_long_is_counted_and_not_remembered(self) -> None:
        seen = RepeatedSelects()
        run(seen, f"SELECT a FROM t WHERE b IN ({', '.join(['%s'] * 3000)})", 2)
        ((shape, (count, _)),) = seen.longest(1).items()
        assert (shape, count) == ("SELECT a FROM t WHERE b IN ( …", 2)
        assert seen._by_text == {}


class NotNotedTests:
    def test_says_that_nothing_is_to_be_noted(self) -> None:
        with not_noted():
            assert is_loading.get()
        assert not is_loading.get()


class AddUpTests:
    def test_adds_processes_up_and_sorts_by_time(self) -> None:
        first, second = add_up([{"a": (2, 10**9), "b": (5, 2 * 10**9)}, {"a": (3, 2 * 10**9)}, {}], 2)
        assert (first.text, first.count, first.seconds) == ("a", 5, 3.0)
        assert second.text == "b"
