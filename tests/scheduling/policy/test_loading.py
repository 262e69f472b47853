"""The queries of a check."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.models import ScheduleAssignment
from scheduling.policy import (
    Finding,
    check,
)
from tests.factories import (
    MONDAY,
    EmployeeFactory,
    RuleFactory,
    SkillFactory,
)
from tests.scheduling.policy.cases import DAY, TUESDAY, World, change

pytestmark = pytest.mark.django_db


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


class CostTests:
    def queries(self, planned: list[ScheduleAssignment], deleted: list[ScheduleAssignment] | None = None) -> int:
        with CaptureQueriesContext(connection) as captured:
            check(planned, deleted=deleted or ())
        return len(captured)

    def test_nothing_costs_nothing(self, world: World) -> None:
        assert self.queries([]) == 0

    def test_is_the_same_for_many_as_for_few_and_at_most_10(self, world: World) -> None:
        """With everything that costs a query of its own: rules, skills, changes, deletions, rows of other weeks."""
        skill = SkillFactory()
        world.early.required_skills.add(skill)
        RuleFactory(department=world.kitchen)
        RuleFactory(kind="qualification", parameters={"skills": [skill.name]})

        def some(people: int) -> tuple[list[ScheduleAssignment], list[ScheduleAssignment]]:
            planned, deleted = [], []
            for employee in EmployeeFactory.create_batch(people, department=world.kitchen):
                for week in range(3):
                    other = world.stored(world.night, MONDAY + 7 * week * DAY, employee=employee, department=world.bar)
                    change(other, notes="")
                    planned.append(world.planned(world.early, TUESDAY + 7 * week * DAY, employee=employee))
                changed = world.stored(world.late, MONDAY + 3 * DAY, employee=employee)
                changed.shift = world.early
                planned.append(changed)
                deleted.append(world.stored(world.late, MONDAY + 5 * DAY, employee=employee))
            return planned, deleted

        few, many = some(2), some(40)
        assert self.queries(*few) == self.queries(*many) <= 10

    def test_weeks_apart_are_one_query_too(self, world: World) -> None:
        near = [world.planned(world.early, MONDAY + week * 7 * DAY) for week in range(2)]
        far = [world.planned(world.early, MONDAY + week * 70 * DAY) for week in range(20)]
        assert self.queries(far) == self.queries(near)

    def test_weeks_apart_are_compared_with_their_own_neighbours(self, world: World) -> None:
        people = EmployeeFactory.create_batch(30, department=world.kitchen, max_hours_per_week=168)
        dates = [MONDAY + number * 11 * DAY for number in range(len(people))]
        for employee, date in zip(people, dates, strict=True):
            world.stored(world.late, date - DAY, employee=employee)
            world.stored(world.early, date + DAY, employee=employee)
        planned = [world.planned(world.early, date, employee=one) for one, date in zip(people, dates, strict=True)]
        assert codes(check(planned)) == ["enough_rest"] * len(people)
