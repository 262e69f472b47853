"""Which rules apply to whom, and which of several decides."""

from typing import Any

import pytest

from scheduling.policy import (
    check,
)
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
)
from tests.scheduling.policy.cases import DAY, TUESDAY, World, change

pytestmark = pytest.mark.django_db


class RulesTests:
    """Which rule decides: the nearest to the person, and then the one with the highest priority."""

    def rest(self, hours: float, **more: Any) -> None:
        RuleFactory(kind="rest_period", parameters={"min_hours": hours}, **more)

    def limits(self, world: World) -> list[tuple[str, str]]:
        findings = check([world.planned(world.early, TUESDAY)])
        return [(finding.severity.value, finding.message.rpartition("; ")[2]) for finding in findings]

    @pytest.fixture(autouse=True)
    def _yesterday(self, world: World) -> None:
        """Eight hours lie between the late shift of yesterday and the early one of today."""
        world.stored(world.late, MONDAY)

    def test_a_rule_replaces_the_default(self, world: World) -> None:
        self.rest(8)
        assert self.limits(world) == []

    def test_a_person_comes_before_the_department_and_that_before_everyone(self, world: World) -> None:
        self.rest(20, name="all")
        assert self.limits(world) == [("warning", "the minimum is 20 h (all).")]
        self.rest(15, name="kitchen", department=world.kitchen)
        assert self.limits(world) == [("warning", "the minimum is 15 h (kitchen).")]
        self.rest(8, name="amy", employee=world.amy)
        assert self.limits(world) == []

    def test_a_department_includes_those_below_it(self, world: World) -> None:
        operations, sales = DepartmentFactory(), DepartmentFactory()
        change(world.kitchen, parent=operations)
        self.rest(12, name="sales", department=sales)
        self.rest(15, name="operations", department=operations)
        assert self.limits(world) == [("warning", "the minimum is 15 h (operations).")]

    def test_the_higher_priority_comes_first(self, world: World) -> None:
        self.rest(12, name="low", priority=2)
        self.rest(15, name="high", priority=8)
        assert self.limits(world) == [("warning", "the minimum is 15 h (high).")]

    def test_a_strict_one_and_an_advisory_one_apply_together(self, world: World) -> None:
        self.rest(12, name="advice")
        self.rest(7, name="law", strict=True)
        assert self.limits(world) == [("warning", "the minimum is 12 h (advice).")]
        self.rest(9, name="our law", strict=True, department=world.kitchen)
        assert self.limits(world) == [("error", "the minimum is 9 h (our law).")]

    def test_one_of_others_does_not_apply(self, world: World) -> None:
        self.rest(20, employee=EmployeeFactory(department=world.kitchen))
        self.rest(20, department=world.bar)
        assert self.limits(world) == [("warning", "the minimum is 10 h.")]

    def test_one_that_is_not_in_effect_or_not_active_does_not_apply(self, world: World) -> None:
        self.rest(20, effective_from=TUESDAY + DAY)
        self.rest(20, effective_until=MONDAY)
        self.rest(20, active=False)
        assert self.limits(world) == [("warning", "the minimum is 10 h.")]

    def test_one_with_wrong_parameters_is_left_out_and_logged(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        RuleFactory(name="Broken", kind="rest_period", parameters={"hours": 20})
        assert self.limits(world) == [("warning", "the minimum is 10 h.")]
        assert "The rule 'Broken' is left out" in caplog.text
