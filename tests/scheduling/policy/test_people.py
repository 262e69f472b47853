"""Whether the employee can work a shift at all. Their sentences are in cases.py."""

import pytest

from scheduling.policy import check
from tests.factories import RuleFactory, SkillFactory
from tests.scheduling.policy.cases import DAY, TUESDAY, World, change

pytestmark = pytest.mark.django_db


def codes(world: World) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in check([world.planned(world.early, TUESDAY)])]


class EmployedTests:
    @pytest.mark.parametrize("field", ["hire_date", "end_date"])
    def test_the_first_and_the_last_day_are_part_of_the_contract(self, field: str, world: World) -> None:
        change(world.amy, **{field: TUESDAY})
        assert codes(world) == []

        change(world.amy, **{field: TUESDAY + (DAY if field == "hire_date" else -DAY)})
        assert codes(world) == [("employed_on_the_date", "error")]


class SkillTests:
    def test_those_of_the_shift_are_mandatory(self, world: World) -> None:
        skill = SkillFactory()
        world.early.required_skills.add(skill)
        assert codes(world) == [("required_skills", "error")]

        world.amy.skills.add(skill)
        assert codes(world) == []

    def test_those_of_a_rule_are_as_strict_as_the_rule(self, world: World) -> None:
        rule = RuleFactory(kind="qualification", parameters={"skills": [SkillFactory().name]})
        assert codes(world) == [("required_skills", "warning")]

        change(rule, strict=True)
        assert codes(world) == [("required_skills", "error")]

    def test_a_rule_for_other_shifts_asks_for_nothing(self, world: World) -> None:
        RuleFactory(kind="qualification", parameters={"skills": [SkillFactory().name], "shifts": ["Late"]})

        assert codes(world) == []
