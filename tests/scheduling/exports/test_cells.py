import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.exports.cells import escape, is_formula, unescape


class EscapeTests:
    @pytest.mark.parametrize(
        ("text", "escaped"),
        [
            ("=1+1", "'=1+1"),
            ("+49-30-12", "'+49-30-12"),
            ("-1+1|cmd", "'-1+1|cmd"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\rx", "'\rx"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
        ],
    )
    def test_puts_an_apostrophe_before_a_formula(self, text: str, escaped: str) -> None:
        assert is_formula(text)
        assert escape(text) == escaped

    @pytest.mark.parametrize(
        ("text", "escaped"), [("a;=1", "a;'=1"), ("- bread\n- milk", "'- bread\n'- milk"), ("a\t=1", "a\t'=1")]
    )
    def test_and_where_another_locale_begins_a_cell(self, text: str, escaped: str) -> None:
        assert escape(text) == escaped

    @pytest.mark.parametrize("text", ["'00102", "''0170 1234-5"])
    def test_and_before_what_looks_like_a_marked_number(self, text: str) -> None:
        assert not is_formula(text)
        assert escape(text) == f"'{text}"
        assert unescape(text) == text[1:]

    @pytest.mark.parametrize(
        "text", ["", "00102", "'90s", "'1\n", "Amy", "O'Brien", "amy@example.com", "a - b", "1=1", "one\n\ntwo", "'tis"]
    )
    def test_leaves_anything_else_alone(self, text: str) -> None:
        assert not is_formula(text)
        assert escape(text) == unescape(text) == text

    @given(st.text(alphabet="'=+-@＠\t\r\n ;,a0") | st.text())
    def test_is_undone_exactly(self, text: str) -> None:
        assert unescape(escape(text)) == text
