import datetime

import pytest

from scheduling.imports.engine.problems import Problem, did_you_mean, listed, nearest, shown


class ProblemTests:
    def test_its_sentence_has_the_number_of_the_row(self) -> None:
        assert Problem(row=7, column="date", value="soon", reason="Write a date.").sentence == "Row 7: Write a date."

    def test_is_a_validation_error_for_django_import_export(self) -> None:
        assert Problem(row=7, column="", value="", reason="Wrong.").as_error().messages == ["Wrong."]


class NearestTests:
    def test_ignores_case(self) -> None:
        assert nearest("NIGTH SHIFT", ["Early", "Night shift"]) == "Night shift"

    def test_is_none_if_no_name_is_similar(self) -> None:
        assert nearest("Juggling", ["Early", "Night shift"]) is None

    def test_addresses_of_one_company_are_not_similar_for_their_domain_alone(self) -> None:
        assert nearest("eve@example.com", ["robert@example.com"]) is None
        assert nearest("ami@example.com", ["amy@example.com"]) == "amy@example.com"

    def test_is_offered_as_a_question_or_not_at_all(self) -> None:
        assert did_you_mean("KITT", ["KIT"]) == " Did you mean 'KIT'?"
        assert did_you_mean("KITT", []) == ""


class ShownTests:
    def test_a_cell_is_what_the_spreadsheet_shows(self) -> None:
        assert shown(102.0) == "102"
        assert shown(datetime.timedelta(hours=30)) == "30:00"

    def test_is_on_one_line_and_not_too_long(self) -> None:
        assert shown("a\n b\t c") == "a b c"
        assert shown("x" * 61) == "x" * 59 + "…"
        assert shown(None) == "None"


class ListedTests:
    @pytest.mark.parametrize(
        ("names", "text"),
        [
            ([], ""),
            (["a"], "'a'"),
            (["a", "b"], "'a' and 'b'"),
            (["a", "b", "c"], "'a', 'b' and 'c'"),
        ],
    )
    def test_reads_as_part_of_a_sentence(self, names: list[str], text: str) -> None:
        assert listed(names) == text

    def test_counts_the_names_beyond_the_limit(self) -> None:
        assert listed("abcd", limit=2) == "'a', 'b' and 2 more"

    def test_takes_another_conjunction(self) -> None:
        assert listed("ab", "or") == "'a' or 'b'"
