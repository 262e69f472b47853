import datetime
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from tablib import Dataset

from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.rules import RuleResource
from scheduling.models import Rule
from tests.factories import DepartmentFactory, EmployeeFactory, RuleFactory, ShiftFactory, SkillFactory

pytestmark = pytest.mark.django_db


def imported(*rows: dict[str, Any]) -> ImportResult:
    headers = list(dict.fromkeys(name for row in rows for name in row))
    table = Dataset(*[[row.get(name, "") for name in headers] for row in rows], headers=headers)
    return RuleResource().import_data(table)


def reasons(result: ImportResult) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.reason) for problem in result.problems]


class ImportTests:
    def test_creates_rules_of_every_kind_of_parameter(self) -> None:
        DepartmentFactory(code="KIT")
        EmployeeFactory(email="amy@example.com")
        SkillFactory(name="Beer, wine")
        ShiftFactory(name="Night")

        result = imported(
            {"name": "Rest", "kind": "rest_period", "min_hours": "11"},
            {"name": "Office", "kind": "availability", "weekdays": "Monday, tue", "start": "8:00", "end": "6 pm"},
            {
                "name": "Bar",
                "kind": "qualification",
                "scope": "department",
                "department": "KIT",
                "skills": '"Beer, wine"',
                "shifts": "Night",
                "strict": "yes",
            },
            {
                "name": "Amy",
                "kind": "workload",
                "scope": "employee",
                "email": "Amy@Example.com",
                "max_hours_per_week": "38.5",
            },
        )

        assert reasons(result) == []
        assert result.new == 4
        assert {rule.name: rule.parameters for rule in Rule.objects.all()} == {
            "Rest": {"min_hours": 11},
            "Office": {"weekdays": ["mon", "tue"], "start": "08:00", "end": "18:00"},
            "Bar": {"skills": ["Beer, wine"], "shifts": ["Night"]},
            "Amy": {"max_hours_per_week": 38.5},
        }
        for rule in Rule.objects.all():
            rule.full_clean()

    def test_changes_what_the_file_has_and_keeps_the_rest(self) -> None:
        RuleFactory(
            name="Office", kind="availability", parameters={"weekdays": ["mon"], "start": "08:00", "end": "18:00"}
        )
        RuleFactory(name="Rest")

        result = imported({"name": "Office", "weekdays": "tue"}, {"name": "Rest"})

        assert (result.updated, result.unchanged) == (1, 1)
        assert Rule.objects.get(name="Office").parameters == {"weekdays": ["tue"], "start": "08:00", "end": "18:00"}

    def test_an_empty_cell_takes_a_parameter_away(self) -> None:
        RuleFactory(name="Load", kind="workload", parameters={"max_hours_per_day": 10, "max_shifts_per_week": 5})

        imported({"name": "Load", "max_hours_per_day": ""})

        assert Rule.objects.get().parameters == {"max_shifts_per_week": 5}

    @pytest.mark.parametrize(
        ("row", "column", "sentence"),
        [
            (
                {"kind": "rest_period", "min_hours": "99"},
                "min_hours",
                "“minimum hours of rest” must be a number from 0 to 72.",
            ),
            (
                {"kind": "rest_period", "max_days": "6"},
                "max_days",
                "“maximum days in a row” is not a parameter of this",
            ),
            ({"kind": "rest_period"}, "", "“minimum hours of rest” is required."),
            ({"kind": "qualification", "skills": "Juggling"}, "skills", "No skill has the name 'Juggling'."),
            (
                {"kind": "restriction", "scope": "department"},
                "department_code",
                "Choose which one the rule applies to.",
            ),
            ({"kind": "availability", "weekdays": "Mox"}, "weekdays", "Write 'Monday', 'Tuesday'"),
        ],
    )
    def test_refuses_in_the_words_of_the_model(self, row: dict[str, Any], column: str, sentence: str) -> None:
        told = reasons(imported({"name": "Of the test", **row}))

        assert told[0][:2] == (2, column)
        assert told[0][2].startswith(sentence)

    def test_new_ones_need_a_kind(self) -> None:
        result = imported({"name": "Rest", "min_hours": "11"})

        assert result.sentences == ["The file has new rules (1), but lacks the columns that new ones need: 'kind'."]

    def test_costs_the_same_for_many(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        SkillFactory(name="First aid")
        RuleFactory(name="Rule 0", kind="qualification", parameters={"skills": ["First aid"], "shifts": ["Gone"]})
        rows = [{"name": f"Rule {n}", "kind": "qualification", "skills": "First aid", "shifts": ""} for n in range(40)]

        # PostgreSQL is asked for the lock of imports; SQLite has one writer anyway.
        with django_assert_max_num_queries(14 if connection.vendor == "postgresql" else 13):
            assert imported(*rows).new == 39


class WindowTests:
    def test_a_window_ends_at_midnight(self) -> None:
        row = {"name": "Evenings", "kind": "availability", "weekdays": "Mon-Fri", "start": "14:00", "end": "24:00"}
        assert imported(row).new == 1
        window = {"weekdays": ["mon", "tue", "wed", "thu", "fri"], "start": "14:00", "end": "00:00"}
        assert Rule.objects.get().parameters == window

    @pytest.mark.parametrize("end", ["24:00", datetime.timedelta(days=1)])
    def test_a_window_of_a_whole_day_is_none(self, end: Any) -> None:
        row = {"name": "Saturdays", "kind": "availability", "weekdays": "Sat", "start": "00:00", "end": end}
        assert imported(row).problems == []
        assert Rule.objects.get().parameters == {"weekdays": ["sat"]}

    def test_the_end_of_a_day_makes_a_stored_window_a_whole_day(self) -> None:
        RuleFactory(name="Sat", kind="availability", parameters={"weekdays": ["sat"], "start": "00:00", "end": "08:00"})
        assert imported({"name": "Sat", "end": "24:00"}).updated == 1
        assert Rule.objects.get().parameters == {"weekdays": ["sat"]}

    def test_a_window_without_a_length_is_refused(self) -> None:
        row = {"name": "Nights", "kind": "availability", "start": "00:00", "end": "00:00"}
        assert reasons(imported(row)) == [(2, "start", "“from” and “until” cannot be the same.")]

    def test_seconds_are_not_cut_off(self) -> None:
        row = {"name": "Days", "kind": "availability", "start": "08:00:45", "end": "16:00:00"}
        assert reasons(imported(row)) == [(2, "start", "Write a time without seconds, such as 08:00.")]


class BlamedColumnTests:
    def test_is_the_first_day_if_the_file_has_no_last_one(self) -> None:
        RuleFactory(name="Away", effective_until="2026-12-24")
        result = imported({"name": "Away", "effective_from": "25.12.2026"})
        assert [(one.column, one.value) for one in result.problems] == [("effective_from", "25.12.2026")]

    def test_is_the_scope_if_the_file_has_no_employee(self) -> None:
        RuleFactory(name="Away", scope="employee", employee=EmployeeFactory())
        result = imported({"name": "Away", "scope": "global"})
        assert [(one.column, one.value) for one in result.problems] == [("scope", "global")]
        assert "'employee_email'" in result.problems[0].reason

    def test_is_the_end_of_a_window_if_the_file_has_no_start(self) -> None:
        RuleFactory(name="Days", kind="availability", parameters={"start": "08:00", "end": "16:00"})
        result = imported({"name": "Days", "end": "8:00"})
        assert [(one.column, one.value) for one in result.problems] == [("end", "8:00")]


class ScopeTests:
    @pytest.mark.parametrize("cell", ["ein Mitarbeiter", "Mitarbeiter", "Mitarbeiterin", "an employee", "eine Person"])
    def test_an_employee_is_understood_in_other_words(self, cell: str) -> None:
        amy = EmployeeFactory(email="amy@example.com")
        row = {"name": "Amy", "kind": "restriction", "scope": cell, "employee": "amy@example.com"}
        assert imported(row).problems == []
        assert Rule.objects.get().employee == amy

    def test_others_are_refused_with_the_nearest(self) -> None:
        told = reasons(imported({"name": "Amy", "kind": "restriction", "scope": "an employer"}))
        assert told[0][2].endswith("Did you mean 'an employee'?")
