"""What a file of rules says of when they apply is read, or the rule is refused."""

import datetime
from typing import Any

import pytest
from tablib import Dataset

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.rule_limits import is_header_of_limit, is_limit
from scheduling.imports.kinds.rules import RuleResource
from scheduling.models import Rule
from tests.factories import EmployeeFactory, RuleFactory

pytestmark = pytest.mark.django_db
CHRISTMAS = (None, datetime.date(2026, 12, 24), datetime.date(2026, 12, 26))
WEEKDAYS_AND_TIMES = ({"weekdays": ["mon"], "start": "08:00", "end": "12:00"}, None, None)


def imported(chosen: dict[str, str] | None = None, **row: Any) -> ImportResult:
    row = {"name": "N", "kind": "restriction", "scope": "employee", "employee": "ben@example.com", **row}
    EmployeeFactory(email="ben@example.com")
    return RuleResource(chosen=chosen).import_data(Dataset([*row.values()], headers=[*row]))


class HeadersTests:
    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ("start_date", "end_date"),
            ("from", "to"),
            ("gültig von", "gültig bis"),
            ("Gültig ab", "Gültig bis"),
            ("Startdatum", "Enddatum"),
            ("Von", "Bis"),
            ("date from", "date to"),
        ],
    )
    def test_dates_are_read_under_any_usual_header(self, first: str, last: str) -> None:
        result = imported(**{first: "24.12.2026", last: "26.12.2026"})
        assert result.problems == []
        assert Rule.objects.values_list("effective_from", "effective_until").get() == CHRISTMAS[1:]

    @pytest.mark.parametrize(
        "headers",
        [
            ("Weekdays", "From", "Until"),
            ("days", "start_time", "end_time"),
            ("Wochentage", "Beginn", "Ende"),
            ("Wochentag", "Uhrzeit von", "Uhrzeit bis"),
            ("weekday", "time from", "time to"),
        ],
    )
    def test_windows_are_read_under_any_usual_header(self, headers: tuple[str, str, str]) -> None:
        result = imported(**dict(zip(headers, ("Mon", "8:00", "12:00"), strict=True)))
        assert result.problems == []
        assert Rule.objects.get().parameters == WEEKDAYS_AND_TIMES[0]


class RefuseIgnoredLimitsTests:
    @pytest.mark.parametrize(
        ("header", "cell"),
        [
            ("Zeitraum", "Christmas"),
            ("foo", "24.12.2026"),
            ("foo", "24.12.-26.12."),
            ("foo", "Mo-Fr"),
            ("foo", "8-12 Uhr"),
            ("foo", datetime.time(8)),
            ("Mo", "x"),
        ],
    )
    @pytest.mark.parametrize("kind", ["restriction", "availability"])
    def test_a_limit_that_is_not_read_refuses_the_rule(self, kind: str, header: str, cell: Any) -> None:
        result = imported(kind=kind, weekdays="Tue", **{header: cell})
        ((row, column, value, reason),) = [(one.row, one.column, one.value, one.reason) for one in result.problems]
        assert (row, column, value) == (2, header, str(cell))
        assert reason.startswith("This may say when the rule applies, but the column is not known.")

    @pytest.mark.parametrize(
        ("header", "cell"), [("Zeitraum", ""), ("foo", "bar"), ("Id", 17), ("Error", "Write a time such as 09:00.")]
    )
    def test_what_limits_nothing_is_ignored(self, header: str, cell: Any) -> None:
        assert imported(**{header: cell}).new == 1

    def test_a_second_column_of_one_meaning_is_not_lost(self) -> None:
        result = imported(effective_from="", valid_from="24.12.2026")
        assert [(one.column, one.value) for one in result.problems] == [("valid_from", "24.12.2026")]

    def test_a_second_column_with_the_same_value_is_not_missed(self) -> None:
        assert imported(effective_from="24.12.2026", valid_from="24.12.2026").new == 1

    def test_other_kinds_have_no_such_limits(self) -> None:
        row = {"kind": "workload", "max_hours_per_week": "38", "Zeitraum": "immer"}
        assert imported(**row).new == 1

    def test_who_leaves_a_column_out_means_it(self) -> None:
        assert imported(chosen={"foo": ""}, foo="24.12.2026").new == 1

    def test_a_rule_that_changes_is_refused_too(self) -> None:
        RuleFactory(name="Away", kind="restriction", parameters={})
        table = Dataset(["Away", "9", "24.12.2026"], headers=["name", "priority", "foo"])
        assert [one.column for one in RuleResource().import_data(table).problems] == ["foo"]


class WordsTests:
    @pytest.mark.parametrize(
        "header", ["Zeitraum", "Valid dates", "Uhrzeit", "Datum", "Arbeitstage", "Montag", "Mo", "on Monday", "period"]
    )
    def test_headers_that_sound_like_limits(self, header: str) -> None:
        assert is_header_of_limit(header)

    @pytest.mark.parametrize("header", ["Id", "so far", "Vertrag", "Cost centre", "Ansprechpartner", "Betrag"])
    def test_headers_that_do_not(self, header: str) -> None:
        assert not is_header_of_limit(header)

    @pytest.mark.parametrize(
        "cell", ["since 8:00", "24.12.", "12/24/26", "9am", "Monday", "24. Dezember 2026", "December"]
    )
    def test_cells_with_a_limit(self, cell: str) -> None:
        assert is_limit(cell)

    @pytest.mark.parametrize("cell", ["17", 17, 0.5, True, "Version 2.4", "A-12", "https://example.com/1"])
    def test_cells_without(self, cell: Any) -> None:
        assert not is_limit(cell)
