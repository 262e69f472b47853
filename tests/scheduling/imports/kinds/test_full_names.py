import pytest

from scheduling.imports.engine.headers import Headers
from scheduling.imports.kinds.full_names import contradiction, names_last, parts_of, split_name


class PartsTests:
    @pytest.mark.parametrize(
        ("name", "pair"), [("Amy Reed", ("Amy", "Reed")), ("Reed,Amy", ("Amy", "Reed")), ("x", ("", "x"))]
    )
    def test_of_a_full_name_alone(self, name: str, pair: tuple[str, str]) -> None:
        assert split_name(name) == pair
        assert parts_of(name, None, "", is_last=False) == pair

    @pytest.mark.parametrize(
        ("name", "first", "last", "pair"),
        [
            ("Ben Cole", "Ben", "", ("Ben", "Cole")),
            ("Cole, Ben", "ben", "", ("ben", "Cole")),
            ("Cole Ben", "Ben", "", ("Ben", "Cole")),
            ("Ben Cole", "", "Cole", ("Ben", "Cole")),
            ("Heide, Anna Maria", None, "Heide", ("Anna Maria", "Heide")),
            ("Heide", "Anna", None, ("Anna", "Heide")),
            ("Anna", None, "Heide", ("Anna", "Heide")),
            ("van der Heide, Anna", "Anna", "van der Heide", ("Anna", "van der Heide")),
            ("", "Anna", "Heide", ("Anna", "Heide")),
            (None, "Anna", "", ("Anna", "")),
        ],
    )
    def test_of_names_that_fit(
        self, name: str | None, first: str | None, last: str | None, pair: tuple[str, str]
    ) -> None:
        assert parts_of(name, first, last, is_last=False) == pair

    @pytest.mark.parametrize(
        ("name", "first", "last"),
        [
            ("Ben Cole", "Benjamin", ""),
            ("Ben Cole", "", "Coleman"),
            ("Anna Maria", "", "Heide"),
            ("van der Heide", "Anna", ""),
            ("Cia Dorn", "Ben", "Cole"),
            ("Ben", "Ben", ""),
        ],
    )
    def test_of_names_that_may_not_fit_are_nothing(self, name: str, first: str, last: str) -> None:
        assert parts_of(name, first, last, is_last=False) is None

    @pytest.mark.parametrize(("name", "first"), [("van der Heide", "Anna"), ("Heide", "Anna"), ("Cole Reed", "Ben")])
    def test_beside_vorname_a_name_is_the_last_name(self, name: str, first: str) -> None:
        assert parts_of(name, first, "", is_last=True) == (first, name)
        assert parts_of(f"{first} {name}", first, "", is_last=True) == (first, name)


class HeaderTests:
    @pytest.mark.parametrize(("spelled", "is_last"), [("Vorname", True), ("VORNAME *", True), ("first_name", False)])
    def test_say_whether_a_name_is_the_last_name(self, spelled: str, is_last: bool) -> None:
        headers = Headers(columns={}, spelled={"first_name": spelled}, unknown=(), missing=())
        assert names_last(headers) == is_last


class SentenceTests:
    def test_names_both(self) -> None:
        assert contradiction("Cia Dorn", "Ben", None) == (
            "The full name 'Cia Dorn' does not fit 'Ben' in this row. Write a first and a last name, each in a column "
            "of its own."
        )
