import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine.spelling import by_folded, folded, several_spellings


class FoldedTests:
    @pytest.mark.parametrize("spelling", ["Früh", "FRÜH", " früh ", "Fru\u0308h"])
    def test_is_the_same_for_all_spellings(self, spelling: str) -> None:
        assert folded(spelling) == "früh"

    @given(st.text(max_size=20))
    def test_does_not_change_what_is_folded(self, text: str) -> None:
        assert folded(unicodedata.normalize("NFD", text)) == folded(text)
        assert folded(f" {text}  ") == folded(text)

    def test_different_names_stay_different(self) -> None:
        assert folded("Night 1") != folded("Night 2")
        assert by_folded(["Late", "LATE", "Night"]) == {"late": ["Late", "LATE"], "night": ["Night"]}


def test_several_spellings_are_named() -> None:
    assert several_spellings(["late", "LATE"]) == "This may be 'LATE' or 'late'. Write it as it is stored."
