"""Parameters of rules as lists show them. What is wrong with them is in test_rules.py."""

import pytest

from scheduling.models import Rule
from scheduling.models.parameters import CHECKS, FORMS, LABELS, summary


class FormsTests:
    def test_every_kind_of_rule_has_one(self) -> None:
        assert FORMS.keys() == set(Rule.Kind.values)

    def test_every_parameter_has_a_label(self) -> None:
        assert CHECKS.keys() == LABELS.keys()


class SummaryTests:
    @pytest.mark.parametrize(
        ("parameters", "text"),
        [
            ({}, ""),
            ({"max_days": 6}, "maximum days in a row: 6"),
            ({"weekdays": ["mon", "sun"]}, "weekdays: Mon, Sun"),
            ({"max_hours_per_day": 8, "shifts": ["Early"]}, "shifts: Early; maximum hours per day: 8"),
        ],
    )
    def test_names_parameters_and_values(self, parameters: dict[str, object], text: str) -> None:
        assert summary(parameters) == text
