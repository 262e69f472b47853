import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from scheduling.models import Rule
from scheduling.models.parameters import FORMS, check_parameters
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)

DAY = datetime.timedelta(days=1)


def sentences(kind: str, parameters: Any) -> list[str]:
    try:
        check_parameters(kind, parameters)
    except ValidationError as error:
        return error.messages
    return []


class CheckParametersTests:
    def test_every_kind_has_a_form(self) -> None:
        assert set(FORMS) == set(Rule.Kind.values)

    @pytest.mark.parametrize(
        ("kind", "parameters"),
        [
            ("availability", {"weekdays": ["mon", "sun"]}),
            ("availability", {"start": "22:00", "end": "06:00"}),
            ("restriction", {}),
            ("restriction", {"shift_types": ["Night shift"], "weekdays": ["fri"]}),
            ("preference", {"shifts": ["Early"]}),
            ("qualification", {"skills": ["First aid"], "shift_types": ["Night shift"]}),
            ("workload", {"max_hours_per_week": 38.5, "max_shifts_per_week": 5}),
            ("workload", {"max_hours_per_day": 10}),
            ("overtime", {"max_overtime_hours_per_week": 0}),
            ("consecutive_days", {"max_days": 6}),
            ("rest_period", {"min_hours": 11}),
        ],
    )
    def test_takes(self, kind: str, parameters: dict[str, Any]) -> None:
        assert sentences(kind, parameters) == []

    @pytest.mark.parametrize(
        ("kind", "parameters", "sentence"),
        [
            ("rest_period", {}, "“minimum hours of rest” is required."),
            ("rest_period", [11], "Enter the parameters as names and values in braces: “minimum hours of rest”."),
            ("rest_period", {"min_hours": "11"}, "“minimum hours of rest” must be a number from 0 to 72."),
            ("rest_period", {"min_hours": True}, "“minimum hours of rest” must be a number from 0 to 72."),
            ("rest_period", {"min_hours": float("nan")}, "“minimum hours of rest” must be a number from 0 to 72."),
            (
                "rest_period",
                {"min_hours": 11, "hours": 3},
                "“hours” is not a parameter of this kind of rule. It takes “minimum hours of rest”.",
            ),
            ("consecutive_days", {"max_days": 5.5}, "“maximum days in a row” must be a whole number from 1 to 60."),
            ("consecutive_days", {"max_days": 0}, "“maximum days in a row” must be a whole number from 1 to 60."),
            ("availability", {}, "At least one of “weekdays” and “from” is required."),
            ("availability", {"start": "08:00"}, "“from” and “until” must be given together."),
            ("availability", {"start": "08:00", "end": "08:00"}, "“from” and “until” cannot be the same."),
            ("availability", {"start": "8", "end": "18:00"}, "“from” must be a time of day such as 09:00."),
            ("availability", {"start": "08:00", "end": 18}, "“until” must be a time of day such as 09:00."),
            (
                "availability",
                {"weekdays": ["Monday"]},
                "“weekdays” must be a list of mon, tue, wed, thu, fri, sat or sun.",
            ),
            ("availability", {"weekdays": "mon"}, "“weekdays” must be a list of mon, tue, wed, thu, fri, sat or sun."),
            ("qualification", {"skills": []}, "“skills” must be a list of names."),
            ("qualification", {"skills": [7]}, "“skills” must be a list of names."),
            (
                "workload",
                {},
                "At least one of “maximum hours per week”, “maximum hours per day” and “maximum shifts per week” is "
                "required.",
            ),
        ],
    )
    def test_refuses_with_a_sentence(self, kind: str, parameters: Any, sentence: str) -> None:
        assert sentences(kind, parameters) == [sentence]

    def test_tells_everything_at_once(self) -> None:
        assert sentences("workload", {"max_hours_per_day": 25, "hours": 1}) == [
            "“hours” is not a parameter of this kind of rule. It takes “maximum hours per week”, “maximum hours "
            "per day” and “maximum shifts per week”.",
            "“maximum hours per day” must be a number from 1 to 24.",
        ]


@pytest.mark.django_db
class RuleTests:
    def refusal(self, rule: Rule) -> dict[str, list[str]]:
        with pytest.raises(ValidationError) as caught:
            rule.full_clean()
        return caught.value.message_dict

    def test_a_scope_needs_its_subject(self) -> None:
        rule = RuleFactory.build(scope="department")

        assert self.refusal(rule)["department"] == ["Choose which one the rule applies to."]

    def test_a_scope_takes_no_other_subject(self) -> None:
        rule = RuleFactory.build(scope="global", employee=EmployeeFactory())

        assert self.refusal(rule)["employee"] == ["Leave this empty, or change what the rule applies to."]

    @pytest.mark.parametrize(
        ("scope", "with_department", "with_employee"),
        [
            ("global", True, False),
            ("global", False, True),
            ("department", False, False),
            ("department", True, True),
            ("employee", False, False),
            ("employee", True, True),
            ("elsewhere", False, False),
        ],
    )
    def test_the_database_refuses_a_scope_that_does_not_fit(
        self, scope: str, with_department: bool, with_employee: bool
    ) -> None:
        department = DepartmentFactory() if with_department else None
        employee = EmployeeFactory() if with_employee else None

        with pytest.raises(IntegrityError), transaction.atomic():
            RuleFactory(scope=scope, department=department, employee=employee)

    @pytest.mark.parametrize("wrong", [{"priority": 0}, {"effective_until": MONDAY - DAY}])
    def test_the_database_refuses(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            RuleFactory(effective_from=MONDAY, **wrong)

    def test_wrong_parameters_are_said_beside_them(self) -> None:
        rule = RuleFactory.build(parameters={"min_hours": -1})

        assert self.refusal(rule) == {"parameters": ["“minimum hours of rest” must be a number from 0 to 72."]}

    def test_a_kind_that_does_not_exist_is_said_beside_it(self) -> None:
        assert self.refusal(RuleFactory.build(kind="sleep")) == {"kind": ["Value 'sleep' is not a valid choice."]}

    def test_names_that_nobody_has_are_said(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        SkillFactory(name="First aid")
        named = {"skills": ["First aid", "Juggling"], "shift_types": ["Siesta"], "shifts": ["Never"]}
        rule = RuleFactory.build(kind="qualification", parameters=named)

        with django_assert_num_queries(3), pytest.raises(ValidationError) as caught:
            rule.clean()
        assert caught.value.message_dict == {
            "parameters": [
                "No skill has the name 'Juggling'.",
                "No shift type has the name 'Siesta'.",
                "No shift has the name 'Never'.",
            ]
        }

    def test_names_that_are_there_are_fine(self) -> None:
        SkillFactory(name="First aid")
        ShiftFactory(name="Night", shift_type=ShiftTypeFactory(name="Night shift"))
        named = {"skills": ["First aid"], "shift_types": ["Night shift"], "shifts": ["Night"]}

        RuleFactory.build(kind="qualification", parameters=named).full_clean()

    def test_goes_with_its_subject(self) -> None:
        RuleFactory(employee=EmployeeFactory()).employee.delete()
        RuleFactory(department=DepartmentFactory()).department.delete()

        assert not Rule.objects.exists()

    @pytest.mark.parametrize(
        ("begins", "ends", "effective"),
        [
            (None, None, True),
            (MONDAY, MONDAY, True),
            (MONDAY + DAY, None, False),
            (None, MONDAY - DAY, False),
        ],
    )
    def test_is_effective_from_its_first_to_its_last_day(
        self, begins: datetime.date | None, ends: datetime.date | None, effective: bool
    ) -> None:
        rule = RuleFactory(effective_from=begins, effective_until=ends)

        assert rule.is_effective_on(MONDAY) is effective
        assert Rule.objects.effective_on(MONDAY).exists() is effective

    def test_the_inactive_are_left_out(self) -> None:
        RuleFactory(active=False)

        assert not Rule.objects.active().exists()
