"""How many employees a shift has on a day, in one department."""

import pytest

from scheduling.policy import check
from tests.factories import EmployeeFactory
from tests.scheduling.policy.cases import TUESDAY, World, change

pytestmark = pytest.mark.django_db


class MaxStaffTests:
    def test_counts_each_department_by_itself(self, world: World) -> None:
        change(world.early, max_staff=1)
        world.stored(world.early, TUESDAY, department=world.bar, employee=EmployeeFactory())

        assert check([world.planned(world.early, TUESDAY)]) == []

    def test_the_one_who_is_too_many_is_the_last_given(self, world: World) -> None:
        change(world.early, max_staff=1)
        first = world.planned(world.early, TUESDAY)
        second = world.planned(world.early, TUESDAY, employee=EmployeeFactory(department=world.kitchen))

        assert [finding.assignment for finding in check([first, second])] == [second]


class RequiredStaffTests:
    def test_is_a_warning_until_there_are_enough(self, world: World) -> None:
        change(world.early, required_staff=2)
        first = world.planned(world.early, TUESDAY)
        second = world.planned(world.early, TUESDAY, employee=EmployeeFactory(department=world.kitchen))

        assert [(finding.code, finding.severity) for finding in check([first])] == [("enough_staff", "warning")]
        assert check([first, second]) == []
