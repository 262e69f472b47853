"""What is planned among what is stored."""

import pytest
from pytest_django import DjangoAssertNumQueries

from scheduling.models import Employee
from scheduling.policy import (
    Planned,
    check,
)
from scheduling.policy.loading import read
from scheduling.policy.situation import Situation
from tests.scheduling.policy.cases import TUESDAY, World

pytestmark = pytest.mark.django_db


class DeletedMeanwhileTests:
    def test_what_refers_to_nothing_is_left_to_the_database(self, world: World) -> None:
        planned = world.planned(world.early, TUESDAY)
        Employee.objects.filter(pk=world.amy.pk).delete()
        assert check([planned]) == []


class DepartmentTests:
    def test_the_department_of_a_stored_schedule_is_read_once_when_it_is_needed(
        self, world: World, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        stored = world.stored(world.late, TUESDAY, department=world.bar)
        planned = [Planned(0, None, world.amy.pk, world.early.pk, TUESDAY, world.week.pk, "assigned")]
        situation = Situation(planned, [], read(planned, [], [], {}, "default"), "default")

        with django_assert_num_queries(1):
            assert situation.department_of(stored.schedule_id) == "Bar"
            assert situation.department_of(stored.schedule_id) == "Bar"
        assert situation.department_of(world.week.pk) == "Kitchen"
