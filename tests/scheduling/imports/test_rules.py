import datetime
from typing import Any

import pytest
import tablib
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.imports.results import ImportResult
from scheduling.imports.rules import RuleResource, parameters
from scheduling.models import Rule
from tests.factories import DepartmentFactory, EmployeeFactory, RuleFactory, ShiftTypeFactory, SkillFactory


def run(*rows: list[Any], headers: list[str], **options: Any) -> ImportResult:
    return RuleResource().import_data(tablib.Dataset(*rows, headers=headers), **options)


def told(result: ImportResult) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.reason) for problem in result.problems]


class ParametersTests:
    @pytest.mark.parametrize(
        ("cell", "read"),
        [
            ("min_hours=11", {"min_hours": 11}),
            ("max_hours_per_week = 38.5 ;", {"max_hours_per_week": 38.5}),
            (
                "weekdays=mon, tue; start=08:00; end=18:00",
                {"weekdays": ["mon", "tue"], "start": "08:00", "end": "18:00"},
            ),
            ("skills=First aid", {"skills": ["First aid"]}),
            ('{"max_days": 6}', {"max_days": 6}),
            ("[6]", [6]),
        ],
    )
    def test_are_read(self, cell: str, read: Any) -> None:
        assert parameters(cell) == read

    @pytest.mark.parametrize(("cell", "reason"), [("six days", "Write names and values"), ("{6", "This is no JSON")])
    def test_are_refused_with_a_sentence(self, cell: str, reason: str) -> None:
        with pytest.raises(ValueError, match=reason):
            parameters(cell)


@pytest.mark.django_db
class RuleResourceTests:
    HEADERS = ["Rule", "kind", "parameters", "department", "employee"]

    def test_a_row_applies_to_whom_it_names(self) -> None:
        kitchen = DepartmentFactory(name="Kitchen", code="KIT")
        amy = EmployeeFactory(email="amy@example.com")
        result = run(
            ["Rest", "rest period", "min_hours=11", "", ""],
            ["Days", "consecutive_days", "max_days=6", "Kitchen", ""],
            ["Leave", "restriction", "", "", "Amy@example.com"],
            headers=self.HEADERS,
        )
        assert (told(result), result.new) == ([], 3)
        rest, days, leave = (Rule.objects.get(name=name) for name in ("Rest", "Days", "Leave"))
        assert (rest.scope, rest.kind, rest.parameters, rest.strict) == (
            "global",
            "rest_period",
            {"min_hours": 11},
            False,
        )
        assert (days.scope, days.department) == ("department", kitchen)
        assert (leave.scope, leave.employee, leave.parameters) == ("employee", amy, {})

    def test_the_same_file_again_changes_nothing(self) -> None:
        row = ["Rest", "rest_period", "min_hours=11", "", ""]
        run(row, headers=self.HEADERS)
        assert run(row, headers=self.HEADERS).unchanged == 1

    def test_a_changed_row_is_updated_in_its_columns_alone(self) -> None:
        amy = EmployeeFactory()
        RuleFactory(name="Rest", employee=amy, priority=7, strict=True)
        result = run(["Rest", "min_hours=9", "2026-12-01"], headers=["name", "parameters", "effective_from"])
        assert (told(result), result.updated) == ([], 1)
        rule = Rule.objects.get()
        assert (rule.parameters, rule.effective_from) == ({"min_hours": 9}, datetime.date(2026, 12, 1))
        assert (rule.employee, rule.scope, rule.priority, rule.strict) == (amy, "employee", 7, True)

    def test_everything_that_is_wrong_is_told_at_once(self) -> None:
        SkillFactory(name="First aid")
        ShiftTypeFactory(name="Night shift")
        RuleFactory(name="Stored")
        result = run(
            ["A", "rest_period", "hours=11", "global", "2026-12-01", "2026-12-02"],
            ["B", "sleep", "", "", "", ""],
            ["C", "qualification", "skills=First aid, Juggling; shift_types=Night shift", "", "", ""],
            ["D", "restriction", "", "employee", "", ""],
            ["E", "restriction", "", "planet", "", ""],
            ["F", "restriction", "", "", "2026-12-02", "2026-12-01"],
            ["Stored", "consecutive_days", "max_days=0", "", "", ""],
            headers=["name", "kind", "parameters", "scope", "from", "until"],
        )
        problems = told(result)
        assert [row for row, _, _ in problems] == [2, 3, 4, 5, 6, 7, 8]
        assert problems[0][1:] == (
            "parameters",
            "'hours' is not a parameter of this kind of rule. It takes min_hours. min_hours is needed.",
        )
        assert problems[1][1] == "kind"
        assert problems[2][1:] == ("parameters", "No skill has the name 'Juggling'.")
        assert problems[3][1:] == ("employee_email", "Say to which one the rule applies.")
        assert problems[4][1] == "scope"
        assert problems[5][1:] == ("until", "A rule does not end before it starts.")
        assert problems[6][1:] == ("parameters", "max_days is a whole number from 1 to 60.")
        assert Rule.objects.count() == 1

    def test_a_file_with_new_rules_needs_their_kind(self) -> None:
        assert run(["Rest", "min_hours=11"], headers=["name", "parameters"]).sentences == [
            "The file has 1 new rules, but lacks the columns that new ones need: 'kind'."
        ]

    def test_many_cost_the_same_as_few(self) -> None:
        SkillFactory(name="First aid")

        def queries(first: int, last: int) -> int:
            rows = [[f"Rule {number}", "qualification", "skills=First aid"] for number in range(first, last)]
            with CaptureQueriesContext(connection) as captured:
                assert run(*rows, headers=self.HEADERS[:3]).new == last - first
            return len(captured)

        assert queries(0, 2) == queries(2, 102)

    def test_the_active_rules_follow(self) -> None:
        assert list(Rule.objects.active_rules()) == []
        run(["Rest", "rest_period", "min_hours=11"], headers=self.HEADERS[:3])
        assert [rule.name for rule in Rule.objects.active_rules()] == ["Rest"]
