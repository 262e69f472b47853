"""What else happens when a schedule is published."""

import pytest
from django.contrib.admin.models import LogEntry

from scheduling.models import Notification
from scheduling.workflow.publishing import previously_published, replace_and_notify
from tests.factories import ScheduleFactory
from tests.scheduling.policy.cases import MONDAY, World, change

pytestmark = pytest.mark.django_db


class PreviouslyPublishedTests:
    def test_is_the_published_version_of_the_same_week(self, world: World) -> None:
        change(world.week, status="published")
        ScheduleFactory(department=world.bar, week_start=MONDAY, status="published")
        second = ScheduleFactory(department=world.kitchen, week_start=MONDAY, version=2)

        assert previously_published([second]) == [world.week]
        assert previously_published([world.week]) == []
        assert previously_published([]) == []


class ReplaceAndNotifyTests:
    def test_archives_the_previous_version_and_tells_its_employees(self, world: World, user: int) -> None:
        row = world.stored(world.early, MONDAY)
        change(world.week, status="published")
        second = ScheduleFactory(department=world.kitchen, week_start=MONDAY, version=2, status="published")

        replace_and_notify([second], user)

        world.week.refresh_from_db()
        row.refresh_from_db()
        assert (world.week.status, row.superseded) == ("archived", True)
        assert Notification.objects.get().recipient == world.amy
        assert LogEntry.objects.get().change_message == "Archived because a newer version was published."
