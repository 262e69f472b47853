from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.imports.engine.headers import KnownHeaders, map_headers, normalise, require
from scheduling.imports.engine.problems import FileError
from scheduling.imports.kinds import KINDS
from scheduling.imports.kinds.assignments import ASSIGNMENTS
from scheduling.imports.kinds.employees import EMPLOYEES


class NormaliseTests:
    @pytest.mark.parametrize(
        ("header", "name"),
        [
            ("Email", "email"),
            ("\ufeffEmail", "email"),
            ("E-Mail *", "e_mail"),
            ("# Employee\xa0ID", "employee_id"),
            ("  First   name ", "first_name"),
            ("Break (Mins)", "break_mins"),
            ("__x__", "x"),
            ("Straße", "strasse"),
            (None, ""),
            (7, "7"),
        ],
    )
    def test_spells_a_header_as_the_alias_tables_do(self, header: object, name: str) -> None:
        assert normalise(header) == name

    @given(st.text())
    def test_is_stable(self, header: str) -> None:
        once = normalise(header)
        assert normalise(once) == once
        assert once == once.strip("_")


class MapHeadersTests:
    def test_maps_names_of_other_products(self) -> None:
        headers = ["First name", "Last name", "Email address", "Employee ID", "Positions", "Base hourly rate"]
        mapped = map_headers(headers, EMPLOYEES.aliases, "employees")
        assert mapped.columns == {
            "first_name": 0,
            "last_name": 1,
            "email": 2,
            "employee_number": 3,
            "role": 4,
            "hourly_rate": 5,
        }
        assert mapped.unknown == ()

    def test_names_unknown_and_missing_columns(self) -> None:
        mapped = map_headers(["Email", "Shoe  size", "Shift", "Datum"], ASSIGNMENTS.aliases, "assignments")
        assert mapped.unknown == ("Shoe size",)
        assert mapped.missing[-5:] == ("department_code", "location", "status", "priority", "notes")
        assert mapped.spelled["shift_name"] == "Shift"

    def test_our_own_name_wins_over_an_alias(self) -> None:
        mapped = map_headers(["login", "employee_email"], ASSIGNMENTS.aliases, "assignments")
        assert mapped.columns == {"employee_email": 1}
        assert mapped.unknown == ()
        assert mapped.unneeded == {0: "employee_email"}

    def test_two_names_of_one_column_are_refused(self) -> None:
        with pytest.raises(FileError, match="The columns 'Login' and 'Work email' both mean 'employee_email'"):
            map_headers(["Login", "Work email"], ASSIGNMENTS.aliases, "assignments")

    def test_a_column_that_is_chosen_to_be_left_out_is_no_other_spelling(self) -> None:
        chosen = {"Login": "", "Mail": "employee_email"}
        mapped = map_headers(["Login", "Mail", "Day"], ASSIGNMENTS.aliases, "assignments", chosen=chosen)
        assert mapped.columns == {"employee_email": 1, "date": 2}
        assert (mapped.left_out, mapped.unknown, mapped.unneeded) == (("Login",), (), {})

    def test_leaving_out_settles_two_names_of_one_column(self) -> None:
        mapped = map_headers(["Login", "Work email"], ASSIGNMENTS.aliases, "assignments", chosen={"Login": ""})
        assert mapped.columns == {"employee_email": 1}

    @pytest.mark.parametrize("kind", KINDS)
    def test_no_alias_has_two_meanings(self, kind: str) -> None:
        names = [name for column, others in KINDS[kind].kind.aliases.items() for name in (column, *others)]
        assert len(names) == len(set(names))
        assert names == [normalise(name) for name in names]

    @given(st.lists(st.sampled_from(["Email", "Shift", "Date", "Status", "Huh"]), unique=True))
    def test_order_and_extra_columns_do_not_matter(self, headers: list[str]) -> None:
        mapped = map_headers(headers, ASSIGNMENTS.aliases, "assignments")
        assert {headers[at] for at in mapped.columns.values()} == set(headers) - {"Huh"}


class Unasked(Mapping[str, tuple[str, ...]]):
    """Words that nobody may ask for."""

    def __getitem__(self, column: str) -> tuple[str, ...]:
        raise AssertionError(column)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


class WordsTests:
    """The words of other languages: to gather them loads the catalogues of translations."""

    def test_are_not_asked_for_where_all_headers_are_ours(self) -> None:
        headers = ["Email", "", "Shift", "Date"]
        assert len(map_headers(headers, ASSIGNMENTS.aliases, "assignments", Unasked()).columns) == 3
        known = replace(ASSIGNMENTS.known_headers, words=Unasked())
        assert known.is_header(headers)
        assert known.and_chosen({"Who": "employee_email"}).columns(["Who", None]) == {"employee_email"}

    def test_are_asked_for_what_is_left(self) -> None:
        mapped = map_headers(["Email", "Schicht", "Datum"], ASSIGNMENTS.aliases, "assignments", ASSIGNMENTS.words)
        assert mapped.columns == {"employee_email": 0, "shift_name": 1, "date": 2}
        assert ASSIGNMENTS.known_headers.column("Schicht") == "shift_name"

    def test_count_where_no_other_name_does(self) -> None:
        known = KnownHeaders({"tag": "label"}, frozenset(), {"date": ("tag", "datum")})
        assert [known.column(header) for header in ("Tag", "Datum", "Jahr", "")] == ["label", "date", "", ""]


class RequireTests:
    def test_a_missing_column_is_one_sentence_with_its_other_names(self) -> None:
        mapped = map_headers(["Email", "Dat"], ASSIGNMENTS.aliases, "assignments")
        with pytest.raises(FileError) as raised:
            require(mapped, ["employee_email", "date"], ASSIGNMENTS.aliases, "assignments")
        assert str(raised.value) == (
            "The column 'date' (also called 'start_date', 'shift_date', 'work_date' or 'datum') is missing. "
            "Rename 'Dat' if that is it."
        )

    def test_a_file_of_another_kind_is_one_sentence(self) -> None:
        mapped = map_headers(["isbn", "price"], ASSIGNMENTS.aliases, "assignments")
        with pytest.raises(FileError) as raised:
            require(mapped, ["employee_email", "date"], ASSIGNMENTS.aliases, "assignments")
        assert str(raised.value) == (
            "This does not look like a file of assignments: none of its columns (isbn, price) is known. "
            "Needed: 'employee_email' and 'date'."
        )
