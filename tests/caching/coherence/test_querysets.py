"""The queryset whose bulk_update publishes exactly what it writes."""

import pytest

from scheduling.models import ScheduleAssignment
from tests.caching.coherence.world import World, plain
from tests.factories import ScheduleFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World.made()


class BulkUpdateTests:
    def test_knows_a_relation_that_was_saved_after_it_was_set(self, world: World) -> None:
        # Django takes the key of a related row into the instance only inside bulk_update().
        elsewhere = ScheduleFactory.build(department=world.bar, version=9)
        world.assignment.schedule = elsewhere
        elsewhere.save()
        assert ScheduleAssignment.objects.for_schedule(elsewhere.pk) == []
        ScheduleAssignment.objects.bulk_update([world.assignment], ["schedule"])
        assert plain(ScheduleAssignment.objects.for_schedule(elsewhere.pk))[0]["id"] == world.assignment.pk
