from fnmatch import fnmatchcase

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from caching import CacheType, InvalidKey, InvalidTTL, UnknownCacheType
from caching.keys import (
    all_rows_tag,
    any_row_tag,
    cache_type,
    escape,
    is_of_few,
    key_tag,
    key_tags,
    kind_of,
    kind_tag,
    known_types,
    make_key,
    pattern_tag,
    positive_ttl,
    row_tag,
    type_tag,
    value_tag,
)


class CacheTypeTests:
    def test_is_known_by_its_name_once_declared(self) -> None:
        declared = CacheType("sample_of_keys", ttl=60, max_size=5)

        assert cache_type("sample_of_keys") is declared
        assert cache_type(declared) is declared
        assert str(declared) == "sample_of_keys"
        assert "sample_of_keys" in known_types()

    @pytest.mark.parametrize("name", ["", "with space", "a/b", "a:b", "1st"])
    def test_refuses_a_name_that_is_not_a_word(self, name: str) -> None:
        with pytest.raises(ValueError, match="cannot name a cache type; use a word such as 'employee'"):
            CacheType(name)

    @pytest.mark.parametrize("size", [0, -1])
    def test_refuses_a_size_below_one(self, size: int) -> None:
        with pytest.raises(ValueError, match=f"max_size of cache type 'nothing' is {size}; give at least 1 entry"):
            CacheType("nothing", max_size=size)
        assert "nothing" not in known_types()

    def test_refuses_a_time_to_live_that_is_none(self) -> None:
        with pytest.raises(InvalidTTL):
            CacheType("nothing", ttl=0)
        assert "nothing" not in known_types()

    def test_an_unknown_name_lists_the_known_ones(self) -> None:
        with pytest.raises(UnknownCacheType, match=r"Unknown cache type 'emploiee'\. Known types: employee, .*shift"):
            cache_type("emploiee")


class PositiveTTLTests:
    @pytest.mark.parametrize("ttl", [None, 1, 0.5, 10**6])
    def test_returns_what_it_was_given(self, ttl: float | None) -> None:
        assert positive_ttl(ttl) is ttl

    @pytest.mark.parametrize("ttl", [0, -1, True, "5", float("nan"), [1]])
    def test_refuses_anything_else(self, ttl: object) -> None:
        with pytest.raises(InvalidTTL, match=r"is not a time to live\. Give a positive number of seconds"):
            positive_ttl(ttl)  # type: ignore[arg-type]


class MakeKeyTests:
    def test_joins_kind_value_and_detail(self) -> None:
        assert make_key("hierarchy", 7, "full") == "hierarchy:7:full"

    def test_escapes_colons_and_wildcards_of_a_value(self) -> None:
        assert make_key("name", "a:b*c?[d]%") == "name:a%3Ab%2Ac%3F%5Bd]%25"
        assert make_key("name", "two\nlines") == "name:two%0Alines"

    def test_takes_a_text_as_it_is_and_not_as_it_spells_itself(self) -> None:
        secret = type("Secret", (str,), {"__str__": lambda self: "***"})
        assert [make_key("token", secret(text)) for text in "ab"] == ["token:a", "token:b"]

    @given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
    def test_different_values_never_share_a_key(self, one: list[str], other: list[str]) -> None:
        assume(one != other)
        assert make_key("kind", *one) != make_key("kind", *other)

    @given(st.text())
    def test_every_value_makes_a_key(self, value: str) -> None:
        assert kind_of(make_key("kind", value)) == "kind"

    @given(st.text())
    def test_an_escaped_value_has_no_separator_and_no_wildcard(self, value: str) -> None:
        assert not set(":*?[\n") & set(escape(value))


class KindOfTests:
    def test_is_what_stands_before_the_first_colon(self) -> None:
        assert kind_of("hierarchy:7:full") == "hierarchy"

    @pytest.mark.parametrize("key", ["", "email", ":x", "email:", ":", 5, None, b"email:x", ("email", "x")])
    def test_refuses_what_has_no_kind_or_no_value(self, key: object) -> None:
        with pytest.raises(InvalidKey) as caught:
            kind_of(key)  # type: ignore[arg-type]
        assert str(caught.value) == (
            f'{key!r} is not a cache key. A key is a string "kind:value" or "kind:value:detail", such as "id:5".'
        )


class KeyTagsTests:
    def test_are_type_kind_leading_segments_and_key(self) -> None:
        assert key_tags("department", "hierarchy:7:full") == (
            "department",
            "department/hierarchy",
            "department/hierarchy:7:*",
            "department/hierarchy:7:full",
        )

    def test_a_short_key_has_no_segment_between(self) -> None:
        assert key_tags("employee", "id:5") == ("employee", "employee/id", "employee/id:5")


class IsOfFewTests:
    def test_tells_the_tags_of_one_row_value_or_key(self) -> None:
        few = [row_tag("a.B", 1), value_tag("a.B", "c", "d"), key_tag("general", "answer:1")]
        many = [type_tag("general"), kind_tag("general", "answer"), all_rows_tag("a.B"), any_row_tag("a.B")]
        assert ([is_of_few(tag) for tag in few], [is_of_few(tag) for tag in many]) == ([True] * 3, [False] * 4)


class PatternTagTests:
    @pytest.mark.parametrize(
        ("pattern", "tag"),
        [
            ("email:*", "employee/email"),
            ("email:amy*", "employee/email"),
            ("hierarchy:7:*", "employee/hierarchy:7:*"),
            ("hierarchy:7:f*", "employee/hierarchy:7:*"),
            ("hierarchy:7*", "employee/hierarchy"),
            ("hierarchy:?:full", "employee/hierarchy"),
            ("hierarchy:[78]:full", "employee/hierarchy"),
            ("email:a%3A*", "employee/email"),
            ("*", "employee"),
            ("em*", "employee"),
            ("*:x", "employee"),
            ("email:x", "employee/email:x"),
        ],
    )
    def test_is_the_deepest_tag_that_covers_the_glob(self, pattern: str, tag: str) -> None:
        assert pattern_tag("employee", pattern) == tag

    @given(st.text("ab", min_size=1), st.text("ab:", min_size=1), st.data())
    def test_covers_every_key_that_the_glob_matches(self, kind: str, rest: str, data: st.DataObject) -> None:
        key = f"{kind}:{rest}"
        pattern = "".join(data.draw(st.sampled_from([char, char, "?", "*", f"[{char}]", "[!x]"])) for char in key)
        assert fnmatchcase(key, pattern)
        assert pattern_tag("employee", pattern) in key_tags("employee", key)

    @given(st.lists(st.text("ab:", min_size=1), min_size=2, max_size=4), st.data())
    def test_covers_a_key_whose_tail_is_replaced_by_a_star(self, parts: list[str], data: st.DataObject) -> None:
        key = make_key("kind", *parts)
        pattern = key[: data.draw(st.integers(0, len(key)))] + "*"
        assert pattern_tag("employee", pattern) in key_tags("employee", key)


class ModelTagTests:
    def test_tell_rows_values_and_models_apart(self) -> None:
        tags = [
            row_tag("app.Model", 5),
            value_tag("app.Model", "id", 5),
            value_tag("app.Model", "id", None),
            value_tag("app.Model", "id", "None"),
            all_rows_tag("app.Model"),
            any_row_tag("app.Model"),
        ]
        assert len(set(tags)) == len(tags)
