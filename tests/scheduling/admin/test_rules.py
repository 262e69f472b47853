from typing import Any

import pytest
from django.test import Client

from scheduling.models import Rule
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)
from tests.scheduling.admin.browsing import WARM, act, logged_in, page, queries, staff

pytestmark = pytest.mark.django_db


def form(**about: Any) -> dict[str, Any]:
    return {"name": "Of the test", "kind": "rest_period", "scope": "global", "priority": "5", "active": "on", **about}


def add(client: Client, **about: Any) -> Any:
    return client.post(page(Rule, "add"), form(**about))


def errors(response: Any) -> dict[str, list[str]]:
    return response.context["adminform"].form.errors


class FormTests:
    @pytest.mark.parametrize(
        ("told", "stored"),
        [
            ({"kind": "rest_period", "min_hours": "11"}, {"min_hours": 11}),
            ({"kind": "workload", "max_hours_per_week": "38.5"}, {"max_hours_per_week": 38.5}),
            ({"kind": "consecutive_days", "max_days": "6"}, {"max_days": 6}),
            (
                {"kind": "availability", "weekdays": ["mon", "fri"], "start": "08:00", "end": "18:30"},
                {"weekdays": ["mon", "fri"], "start": "08:00", "end": "18:30"},
            ),
            (
                {"kind": "qualification", "skills": ["Barista"], "shifts": ["Night"], "shift_types": ["Late shift"]},
                {"skills": ["Barista"], "shifts": ["Night"], "shift_types": ["Late shift"]},
            ),
            ({"kind": "restriction"}, {}),
        ],
    )
    def test_stores_what_the_kind_takes(
        self, told: dict[str, Any], stored: dict[str, Any], admin_client: Client
    ) -> None:
        SkillFactory(name="Barista")
        ShiftFactory(name="Night", shift_type=ShiftTypeFactory(name="Late shift"))

        assert add(admin_client, **told).status_code == 302
        rule = Rule.objects.get()
        assert rule.parameters == stored
        rule.full_clean()

    @pytest.mark.parametrize(
        ("told", "field", "sentence"),
        [
            ({"min_hours": "73"}, "min_hours", "“minimum hours of rest” must be a number from 0 to 72."),
            ({}, "min_hours", "“minimum hours of rest” is required."),
            ({"min_hours": "many"}, "min_hours", "Enter a number."),
            (
                {"min_hours": "11", "max_days": "6"},
                "max_days",
                "“maximum days in a row” is not a parameter of this kind of rule. It takes “minimum hours of rest”.",
            ),
            ({"kind": "availability", "start": "08:00"}, "start", "“from” and “until” must be given together."),
            ({"kind": "availability"}, "weekdays", "At least one of “weekdays” and “from” is required."),
            ({"kind": "qualification", "skills": ["Juggling"]}, "skills", "No skill has the name 'Juggling'."),
            ({"scope": "department", "min_hours": "11"}, "department", "Choose which one the rule applies to."),
        ],
    )
    def test_says_beside_the_field_what_the_model_says(
        self, told: dict[str, Any], field: str, sentence: str, admin_client: Client
    ) -> None:
        assert errors(add(admin_client, **told)) == {field: [sentence]}

    def test_asks_for_a_kind_first(self, admin_client: Client) -> None:
        assert errors(add(admin_client, kind="")) == {"kind": ["This field is required."]}

    def test_shows_what_is_stored(self, admin_client: Client) -> None:
        rule = RuleFactory(
            kind="preference", parameters={"weekdays": ["sat"], "start": "09:00", "end": "12:00", "shifts": ["Gone"]}
        )

        shown = admin_client.get(page(Rule, "change", rule.pk)).context["adminform"].form

        assert shown["weekdays"].value() == ["sat"]
        assert 'value="09:00"' in str(shown["start"])
        assert ("Gone", "Gone") in shown.fields["shifts"].choices

    def test_names_the_kinds_of_each_parameter(self, admin_client: Client) -> None:
        shown = admin_client.get(page(Rule, "add")).context["adminform"].form

        assert shown["max_days"].help_text == "From 1 to 60. For rules of this kind: consecutive days."
        assert shown["skills"].help_text == "For rules of this kind: qualification."
        assert shown["max_days"].field.widget.attrs["data-kinds"] == "consecutive_days"

    def test_shows_the_parameters_in_words_to_those_who_may_only_look(self) -> None:
        rule = RuleFactory(kind="availability", parameters={"weekdays": ["mon", "tue"]})

        text = logged_in(staff("view_rule")).get(page(Rule, "change", rule.pk)).text

        assert "weekdays: Mon, Tue" in text
        assert 'name="weekdays"' not in text

    @WARM
    def test_costs_the_same_for_30_skills_and_shifts_as_for_1(self) -> None:
        client, rule, counts = logged_in(staff("view_rule", "change_rule")), RuleFactory(), []
        for rows in (1, 29):
            for _ in range(rows):
                SkillFactory()
                ShiftFactory()
            counts.append(queries(client, page(Rule, "change", rule.pk)))

        assert counts[0] == counts[1] <= 10


class ListTests:
    def test_says_in_words_what_a_rule_applies_to_and_asks_for(self, admin_client: Client) -> None:
        kitchen = DepartmentFactory(name="Kitchen", parent=DepartmentFactory(name="Operations"))
        RuleFactory(department=kitchen, effective_from="2026-11-30")
        RuleFactory(employee=EmployeeFactory(first_name="Zoë", last_name="Okafor"), effective_until="2026-12-31")
        RuleFactory(kind="restriction", effective_from="2026-01-01", effective_until="2026-02-01")

        text = admin_client.get(page(Rule, "changelist")).text

        for told in (
            '<span class="quiet">Operations / </span>Kitchen',
            "and subdepartments",
            "Zoë Okafor",
            "minimum hours of rest: 11",
            "from 2026-11-30",
            "until 2026-12-31",
            "2026-01-01 to 2026-02-01",
            "always",
        ):
            assert told in text

    @WARM
    def test_costs_at_most_10_queries_whatever_the_number_of_rows(self) -> None:
        client, counts = logged_in(staff("view_rule", "change_rule")), []
        for rows in (1, 14):
            for _ in range(rows):
                RuleFactory(department=DepartmentFactory())
                RuleFactory(employee=EmployeeFactory())
            counts.append(queries(client, page(Rule, "changelist")))

        assert counts[0] == counts[1] <= 10


class ActionTests:
    def test_deactivates_and_activates(self, admin_client: Client) -> None:
        rule, other = RuleFactory(), RuleFactory()

        assert "1 rule deactivated." in act(admin_client, Rule, "deactivate", rule)
        assert list(Rule.objects.active()) == [other]
        assert "1 rule activated." in act(admin_client, Rule, "activate", rule, other)
        assert Rule.objects.active().count() == 2

    def test_needs_the_permission_to_change(self) -> None:
        act(logged_in(staff("view_rule")), Rule, "deactivate", RuleFactory())

        assert Rule.objects.active().exists()
