"""What this application declares to be worth it."""

import datetime

import pytest
from django.utils import timezone

from caching import cache_manager
from caching.monitoring.warming import warm_each
from scheduling.warming import weeks
from tests.factories import EmployeeFactory, ScheduleAssignmentFactory, ScheduleFactory


class WeeksTests:
    def test_are_this_one_and_the_next(self) -> None:
        first, second = weeks()
        assert first.weekday() == 0
        assert first <= timezone.localdate() < second == first + datetime.timedelta(days=7)


@pytest.mark.django_db(transaction=True)
class DeclareTests:
    def test_people_of_these_weeks_come_first(self) -> None:
        schedule = ScheduleFactory(week_start=weeks()[0])
        planned = ScheduleAssignmentFactory(schedule=schedule, date=schedule.week_start).employee
        EmployeeFactory.create_batch(3)
        found = {warmed.kind: warmed for warmed in warm_each(["employee"], 1)}
        assert found["id"].loaded == 1
        assert f"id:{planned.pk}" in cache_manager.type_entries("employee").entries
